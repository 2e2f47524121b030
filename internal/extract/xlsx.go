package extract

import (
	"context"
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/document"
	"ukpbjd/internal/ooxml"
)

// readXLSX reads the visible cells of the visible sheets as a person sees them: cached values of formulas, hidden rows and
// columns left out. It reads the XML itself, because what matters here is how a number was written in the file.
func readXLSX(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) error {
	pkg, err := ooxml.Open(data, ooxml.Limits{})
	if err != nil {
		return err
	}
	main, _ := pkg.Main()
	b := &workbook{ctx: ctx, pkg: pkg, main: main, cellsLeft: maxCells, textLeft: maxText}
	return b.read(src)
}

type workbook struct {
	ctx       context.Context
	pkg       *ooxml.Package
	main      string // name of the part that lists the sheets
	shared    []shown
	struck    []bool // styles of cells that strike out what the cell holds
	cellsLeft int
	textLeft  int // bytes: a string of the table may stand in every cell
}

type sheetRef struct{ rel, state string }

func (b *workbook) read(src *document.Source) error {
	sheets, err := b.sheets()
	if err != nil {
		return err
	}
	targets, err := b.pkg.Relations(b.main)
	if err != nil {
		return err
	}
	if err := b.readShared(); err != nil {
		return err
	}
	if err := b.readStyles(); err != nil {
		return err
	}
	for i, s := range sheets {
		if s.state == "hidden" || s.state == "veryHidden" {
			continue
		}
		g := newGrid(b)
		if err := walkXML(b.ctx, b.pkg, targets[s.rel].Target, xmlEvents{g.start, g.end, g.value.text, phonetic}); err != nil {
			return err
		}
		if b.cellsLeft < 0 || b.textLeft < 0 || len(g.rows)*g.maxC > maxSlotsOfSheet {
			return errTooLarge
		}
		rows, gone := g.visible()
		src.Pages = append(src.Pages, document.Page{Number: i + 1, Tables: []document.Table{{Rows: rows}}, Withdrawn: gone})
	}
	return nil
}

func (b *workbook) sheets() (list []sheetRef, err error) {
	err = walkXML(b.ctx, b.pkg, b.main, xmlEvents{
		start: func(name string, at []xml.Attr) {
			if name == "sheet" && len(list) < 100 {
				list = append(list, sheetRef{attr(at, "id"), attr(at, "state")}) // r:id; a sheet has no other attribute of that local name
			}
		},
		end: func(string) {}, text: func([]byte) {},
	})
	return list, err
}

// readShared reads the string table.
func (b *workbook) readShared() error {
	name, err := b.pkg.Related(b.main, "sharedStrings")
	if err != nil || name == "" {
		return err // a workbook of inline strings has none
	}
	var cur shownText
	return walkXML(b.ctx, b.pkg, name, xmlEvents{
		start: func(name string, at []xml.Attr) {
			if cur.element(name, at, true); name == "si" {
				cur.reset()
			}
		},
		end: func(name string) {
			if cur.element(name, nil, false); name == "si" {
				b.shared = append(b.shared, cur.shown())
			}
		},
		text: cur.text, unseen: phonetic,
	})
}

// readStyles finds the styles whose font is struck out (ECMA-376 part 1 §18.8).
func (b *workbook) readStyles() error {
	name, err := b.pkg.Related(b.main, "styles")
	if err != nil || name == "" || !b.pkg.Has(name) {
		return err
	}
	var fonts []bool
	in := ""
	return walkXML(b.ctx, b.pkg, name, xmlEvents{
		start: func(name string, at []xml.Attr) {
			switch {
			case name == "fonts" || name == "cellXfs":
				in = name
			case in == "fonts" && name == "font":
				fonts = append(fonts, false)
			case in == "fonts" && name == "strike" && len(fonts) > 0:
				fonts[len(fonts)-1] = on(at)
			case in == "cellXfs" && name == "xf":
				n, err := strconv.Atoi(attr(at, "fontId"))
				b.struck = append(b.struck, err == nil && n >= 0 && n < len(fonts) && fonts[n])
			}
		},
		end: func(name string) {
			if name == in {
				in = ""
			}
		},
		text: func([]byte) {},
	})
}

