package document

import "strings"

// guessColumns gives a column whose header says nothing the meaning that all its cells show: addresses, NIPs, numbers of phones.
func guessColumns(rows [][]Cell, cols columns) {
	for c := range cols {
		if cols[c] != nil {
			continue
		}
		if f := shapeOf(rows, c); f != "" && !cols.has(f) {
			cols[c] = []field{f}
		}
	}
}

// shapeOf is what at least two cells of a column, and all that are filled, look like.
func shapeOf(rows [][]Cell, c int) field {
	shape, seen := field(""), 0
	for _, row := range rows {
		if c >= len(row) || strings.TrimSpace(row[c].Text) == "" || closes(rowText(row)) {
			continue
		}
		f := cellShape(row[c].Text)
		if seen++; f == "" || seen > 1 && f != shape {
			return ""
		}
		shape = f
	}
	if seen < 2 {
		return ""
	}
	return shape
}

func cellShape(text string) field {
	joined := strings.Join(strings.Fields(text), "")
	d := Digits(joined)
	switch {
	case joined != "" && emailRE.FindString(joined) == bareAddress(joined):
		return fieldEmail
	case len(d) == 18 && len(strings.Trim(joined, "0123456789.-NIP:'")) == 0 && birthLike(d):
		return fieldNIP
	case len(d) == 16 && d == joined:
		return fieldNIK
	case len(d) >= 9 && len(d) <= 12 && d == joined && d[0] == '8': // a spreadsheet has dropped the zero
		return fieldHP
	case phoneRE.FindString(text) == strings.TrimSpace(text) && len(d) >= 10 && len(strings.TrimPrefix(d, "0062")) <= 14:
		return fieldHP
	}
	return ""
}
