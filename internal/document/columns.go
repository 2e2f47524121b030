package document

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// loose finds lists without ruled lines: a header line of at least three labels gives the columns by position, and the
// lines below belong to the numbered line nearest to them. The result is read like any table.
func loose(s *section) []Table {
	var out []Table
	for i := 0; i < len(s.rows); i++ {
		head, used := looseHeader(s.rows, i)
		if head == nil {
			continue
		}
		t, next := looseRows(s.rows, i+used, head)
		if len(t.Rows) > 1 {
			out = append(out, t)
		}
		i = max(i, next-1)
	}
	return out
}

// looseHeader takes up to three lines that together label columns.
func looseHeader(rows []row, i int) ([]Segment, int) {
	var best []Segment
	used := 0
	var head []Segment
	for n := 0; n < 3 && i+n < len(rows); n++ {
		r := rows[i+n]
		if r.line == nil || r.page != rows[i].page || r.line.Height == 0 {
			break
		}
		if !labelsOnly(r.line) || n == 0 && !beginsHeader(r.line) || n > 0 && (spreads(rows[i+n-1].line.Segments, r.line.Segments) || saysNothing(head, r.line.Segments)) {
			break
		}
		head = mergeHeader(head, r.line.Segments)
		if c := headerRow(cellsOf(head)); c != nil && len(head) >= 3 && (n == 0 || r.line.Top-rows[i+n-1].line.Top < 2.2*r.line.Height) {
			best, used = append([]Segment(nil), head...), n+1
		}
	}
	return best, used
}

// spreads says that a phrase of the upper line, which means nothing, stands over two columns of the lower: it is a title or the
// line above the list, and no part of its header.
func spreads(head, below []Segment) bool {
	for _, h := range head {
		over := 0
		for _, s := range below {
			if overlap(s, h) {
				over++
			}
		}
		if over > 1 && (fieldsOf(h.Text) == nil || len(head) == 1) {
			return true
		}
	}
	return false
}

// overlap says that two segments share a place across the page.
func overlap(a, b Segment) bool { return a.Left < b.Right && a.Right > b.Left }

// saysNothing says that a line below a header adds to labels which are whole without it: it may be the first line of a tall row.
func saysNothing(head, below []Segment) bool {
	for _, s := range below {
		if fieldsOf(s.Text) != nil {
			return false
		}
		within := false
		for _, h := range head {
			if overlap(s, h) {
				if within = true; headerFields(h.Text) == nil {
					return false
				}
			}
		}
		if !within {
			return false
		}
	}
	return true
}

// beginsHeader wants a line with a label, or many words side by side of which narrow columns show only the beginning.
func beginsHeader(l *Line) bool {
	return len(l.Segments) >= 3 || slices.ContainsFunc(l.Segments, func(s Segment) bool { return fieldsOf(s.Text) != nil })
}

func labelsOnly(l *Line) bool {
	return !slices.ContainsFunc(l.Segments, func(s Segment) bool {
		return strings.HasPrefix(s.Text, ":") || Digits(s.Text) != "" || strings.Contains(s.Text, "@") ||
			strings.Contains(s.Text, ",") && fieldsOf(s.Text) == nil
	})
}

func cellsOf(segs []Segment) []Cell {
	out := make([]Cell, len(segs))
	for i, s := range segs {
		out[i] = Cell{Text: s.Text}
	}
	return out
}

// mergeHeader lays the words of a second header line under those they belong to.
func mergeHeader(head, more []Segment) []Segment {
	for _, m := range more {
		i := slices.IndexFunc(head, func(h Segment) bool { return overlap(m, h) })
		if i < 0 {
			head = append(head, m)
			continue
		}
		head[i].Text += "\n" + m.Text
		head[i].Left, head[i].Right = math.Min(head[i].Left, m.Left), math.Max(head[i].Right, m.Right)
	}
	slices.SortStableFunc(head, func(a, b Segment) int { return cmp.Compare(a.Left, b.Left) })
	return head
}

