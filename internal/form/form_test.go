package form

import (
	"archive/zip"
	"bytes"
	"context"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ukpbjd/internal/document"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/message"
	"ukpbjd/internal/ooxml"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

// read is what the daemon makes of a file that comes as the only paper.
func read(t testing.TB, name string, b []byte) document.Reading {
	t.Helper()
	r := extract.New(extract.Options{OCR: "off", TempDir: t.(interface{ TempDir() string }).TempDir()})
	return document.Read(document.Bundle{Sources: r.All(context.Background(), []message.Attachment{{Name: name, Bytes: b}})})
}

// said is a row without what its own paper is.
func said(r document.Row) string {
	return fmt.Sprintf("%d %q %q %q %q %q %q %q %q", r.No, r.Nama, r.NIP, r.NIK, r.Golongan, r.Jabatan, r.HP, r.Email, r.UserID)
}

func person(i int) document.Row {
	return document.Row{No: i + 1, Nama: fmt.Sprintf("Ni Luh Contoh %c, S.T., M.Si.", 'A'+i), NIP: fmt.Sprintf("1987090520100321%02d", 70+i), NIK: fmt.Sprintf("51710145098700%02d", i),
		Golongan: "III/d", Jabatan: "Pengelola Pengadaan Barang/Jasa Ahli Muda", HP: fmt.Sprintf("0812345678%02d", i), Email: fmt.Sprintf("contoh.%c@dinas.example", 'a'+i), UserID: fmt.Sprintf("contoh.%c", 'a'+i)}
}

func people(n int) []document.Row {
	var out []document.Row
	for i := range n {
		out = append(out, person(i))
	}
	return out
}

// faultyReading is a request that needs every kind of mending.
func faultyReading() document.Reading {
	r := document.Reading{Roster: people(5)}
	r.Roster[1].NIP = "1987090520100321"
	r.Roster[2].Email = ""
	r.Roster[3].NIP, r.Roster[3].Doubts = "198709052010031000", []string{"nip"}
	r.Roster[4].Doubts = []string{"nama", "nip", "email", "hp"}
	problem := func(row int, field, code string, s document.Severity, text string) {
		if row > 0 {
			text = fmt.Sprintf("Baris %d (%s): %s", row, r.Roster[row-1].Nama, text)
		}
		r.Problems = append(r.Problems, document.Problem{Row: row, Field: field, Code: code, Severity: s, Text: text})
	}
	problem(0, "roster", document.CodeEvenNumber, document.Warn, "Jumlah anggota Pokja 5 orang.")
	problem(2, "nip", document.CodeBadNIP, document.Stop, "NIP terbaca 16 angka, seharusnya 18 angka. Mohon periksa NIP dan kirim kembali formulir yang sudah diperbaiki.")
	problem(3, "email", document.CodeMissingEmail, document.Stop, "alamat surel belum diisi. Mohon lengkapi alamat surel pribadi yang aktif.")
	problem(4, "nip", document.CodePrecisionLost, document.Warn, "NIP diketik sebagai bilangan di lembar kerja sehingga angka terakhirnya hilang.")
	problem(4, "nip", document.CodeBadNIP, document.Stop, "NIP lengkap tidak dapat dipastikan dari berkas. Mohon ketik ulang 18 angkanya sebagai teks.")
	return r
}

func TestMarkupReadsBack(t *testing.T) {
	want := document.Reading{Roster: people(7)}
	b, err := Markup(want, "PKJ-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, "x.xlsx", b)
	if len(got.Papers) != 1 || got.Papers[0].Kind != document.Formulir || len(got.Roster) != 7 {
		t.Fatalf("%+v", got)
	}
	for i, r := range got.Roster {
		if said(r) != said(want.Roster[i]) || len(r.Doubts) > 0 {
			t.Errorf("row %d: %s %v, want %s", i+1, said(r), r.Doubts, said(want.Roster[i]))
		}
	}
}

// TestMarkupLosesNothing: whatever a reading holds comes back from its own marked-up return.
func TestMarkupLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	cell := rapid.StringOfN(rapid.RuneFrom([]rune("abcXYZ 019.,'-/=+@<>&\"()é#")), 0, 24, -1)
	name := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"I Made ", "Ni Luh ", "=Siti ", "Ida Bagus ", "Dr. "}).Draw(t, "first") + rapid.StringMatching(`[A-Z][a-z']{2,12}( [A-Z][a-z]{1,9})?(, (S\.T\.|M\.Si\.|S\.Kom\., M\.Kom\.))?`).Draw(t, "last")
	})
	rapid.Check(t, func(rt *rapid.T) {
		var grid [][]string
		for i := range rapid.IntRange(1, 9).Draw(rt, "rows") {
			grid = append(grid, []string{fmt.Sprint(i + 1), name.Draw(rt, "nama"), rapid.StringMatching(`(19[5-9][0-9](0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])20[0-2][0-9](0[1-9]|1[0-2])[12][0-9]{3}|[0-9]{0,20})`).Draw(rt, "nip"),
				cell.Draw(rt, "nik"), cell.Draw(rt, "golongan"), cell.Draw(rt, "jabatan"), cell.Draw(rt, "hp"), cell.Draw(rt, "email"), cell.Draw(rt, "user")})
		}
		first := read(t, "asal.xlsx", sheetOf(rt, grid)) // what people write, as it was read …
		if len(first.Roster) == 0 {
			rt.Skip("nothing was read")
		}
		b, err := Markup(first, "PKJ-2026-0001")
		if err != nil {
			rt.Fatal(err)
		}
		again := read(t, "kembali.xlsx", b) // … and as it is read from the return
		if len(again.Roster) != len(first.Roster) {
			rt.Fatalf("%d rows, want %d", len(again.Roster), len(first.Roster))
		}
		for i, r := range again.Roster {
			if said(r) != said(first.Roster[i]) {
				rt.Fatalf("row %d: %s, want %s", i+1, said(r), said(first.Roster[i]))
			}
		}
	})
}

