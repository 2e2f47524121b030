package extract

import (
	"bytes"
	"context"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/ooxml"
)

// readODF reads an OpenDocument text, or the visible cells of a spreadsheet, each sheet a page (ODF 1.3 part 3 §5, §9).
func readODF(sheet bool) readFunc {
	return func(_ *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) error {
		pkg, err := ooxml.Open(data, ooxml.Limits{})
		if err != nil {
			return err
		}
		if m, _ := pkg.Read("META-INF/manifest.xml"); bytes.Contains(m, []byte("encryption-data")) {
			return ooxml.ErrEncrypted
		}
		o := &odfReader{doc: newDocBuilder(), breaks: map[string]bool{}, gone: map[string]bool{}, sheet: sheet}
		if pkg.Has("styles.xml") {
			if err := walkXML(ctx, pkg, "styles.xml", xmlEvents{o.startStyle, func(string) {}, func([]byte) {}, nil}); err != nil {
				return err
			}
		}
		if err := walkXML(ctx, pkg, "content.xml", xmlEvents{o.start, o.end, o.text, aside}); err != nil {
			return err
		}
		return o.doc.finishInto(src)
	}
}

type odfReader struct {
	doc     *docBuilder
	sheet   bool
	breaks  map[string]bool // paragraph styles that begin a page
	gone    map[string]bool // styles that strike out or hide
	style   string          // being defined
	open    []bool          // for each open paragraph, span and cell: whether its text is withdrawn
	deleted bool            // in what is kept of tracked deletions
	para    int             // depth of open paragraphs
	column  int             // being defined
	hidden  map[int]bool    // columns of the sheet
	collaps bool            // the row is hidden
	rowRep  int
	cellRep int
	value   string // office:value of a number
}

// aside are parts of a document that are not its text. A covered cell is told by the one that spans it.
var aside = map[string]bool{"covered-table-cell": true, "annotation": true, "forms": true, "note": true, "ruby-text": true, "desc": true, "title": true, "script": true, "hidden-text": true, "change-info": true}

func (o *odfReader) start(name string, at []xml.Attr) {
	switch name {
	case "style", "paragraph-properties", "text-properties":
		o.startStyle(name, at)
	case "p", "h":
		o.openParagraph(at)
		o.enter(at)
	case "span":
		o.enter(at)
	case "tracked-changes":
		o.deleted = true
	case "s":
		o.write(strings.Repeat(" ", min(repeated(at, "c"), 64)))
	case "tab":
		o.write("\t")
	case "line-break":
		o.write("\n")
	default:
		o.startTable(name, at)
	}
}

// startStyle notes styles that begin a page, and those that strike out or hide their text (ODF 1.3 part 3 §20.380).
func (o *odfReader) startStyle(name string, at []xml.Attr) {
	switch name {
	case "style":
		o.style = attr(at, "name")
		o.gone[o.style] = o.gone[attr(at, "parent-style-name")]
	case "paragraph-properties":
		if attr(at, "break-before") == "page" || attr(at, "page-number") != "" && attr(at, "page-number") != "auto" {
			o.breaks[o.style] = true
		}
	case "text-properties":
		for _, a := range at {
			switch a.Name.Local {
			case "text-line-through-style", "text-line-through-type":
				o.gone[o.style] = a.Value != "none"
			case "display":
				o.gone[o.style] = o.gone[o.style] || a.Value == "none"
			}
		}
	}
}

// enter opens an element whose style may strike out its text.
func (o *odfReader) enter(at []xml.Attr) {
	style := attr(at, "style-name")
	gone, told := o.gone[style]
	if n := len(o.open); n > 0 && (!told || !gone) && o.open[n-1] {
		gone = true
	}
	o.open = append(o.open, gone)
}

func (o *odfReader) leave() {
	if n := len(o.open); n > 0 {
		o.open = o.open[:n-1]
	}
}

// write puts text where it is read, or where it is told that it is not meant.
func (o *odfReader) write(text string) {
	if n := len(o.open); o.deleted || n > 0 && o.open[n-1] {
		o.doc.strike(text)
		return
	}
	o.doc.WriteString(text)
}

