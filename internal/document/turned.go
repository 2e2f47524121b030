package document

import "strings"

// fromTurned reads tables in which the members stand side by side and the labels run down the left edge.
func fromTurned(s *section) []person {
	var people []person
	for _, t := range s.tables {
		people = append(people, turnedTable(t)...)
	}
	return people
}

// turnedTable wants a row of names and a row of NIPs over the same columns; anything less is a list of cards.
func turnedTable(t Table) []person {
	names, nips := -1, -1
	for r, row := range t.Rows {
		switch f := turnedLabel(row); {
		case f == nil:
		case names < 0 && hasField(f, fieldNama) && len(values(row)) >= 2:
			names = r
		case nips < 0 && hasField(f, fieldNIP) && len(values(row)) >= 2:
			nips = r
		}
	}
	if names < 0 || nips < 0 || len(values(t.Rows[names])) != len(values(t.Rows[nips])) {
		return nil
	}
	var people []person
	for _, c := range values(t.Rows[names]) {
		if c >= len(t.Rows[nips]) || len(digits(t.Rows[nips][c].Text)) < 15 {
			return nil
		}
		people = append(people, turnedPerson(t, c))
	}
	return people
}

func turnedPerson(t Table, c int) person {
	var p person
	for _, row := range t.Rows {
		f := turnedLabel(row)
		if c >= len(row) || f == nil || hasField(f, fieldNo) {
			continue
		}
		cell := row[c]
		cell.Text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(cell.Text), ":"))
		p.set(f, cell)
	}
	return p
}

// turnedLabel is what the first filled cell of a row, past its number, says; nil when that is no label.
func turnedLabel(row []Cell) []field {
	if c := labelCell(row); c >= 0 {
		return fieldsOf(oneLine(row[c].Text))
	}
	return nil
}

func labelCell(row []Cell) int {
	for c, cell := range row {
		if strings.TrimSpace(cell.Text) != "" && ordinal(cell.Text) == 0 {
			return c
		}
	}
	return -1
}

// values are the columns after the label that hold something.
func values(row []Cell) []int {
	var out []int
	first := labelCell(row)
	for c, cell := range row {
		if text := strings.TrimSpace(cell.Text); c > first && text != "" && text != ":" {
			if fieldsOf(text) != nil && !roleWords[letters(text)] {
				return nil // label, value, label, value
			}
			out = append(out, c)
		}
	}
	return out
}
