package extract

import (
	"io"
	"math"
	"strings"

	"github.com/ledongthuc/pdf"

	"ukpbjd/internal/document"
)

// Bounds of what people type onto a PDF: form fields and notes of a page, fields of a file, letters of one value.
const (
	maxNotes     = 2000
	maxFields    = 5000
	maxFieldDeep = 8
	maxValue     = 16 << 10
)

// typed are the values of form fields (AcroForm) and text notes of one file. They are no part of a page's content, but they are
// what a person sees. ISO 32000-1 §12.5, §12.7
type typed struct {
	placed map[string]bool // values that were laid onto a page
	fields int
}

// add lays the page's values over its words. unsure says that something on the page is not what its content says: a person must
// look. A scan gets nothing: its picture is taken with what stands on it.
func (t *typed) add(s *sheet, page pdf.Value) (unsure bool) {
	notes := page.Key("Annots")
	if notes.Len() > maxNotes {
		return true
	}
	scan := len(s.words) == 0 && s.images > 0
	for i := range notes.Len() {
		n := notes.Index(i)
		if n.Key("F").Int64()&(1<<1|1<<5) != 0 { // hidden, not viewed
			continue
		}
		text := ""
		switch n.Key("Subtype").Name() {
		case "Widget":
			text = fieldValue(n)
		case "FreeText":
			text = n.Key("Contents").Text()
		case "StrikeOut", "Redact", "Caret":
			unsure = true
		}
		if text = strings.TrimSpace(text); text == "" || len(text) > maxValue {
			unsure = unsure || text != ""
			continue
		}
		t.placed[text] = true
		if !scan && !s.lay(text, n.Key("Rect")) {
			unsure = true
		}
	}
	return unsure
}

// fieldValue is the text of a text field or a choice; buttons and signatures have none.
func fieldValue(f pdf.Value) string {
	v := inherited(f, "V")
	switch inherited(f, "FT").Name() {
	case "Tx":
		if v.Kind() == pdf.Stream {
			r := v.Reader()
			defer r.Close()
			b, _ := io.ReadAll(io.LimitReader(r, maxValue+1))
			return string(b)
		}
		return v.Text()
	case "Ch":
		if v.Kind() == pdf.Array {
			v = v.Index(0)
		}
		return shownChoice(inherited(f, "Opt"), v.Text())
	}
	return ""
}

// shownChoice is what the list shows for a value.
func shownChoice(list pdf.Value, value string) string {
	for i := range min(list.Len(), maxFields) {
		if o := list.Index(i); o.Len() == 2 && o.Index(0).Text() == value {
			return o.Index(1).Text()
		}
	}
	return value
}

// lay sets a text into its rectangle. Dots and lines to write on give way to it; it is not sure when other words stand there.
func (s *sheet) lay(text string, rect pdf.Value) (sure bool) {
	x0, y0 := s.view(rect.Index(0).Float64(), rect.Index(1).Float64())
	x1, y1 := s.view(rect.Index(2).Float64(), rect.Index(3).Float64())
	x0, x1, y0, y1 = math.Min(x0, x1), math.Max(x0, x1), math.Min(y0, y1), math.Max(y0, y1)
	sure = x1-x0 > 1 && y1-y0 > 1
	kept := s.words[:0]
	for _, w := range s.words {
		inside := w.midX() > x0 && w.midX() < x1 && w.midY() > y0 && w.midY() < y1
		if inside && !w.over && strings.Trim(w.text, "._-–…:") == "" {
			continue
		}
		sure = sure && !inside
		kept = append(kept, w)
	}
	s.words = kept
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	high := (y1 - y0) / float64(len(lines))
	for i, l := range lines {
		s.layLine(l, x0, x1, y0+float64(i)*high, high)
	}
	return sure
}

func (s *sheet) layLine(text string, x0, x1, top, high float64) {
	size := math.Min(12, math.Max(1, 0.7*high))
	wide := math.Min(0.5*size, (x1-x0-2)/float64(len([]rune(text))+1))
	base := top + high/2 + 0.35*size
	x := x0 + 1
	for t := range strings.FieldsSeq(text) {
		end := x + wide*float64(len([]rune(t)))
		s.words = append(s.words, word{text: t, x0: x, x1: end, y0: base - 0.8*size, y1: base + 0.2*size, base: base, size: size, over: true})
		x = end + wide
	}
}

// lost says that a field holds a value that stood on no page, or that the form is one which only its own program can show (XFA).
func (t *typed) lost(doc *pdf.Reader) bool {
	form := doc.Trailer().Key("Root").Key("AcroForm")
	if !form.Key("XFA").IsNull() && len(t.placed) == 0 {
		return true
	}
	return t.lostIn(form.Key("Fields"), 0)
}

func (t *typed) lostIn(list pdf.Value, deep int) bool {
	for i := range list.Len() {
		f := list.Index(i)
		if t.fields++; t.fields > maxFields || deep > maxFieldDeep {
			return true
		}
		if v := strings.TrimSpace(fieldValue(f)); v != "" && !t.placed[v] || t.lostIn(f.Key("Kids"), deep+1) {
			return true
		}
	}
	return false
}

// forPerson marks a page, or the first one of a file, that a person must see.
func forPerson(p *document.Page) {
	if p.Unreadable == "" {
		p.Unreadable = document.ReasonAnnotated
	}
}
