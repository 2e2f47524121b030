package extract

import (
	"cmp"
	"strings"

	"ukpbjd/internal/document"
)

// docBuilder collects the paragraphs and tables of a word processor's document in order. Tables inside cells become tables of
// their own, before the one that holds them.
type docBuilder struct {
	strings.Builder                 // the open paragraph
	gone            strings.Builder // what of the open row or paragraph is struck out or deleted

	pages []document.Page
	stack []*openTable
	cells int  // still allowed
	text  int  // bytes of text still allowed, a text counted wherever it is repeated
	over  bool // more than allowed: the document is refused as a whole
}

type openTable struct {
	rows [][]document.Cell
	row  []document.Cell
	cell strings.Builder
	in   bool // a cell is open
	span int
	vert bool        // covered by the cell above
	down int         // rows that the open cell covers
	tall map[int]int // columns covered from above, and for how many rows yet
	next map[int]int // … from the next row on
}

func newDocBuilder() *docBuilder {
	return &docBuilder{pages: []document.Page{{Number: 1}}, cells: maxCells, text: maxText}
}

func (f *docBuilder) page() *document.Page { return &f.pages[len(f.pages)-1] }

func (f *docBuilder) top() *openTable {
	if len(f.stack) == 0 {
		return nil
	}
	return f.stack[len(f.stack)-1]
}

// strike notes text that is there and is not meant.
func (f *docBuilder) strike(text string) {
	if f.afford(text) {
		f.gone.WriteString(text)
	}
}

// maxWithdrawn bounds what is told of text that is not meant, for one page.
const maxWithdrawn = 60

// endGone closes a row or a paragraph in which something was struck out.
func (f *docBuilder) endGone() {
	if text := squeeze(f.gone.String()); text != "" && len(f.page().Withdrawn) < maxWithdrawn {
		f.page().Withdrawn = append(f.page().Withdrawn, text)
	}
	f.gone.Reset()
}

// hideRow notes a row that is hidden, where it tells a person.
func (f *docBuilder) hideRow(row []document.Cell) {
	f.strike(hiddenPerson(row))
	f.endGone()
}

// hiddenPerson is the text of a row that has an address or a number as long as a NIP: a hidden row that has neither is no member.
func hiddenPerson(row []document.Cell) string {
	var texts []string
	told := false
	for _, c := range row {
		if c.Text != "" {
			texts = append(texts, c.Text)
			told = told || strings.Contains(c.Text, "@") || len(document.Digits(c.Text)) == 18
		}
	}
	if !told {
		return ""
	}
	return squeeze(strings.Join(texts, " "))
}

// endParagraph puts the text where it belongs: the open cell, or the page.
func (f *docBuilder) endParagraph() {
	text := f.String()
	f.Reset()
	if t := f.top(); t != nil {
		if t.in {
			if t.cell.Len() > 0 && strings.TrimSpace(text) != "" {
				t.cell.WriteByte('\n')
			}
			t.cell.WriteString(strings.TrimSpace(text))
		}
		if f.gone.Len() > 0 {
			f.gone.WriteByte(' ')
		}
		return
	}
	f.endGone()
	for line := range strings.SplitSeq(text, "\n") {
		f.line(line)
	}
}

// line keeps tabs as segment borders, as they are used to line things up.
func (f *docBuilder) line(text string) {
	if !f.room(text) {
		return
	}
	var segs []document.Segment
	for s := range strings.SplitSeq(text, "\t") {
		if s = squeeze(s); s != "" {
			segs = append(segs, document.Segment{Text: s})
		}
	}
	if len(segs) > 0 {
		f.page().Lines = append(f.page().Lines, document.Line{Segments: segs})
	}
}

func (f *docBuilder) breakPage() {
	if f.top() == nil && len(f.pages) <= 500 && !f.blankPage() {
		f.pages = append(f.pages, document.Page{Number: len(f.pages) + 1})
	}
}

// blankPage says that nothing stands on the last page yet.
func (f *docBuilder) blankPage() bool { return len(f.page().Lines)+len(f.page().Tables) == 0 }

func (f *docBuilder) openTable() {
	f.endParagraph()
	f.over = f.over || len(f.stack) > 20
	f.stack = append(f.stack, &openTable{})
}

