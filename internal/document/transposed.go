package document

import (
	"slices"
	"strings"
)

// fromTransposed reads tables in which the members stand side by side and the labels run down the left edge.
func fromTransposed(s *section) []person {
	var people []person
	for _, t := range s.lists(lengthen) {
		for _, part := range parted(t) {
			people = append(people, transposedTable(part, 2-min(len(people), 1))...) // of seven members the last may have a table alone
		}
	}
	return people
}

// parted cuts a sheet at its blank rows, where it holds one table below another.
func parted(t Table) (out []Table) {
	from := 0
	for i := 0; i <= len(t.Rows); i++ {
		if i == len(t.Rows) || filled(t.Rows[i]) == 0 {
			if i > from {
				out = append(out, Table{Line: t.Line, Rows: t.Rows[from:i]})
			}
			from = i + 1
		}
	}
	return out
}

// carriesLabels says that b goes on below a page break with the labels of a's members.
func carriesLabels(a, b Table) bool {
	named := false
	for _, row := range a.Rows {
		f := transposedLabel(row)
		named = named || slices.Contains(f, fieldNama) && len(valueColumns(row)) >= 2
	}
	if !named || len(b.Rows) == 0 || len(b.Rows[0]) != len(a.Rows[0]) {
		return false
	}
	for _, row := range b.Rows {
		if f := transposedLabel(row); slices.Contains(f, fieldNama) || headerRow(row) != nil {
			return false
		}
	}
	return true
}

// lengthen puts b's rows under a's where they carry them on; one without label is the lower half of the row above.
func lengthen(a, b Table) (Table, bool) {
	if !carriesLabels(a, b) {
		return a, false
	}
	a.Rows = append([][]Cell(nil), a.Rows...)
	for i, row := range b.Rows {
		if n := len(a.Rows); i == 0 && len(row) > 0 && strings.TrimSpace(row[0].Text) == "" && len(valueColumns(row)) > 0 {
			a.Rows[n-1] = glue(a.Rows[n-1], row)
			continue
		}
		a.Rows = append(a.Rows, row)
	}
	return a, true
}

// transposedTable wants a row of names and a row of NIPs over the same columns; anything less is a list of cards.
func transposedTable(t Table, least int) []person {
	names, nips := -1, -1
	for r, row := range t.Rows {
		switch f := transposedLabel(row); {
		case f == nil:
		case names < 0 && slices.Contains(f, fieldNama) && len(valueColumns(row)) >= least:
			names = r
		case nips < 0 && slices.Contains(f, fieldNIP) && len(valueColumns(row)) >= least:
			nips = r
		}
	}
	if names < 0 || nips < 0 || len(valueColumns(t.Rows[names])) != len(valueColumns(t.Rows[nips])) {
		return nil
	}
	var people []person
	for _, c := range valueColumns(t.Rows[names]) {
		if c >= len(t.Rows[nips]) || len(Digits(t.Rows[nips][c].Text)) < 15 {
			return nil
		}
		people = append(people, transposedPerson(t, c))
	}
	return people
}

func transposedPerson(t Table, c int) person {
	var p person
	for _, row := range t.Rows {
		f := transposedLabel(row)
		if c >= len(row) || f == nil || slices.Contains(f, fieldNo) {
			continue
		}
		cell := row[c]
		cell.Text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(cell.Text), ":"))
		p.set(f, cell)
	}
	return p
}

// transposedLabel is what the first filled cell of a row, past its number, says; nil when that is no label.
func transposedLabel(row []Cell) []field {
	if c := labelCell(row); c >= 0 {
		return fieldsOf(oneLine(row[c].Text))
	}
	return nil
}

func labelCell(row []Cell) int {
	return slices.IndexFunc(row, func(c Cell) bool { return strings.TrimSpace(c.Text) != "" && ordinal(c.Text) == 0 })
}

// valueColumns are the columns after the label that hold something.
func valueColumns(row []Cell) []int {
	var out []int
	first := labelCell(row)
	for c, cell := range row {
		if text := strings.TrimSpace(cell.Text); c > first && text != "" && text != ":" {
			if isLabel(text) {
				return nil // label, value, label, value
			}
			out = append(out, c)
		}
	}
	return out
}