// looseRows collects the lines below the header up to a closing line or a wide gap, on the next page too where the numbers go on.
func looseRows(rows []row, i int, head []Segment) (Table, int) {
	var body []*Line
	var anchors []int
	down := 0.0 // how far the page is moved down, to stand below the one before
	for ; i < len(rows); i++ {
		r := rows[i]
		if r.line == nil || closes(r.text) || len(body) > 400 {
			break
		}
		first := r.line.Segments[0]
		anchor := ordinal(first.Text) > 0 && first.Left < head[1].Left || ordinalRE.MatchString(first.Text) && first.Left <= head[0].Right
		if n := len(body); n > 0 {
			last := body[n-1]
			if r.page != rows[i-1].page {
				if again, _ := looseHeader(rows, i); again != nil || len(anchors) == 0 {
					break
				}
				if down = last.Top + 1.2*last.Height - r.line.Top; anchor {
					down += 2 * last.Height
				}
			}
			if gap := r.line.Top + down - last.Top; gap > 5*r.line.Height || gap < 0 {
				break
			}
		}
		if anchor {
			anchors = append(anchors, len(body))
		}
		moved := *r.line
		moved.Top += down
		body = append(body, &moved)
	}
	if births := birthLines(body, head); len(births) > len(anchors) { // OCR loses small numbers
		anchors = births
	}
	t := Table{Rows: [][]Cell{cellsOf(head)}}
	owner, sure := owners(body, anchors)
	for a := range anchors {
		t.Rows = append(t.Rows, looseRow(body, owner, a, head, sure))
	}
	return t, i
}

// birthLines are the lines on which a NIP stands, or most of one: they tell the rows of a list without numbers.
func birthLines(body []*Line, head []Segment) []int {
	column := -1
	for i, h := range head {
		if f := headerFields(h.Text); len(f) == 1 && f[0] == fieldNIP {
			column = i
		}
	}
	var out []int
	for i, l := range body {
		for _, s := range l.Segments {
			if d := Digits(s.Text); columnFor(head, s) == column && len(d) >= 14 && validDate(d[:8]) {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

// owners says to which numbered line each line belongs. Rows are told by the white between them: the first gap that cuts
// the lines into parts of one number each. Where no gap does, lines go to the number above, and that is unsure.
func owners(body []*Line, anchors []int) (owner []int, sure bool) {
	owner = make([]int, len(body))
	var gaps []float64
	for i := 1; i < len(body); i++ {
		gaps = append(gaps, body[i].Top-body[i-1].Top)
	}
	slices.Sort(gaps)
	for k := 0; k < len(gaps) && len(anchors) > 0; k++ {
		if k > 0 && gaps[k]-gaps[k-1] < 0.5 {
			continue
		}
		if cut(body, anchors, gaps[k]-0.25, owner) {
			return owner, true
		}
	}
	a := 0
	for i := range body {
		for a+1 < len(anchors) && anchors[a+1] <= i {
			a++
		}
		owner[i] = a
	}
	return owner, len(body) == len(anchors)
}

// cut parts the lines at gaps of at least size; it succeeds when every part has exactly one number. Lines before the first part
// that stand well apart from it are the rest of the header.
func cut(body []*Line, anchors []int, size float64, owner []int) bool {
	part, used := 0, 0
	isAnchor := map[int]bool{}
	for _, a := range anchors {
		isAnchor[a] = true
	}
	for i := range body {
		if i > 0 && body[i].Top-body[i-1].Top >= size {
			switch {
			case used == 1:
				part, used = part+1, 0
			case used == 0 && part == 0 && size > 1.25*body[i].Height:
				for k := range i {
					owner[k] = -1
				}
			default:
				return false
			}
		}
		if isAnchor[i] {
			used++
		}
		owner[i] = part
	}
	return used == 1
}

// looseRow joins the lines of one row, cell by cell.
func looseRow(body []*Line, owner []int, a int, head []Segment, sure bool) []Cell {
	cells := make([]Cell, len(head))
	for i, l := range body {
		if owner[i] != a {
			continue
		}
		before := -1
		for _, s := range l.Segments {
			c := columnFor(head, s)
			cells[c].Add(s.Text, s.Confidence)
			cells[c].Unsure = cells[c].Unsure || !sure || c == before // two side by side are no one's cell for sure
			before = c
		}
	}
	return cells
}

func columnFor(head []Segment, s Segment) int {
	best, score := 0, math.Inf(-1)
	for i, h := range head {
		overlap := math.Min(h.Right, s.Right) - math.Max(h.Left, s.Left)
		if overlap > score {
			best, score = i, overlap
		}
	}
	return best
}