func (f *docBuilder) openRow() {
	if t := f.top(); t != nil {
		t.row = nil
	}
}

func (f *docBuilder) openCell() {
	f.Reset()
	if t := f.top(); t != nil {
		t.cell.Reset()
		t.in, t.span, t.vert, t.down = true, 1, false, 1
	}
}

func (f *docBuilder) closeCell() {
	t := f.top()
	if t == nil || !t.in {
		return
	}
	if f.Len() > 0 {
		f.endParagraph()
	}
	t.in = false
	cell := document.Cell{Text: squeezeLines(t.cell.String()), Merged: t.vert}
	f.skipCovered(t)
	t.cover()
	if t.vert {
		cell.Text, cell.Over = "", t.above()
	}
	if !f.room(cell.Text + cell.Over) {
		return
	}
	t.row = append(t.row, cell)
	for i := 1; i < min(t.span, 64); i++ {
		t.row = append(t.row, document.Cell{Merged: true})
	}
}

func (f *docBuilder) closeRow() {
	if t := f.top(); t != nil {
		f.skipCovered(t)
		f.endGone()
		t.rows = append(t.rows, t.row)
		for c, n := range t.tall {
			if n > 1 {
				t.next[c] = n - 1
			}
		}
		t.tall, t.next = t.next, nil
	}
}

// skipCovered leaves the slots that tall cells of rows above cover.
func (f *docBuilder) skipCovered(t *openTable) {
	for t.tall[len(t.row)] > 0 && len(t.row) < 512 && f.afford(t.above()) {
		t.row = append(t.row, document.Cell{Merged: true, Over: t.above()})
	}
	if t.next == nil && len(t.tall) > 0 {
		t.next = map[int]int{}
	}
}

// above is what the cell over the next one says, or the taller cell that covers it.
func (t *openTable) above() string {
	if len(t.rows) == 0 {
		return ""
	}
	row := t.rows[len(t.rows)-1]
	if len(t.row) >= len(row) {
		return ""
	}
	return cmp.Or(row[len(t.row)].Text, row[len(t.row)].Over)
}

// cover notes the columns that the open cell covers in the rows below.
func (t *openTable) cover() {
	if t.down < 2 {
		return
	}
	if t.next == nil {
		t.next = map[int]int{}
	}
	for i := range min(max(t.span, 1), 64) {
		t.next[len(t.row)+i] = min(t.down, 1000) - 1
	}
}

func (f *docBuilder) closeTable() {
	t := f.top()
	if t == nil {
		return
	}
	f.stack = f.stack[:len(f.stack)-1]
	p := f.page()
	p.Tables = append(p.Tables, document.Table{Line: len(p.Lines), Rows: t.rows})
}

// room counts one more cell or line.
func (f *docBuilder) room(text string) bool {
	f.cells--
	f.over = f.over || f.cells < 0
	return f.afford(text)
}

// afford counts text that stands in one more place.
func (f *docBuilder) afford(text string) bool {
	f.text -= len(text)
	f.over = f.over || f.text < 0
	return !f.over
}

// finishInto closes what a cut file left open.
func (f *docBuilder) finishInto(src *document.Source) error {
	f.endParagraph()
	for f.top() != nil {
		f.closeTable()
	}
	if f.over {
		return errTooLarge
	}
	src.Pages = f.pages
	if len(f.pages) > 1 && f.blankPage() {
		src.Pages = f.pages[:len(f.pages)-1]
	}
	return nil
}

// squeeze folds white space, the no-break and zero-width kinds included.
func squeeze(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || c < 0x20 || c == ' ' && (i == 0 || i == len(s)-1 || s[i+1] == ' ') {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	if strings.Contains(s, "\uFB00"[:2]) {
		s = ligatures.Replace(s)
	}
	s = strings.Map(func(c rune) rune {
		switch c {
		case 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD, 0xFFFD, 0: // zero width, soft hyphen; what is no letter
			return -1
		case 0xA0, 0x2007, 0x202F:
			return ' '
		}
		return c
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// ligatures are single glyphs in many fonts; a name must compare equal without them.
var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")

func squeezeLines(s string) string {
	if !strings.Contains(s, "\n") {
		return squeeze(s)
	}
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = squeeze(l); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}
