package document

import (
	"slices"
	"strconv"
	"strings"
)

// columns says what each column of a table holds.
type columns [][]field

// has says whether some column holds f.
func (c columns) has(f field) bool {
	return slices.ContainsFunc(c, func(fs []field) bool { return slices.Contains(fs, f) })
}

// alone is the first column that holds f and nothing else, or −1.
func (c columns) alone(f field) int {
	return slices.IndexFunc(c, func(fs []field) bool { return len(fs) == 1 && fs[0] == f })
}

// settleContact takes a column of "contacts" beside one of addresses for telephone numbers, and the other way round.
func (c columns) settleContact() {
	for i, fs := range c {
		if len(fs) != 2 || !slices.Contains(fs, fieldHP) || !slices.Contains(fs, fieldEmail) {
			continue
		}
		if hp, email := c.alone(fieldHP) >= 0, c.alone(fieldEmail) >= 0; email && !hp {
			c[i] = []field{fieldHP}
		} else if hp && !email {
			c[i] = []field{fieldEmail}
		}
	}
}

// namesOnly is a list without number, NIP and address: its names with grade, post or part are all it has.
func (c columns) namesOnly() bool {
	return !c.has(fieldNo) && !c.has(fieldNIP) && !c.has(fieldEmail) && !c.has(fieldNIK) && (c.has(fieldRole) || c.has(fieldGolongan))
}

// headerRow reads one row as a header; nil when it is none. A name and one thing more must be there.
func headerRow(row []Cell) columns {
	cols := make(columns, len(row))
	kinds, filled := 0, 0
	for i, c := range row {
		if c.Text == "" {
			continue
		}
		filled++
		if _, value, labelled := strings.Cut(c.Text, ":"); !labelled || strings.TrimSpace(value) == "" {
			cols[i] = headerFields(c.Text)
		}
		kinds += len(cols[i])
	}
	if !cols.has(fieldNama) || kinds < 2 || filled < 2 || 2*kinds < filled {
		return nil
	}
	return cols
}

// headerFields reads a header cell, in which a narrow column may have cut words: where the lines as they are mean nothing, they
// are joined one by one.
func headerFields(text string) []field {
	if f := fieldsOf(oneLine(text)); f != nil {
		return f
	}
	lines := strings.Split(text, "\n")
	if len(lines) > 6 {
		return fieldsOf(strings.ReplaceAll(text, "\n", ""))
	}
	for joins := 1; joins < 1<<(len(lines)-1); joins++ {
		var b strings.Builder
		for i, l := range lines {
			if i > 0 && joins>>(len(lines)-1-i)&1 == 0 {
				b.WriteByte(' ')
			}
			b.WriteString(strings.TrimSpace(l))
		}
		if f := fieldsOf(b.String()); f != nil {
			return f
		}
	}
	return nil
}

// rosterTable finds the header and reads the rows below. last carries the columns from page to page: a table that goes on
// over a page break often has no header there.
func rosterTable(t Table, last columns) ([]person, columns) {
	_, start, cols := findHeader(t.Rows)
	if cols == nil {
		if last == nil || !continues(t, last) {
			return nil, last
		}
		cols = last
	}
	guessColumns(t.Rows[start:], cols)
	cols.settleContact()
	return readRows(t.Rows[start:], cols), cols
}

// findHeader is the first header, and the row behind it: a second header row below, under merged cells, is part of it, and a row
// that numbers the columns. Without one cols is nil.
func findHeader(rows [][]Cell) (head, next int, cols columns) {
	for head = range rows {
		if cols = headerRow(rows[head]); cols != nil {
			break
		}
	}
	if cols == nil {
		return 0, 0, nil
	}
	next = head + 1
	if next < len(rows) && subHeader(rows[next], cols) {
		for i, c := range rows[next] {
			if i < len(cols) && c.Text != "" {
				if f := headerFields(c.Text); f != nil {
					cols[i] = f
				}
			}
		}
		next++
	}
	if next < len(rows) && numbersColumns(rows[next]) {
		next++
	}
	return head, next, cols
}

// subHeader is a row of labels only, none under the name, that says more about merged columns.
func subHeader(row []Cell, cols columns) bool {
	labels := 0
	for i, c := range row {
		if c.Text == "" {
			continue
		}
		if headerFields(c.Text) == nil || i < len(cols) && slices.Contains(cols[i], fieldNo) {
			return false
		}
		labels++
	}
	return labels > 0
}

// numbersColumns is a row such as (1) (2) (3).
func numbersColumns(row []Cell) bool {
	last, steps, seen := 0, 0, 0
	for _, c := range row {
		if c.Text == "" {
			continue
		}
		d := Digits(c.Text)
		if d == "" || len(d) > 2 || len(strings.Trim(c.Text, "()0123456789. ")) > 0 {
			return false
		}
		if seen++; atoi(d) == last+1 || seen == 1 && atoi(d) == 2 { // the first may stand under a merged cell
			steps++
		}
		last = atoi(d)
	}
	return seen >= 3 && steps >= seen-1
}

func atoi(d string) int {
	n, _ := strconv.Atoi(d[:min(len(d), 6)])
	return n
}

// continues says whether a table without header has the columns of the one before.
func continues(t Table, last columns) bool {
	for _, row := range t.Rows {
		if len(row) != len(last) {
			return false
		}
		for i, c := range row {
			if slices.Contains(last[i], fieldNo) && ordinal(c.Text) > 1 {
				return true
			}
		}
	}
	return false
}