func (o *odfReader) openParagraph(at []xml.Attr) {
	o.para++
	if o.breaks[attr(at, "style-name")] && o.doc.top() == nil {
		o.doc.breakPage()
	}
}

func (o *odfReader) startTable(name string, at []xml.Attr) {
	switch name {
	case "table":
		if o.sheet {
			o.doc.breakPage()
		}
		o.doc.openTable()
		o.column, o.hidden = 0, map[int]bool{}
	case "table-column":
		n := repeated(at, "number-columns-repeated")
		if v := attr(at, "visibility"); v == "collapse" || v == "filter" {
			for i := 0; i < min(n, maxColumns); i++ {
				o.hidden[o.column+i] = true
			}
		}
		o.column += n
	case "table-row":
		v := attr(at, "visibility")
		o.collaps = v == "collapse" || v == "filter"
		o.rowRep = repeated(at, "number-rows-repeated")
		o.doc.openRow()
	case "table-cell":
		o.doc.openCell()
		if t := o.doc.top(); t != nil {
			t.span, t.down = repeated(at, "number-columns-spanned"), repeated(at, "number-rows-spanned")
		}
		o.enter(at)
		o.cellRep = repeated(at, "number-columns-repeated")
		o.value = ""
		if t := attr(at, "value-type"); t == "float" || t == "currency" || t == "percentage" {
			o.value = attr(at, "value")
		}
	}
}

func repeated(at []xml.Attr, name string) int {
	n, err := strconv.Atoi(attr(at, name))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

func (o *odfReader) end(name string) {
	switch name {
	case "p", "h":
		o.para--
		o.leave()
		o.doc.endParagraph()
	case "span":
		o.leave()
	case "tracked-changes":
		o.deleted = false
	case "table":
		if t := o.doc.top(); t != nil {
			for i, row := range t.rows {
				t.rows[i] = o.shown(row)
			}
		}
		o.doc.closeTable()
	case "table-row":
		o.closeRow()
	case "table-cell":
		o.leave()
		o.closeCell()
	}
}

// closeCell repeats a cell as often as the file says, empty ones up to the width of a sheet that people use.
func (o *odfReader) closeCell() {
	t := o.doc.top()
	if t == nil {
		return
	}
	before := len(t.row)
	o.doc.closeCell()
	at := len(t.row) - min(t.span, 64)
	if at < before {
		return
	}
	if o.value != "" {
		t.row[at] = numberCell(t.row[at], o.value)
	}
	for i := 1; i < min(o.cellRep, 64) && o.doc.afford(t.row[at].Text); i++ {
		t.row = append(t.row, t.row[at])
	}
}

// shown are the cells of a row but for hidden columns.
func (o *odfReader) shown(row []document.Cell) (out []document.Cell) {
	if len(o.hidden) == 0 {
		return row
	}
	for c, cell := range row {
		if !o.hidden[c] {
			out = append(out, cell)
		}
	}
	return out
}

// numberCell keeps what is shown, unless the digits shown are fewer than the number has.
func numberCell(cell document.Cell, value string) document.Cell {
	cell.Numeric = true
	if plain := plainNumber(value); len(plain) >= 9 {
		cell.Text = plain
	}
	return cell
}

func (o *odfReader) closeRow() {
	t := o.doc.top()
	if t == nil {
		return
	}
	if o.collaps {
		o.doc.hideRow(o.shown(t.row))
	}
	o.doc.closeRow()
	last := len(t.rows) - 1
	if o.sheet && !slices.ContainsFunc(t.rows[last], func(c document.Cell) bool { return c.Text+c.Over != "" }) {
		t.rows[last] = nil
	}
	if o.collaps {
		t.rows = t.rows[:last]
		return
	}
	for range min(o.rowRep, 3) - 1 { // blank rows are repeated by the million
		t.rows = append(t.rows, t.rows[last])
	}
}

func (o *odfReader) text(data []byte) {
	if o.para > 0 {
		o.write(string(data))
	}
}
