package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/sop"
)

// program finds a program of the system; without it the test is skipped, but fails where UKPBJD_REAL=1.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("UKPBJD_REAL") == "1" {
		t.Fatalf("UKPBJD_REAL=1 and no %s", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// scanned prints a page of a PDF with poppler and reads what a reader of QR codes finds on it.
func scanned(t *testing.T, pdf []byte, page, dpi int) string {
	t.Helper()
	poppler, reader, dir := program(t, "pdftoppm"), program(t, "zbarimg"), t.TempDir()
	cmd := exec.Command(poppler, "-gray", "-png", "-singlefile", "-f", strconv.Itoa(page), "-r", strconv.Itoa(dpi), "-", filepath.Join(dir, "page"))
	cmd.Stdin = bytes.NewReader(pdf)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	cmd = exec.Command(reader, "--quiet", "--raw", filepath.Join(dir, "page.png"))
	cmd.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS=disabled:")
	out, err := cmd.Output()
	if x, ok := err.(*exec.ExitError); err != nil && (!ok || x.ExitCode() != 4) { // 4: no code on the page
		t.Fatalf("zbarimg: %v", err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// TestQRIsRead: a reader that is not ours reads number and checkpoint from the printed page, from a poor scan as well.
func TestQRIsRead(t *testing.T) {
	for i, c := range []sop.Case{ordinary(1), large(75), strange(), {Number: "PKJ-2026-123456"}} {
		s := sheetOf(c)
		pdf, want := pdfOf(t, s), c.Number+" "+s.Evidence.Value
		for _, dpi := range []int{300, 100}[min(i, 1):] {
			if got := scanned(t, pdf, 1, dpi); got != want {
				t.Errorf("%s at %d dpi: the code says %q, want %q", c.Number, dpi, got, want)
			}
		}
	}
	if got := scanned(t, pdfOf(t, sheetOf(ordinary(1))), 2, 100); got != "" {
		t.Errorf("the second page has a code: %q", got)
	}
}

// opened is what a spreadsheet program made of a cell.
type opened struct {
	Type    string `xml:"urn:oasis:names:tc:opendocument:xmlns:office:1.0 value-type,attr"`
	Date    string `xml:"urn:oasis:names:tc:opendocument:xmlns:office:1.0 date-value,attr"`
	Value   string `xml:"urn:oasis:names:tc:opendocument:xmlns:office:1.0 value,attr"`
	Formula string `xml:"urn:oasis:names:tc:opendocument:xmlns:table:1.0 formula,attr"`
	Again   int    `xml:"urn:oasis:names:tc:opendocument:xmlns:table:1.0 number-columns-repeated,attr"`
	Text    string `xml:"urn:oasis:names:tc:opendocument:xmlns:text:1.0 p"`
}

type openedTable struct {
	Name string `xml:"urn:oasis:names:tc:opendocument:xmlns:table:1.0 name,attr"`
	Rows []struct {
		Cells []opened `xml:"table-cell"`
	} `xml:"table-row"`
	Header []struct {
		Cells []opened `xml:"table-cell"`
	} `xml:"table-header-rows>table-row"`
}

// openedBook has the rows of each sheet, in order of the sheets.
type openedBook struct {
	names  []string
	sheets map[string][][]opened
	raw    []byte
}

// openWith lets LibreOffice open workbooks and gives what it sees in them.
func openWith(t *testing.T, books map[string][]byte) map[string]openedBook {
	t.Helper()
	office, dir := program(t, "soffice"), t.TempDir()
	args := []string{"-env:UserInstallation=file://" + dir + "/profile", "--headless", "--convert-to", "fods", "--outdir", dir}
	for name, b := range books {
		path := filepath.Join(dir, name+".xlsx")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	said, err := exec.CommandContext(t.Context(), office, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	out := map[string]openedBook{}
	for name := range books {
		raw, err := os.ReadFile(filepath.Join(dir, name+".fods"))
		if err != nil {
			if os.Getenv("UKPBJD_REAL") == "1" {
				t.Fatalf("%v\n%s", err, said)
			}
			t.Skip("this LibreOffice has no Calc")
		}
		out[name] = readOpened(t, raw)
	}
	return out
}

func readOpened(t *testing.T, raw []byte) openedBook {
	t.Helper()
	b := openedBook{sheets: map[string][][]opened{}, raw: raw}
	for d := xml.NewDecoder(bytes.NewReader(raw)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return b
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "table" {
			continue
		}
		var x openedTable
		if err := d.DecodeElement(&x, &e); err != nil {
			t.Fatal(err)
		}
		b.names = append(b.names, x.Name)
		for _, r := range append(x.Header, x.Rows...) {
			var cells []opened
			for _, c := range r.Cells {
				for range min(max(c.Again, 1), 100) {
					cells = append(cells, c)
				}
			}
			b.sheets[x.Name] = append(b.sheets[x.Name], cells)
		}
	}
}

// TestOpensInSpreadsheet: register and monthly report mean in LibreOffice what they mean here.
func TestOpensInSpreadsheet(t *testing.T) {
	var es []Entry
	for i, s := range []string{"", "=cmd|' /C calc'!A0", "=1+1", "+62 811", "@SUM(A1)"} {
		e := entry(i + 1)
		if s != "" {
			e.Subject, e.Requester.Name, e.Members[0].Nama, e.Deviations[0].Reply, e.Letters[0].Answer = s, s, s, s, s
		}
		es = append(es, e)
	}
	known := Entry{Accounts: []Account{{NIP: es[0].Members[0].NIP, Nama: es[0].Members[0].Nama, UserID: "=contoh", Since: at(4, 9, 0), Case: es[0].Number, State: "kunci masih ada"}}}
	var register bytes.Buffer
	if err := WriteXLSX(&register, t.TempDir(), head, seq(append(slices.Clone(es), known)...)); err != nil {
		t.Fatal(err)
	}
	m := tally(ordinary(1), ordinary(2))
	pictures, err := m.Charts()
	if err != nil {
		t.Fatal(err)
	}
	month, err := m.Workbook(at(29, 9, 0), pictures)
	if err != nil {
		t.Fatal(err)
	}
	books := openWith(t, map[string][]byte{"register": register.Bytes(), "month": month})
	for name, want := range map[string]string{"register": "Kasus Anggota Penyimpangan Surat Akun", "month": "Ringkasan Kasus Anggota Penyimpangan"} {
		b := books[name]
		if got := strings.Join(b.names, " "); got != want {
			t.Errorf("%s has the sheets %q, want %q", name, got, want)
		}
		for sheet, rows := range b.sheets {
			checkOpened(t, name+" "+sheet, rows)
		}
	}
	if n := bytes.Count(books["month"].raw, []byte("<draw:image")); n != 3 {
		t.Errorf("the monthly report shows %d charts, want 3", n)
	}
	subjects := map[string]bool{}
	for _, r := range books["register"].sheets["Kasus"][1:] {
		if len(r) > 5 {
			subjects[r[5].Text] = true
		}
	}
	for _, e := range es {
		if !subjects[e.Subject] {
			t.Errorf("the subject %q is not shown; there are %q", e.Subject, slices.Collect(maps.Keys(subjects)))
		}
	}
}

// checkOpened: no cell is a formula; a column of moments holds dates, a NIP is text of 18 digits.
func checkOpened(t *testing.T, where string, rows [][]opened) {
	t.Helper()
	columns := map[int]string{}
	for _, x := range tables {
		if strings.HasSuffix(where, " "+x.name) {
			for i, c := range x.columns {
				columns[i] = c.title
				if c.kind == moment {
					columns[i] = "moment"
				}
			}
		}
	}
	nips, dates := 0, 0
	for y, row := range rows {
		for i, c := range row {
			if c.Formula != "" {
				t.Errorf("%s row %d: %q is the formula %q", where, y+1, c.Text, c.Formula)
			}
			if y == 0 || c.Type == "" {
				continue
			}
			switch columns[i] {
			case "moment":
				dates++
				if _, err := time.Parse("2006-01-02T15:04:05", c.Date); c.Type != "date" || err != nil || !strings.HasPrefix(c.Text, c.Date[8:10]+"-05-2026 ") {
					t.Errorf("%s row %d: %q is no date of May 2026 (%s, %q)", where, y+1, c.Text, c.Type, c.Date)
				}
			case "NIP":
				nips++
				if c.Type != "string" || len(c.Text) != 18 {
					t.Errorf("%s row %d: the NIP became %q of type %s", where, y+1, c.Text, c.Type)
				}
			}
		}
	}
	if strings.HasSuffix(where, " Anggota") && nips < 6 || len(columns) > 0 && dates == 0 {
		t.Errorf("%s: %d NIPs, %d dates", where, nips, dates)
	}
}
