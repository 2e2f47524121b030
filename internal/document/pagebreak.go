package document

import (
	"slices"
	"strings"
)

// lists are the section's tables, one that runs over pages as one; join says how, or that the second is another table.
func (s *section) lists(join func(a, b Table) (Table, bool)) []Table {
	var out []Table
	last := 0 // page of the table before
	for pi, p := range s.pages() {
		for k, t := range p.Tables {
			if n := len(out); n > 0 && k == 0 && pi == last+1 && t.Line <= 2 {
				if whole, ok := join(out[n-1], t); ok {
					out[n-1], last = whole, pi
					continue
				}
			}
			out, last = append(out, t), pi
		}
	}
	return out
}

// joinTables carries a list on; not ok when the second table is another one. The header may be repeated or not, may stand alone at
// the foot of the first page, and rows may be cut in two by the break.
func joinTables(a, b Table) (Table, bool) {
	head, start, cols := findHeader(a.Rows)
	if cols == nil || len(b.Rows) == 0 {
		return a, false
	}
	rows := b.Rows
	for len(rows) > 0 && start-head > 0 && repeats(a.Rows[head:start], rows) {
		rows = rows[start-head:]
	}
	if len(rows) > 0 && headerRow(rows[0]) != nil && repeats(a.Rows[head:head+1], rows) {
		rows = rows[1:] // without the row that numbers the columns
	}
	if len(rows) == 0 || len(rows[0]) != len(a.Rows[head]) {
		return a, false
	}
	joined := Table{Line: a.Line, Top: a.Top, Bottom: a.Bottom, Rows: append([][]Cell(nil), a.Rows...)}
	if g := glue(a.Rows[head], rows[0]); head == len(a.Rows)-1 && tellsMore(g, a.Rows[head]) && wordsOnly(rows[0]) {
		joined.Rows = append(append(joined.Rows[:head], g), rows[1:]...) // the break went through the header
		return joined, true
	}
	switch seam(a.Rows[start:], rows[0], cols) {
	case apart:
		return a, false
	case halves:
		joined.Rows[len(joined.Rows)-1] = glue(a.Rows[len(a.Rows)-1], rows[0])
		rows = rows[1:]
	}
	joined.Rows = append(joined.Rows, rows...)
	return joined, true
}

// tellsMore says that a row is a header of more fields than another.
func tellsMore(row, than []Cell) bool {
	count := func(c columns) (n int) {
		for _, f := range c {
			n += len(f)
		}
		return n
	}
	return count(headerRow(row)) > count(headerRow(than))
}

// wordsOnly says that a row has neither numbers nor addresses: it can be part of a header.
func wordsOnly(row []Cell) bool {
	text := rowText(row)
	return text != "" && Digits(text) == "" && !strings.Contains(text, "@")
}

// What a page break has parted.
const (
	apart  = iota // two lists
	whole         // a list between two of its rows
	halves        // a row in two
)

// seam says how the first row after the break goes with the rows before it.
func seam(above [][]Cell, first []Cell, cols columns) int {
	number := cols.alone(fieldNo)
	if number < 0 {
		return unnumberedSeam(above, first, cols)
	}
	switch n := ordinal(first[number].Text); {
	case n > 0 && len(above) > 0:
		last := above[len(above)-1]
		if number < len(last) && ordinal(last[number].Text) == 0 && filled(last) > 0 && n == lastOrdinal(above, number)+1 && !closes(rowText(last)) {
			return halves // the number stands in the middle of its tall cell
		}
		if n == 1 {
			return apart // a list of its own
		}
		return whole
	case n > 0:
		return whole
	case len(above) == 0 && strings.TrimSpace(first[number].Text) == "":
		if p, _ := readRow(first, cols); p.Nama != "" && (ValidNIP(p.NIP) || validEmail(p.Email)) {
			return whole // OCR has lost its number
		}
	case strings.TrimSpace(first[number].Text) == "" && len(above) > 0 && !closes(rowText(first)) && filled(first) > 0:
		return halves
	}
	return apart
}

func lastOrdinal(rows [][]Cell, number int) int {
	for i := len(rows) - 1; i >= 0; i-- {
		if number < len(rows[i]) {
			if n := ordinal(rows[i][number].Text); n > 0 {
				return n
			}
		}
	}
	return 0
}

// unnumberedSeam goes by NIP and address: a row that has one is a member, one that has only the rest of one is not.
func unnumberedSeam(above [][]Cell, first []Cell, cols columns) int {
	if closes(rowText(first)) || filled(first) == 0 || headerRow(first) != nil {
		return apart
	}
	if spans(first) {
		return whole
	}
	lower, _ := readRow(first, cols)
	if cols.namesOnly() && len(above) > 0 && lower.Nama != "" {
		if filled(first) >= filled(above[0]) {
			return whole
		}
		return halves
	}
	if len(above) == 0 || filled(above[len(above)-1]) == 0 {
		if lower.Nama != "" && (ValidNIP(lower.NIP) || validEmail(lower.Email)) {
			return whole
		}
		return apart
	}
	upper, _ := readRow(above[len(above)-1], cols)
	glued, _ := readRow(glue(above[len(above)-1], first), cols)
	switch {
	case !ValidNIP(upper.NIP) && !ValidNIP(lower.NIP) && ValidNIP(glued.NIP), ValidNIP(upper.NIP) && lower.NIP == "" && lower.Email == "":
		return halves
	case !validEmail(lower.Email) && lower.NIP == "" && validEmail(glued.Email):
		return halves
	case lower.Nama != "" && (ValidNIP(lower.NIP) || validEmail(lower.Email)):
		return whole
	}
	return apart
}

// spans says that one cell fills the row: a heading within the list.
func spans(row []Cell) bool {
	return len(row) > 1 && !slices.ContainsFunc(row[1:], func(c Cell) bool { return !c.Merged })
}

// repeats says whether rows begin with the same header.
func repeats(head, rows [][]Cell) bool {
	return len(rows) >= len(head) && slices.EqualFunc(head, rows[:len(head)], func(a, b []Cell) bool {
		return letters(rowText(a)) == letters(rowText(b)) && len(a) == len(b)
	})
}

// glue puts the lower half of a row under its upper half.
func glue(upper, lower []Cell) []Cell {
	out := append([]Cell(nil), upper...)
	for i, c := range lower {
		if i < len(out) && c.Text != "" {
			out[i].Add(c.Text, c.Confidence)
			out[i].Unsure = true // the break may have fallen between two words or inside one
		}
	}
	return out
}