// shown is the text of a cell, and what of it is struck out.
type shown struct{ text, gone string }

// shownText collects the values of a cell.
type shownText struct {
	strings.Builder
	gone    strings.Builder
	inValue bool
	struck  bool // the present run is struck out
}

func (t *shownText) reset() {
	t.Reset()
	t.gone.Reset()
	t.struck = false
}

func (t *shownText) shown() shown { return shown{unescaped(t.String()), unescaped(t.gone.String())} }

var escapeRE = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescaped resolves what a workbook writes for characters that XML cannot hold (ECMA-376 part 1 §22.9.2.19), and folds white space
// and marks of no width as everywhere.
func unescaped(text string) string {
	if strings.Contains(text, "_x") {
		text = escapeRE.ReplaceAllStringFunc(text, func(m string) string {
			n, _ := strconv.ParseUint(m[2:6], 16, 16)
			return string(rune(n))
		})
	}
	return squeezeLines(normal([]byte(text)))
}

// phonetic readings are no part of a cell's text.
var phonetic = map[string]bool{"rPh": true}

func (t *shownText) element(name string, at []xml.Attr, begins bool) {
	switch name {
	case "v", "t":
		t.inValue = begins
	case "r":
		t.struck = false
	case "strike":
		t.struck = t.struck || begins && on(at)
	}
}

func (t *shownText) text(data []byte) {
	switch {
	case !t.inValue:
	case t.struck:
		t.gone.Write(data)
	default:
		t.Write(data)
	}
}

// grid collects one sheet.
type grid struct {
	book       *workbook
	rows       map[int]map[int]document.Cell
	gone       map[int][]string // what is struck out, by row
	style      int
	hiddenRow  map[int]bool
	hiddenCol  map[int]bool
	maxR, maxC int
	r, c       int
	kind       string
	value      shownText
	merges     int // cells and rows that merged ones may still cover
}

func newGrid(b *workbook) *grid {
	return &grid{book: b, rows: map[int]map[int]document.Cell{}, gone: map[int][]string{}, hiddenRow: map[int]bool{}, hiddenCol: map[int]bool{}, merges: maxMerged}
}

const (
	maxColumns      = 512
	maxMerged       = 200_000
	maxSlotsOfSheet = 2_000_000 // rows times columns: one cell far to the right makes every row that long
)

func (g *grid) start(name string, at []xml.Attr) {
	g.value.element(name, at, true)
	switch name {
	case "col":
		g.hideColumns(at)
	case "row":
		g.r++
		if n, err := strconv.Atoi(attr(at, "r")); err == nil {
			g.r = n
		}
		g.c = 0
		if h := attr(at, "hidden"); h == "1" || h == "true" {
			g.hiddenRow[g.r] = true
		}
	case "c":
		g.c++
		if col, _, err := excelize.CellNameToCoordinates(attr(at, "r")); err == nil {
			g.c = col
		}
		g.kind = attr(at, "t")
		g.style, _ = strconv.Atoi(attr(at, "s"))
		g.value.reset()
	case "mergeCell":
		g.merge(attr(at, "ref"))
	}
}

// merge marks the cells that a merged one covers (ECMA-376 §18.3.1.55); they come after all rows. Blank rows stay blank.
func (g *grid) merge(ref string) {
	first, last, _ := strings.Cut(ref, ":")
	c1, r1, err1 := excelize.CellNameToCoordinates(first)
	c2, r2, err2 := excelize.CellNameToCoordinates(last)
	if err1 != nil || err2 != nil {
		return
	}
	head := g.rows[r1][c1]
	for r := r1; r <= min(r2, g.maxR); r++ {
		if g.merges--; g.merges < 0 {
			return
		}
		row := g.rows[r]
		for c := c1; c <= min(c2, g.maxC) && len(row) > 0; c++ {
			if g.merges--; g.merges < 0 {
				return
			}
			if r == r1 && c == c1 || row[c].Text != "" {
				continue
			}
			cell := document.Cell{Merged: true}
			if r > r1 && g.book.afford(head.Text) {
				cell.Over = head.Text
			}
			row[c] = cell
		}
	}
}

