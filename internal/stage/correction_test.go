package stage

import (
	"strings"
	"testing"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestCorrectionThenPaper: formulir and SK come, then a formulir with another address, then the surat tugas. The password goes to the
// corrected address.
func TestCorrectionThenPaper(t *testing.T) {
	t.Parallel()
	bundle, err := rehearsal.Papers(1000, 3, rehearsal.Office{Domain: Domain, Form: rehearsal.CSV})
	if err != nil {
		t.Fatal(err)
	}
	right := sop.Person{Name: "Betul", Address: "betul.sekali@" + Domain}
	x := lawful(t, nil, Options{Members: append(People(bundle), right)})
	x.do(x.Start(x.ctx))
	one := bundle
	one.Files = bundle.Files[:2]
	x.do(x.Request(one, false))
	l := x.await(x.Cast.Staff, sop.Kekurangan)
	fixed := bundle.Files[0]
	fixed.Bytes = []byte(strings.ReplaceAll(string(fixed.Bytes), bundle.Roster[0].Email, right.Address))
	for i, f := range []sop.File{fixed, bundle.Files[2]} {
		x.do(x.Answer(l, "Menyusulkan berkas.", rehearsal.Plain, f))
		x.wait(func() bool { return len(x.records()) == 2+i })
		x.quiet()
	}
	x.do(x.Answer(x.await(x.Cast.Admin, sop.Persetujuan), "SETUJU", rehearsal.Outlook))
	x.await(right, sop.Kredensial)
	if n := len(x.letters(People(bundle)[0], sop.Kredensial)); n > 0 {
		t.Error("a password went to the address that had been corrected before the approval")
	}
}
