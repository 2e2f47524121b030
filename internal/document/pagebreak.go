package document

import "strings"

// joinedTables are the section's tables, a list that runs over pages as one: its header may be repeated or not, may stand
// alone at the foot of the first page, and its rows may be cut in two by the break.
func joinedTables(s *section) []Table {
	var out []Table
	last := -1 // page of the table before
	for pi := s.fromPage; pi < s.toPage && pi < len(s.src.Pages); pi++ {
		for k, t := range s.src.Pages[pi].Tables {
			if n := len(out); n > 0 && k == 0 && pi == last+1 && t.Line <= 2 {
				if whole, ok := joinTables(out[n-1], t); ok {
					out[n-1], last = whole, pi
					continue
				}
			}
			out, last = append(out, t), pi
		}
	}
	return out
}

// joinTables carries a list on; not ok when the second table is another one.
func joinTables(a, b Table) (Table, bool) {
	head, cols := -1, columns(nil)
	for r := range a.Rows {
		if cols = headerRow(a.Rows[r]); cols != nil {
			head = r
			break
		}
	}
	if head < 0 || len(b.Rows) == 0 {
		return a, false
	}
	cols, start := deepHeader(a.Rows, head, cols)
	rows := b.Rows
	for len(rows) > 0 && start-head > 0 && repeats(a.Rows[head:start], rows) {
		rows = rows[start-head:]
	}
	if len(rows) == 0 || len(rows[0]) != len(a.Rows[head]) {
		return a, false
	}
	joined := Table{Line: a.Line, Top: a.Top, Bottom: a.Bottom, Rows: append([][]Cell(nil), a.Rows...)}
	number := numberColumn(cols)
	switch first := rows[0]; {
	case number < 0:
		return a, false
	case ordinal(first[number].Text) > 0:
		if len(a.Rows) > start && ordinal(first[number].Text) == 1 {
			return a, false // a list of its own
		}
	case strings.TrimSpace(first[number].Text) == "" && len(a.Rows) > start && !closes(rowText(first)) && filled(first) > 0:
		joined.Rows[len(joined.Rows)-1] = glue(a.Rows[len(a.Rows)-1], first)
		rows = rows[1:]
	default:
		return a, false
	}
	joined.Rows = append(joined.Rows, rows...)
	return joined, true
}

// repeats says whether rows begin with the same header.
func repeats(head, rows [][]Cell) bool {
	if len(rows) < len(head) {
		return false
	}
	for i := range head {
		if letters(rowText(head[i])) != letters(rowText(rows[i])) || len(head[i]) != len(rows[i]) {
			return false
		}
	}
	return true
}

func numberColumn(cols columns) int {
	for i, f := range cols {
		if len(f) == 1 && f[0] == fieldNo {
			return i
		}
	}
	return -1
}

// glue puts the lower half of a row under its upper half.
func glue(upper, lower []Cell) []Cell {
	out := append([]Cell(nil), upper...)
	for i, c := range lower {
		if i < len(out) && c.Text != "" {
			if out[i].Text != "" {
				out[i].Text += "\n"
			}
			out[i].Text += c.Text
			out[i].Unsure = true // the break may have fallen between two words or inside one
			if c.Confidence > 0 && (out[i].Confidence == 0 || c.Confidence < out[i].Confidence) {
				out[i].Confidence = c.Confidence
			}
		}
	}
	return out
}