func (g *grid) hideColumns(at []xml.Attr) {
	if h := attr(at, "hidden"); h != "1" && h != "true" {
		return
	}
	from, _ := strconv.Atoi(attr(at, "min"))
	to, _ := strconv.Atoi(attr(at, "max"))
	for c := max(from, 1); c <= min(to, maxColumns); c++ {
		g.hiddenCol[c] = true
	}
}

func (g *grid) end(name string) {
	if g.value.element(name, nil, false); name == "c" {
		g.put()
	}
}

func (g *grid) put() {
	value := g.value.shown()
	if value == (shown{}) || g.c < 1 || g.c > maxColumns || g.r < 1 {
		return
	}
	if g.book.cellsLeft--; g.book.cellsLeft < 0 {
		return
	}
	cell := document.Cell{}
	switch text := value.text; g.kind {
	case "s":
		value = shown{}
		if i, err := strconv.Atoi(text); err == nil && i >= 0 && i < len(g.book.shared) {
			value = g.book.shared[i]
		}
	case "inlineStr", "str", "e", "d":
	case "b":
		value.text = map[string]string{"1": "TRUE"}[text]
	default:
		value.text, cell.Numeric = plainNumber(text), true
	}
	if g.style >= 0 && g.style < len(g.book.struck) && g.book.struck[g.style] {
		value = shown{gone: strings.TrimSpace(value.text + " " + value.gone)}
	}
	if value.gone != "" && g.book.afford(value.gone) {
		g.gone[g.r] = append(g.gone[g.r], value.gone)
		g.maxR = max(g.maxR, g.r)
	}
	if cell.Text = value.text; strings.TrimSpace(cell.Text) == "" || !g.book.afford(cell.Text) {
		return
	}
	if g.rows[g.r] == nil {
		g.rows[g.r] = map[int]document.Cell{}
	}
	g.rows[g.r][g.c] = cell
	g.maxR, g.maxC = max(g.maxR, g.r), max(g.maxC, g.c)
}

// afford counts text that stands in one more cell.
func (b *workbook) afford(text string) bool {
	b.textLeft -= len(text)
	return b.textLeft >= 0
}

// plainNumber writes whole numbers without exponent, digit by digit as the file has them; what was lost is not put back.
func plainNumber(text string) string {
	i := strings.IndexAny(text, "eE")
	mantissa, exp := text, 0
	if i >= 0 {
		n, err := strconv.Atoi(strings.TrimPrefix(text[i+1:], "+"))
		if err != nil || n < 0 || n > 25 {
			return text
		}
		mantissa, exp = text[:i], n
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	frac += strings.Repeat("0", max(0, exp-len(frac)))
	if strings.Trim(frac[exp:], "0") != "" {
		return text
	}
	return whole + frac[:exp]
}

// visible is the sheet as rows from the first to the last, blank ones kept: a blank row ends a table; and what it shows without
// meaning it, or hides.
func (g *grid) visible() (out [][]document.Cell, gone []string) {
	blanks := 0
	for r := 1; r <= g.maxR; r++ {
		row := g.rows[r]
		var line []document.Cell
		if len(row) > 0 {
			line = make([]document.Cell, 0, g.maxC)
		}
		for c := 1; c <= g.maxC && len(row) > 0; c++ {
			if !g.hiddenCol[c] {
				line = append(line, row[c])
			}
		}
		struck := strings.Join(g.gone[r], " ")
		if g.hiddenRow[r] {
			struck = hiddenPerson(line)
		}
		if struck != "" && len(gone) < maxWithdrawn {
			gone = append(gone, squeeze(struck))
		}
		switch {
		case g.hiddenRow[r]:
		case len(row) > 0:
			blanks = 0
			out = append(out, line)
		default:
			if blanks++; blanks <= 2 {
				out = append(out, nil)
			}
			if r > 1_100_000 {
				return out, gone
			}
		}
	}
	return out, gone
}
