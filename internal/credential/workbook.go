package credential

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
)

// A returned workbook is read here without a spreadsheet library: only cells, and what hides or computes them, matter, and
// every step is bounded. Nothing is unpacked to disk.
const (
	largestSheet   = 4 << 20  // bytes of the workbook as attached
	largestPart    = 8 << 20  // bytes of all its parts unpacked
	mostParts      = 400      // files in the ZIP
	mostCells      = 20_000   // with content
	mostStrings    = 50_000   // shared strings
	longestCell    = 2_000    // bytes of one cell; the rest is cut off
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

type parts map[string]*zip.File

func readWorkbook(b []byte) (*workbook, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(z.File) > mostParts {
		return nil, errWorkbook
	}
	p, total := parts{}, uint64(0)
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if total += min(f.UncompressedSize64, largestPart+1); total > largestPart || p[name] != nil {
			return nil, errWorkbook // two parts of one name: programs differ in which they read
		}
		p[name] = f
	}
	return p.workbook()
}

// read gives a part; archive/zip holds it to the length that was counted.
func (p parts) read(name string) ([]byte, error) {
	f := p[strings.ToLower(name)]
	if f == nil {
		return nil, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, errWorkbook
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, largestPart))
	if err != nil {
		return nil, errWorkbook
	}
	return b, nil
}

func (p parts) unmarshal(name string, to any) error {
	b, err := p.read(name)
	if err != nil || b == nil {
		return errWorkbook
	}
	if xml.Unmarshal(b, to) != nil {
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
	var rels struct {
		Rel []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	err := errors.Join(p.unmarshal("xl/workbook.xml", &book), p.unmarshal("xl/_rels/workbook.xml.rels", &rels))
	if err != nil || len(book.Sheets) == 0 || len(book.Sheets) > 50 {
		return nil, errWorkbook
	}
	targets := map[string]string{}
	for _, r := range rels.Rel {
		targets[r.ID] = r.Target
	}
	shared, err := p.sharedStrings()
	if err != nil {
		return nil, err
	}
	w := &workbook{macros: p["xl/vbaproject.bin"] != nil}
	for _, s := range book.Sheets {
		var id string
		for _, a := range s.Attrs {
			if a.Name.Local == "id" && a.Name.Space != "" {
				id = a.Value
			}
		}
		ws, err := p.worksheet(targets[id], shared)
		if err != nil {
			return nil, err
		}
		ws.name, ws.hidden = s.Name, s.State != "" && s.State != "visible"
		w.sheets = append(w.sheets, *ws)
	}
	return w, nil
}

// sharedStrings joins the runs of rich text; phonetic ones are left out.
func (p parts) sharedStrings() (all []string, err error) {
	b, err := p.read("xl/sharedStrings.xml")
	if err != nil || b == nil {
		return nil, err
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		t, err := d.Token()
		if err == io.EOF {
			return all, nil
		}
		if err != nil || len(all) > mostStrings {
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
			if inText && phonetic == 0 && b.Len() < longestCell {
				b.Write(t)
			}
		}
	}
	return strings.ToValidUTF8(b.String()[:min(b.Len(), longestCell)], ""), nil
}

func (p parts) worksheet(target string, shared []string) (*worksheet, error) {
	name := path.Join("xl", target)
	if strings.HasPrefix(target, "/") {
		name = strings.TrimPrefix(path.Clean(target), "/")
	}
	b, err := p.read(name)
	if err != nil || b == nil {
		return nil, errWorkbook
	}
	r := sheetReader{d: xml.NewDecoder(bytes.NewReader(b)), shared: shared,
		ws: &worksheet{rows: map[int]*sheetLine{}, cols: map[int]bool{}}}
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
