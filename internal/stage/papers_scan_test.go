package stage

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// program wants an optional program of the reader.
func program(t *testing.T, names ...string) {
	t.Helper()
	for _, n := range names {
		if _, err := exec.LookPath(n); err != nil {
			if os.Getenv("UKPBJD_REAL") == "1" {
				t.Fatal(err)
			}
			t.Skip(n + " is not installed")
		}
	}
}

// scanned is the first page of a PDF as an office copier gives it back.
func scanned(t *testing.T, pdf []byte, dpi int) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "pdftoppm", "-singlefile", "-gray", "-png", "-r", fmt.Sprint(dpi), "a.pdf", "a")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, said)
	}
	out, err := os.ReadFile(filepath.Join(dir, "a.png"))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestScannedRowsAreShown: what a machine has read is read back to the requester, and goes to the approver, marked, with the row on paper
// beside it.
func TestScannedRowsAreShown(t *testing.T) {
	program(t, "tesseract", "pdftoppm")
	b := invented(t, rehearsal.Office{Form: rehearsal.PDF})
	b.Files[0] = sop.File{Name: "scan001.png", MediaType: "image/png", Bytes: scanned(t, b.Files[0].Bytes, 200)}
	p := playPapers(t, nil, nil)
	p.ask(b)
	l := p.await(p.Cast.Staff, sop.BacaUlang)
	p.showsRows(l)
	p.answer(l, "BENAR")
	l = p.await(p.Cast.Admin, sop.Persetujuan)
	p.showsRows(l)
	if !strings.Contains(l.Msg.Text, "dipastikan oleh") {
		t.Error("the approver is not told who confirmed")
	}

	if dir := os.Getenv("UKPBJD_KEEP"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "persetujuan.eml"), l.Raw, 0o600); err != nil {
			t.Error(err)
		}
	}
	p.answer(l, "SETUJU")
	p.await(p.Cast.KepalaLPSE, sop.Tembusan)
	p.sound()
}

// showsRows holds a letter to the pictures and the doubts of three scanned rows.
func (p papers) showsRows(l Letter) {
	t := p.t
	t.Helper()
	v := p.only()
	if len(v.Members) != 3 {
		t.Fatalf("%+v", v.Reading)
	}
	for i := range v.Members {
		name := fmt.Sprintf("baris-%d.png", i+1)
		if !strings.Contains(l.Msg.Text, name) || !strings.Contains(l.Msg.HTML, fmt.Sprintf(`src="cid:baris-%d.`, i+1)) {
			t.Errorf("the letter does not show %s", name)
		}
		found := false
		for _, f := range l.Msg.Files {
			if f.Name != name {
				continue
			}
			img, err := png.Decode(bytes.NewReader(f.Bytes))
			found = err == nil && len(f.Bytes) <= 60_000 && img.Bounds().Dx() > 500 && img.Bounds().Dy() > 15 && img.Bounds().Dy() < 400
		}
		if !found {
			t.Errorf("no picture %s that can be read", name)
		}
	}
	for _, r := range v.Reading.Roster { // each doubt beside its value, and none elsewhere
		for field, value := range map[string]string{"nama": r.Nama, "email": r.Email, "nik": r.NIK, "hp": r.HP} {
			marked := strings.Contains(strings.Join(strings.Fields(l.Msg.Text), " "), value+" (cocokkan)")
			if doubt := slices.Contains(r.Doubts, field); value != "" && marked != doubt {
				t.Errorf("%s of number %d: in doubt %v, marked so %v", field, r.No, doubt, marked)
			}
		}
	}
}

// The control: rows that nobody had to guess at need no picture.
func TestTypedRowsHaveNoPictures(t *testing.T) {
	p := playPapers(t, nil, nil)
	p.ask(invented(t, rehearsal.Office{Form: rehearsal.PDF}))
	if l := p.await(p.Cast.Admin, sop.Persetujuan); strings.Contains(l.Msg.HTML, "cid:") || len(l.Msg.Files) != 4 {
		t.Errorf("%d files", len(l.Msg.Files))
	}
}
