package credential

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/secret"
)

// TestSheetInSpreadsheet: a spreadsheet program that is not ours shows every cell of the account sheet as the text that was written,
// passwords that look like a formula or a number included: an approver types into SPSE what stands there.
func TestSheetInSpreadsheet(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		if os.Getenv("UKPBJD_REAL") == "1" {
			t.Fatal("UKPBJD_REAL=1 and no soffice")
		}
		t.Skip("soffice is not installed")
	}
	rows := accounts()
	for i, p := range []string{"=Contoh1+aman", "-2e5Contoh#", "+62Contoh#aa", "@Contoh1#aman", "00123456789012", "1/2#Contohaa"} {
		rows = append(rows, SheetRow{Nama: "Anggota Contoh", NIP: nip(i + 3), Email: "m@gov.example", UserID: "contoh", Password: sec(p)})
	}
	book, err := writeSheet("PKJ-2026-0001", "7KQF3M", rows, secret.Secret{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "lembar.xlsx")
	if err := os.WriteFile(path, book, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "fods", "--outdir", dir, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "lembar.fods"))
	if err != nil {
		if os.Getenv("UKPBJD_REAL") == "1" {
			t.Fatal(err)
		}
		t.Skip("this LibreOffice has no Calc")
	}
	shown := textsOf(t, raw)
	for i, r := range rows {
		for what, want := range map[string]string{"name": r.Nama, "NIP": r.NIP, "NIK": r.NIK, "HP": r.HP, "SK date": r.SKDate, "User ID": r.UserID, "password": r.Password.Reveal()} {
			if !shown[want] {
				t.Errorf("row %d: the %s is not shown as it was written", i+1, what)
			}
		}
	}
	if shown["Contoh-yang-tidak-ada"] {
		t.Error("this test finds everything")
	}
}

// textsOf gives what the text cells of a flat OpenDocument show; a cell of another type, or with a formula, is a fault.
func textsOf(t *testing.T, raw []byte) map[string]bool {
	t.Helper()
	shown := map[string]bool{}
	for d := xml.NewDecoder(bytes.NewReader(raw)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return shown
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "table-cell" {
			continue
		}
		var cell struct {
			Type    string   `xml:"urn:oasis:names:tc:opendocument:xmlns:office:1.0 value-type,attr"`
			Formula string   `xml:"urn:oasis:names:tc:opendocument:xmlns:table:1.0 formula,attr"`
			Text    []string `xml:"urn:oasis:names:tc:opendocument:xmlns:text:1.0 p"`
		}
		if err := d.DecodeElement(&cell, &e); err != nil {
			t.Fatal(err)
		}
		if cell.Formula != "" || cell.Type != "" && cell.Type != "string" {
			t.Errorf("a cell is of type %q with a formula of %d characters", cell.Type, len(cell.Formula))
		}
		shown[strings.Join(cell.Text, "\n")] = true
	}
}
