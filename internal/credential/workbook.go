package credential

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"ukpbjd/internal/ooxml"
)

// A returned workbook is read here without a spreadsheet library: only cells, and what hides or computes them, matter, and
// every step is bounded. Nothing is unpacked to disk.
const (
	maxSheet       = 4 << 20  // bytes of the workbook as attached
	maxUnpacked    = 8 << 20  // bytes of all that is read of it
	maxParts       = 400      // files in the ZIP
	maxCells       = 20_000   // with content
	maxStrings     = 50_000   // shared strings
	maxCell        = 2_000    // bytes of one cell; the rest is cut off
	lastRowAllowed = 1 << 20  // Excel's own limit
	lastColAllowed = 16 << 10 // Excel's own limit
)

var errWorkbook = errors.New("broken workbook")

// workbook is what a person sees of it, and what they do not see.
type workbook struct {
	sheets []worksheet
	macros bool
}

type worksheet struct {
	name   string
	hidden bool
	rows   map[int]*sheetLine // by number, from 1; only rows with content
	last   int
	cols   map[int]bool // hidden columns, 0 = A
	merged []int        // first rows of merged areas
}

type sheetLine struct {
	cells    map[int]string // by column, 0 = A
	formulas bool
	hidden   bool
}

type parts struct{ *ooxml.Package }

func readWorkbook(b []byte) (*workbook, error) {
	p, err := ooxml.Open(b, ooxml.Limits{Parts: maxParts, Total: maxUnpacked})
	if err != nil || p.Twice() != "" {
		return nil, errWorkbook // two parts of one name: programs differ in which they read
	}
	claimed := uint64(0)
	for _, x := range p.Parts() {
		if claimed += min(uint64(x.Size), maxUnpacked+1); claimed > maxUnpacked {
			return nil, errWorkbook
		}
	}
	return parts{p}.workbook()
}

func (p parts) unmarshal(name string, to any) error {
	b, err := p.Read(name)
	if err != nil || xml.Unmarshal(b, to) != nil {
		return errWorkbook
	}
	return nil
}

func (p parts) workbook() (*workbook, error) {
	var book struct {
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			State string     `xml:"state,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	main, _ := p.Main()
	relations, err := p.Relations(main)
	if err != nil || p.unmarshal(main, &book) != nil || len(book.Sheets) == 0 || len(book.Sheets) > 50 {
		return nil, errWorkbook
	}
	shared, err := p.sharedStrings(main)
	if err != nil {
		return nil, err
	}
	macro, err := p.Related(main, "vbaProject")
	if err != nil {
		return nil, errWorkbook
	}
	w := &workbook{macros: macro != "" || p.Has("xl/vbaProject.bin")}
	for _, s := range book.Sheets {
		var id string
		for _, a := range s.Attrs {
			if a.Name.Local == "id" && a.Name.Space != "" {
				id = a.Value
			}
		}
		ws, err := p.worksheet(relations[id].Target, shared)
		if err != nil {
			return nil, err
		}
		ws.name, ws.hidden = s.Name, s.State != "" && s.State != "visible"
		w.sheets = append(w.sheets, *ws)
	}
	return w, nil
}

// sharedStrings joins the runs of rich text; phonetic ones are left out.
func (p parts) sharedStrings(main string) (all []string, err error) {
	name, err := p.Related(main, "sharedStrings")
	if err != nil || name == "" {
		return nil, err
	}
	r, err := p.Open(name)
	if err != nil {
		return nil, errWorkbook
	}
	defer r.Close()
	d := xml.NewDecoder(r)
	for {
		t, err := d.Token()
		if err == io.EOF {
			return all, nil
		}
		if err != nil || len(all) > maxStrings {
			return nil, errWorkbook
		}
		if s, ok := t.(xml.StartElement); ok && s.Name.Local == "si" {
			text, err := richText(d)
			if err != nil {
				return nil, err
			}
			all = append(all, text)
		}
	}
}

// richText reads to the end of the element that has begun, and gives the text of its t elements.
func richText(d *xml.Decoder) (string, error) {
	var b strings.Builder
	depth, phonetic, inText := 1, 0, false
	for depth > 0 {
		t, err := d.Token()
		if err != nil {
			return "", errWorkbook
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			if t.Name.Local == "rPh" && phonetic == 0 {
				phonetic = depth
			}
			inText = t.Name.Local == "t"
		case xml.EndElement:
			if depth == phonetic {
				phonetic = 0
			}
			depth--
			inText = false
		case xml.CharData:
			if inText && phonetic == 0 && b.Len() < maxCell {
				b.Write(t)
			}
		}
	}
	return strings.ToValidUTF8(b.String()[:min(b.Len(), maxCell)], ""), nil
}

func (p parts) worksheet(name string, shared []string) (*worksheet, error) {
	in, err := p.Open(name)
	if err != nil {
		return nil, errWorkbook
	}
	defer in.Close()
	r := sheetReader{d: xml.NewDecoder(in), shared: shared, ws: &worksheet{rows: map[int]*sheetLine{}, cols: map[int]bool{}}}
	return r.read()
}

// position reads "B12"; zero-based column, row from 1.
func position(ref string) (col, row int, ok bool) {
	i := 0
	for i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && i < 4 {
		col = col*26 + int(ref[i]-'A') + 1
		i++
	}
	row, err := strconv.Atoi(ref[i:])
	return col - 1, row, err == nil && i > 0 && row > 0 && row <= lastRowAllowed && col <= lastColAllowed
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func yes(s string) bool { return s == "1" || s == "true" }

// zero: a height or width of nothing hides as well.
func zero(s string) bool {
	f, err := strconv.ParseFloat(s, 64)
	return s != "" && err == nil && f < 0.5
}
