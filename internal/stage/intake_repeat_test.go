package stage

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestRepeatsJoin: the same request again, in the same batch or later, with a paper that was scanned anew or from a colleague, and after
// the end, joins the case that there is; every sender hears which. With BARU in its subject it is a case of its own, and the approver
// sees why.
func TestRepeatsJoin(t *testing.T) {
	t.Parallel()
	x := open(t, papersOf(t, 3, 2), Options{})
	x.do(x.Start(x.ctx))
	ask := func(b rehearsal.Bundle) {
		t.Helper()
		x.do(x.Request(b, true))
	}
	ask(x.bundle)
	ask(x.bundle) // mostly in one batch
	told := x.newest(x.Cast.Staff, sop.StatusKasus)
	if !strings.Contains(told.Msg.Subject, "Permohonan yang sama sudah tercatat") {
		t.Errorf("the second is told %q", told.Msg.Subject)
	}
	first := x.await(x.Cast.Staff, sop.TandaTerima)
	again := x.bundle
	again.Files = slices.Clone(again.Files)
	last := &again.Files[len(again.Files)-1]
	last.Bytes = append(bytes.Clone(last.Bytes), '\n')
	ask(again)
	x.newest(x.Cast.Staff, sop.TandaTerima, first)
	number := x.only().Number
	var approval Letter
	x.do(x.until(x.ctx, func() bool {
		approval = x.newest(x.Cast.Admin, sop.Persetujuan)
		return strings.Contains(approval.Msg.Text, "revisi ke-2")
	}))
	x.do(x.Answer(approval, "SETUJU", rehearsal.Plain))
	for _, m := range People(x.bundle) {
		x.do(x.Answer(x.await(m, sop.Kredensial), "TERIMA", rehearsal.Plain))
	}
	x.await(x.Cast.Staff, sop.Selesai)
	ask(x.bundle)
	if l := x.newest(x.Cast.Staff, sop.StatusKasus, told); !strings.Contains(l.Msg.Subject, number) {
		t.Errorf("after the end it is told %q", l.Msg.Subject)
	}
	x.only()
	ask(forced(x.bundle))
	x.do(x.until(x.ctx, func() bool {
		l := x.newest(x.Cast.Admin, sop.Persetujuan)
		return !strings.Contains(l.Msg.Subject, number)
	}))
	text := strings.Join(strings.Fields(x.newest(x.Cast.Admin, sop.Persetujuan).Msg.Text), " ")
	if !strings.Contains(text, "meminta hal yang sama dengan "+number) || !strings.Contains(text, "akun sudah ada (TETAP), "+number) {
		t.Errorf("the approver does not see why, or that the accounts are there:\n%s", text)
	}
	x.quiet()
	x.sound()
}

// forced is a request that wants a case of its own, whatever there is already.
func forced(b rehearsal.Bundle) rehearsal.Bundle {
	b.Subject = "BARU: permohonan akun SPSE Pokja"
	return b
}
