package stage

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/config"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestLockedDelivery: no password stands in any letter; the page opens with the phrase of the approver's sheet, and only so.
func TestLockedDelivery(t *testing.T) {
	t.Parallel()
	x := open(t, papersOf(t, 7, 2), Options{Change: func(c *config.Config) { c.Credentials.Delivery = "pdf" }})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	approval := x.await(x.Cast.Admin, sop.Persetujuan)
	pass := x.Config.People.Approvers[0].SheetPassphrase
	sheet := approval.Msg.Files[0]
	rows, err := SheetIn(approval.Msg, pass)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	back := sop.File{Name: sheet.Name, MediaType: "application/octet-stream", Bytes: sheet.Bytes} // as it came: the phrase in it disturbs nothing
	x.do(x.Answer(approval, "SETUJU", rehearsal.Outlook, back))
	phrase := phraseIn(t, sheet.Bytes, pass.Reveal())
	for i, m := range People(x.bundle) {
		l := x.await(m, sop.Kredensial)
		if strings.Contains(l.Msg.Text+l.Msg.HTML, rows[i].Password) || strings.Contains(l.Msg.Text+l.Msg.HTML, phrase) {
			t.Errorf("the letter of %s holds the password or the phrase", m.Address)
		}
		if len(l.Msg.Files) != 1 {
			t.Fatalf("%d files", len(l.Msg.Files))
		}
		page(t, l.Msg.Files[0].Bytes, phrase, rows[i].Password)
		x.do(x.Answer(l, "TERIMA", rehearsal.Plain))
	}
	x.await(x.Cast.Staff, sop.Selesai)
	words, err := x.Passwords()
	if err != nil || len(words) != 2 {
		t.Fatalf("%d words, %v", len(words), err)
	}
	words[phrase] = x.Cast.Admin.Address
	leaks, err := x.Leaks(words)
	if err != nil || len(leaks) > 0 {
		t.Errorf("%q %v", leaks, err)
	}
}

func phraseIn(t *testing.T, sheet []byte, pass string) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(sheet), excelize.Options{Password: pass})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := f.GetCellValue(f.GetSheetName(0), "A6")
	if err != nil {
		t.Fatal(err)
	}
	_, phrase, ok := strings.Cut(text, ": ")
	phrase, _, ok2 := strings.Cut(phrase, " ")
	if !ok || !ok2 || len(phrase) != 19 {
		t.Fatalf("no phrase in the sheet")
	}
	return phrase
}

// page opens with the phrase alone.
func page(t *testing.T, raw []byte, phrase, password string) {
	t.Helper()
	if !bytes.HasPrefix(raw, []byte("%PDF-")) || bytes.Contains(raw, []byte(password)) {
		t.Error("no locked page")
	}
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Log("pdftotext is not installed")
		return
	}
	name := filepath.Join(t.TempDir(), "akun.pdf")
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), tool, "-upw", phrase, name, "-").Output(); err != nil || !bytes.Contains(out, []byte(password)) {
		t.Errorf("the phrase does not open it: %v", err)
	}
	if exec.CommandContext(t.Context(), tool, name, "-").Run() == nil {
		t.Error("it opens without the phrase")
	}
}
