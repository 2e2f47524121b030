package extract

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
	"unicode"

	"ukpbjd/internal/document"
)

// sheet is one printed page: glyph runs and ruled lines, in points, y growing downwards.
type sheet struct {
	width, height float64
	words         []word
	rules         []rule
	images        int                                   // pictures on the page
	layer         bool                                  // its text is invisible: somebody's OCR
	scan          bool                                  // a picture covers it, and what is printed over it is not the paper's text
	view          func(x, y float64) (float64, float64) // from the page's own space
}

// word is text without inner space.
type word struct {
	text           string
	x0, x1, y0, y1 float64 // y0 top, y1 bottom
	base, size     float64
	conf           float64
	over           bool // typed onto the page
}

func (w word) midX() float64 { return (w.x0 + w.x1) / 2 }
func (w word) midY() float64 { return (w.y0 + w.y1) / 2 }

// rule is a horizontal or vertical line of a table's frame.
type rule struct{ x0, y0, x1, y1 float64 }

func (r rule) horizontal() bool { return math.Abs(r.x1-r.x0) > math.Abs(r.y1-r.y0) }

// layout finds the ruled tables, gives them their words and makes lines of the rest.
func (s *sheet) layout() document.Page {
	page := document.Page{MachineRead: s.layer}
	if (len(s.words) == 0 || s.scan) && s.images > 0 {
		page.Unreadable = document.ReasonNoText
	}
	tables := s.tables()
	free := make([]word, 0, len(s.words))
	for _, w := range s.words {
		if !slices.ContainsFunc(tables, func(t *frame) bool { return t.put(w) }) {
			free = append(free, w)
		}
	}
	page.Lines = lines(free)
	for _, t := range tables {
		rows, lone := t.cells()
		if lone { // a frame around the page or a single box is no table
			page.Lines = append(page.Lines, lines(t.words)...)
			continue
		}
		page.Tables = append(page.Tables, document.Table{Rows: rows, Top: t.ys[0], Bottom: t.ys[len(t.ys)-1]})
	}
	slices.SortStableFunc(page.Lines, func(a, b document.Line) int { return cmp.Compare(a.Top, b.Top) })
	slices.SortStableFunc(page.Tables, func(a, b document.Table) int { return cmp.Compare(a.Top, b.Top) })
	for i := range page.Tables {
		page.Tables[i].Line = sort.Search(len(page.Lines), func(j int) bool { return page.Lines[j].Top >= page.Tables[i].Top })
	}
	return page
}

// tables are the ruled frames. Lines that a scanner has broken tell nothing about where one table ends.
func (s *sheet) tables() []*frame {
	found := ruledTables(s.rules)
	if len(s.words) == 0 || s.words[0].conf > 0 {
		return found
	}
	var out []*frame
	for _, f := range found {
		out = append(out, f.apart()...)
	}
	return out
}

// lines groups words whose middles lie on one height, and cuts them at wide gaps.
func lines(words []word) []document.Line {
	var out []document.Line
	groups := lineGroups(words)
	for _, group := range groups {
		out = append(out, oneLine(group, nil))
	}
	starts := columnStarts(out)
	for i, group := range groups {
		out[i] = oneLine(group, starts)
	}
	return out
}

// columnStarts counts how many phrases begin at each point across the page: where several do, a column begins.
func columnStarts(lines []document.Line) map[int]int {
	starts := map[int]int{}
	for _, l := range lines {
		for _, s := range l.Segments {
			starts[int(math.Round(s.Left))]++
		}
	}
	return starts
}

// gapBefore is the gap, in units of the letter size, that parts a word from the phrase before it: the more phrases of other lines
// begin where the word does, the surer a column begins there, and the smaller the gap may be: behind figures alone a mere blank.
func gapBefore(w word, phrase string, starts map[int]int) float64 {
	x := int(math.Round(w.x0))
	switch n := starts[x-1] + starts[x] + starts[x+1]; {
	case n >= 4 && !strings.ContainsFunc(phrase, unicode.IsLetter):
		return surerGap
	case n >= 2:
		return columnGap
	}
	return wideGap
}

// lineGroups sorts words into printed lines, each from left to right.
func lineGroups(words []word) [][]word {
	ws := slices.Clone(words)
	slices.SortStableFunc(ws, func(a, b word) int { return cmp.Compare(a.base, b.base) })
	var groups [][]word
	start := 0
	for i := 1; len(ws) > 0 && i <= len(ws); i++ {
		if i < len(ws) && ws[i].base-ws[start].base <= 0.4*math.Max(ws[start].size, 4) {
			continue
		}
		g := ws[start:i]
		slices.SortStableFunc(g, func(a, b word) int { return cmp.Compare(a.x0, b.x0) })
		groups = append(groups, g)
		start = i
	}
	return groups
}

// wideGap is the gap, in units of the letter size, from which words no longer belong to one phrase.
const wideGap = 0.55

// The gap that separates them where a column seems to begin, and where one surely does.
const (
	columnGap = 0.35
	surerGap  = 0.2
)

func oneLine(ws []word, starts map[int]int) document.Line {
	l := document.Line{Top: ws[0].y0, Height: ws[0].y1 - ws[0].y0}
	cur := document.Segment{Text: ws[0].text, Left: ws[0].x0, Right: ws[0].x1, Confidence: ws[0].conf}
	for _, w := range ws[1:] {
		l.Top = math.Min(l.Top, w.y0)
		if w.x0-cur.Right > gapBefore(w, cur.Text, starts)*w.size {
			l.Segments = append(l.Segments, cur)
			cur = document.Segment{Text: w.text, Left: w.x0, Right: w.x1, Confidence: w.conf}
			continue
		}
		cur.Text += " " + w.text
		cur.Right = math.Max(cur.Right, w.x1)
		cur.Confidence = math.Min(cur.Confidence, w.conf)
	}
	l.Segments = append(l.Segments, cur)
	return l
}

// joined are words of one line as text.
func joined(ws []word) string {
	texts := make([]string, len(ws))
	for i, w := range ws {
		texts[i] = w.text
	}
	return strings.Join(texts, " ")
}