func sheetOf(t interface{ Fatal(...any) }, grid [][]string) []byte {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // nothing of it is on disk
	var heads []string
	for _, c := range columns() {
		heads = append(heads, c.head)
	}
	for i, row := range append([][]string{{title}, heads}, grid...) {
		for c, text := range row {
			if err := f.SetCellStr("Sheet1", at(c, i+1), text); err != nil {
				t.Fatal(err)
			}
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A NIP that a spreadsheet has rounded must not come back as a whole number.
func TestRoundedNIPIsNotPassedOn(t *testing.T) {
	b, err := Markup(faultyReading(), "PKJ-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, "x.xlsx", b)
	if nip := got.Roster[3].NIP; nip != "198709052010031" {
		t.Errorf("NIP %s", nip)
	}
	named := false
	for _, p := range got.Problems {
		named = named || p.Row == 4 && p.Code == document.CodeBadNIP && p.Severity == document.Stop
	}
	if !named {
		t.Errorf("%+v", got.Problems)
	}
}

func TestFaultyCellsAreColouredAndCommented(t *testing.T) {
	b, err := Markup(faultyReading(), "PKJ-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // nothing of it is on disk
	comments, err := f.GetComments(tab)
	if err != nil {
		t.Fatal(err)
	}
	where := map[string]string{}
	for _, c := range comments {
		for _, p := range c.Paragraph {
			where[c.Cell] += p.Text
		}
	}
	first := findRow(t, f, "1")
	for cell, want := range map[string]struct{ fill, says string }{
		at(2, first+1): {"F8C9CC", "16 angka"}, at(7, first+2): {"F8C9CC", "belum diisi"}, at(2, first+3): {"F8C9CC", "bilangan"}, at(1, first+4): {"FFF0B3", ""}, at(1, first): {"", ""},
	} {
		id, err := f.GetCellStyle(tab, cell)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if fill := strings.TrimPrefix(strings.Join(s.Fill.Color, ""), "FF"); !strings.HasSuffix(want.fill, fill) || (want.fill == "") != (fill == "") || !strings.Contains(where[cell], want.says) || s.NumFmt != textCell || s.Protection.Locked {
			t.Errorf("%s: fill %q, comment %q, format %d, %+v", cell, fill, where[cell], s.NumFmt, s.Protection)
		}
	}
	if len(where) != 3 {
		t.Errorf("comments: %v", where)
	}
}

func findRow(t *testing.T, f *excelize.File, no string) int {
	t.Helper()
	rows, err := f.GetRows(tab)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if len(r) > 0 && r[0] == no {
			return i + 1
		}
	}
	t.Fatal("no row " + no)
	return 0
}

// Every cell is a string, in every workbook that the office writes.
func TestEveryCellIsText(t *testing.T) {
	marked, err := Markup(faultyReading(), "PKJ-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	blank, _, err := Blank("")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{marked, blank} {
		raw := part(t, b, "xl/worksheets/sheet1.xml")
		for _, c := range strings.Split(raw, "<c ")[1:] {
			tag, rest, _ := strings.Cut(c, ">")
			if strings.HasPrefix(rest, "<f") || strings.HasPrefix(rest, "<v") && !strings.Contains(tag, `t="s"`) {
				t.Errorf("%.80s", c)
			}
		}
	}
}

func part(t *testing.T, b []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestSameContentSameBytes(t *testing.T) {
	var firstM, firstX, firstD []byte
	for i := range 20 {
		m, err := Markup(faultyReading(), "PKJ-2026-0001")
		if err != nil {
			t.Fatal(err)
		}
		x, d, err := Blank("UKPBJ Contoh")
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			firstM, firstX, firstD = m, x, d
		}
		if !bytes.Equal(m, firstM) || !bytes.Equal(x, firstX) || !bytes.Equal(d, firstD) {
			t.Fatalf("round %d differs", i)
		}
	}
}

func TestNoMarkupOfWhatIsNoRoster(t *testing.T) {
	for _, n := range []int{0, maxRows + 1} {
		if b, err := Markup(document.Reading{Roster: make([]document.Row, n)}, "PKJ-2026-0001"); b != nil || err != nil {
			t.Errorf("%d rows: %d bytes, %v", n, len(b), err)
		}
	}
}

// filled puts members into a blank workbook as a person does, signature included.
func filledWorkbook(t *testing.T, blank []byte, rows []document.Row) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(blank))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // nothing of it is on disk
	first := findRow(t, f, "1")
	for i, r := range rows {
		for c, col := range columns() {
			if col.of == nil {
				continue
			}
			if err := f.SetCellStr(tab, at(c, first+i), col.of(r)); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, err := f.GetRows(tab)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range all {
		for c, text := range r {
			if strings.HasPrefix(text, "NIP. ..") {
				if err := f.SetCellStr(tab, at(c, i+1), "NIP. 19730808 200201 1 088"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// filledDocument puts members into the blank document: each into the empty cells behind its number.
func filledDocument(t *testing.T, blank []byte, rows []document.Row) []byte {
	t.Helper()
	body := part(t, blank, "word/document.xml")
	for i, r := range rows {
		mark := fmt.Sprintf(`xml:space="preserve">%d</w:t>`, i+1)
		head, rest, ok := strings.Cut(body, mark)
		if !ok {
			t.Fatalf("no row %d", i+1)
		}
		for _, col := range columns()[1:] {
			rest = strings.Replace(rest, `xml:space="preserve"></w:t>`, `xml:space="preserve" >`+html.EscapeString(col.of(r))+`</w:t>`, 1)
		}
		body = head + mark + rest
	}
	body = strings.Replace(body, "NIP. ....................................", "NIP. 19730808 200201 1 088", 1)
	var parts [][2]string
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels", "word/styles.xml"} {
		parts = append(parts, [2]string{name, part(t, blank, name)})
	}
	b, err := ooxml.Pack(append(parts, [2]string{"word/document.xml", body}))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFilledBlankFormsReadBack(t *testing.T) {
	for _, office := range []string{"", "Bagian Pengadaan Barang/Jasa Setda Kabupaten Contoh"} {
		x, d, err := Blank(office)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{3, 5, blankRows} {
			want := people(n)
			for name, b := range map[string][]byte{"formulir.xlsx": filledWorkbook(t, x, want), "formulir.docx": filledDocument(t, d, want)} {
				got := read(t, name, b)
				if len(got.Papers) != 1 || got.Papers[0].Kind != document.Formulir || len(got.Roster) != n {
					t.Fatalf("%s of %d: %+v", name, n, got)
				}
				for i, r := range got.Roster {
					if said(r) != said(want[i]) || len(r.Doubts) > 0 {
						t.Errorf("%s row %d: %s %v, want %s", name, i+1, said(r), r.Doubts, said(want[i]))
					}
				}
			}
		}
	}
}

// An empty form is a form without members, not a request.
func TestBlankFormsAreForms(t *testing.T) {
	x, d, err := Blank("")
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"formulir.xlsx": x, "formulir.docx": d} {
		got := read(t, name, b)
		if len(got.Papers) != 1 || got.Papers[0].Kind != document.Formulir || len(got.Roster) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

const shipped = "../../deploy/formulir-kosong"

// TestShippedForms: what lies in the repository is what the code makes. UKPBJD_REWRITE=1 writes it anew.
func TestShippedForms(t *testing.T) {
	x, d, err := Blank("")
	if err != nil {
		t.Fatal(err)
	}
	for ext, want := range map[string][]byte{".xlsx": x, ".docx": d} {
		if os.Getenv("UKPBJD_REWRITE") == "1" {
			if err := os.WriteFile(shipped+ext, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(shipped + ext); err != nil || !bytes.Equal(got, want) {
			t.Errorf("deploy/formulir-kosong%s is not what the code makes (%v)", ext, err)
		}
	}
}

// TestLibreOffice opens what is made here as people do, saves it in its own format, and reads that.
func TestLibreOffice(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		if os.Getenv("UKPBJD_REAL") == "1" {
			t.Fatal("soffice is not installed")
		}
		t.Skip("soffice is not installed")
	}
	want := document.Reading{Roster: people(5)}
	marked, err := Markup(want, "PKJ-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	x, d, err := Blank("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range []struct {
		name, to string
		b        []byte
	}{{"marked.xlsx", "ods", marked}, {"marked2.xlsx", "xlsx:Calc MS Excel 2007 XML", marked}, {"blank.xlsx", "ods", filledWorkbook(t, x, want.Roster)}, {"blank.docx", "odt", filledDocument(t, d, want.Roster)}} {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.b, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", f.to, "--outdir", filepath.Join(dir, "out"), filepath.Join(dir, f.name))
		if said, err := cmd.CombinedOutput(); err != nil {
			if strings.HasSuffix(f.name, "xlsx") && bytes.Contains(said, []byte("no export filter")) {
				t.Logf("%s: LibreOffice has no Calc here", f.name)
				continue
			}
			t.Fatalf("%s: %v\n%s", f.name, err, said)
		}
		ext, _, _ := strings.Cut(f.to, ":")
		out := strings.TrimSuffix(f.name, filepath.Ext(f.name)) + "." + ext
		b, err := os.ReadFile(filepath.Join(dir, "out", out))
		if os.IsNotExist(err) && ext != "odt" {
			t.Logf("%s: LibreOffice has no Calc here", f.name)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, out, b)
		if len(got.Roster) != 5 {
			t.Errorf("%s: %+v", out, got)
			continue
		}
		for i, r := range got.Roster {
			if said(r) != said(want.Roster[i]) {
				t.Errorf("%s row %d: %s, want %s", out, i+1, said(r), said(want.Roster[i]))
			}
		}
	}
}

func BenchmarkMarkup(b *testing.B) {
	r := faultyReading()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Markup(r, "PKJ-2026-0001"); err != nil {
			b.Fatal(err)
		}
	}
}
