package extract

import (
	"context"
	"encoding/xml"
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
	shared    []string
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
		src.Pages = append(src.Pages, document.Page{Number: i + 1, Tables: []document.Table{{Rows: g.visible()}}})
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
		start: func(name string, _ []xml.Attr) {
			if cur.element(name, true); name == "si" {
				cur.Reset()
			}
		},
		end: func(name string) {
			if cur.element(name, false); name == "si" {
				b.shared = append(b.shared, cur.String())
			}
		},
		text: cur.text, unseen: phonetic,
	})
}

// shownText collects the values of a cell.
type shownText struct {
	strings.Builder
	inValue bool
}

// phonetic readings are no part of a cell's text.
var phonetic = map[string]bool{"rPh": true}

func (t *shownText) element(name string, begins bool) {
	if name == "v" || name == "t" {
		t.inValue = begins
	}
}

func (t *shownText) text(data []byte) {
	if t.inValue {
		t.Write(data)
	}
}

// grid collects one sheet.
type grid struct {
	book       *workbook
	rows       map[int]map[int]document.Cell
	hiddenRow  map[int]bool
	hiddenCol  map[int]bool
	maxR, maxC int
	r, c       int
	kind       string
	value      shownText
	merges     int // cells and rows that merged ones may still cover
}

func newGrid(b *workbook) *grid {
	return &grid{book: b, rows: map[int]map[int]document.Cell{}, hiddenRow: map[int]bool{}, hiddenCol: map[int]bool{}, merges: maxMerged}
}

const (
	maxColumns      = 512
	maxMerged       = 200_000
	maxSlotsOfSheet = 2_000_000 // rows times columns: one cell far to the right makes every row that long
)

func (g *grid) start(name string, at []xml.Attr) {
	g.value.element(name, true)
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
		g.value.Reset()
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
	if g.value.element(name, false); name == "c" {
		g.put()
	}
}

func (g *grid) put() {
	text := g.value.String()
	if text == "" || g.c < 1 || g.c > maxColumns || g.r < 1 {
		return
	}
	if g.book.cellsLeft--; g.book.cellsLeft < 0 {
		return
	}
	cell := document.Cell{}
	switch g.kind {
	case "s":
		if i, err := strconv.Atoi(text); err == nil && i >= 0 && i < len(g.book.shared) {
			cell.Text = g.book.shared[i]
		}
	case "inlineStr", "str", "e", "d":
		cell.Text = text
	case "b":
		cell.Text = map[string]string{"1": "TRUE"}[text]
	default:
		cell.Text, cell.Numeric = plainNumber(text), true
	}
	if strings.TrimSpace(cell.Text) == "" || !g.book.afford(cell.Text) {
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

// visible is the sheet as rows from the first to the last, blank ones kept: a blank row ends a table.
func (g *grid) visible() [][]document.Cell {
	var out [][]document.Cell
	blanks := 0
	for r := 1; r <= g.maxR; r++ {
		if g.hiddenRow[r] {
			continue
		}
		row := g.rows[r]
		if len(row) == 0 {
			if blanks++; blanks <= 2 {
				out = append(out, nil)
			}
			if r > 1_100_000 {
				break
			}
			continue
		}
		blanks = 0
		line := make([]document.Cell, 0, g.maxC)
		for c := 1; c <= g.maxC; c++ {
			if !g.hiddenCol[c] {
				line = append(line, row[c])
			}
		}
		out = append(out, line)
	}
	return out
}
