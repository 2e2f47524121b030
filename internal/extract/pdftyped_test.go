package extract

import (
	"fmt"
	"strings"
	"testing"

	"ukpbjd/internal/document"
)

// fillable is the office's form as a PDF with fields: printed title, header and lines, and what people typed on top.
type fillable struct {
	content strings.Builder
	notes   []string // annotations of the page
	loose   []string // fields that stand on no page
	xfa     bool
}

const formTop = 500

var fillableColumns = []struct {
	label string
	x     int
}{{"No", 40}, {"Nama", 70}, {"NIP", 260}, {"Jabatan", 400}, {"Email", 540}}

func (f *fillable) print(x, y int, text string) {
	fmt.Fprintf(&f.content, "BT /F1 9 Tf %d %d Td (%s) Tj ET\n", x, y, text)
}

// newFillable draws three rows; ruled draws the lines of the table.
func newFillable(ruled bool) *fillable {
	f := &fillable{}
	f.print(200, 560, "FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA")
	for _, c := range fillableColumns {
		f.print(c.x+3, formTop+6, c.label)
	}
	for r := range 5 {
		if ruled {
			fmt.Fprintf(&f.content, "40 %d m 740 %d l S\n", formTop+20-r*20, formTop+20-r*20)
		}
	}
	for _, x := range []int{40, 70, 260, 400, 540, 740} {
		if ruled {
			fmt.Fprintf(&f.content, "%d %d m %d %d l S\n", x, formTop+20, x, formTop-60)
		}
	}
	for r := 1; r <= 3; r++ {
		f.print(43, formTop+6-20*r, fmt.Sprint(r))
	}
	return f
}

func (f *fillable) rect(row, col int) string {
	right := 740
	if col+1 < len(fillableColumns) {
		right = fillableColumns[col+1].x
	}
	return fmt.Sprintf("[%d %d %d %d]", fillableColumns[col].x+2, formTop+2-20*row, right-2, formTop+18-20*row)
}

func (f *fillable) field(row, col int, value string) {
	f.notes = append(f.notes, fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Tx/F 4/T(r%dc%d)/V(%s)/Rect%s>>", row, col, value, f.rect(row, col)))
}

func (f *fillable) pdf() []byte {
	objects := []string{"", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "", fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", f.content.Len(), f.content.String()),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"}
	refs := func(list []string) string {
		var out []string
		for _, o := range list {
			objects = append(objects, o)
			out = append(out, fmt.Sprintf("%d 0 R", len(objects)))
		}
		return strings.Join(out, " ")
	}
	notes := refs(f.notes)
	fields, xfa := notes+" "+refs(f.loose), ""
	if f.xfa {
		xfa = "/XFA(x)"
	}
	objects[0] = "<</Type/Catalog/Pages 2 0 R/AcroForm<</NeedAppearances true/DA(/F1 9 Tf)/DR<</Font<</F1 5 0 R>>>>/Fields[" + fields + "]" + xfa + ">>>>"
	objects[2] = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 780 600]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[" + notes + "]>>"
	var b strings.Builder
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return []byte(b.String())
}

var typedMembers = [][]string{{"", "Ni Made Sari, S.T.", "198609262015052001", "Pengelola PBJ", "sari@dinas.example"},
	{"", "I Wayan Putra", "197902282004121073", "Auditor Muda", "putra@dinas.example"}, {"", "Ida Bagus Oka", "199002152016081075", "Perencana", "oka@dinas.example"}}

func (f *fillable) fill() *fillable {
	for r, m := range typedMembers {
		for c := 1; c < len(m); c++ {
			f.field(r+1, c, m[c])
		}
	}
	return f
}

func wantTyped(t *testing.T, what string, data []byte, person bool) {
	t.Helper()
	r := document.Read(document.Bundle{Sources: read(t, Options{OCR: "off"}, "formulir.pdf", data)})
	if r.NeedsPerson != person || len(r.Papers) != 1 || r.Papers[0].Kind != document.Formulir {
		t.Errorf("%s: needs person %v, papers %+v", what, r.NeedsPerson, r.Papers)
	}
	if person {
		return
	}
	if len(r.Roster) != len(typedMembers) || len(r.Problems) != 0 {
		t.Fatalf("%s: roster %+v, problems %+v", what, r.Roster, r.Problems)
	}
	for i, m := range typedMembers {
		if row := r.Roster[i]; row.Nama != m[1] || row.NIP != m[2] || row.Jabatan != m[3] || row.Email != m[4] || len(row.Doubts) != 0 {
			t.Errorf("%s: row %d = %+v", what, i+1, row)
		}
	}
}

// A roster that was typed into the fields of a PDF, or put on it as notes, is read as if it were printed.
func TestTypedOntoPDF(t *testing.T) {
	for name, ruled := range map[string]bool{"ruled": true, "without lines": false} {
		wantTyped(t, name, newFillable(ruled).fill().pdf(), false)
	}
	notes := newFillable(true)
	for r, m := range typedMembers {
		for c := 1; c < len(m); c++ {
			notes.notes = append(notes.notes, fmt.Sprintf("<</Type/Annot/Subtype/FreeText/Contents(%s)/Rect%s>>", m[c], notes.rect(r+1, c)))
		}
	}
	wantTyped(t, "notes", notes.pdf(), false)
	dotted := newFillable(true).fill()
	dotted.print(72, formTop-14, "..............")
	wantTyped(t, "dots to write on", dotted.pdf(), false)
	hidden := newFillable(true).fill()
	hidden.notes = append(hidden.notes, "<</Type/Annot/Subtype/Widget/FT/Tx/F 2/T(h)/V()/Rect"+hidden.rect(1, 1)+">>", "<</Type/Annot/Subtype/Widget/FT/Btn/T(b)/V/Off/Rect"+hidden.rect(1, 1)+">>")
	wantTyped(t, "button", hidden.pdf(), false)
}

// What is typed over print, struck out, or stands on no page is never passed over in silence.
func TestTypedOntoPDFUnsure(t *testing.T) {
	over := newFillable(true).fill()
	over.notes = append(over.notes, "<</Type/Annot/Subtype/FreeText/Contents(Kepala Bagian)/Rect"+over.rect(2, 3)+">>")
	struck := newFillable(true).fill()
	struck.notes = append(struck.notes, "<</Type/Annot/Subtype/StrikeOut/Rect"+struck.rect(2, 1)+">>")
	loose := newFillable(true).fill()
	loose.loose = append(loose.loose, "<</FT/Tx/T(x)/V(Siti Rahma)>>")
	xfa := newFillable(true)
	xfa.xfa = true
	for name, f := range map[string]*fillable{"over print": over, "struck out": struck, "field without place": loose, "XFA": xfa} {
		wantTyped(t, name, f.pdf(), true)
	}
}

// Where the built-in reader gives up, poppler shows what was typed as well.
func TestTypedOntoPDFWithPoppler(t *testing.T) {
	r := New(Options{TempDir: t.TempDir()})
	needs(t, r, "pdftotext")
	pages, reason := r.poppler(t.Context(), newFillable(true).fill().pdf())
	if reason != "" || len(pages) != 1 || len(pages[0].Tables) == 0 && len(pages[0].Lines) == 0 {
		t.Fatalf("reason %q, %+v", reason, pages)
	}
	said := fmt.Sprint(pages)
	for _, m := range typedMembers {
		if !strings.Contains(said, m[2]) {
			t.Errorf("%s is not there", m[2])
		}
	}
}
