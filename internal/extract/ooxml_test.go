package extract

import (
	"fmt"
	"strings"
	"testing"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/ooxml"
)

const officeRel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

func relations(list ...[2]string) string {
	var b strings.Builder
	for i, x := range list {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s%s" Target="%s"/>`, i+1, officeRel, x[0], x[1])
	}
	return "<Relationships>" + b.String() + "</Relationships>"
}

// sheetOf is a workbook of one sheet, with one shared string.
func sheetOf(t *testing.T, shared, rows string) []byte {
	t.Helper()
	raw, err := ooxml.Pack([][2]string{
		{"_rels/.rels", relations([2]string{"officeDocument", "xl/workbook.xml"})},
		{"xl/_rels/workbook.xml.rels", relations([2]string{"worksheet", "worksheets/sheet1.xml"}, [2]string{"sharedStrings", "sharedStrings.xml"})},
		{"xl/workbook.xml", `<workbook><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>`},
		{"xl/sharedStrings.xml", "<sst><si><t>" + shared + "</t></si></sst>"},
		{"xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func readOne(t *testing.T, name string, raw []byte) document.Source {
	t.Helper()
	out := New(Options{OCR: "off"}).All(t.Context(), []message.Attachment{{Name: name, Bytes: raw}})
	if len(out) != 1 {
		t.Fatalf("%d sources", len(out))
	}
	return out[0]
}

// TestOneStringInEveryCell: the text of cells is counted, not the cells: one string of 400 KB that stands in 22,000 of them made 9 GB.
func TestOneStringInEveryCell(t *testing.T) {
	rows := strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, 22_000)
	if s := readOne(t, "a.xlsx", sheetOf(t, strings.Repeat("Pokja ", 70_000), rows)); s.Unreadable != document.ReasonTooLarge {
		t.Errorf("a long string in every cell: %q, %d pages", s.Unreadable, len(s.Pages))
	}
	if s := readOne(t, "a.xlsx", sheetOf(t, "Pokja", rows)); s.Unreadable != "" || len(s.Pages[0].Tables[0].Rows) != 22_000 {
		t.Errorf("a short one: %q", s.Unreadable)
	}
}

// TestCellsFarToTheRight: a sheet of rows with one cell in the last column each is as large as if every cell were filled.
func TestCellsFarToTheRight(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	wide := func(rows int) document.Source {
		var b strings.Builder
		for r := 1; r <= rows; r++ {
			fmt.Fprintf(&b, `<row r="%d"><c r="SR%d" t="s"><v>0</v></c></row>`, r, r)
		}
		return readOne(t, "a.xlsx", sheetOf(t, "Pokja", b.String()))
	}
	if s := wide(100_000); s.Unreadable != document.ReasonTooLarge {
		t.Errorf("100,000 rows: %q", s.Unreadable)
	}
	if s := wide(1000); s.Unreadable != "" || len(s.Pages[0].Tables[0].Rows) != 1000 {
		t.Errorf("1,000 rows: %q", s.Unreadable)
	}
}

// TestMergedText: a tall cell is repeated for the rows that it covers, and counted each time.
func TestMergedText(t *testing.T) {
	page := func(text string) document.Source {
		return readOne(t, "a.html", []byte("<html><table>"+strings.Repeat("<tr><td rowspan=1000>"+text+"</td></tr>"+strings.Repeat("<tr><td>x</td></tr>", 999), 20)+"</table>"))
	}
	if s := page(strings.Repeat("Pokja ", 20_000)); s.Unreadable != document.ReasonTooLarge {
		t.Errorf("a long text over 1,000 rows: %q", s.Unreadable)
	}
	if s := page("Pokja"); s.Unreadable != "" {
		t.Errorf("a short one: %q", s.Unreadable)
	}
}

// TestDocumentByRelations: some programs call the main part document2.xml, some write backslashes.
func TestDocumentByRelations(t *testing.T) {
	for name, part := range map[string]string{"usual": "word/document.xml", "second name": "word/document2.xml", "backslash": `word\document.xml`} {
		raw, err := ooxml.Pack([][2]string{
			{"[Content_Types].xml", "<Types/>"}, {"_rels/.rels", relations([2]string{"officeDocument", part})},
			{part, `<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>SURAT TUGAS</w:t></w:r></w:p></w:body></w:document>`},
		})
		if err != nil {
			t.Fatal(err)
		}
		s := readOne(t, "surat.docx", raw)
		if s.Unreadable != "" || len(s.Pages) != 1 || len(s.Pages[0].Lines) != 1 || s.Pages[0].Lines[0].Text() != "SURAT TUGAS" {
			t.Errorf("%s: %q %+v", name, s.Unreadable, s.Pages)
		}
	}
}
