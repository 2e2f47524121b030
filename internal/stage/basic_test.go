package stage

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/config"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestCodeInSheet: at basic, with the code on the encrypted sheet only, an answer without it or with another one releases
// nothing; the one that could open the sheet approves.
func TestCodeInSheet(t *testing.T) {
	t.Parallel()
	x := set(t, Options{Change: func(c *config.Config) { c.Trust.Assurance, c.Approval.Code = sop.Basic, "sheet" }})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	l := x.await(x.Cast.Admin, sop.Persetujuan)
	code := x.codeOnSheet(l)
	if bytes.Contains(l.Raw, []byte(code)) || code == "" {
		t.Fatal("the code stands outside the sheet, or nowhere")
	}
	for _, word := range []string{"SETUJU", "SETUJU AAAA" + code[4:]} {
		x.do(x.Answer(l, word, rehearsal.Outlook))
	}
	x.do(x.until(x.ctx, func() bool { return len(x.letters(x.Cast.Admin, sop.TidakDikenali)) == 2 }))
	for _, m := range People(x.bundle) {
		if n := len(x.letters(m, sop.Kredensial)); n > 0 {
			t.Fatalf("%d letters went out without the code", n)
		}
	}
	x.do(x.Answer(l, "SETUJU "+code, rehearsal.Outlook))
	x.finish()
	x.quiet()
	if r, err := x.Daemon.Audit.Verify(x.ctx); err != nil || len(r.Findings) > 0 {
		t.Error(r.Findings, err)
	}
}

// codeOnSheet opens the account sheet of a letter and reads the approval code there.
func (x *play) codeOnSheet(l Letter) string {
	x.t.Helper()
	file, ok := SheetFile(l.Msg)
	if !ok {
		x.t.Fatal("the letter carries no account sheet")
	}
	book, err := excelize.OpenReader(bytes.NewReader(file.Bytes), excelize.Options{Password: x.Config.People.Approvers[0].SheetPassphrase.Reveal()})
	x.do(err)
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	x.do(err)
	for _, r := range rows {
		for _, cell := range r {
			if m := regexp.MustCompile(`^Kode persetujuan: (\S+)`).FindStringSubmatch(cell); m != nil {
				return m[1]
			}
		}
	}
	return ""
}