// ordinal is a row number, or 0.
func ordinal(text string) int {
	text = strings.Trim(text, ".)( \n\t")
	if d := Digits(text); d != "" && d == text && len(d) <= 3 {
		return atoi(d)
	}
	return 0
}

// readRows reads members until the table, or what stands below it in the same grid, ends.
func readRows(rows [][]Cell, cols columns) []person {
	var people []person
	numbered, gap, title := false, false, -1
	for _, row := range rows {
		if title >= 0 && title < len(people) {
			people[title].heads, title = true, -1
		}
		if filled(row) == 1 && strings.Contains(letters(rowText(row)), "POKJA") {
			title = len(people)
		}
		switch {
		case filled(row) == 0:
			gap = gap || len(people) > 0
			continue
		case headerRow(row) != nil, numbersColumns(row):
			continue // repeated on the next page
		}
		p, no := readRow(row, cols)
		numbered = numbered || no != 0
		if closes(rowText(row)) && no == 0 {
			break
		}
		switch {
		case no != 0 && (p.Nama != "" || p.NIP != "" || p.told()):
			people = append(people, p)
		case p.Nama != "" && p.told() && p.NIP != "" && p.Email != "":
			people = append(people, p) // a member in all but the number, wherever it stands; signatories have no address
		case numbered && gap && filled(row) == 1 && p.NIP == "" && !closes(rowText(row)):
			// a heading within the list
		case numbered && gap:
			return people // below a blank row nothing unnumbered belongs to the list
		case p.conf > 0 && !gap && p.Nama != "" && filled(row) >= 2 && (p.NIP != "" || len(letters(p.Nama)) > 5):
			people = append(people, p) // OCR loses the small numbers of the first column
		case numbered || cols.has(fieldNo) && len(people) > 0:
			people = appendUnnumbered(people, p)
		case p.Nama != "" && (p.NIP != "" || p.Email != "") || p.told(), cols.namesOnly() && p.Nama != "" && filled(row) >= 2:
			people = append(people, p)
		}
	}
	if title >= 0 && title < len(people) {
		people[title].heads = true
	}
	return people
}

// appendUnnumbered takes a row without number for a member only if it is as full as one, else for the wrapped rest of the
// row above, else for nothing.
func appendUnnumbered(people []person, p person) []person {
	switch {
	case p.Nama != "" && p.NIP != "" && (p.Email != "" || p.HP != "" || len(p.NIP) >= 15 && birthLike(p.NIP)), p.Nama != "" && validEmail(p.Email):
		return append(people, p)
	case len(people) == 0:
		return people
	}
	last := &people[len(people)-1]
	if p.told() && (last.NIP != "" || last.Email != "") {
		return append(people, p) // a member whose name was left out, and not the rest of the row above
	}
	if p.NIP == "" && p.HP == "" && p.Email == "" && p.Nama != "" && strings.HasSuffix(last.Nama, ",") {
		last.Nama += " " + p.Nama
	}
	return people
}

func readRow(row []Cell, cols columns) (p person, no int) {
	for i, c := range row {
		if i >= len(cols) {
			break
		}
		if slices.Contains(cols[i], fieldNo) && len(cols[i]) == 1 {
			if no = ordinal(c.Text); brokenRE.MatchString(strings.TrimSpace(c.Text)) {
				no = -1 // a number that a formula should have counted
			}
			continue
		}
		if cols[i] == nil {
			p.set([]field{fieldIgnored}, c) // a note may stand anywhere
		}
		p.setColumn(cols, i, shared(cols[i], c))
	}
	p.addTitles()
	if !cols.has(fieldNo) { // the number may stand before the name
		for i, c := range row {
			if i < len(cols) && slices.Contains(cols[i], fieldNama) {
				if m := ordinalRE.FindString(c.Text); m != "" {
					no = atoi(Digits(m))
				}
			}
		}
	}
	p.No = max(no, 0)
	p.listed = no != 0 || p.NIP != "" && validEmail(p.Email)
	return p, no
}

// shared gives a cell under a taller one what that says, where several people can have the same. A name, a number or an address
// is never shared: under a merged cell it is missing.
func shared(fields []field, c Cell) Cell {
	if c.Text == "" && len(fields) == 1 && (fields[0] == fieldJabatan || fields[0] == fieldGolongan) {
		c.Text = c.Over
	}
	return c
}

func rowText(row []Cell) string {
	var parts []string
	for _, c := range row {
		if c.Text != "" {
			parts = append(parts, oneLine(c.Text))
		}
	}
	return strings.Join(parts, " ")
}

// setColumn reads a cell; where an earlier column of the same meaning has spoken, it stays, and a person looks.
func (p *person) setColumn(cols columns, i int, c Cell) {
	before := *p
	p.set(cols[i], c)
	for _, x := range values {
		if was, now := *x.of(&before), x.of(p); was != "" && was != *now && slices.Contains(cols[i], x.f) {
			*now = was
			p.doubt(x.f)
		}
	}
}

// addTitles joins academic titles that stand in columns of their own.
func (p *person) addTitles() {
	if p.Nama == "" {
		return
	}
	if p.before != "" {
		p.Nama = p.before + " " + p.Nama
	}
	if p.after != "" {
		p.Nama += ", " + strings.TrimLeft(p.after, ", ")
	}
}
