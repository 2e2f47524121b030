package document

import (
	"regexp"
	"slices"
	"strings"
)

// explains weighs a reading: values that prove themselves and stand once speak for it, what cannot be or stands twice against it.
func explains(people []person) (weight int) {
	seen := map[string]bool{}
	weigh := func(value string, valid bool) {
		switch {
		case value == "":
		case valid && !seen[value]:
			weight += 3
		default:
			weight -= 3
		}
		seen[value] = true
	}
	for _, p := range people {
		weigh(p.NIP, ValidNIP(p.NIP))
		weigh(p.Email, validEmail(p.Email))
		if weight -= len(p.Doubts); oddName(p) {
			weight--
		} else {
			weight += 2
		}
		if p.Golongan != "" {
			weight++
		}
		if p.HP != "" {
			weight++
		}
	}
	return weight
}

// covers says that a reading has everybody of whom another is sure, or who can be taken beside it.
func covers(people, other []person) bool {
	return !slices.ContainsFunc(other, func(p person) bool {
		sure := !oddName(p) && (p.NIP == "" || ValidNIP(p.NIP)) && !p.whole()
		return sure && find(people, p) == nil && !slices.ContainsFunc(people, func(o person) bool {
			return strings.HasPrefix(NameKey(p.Nama), NameKey(o.Nama)) && NameKey(o.Nama) != ""
		})
	})
}

// whole is a person whom name, NIP and address prove.
func (p *person) whole() bool { return !oddName(*p) && ValidNIP(p.NIP) && validEmail(p.Email) }

// withFresh adds whole people whom only another way of reading has found, as a list of their own: two lists of one paper may be
// laid out in two ways.
func withFresh(best, others []person) []person {
	list := 0
	for _, p := range best {
		list = max(list, slices.Max(append(p.groups, 0)))
	}
	for _, p := range others {
		if p.whole() && !slices.ContainsFunc(best, func(o person) bool { return o.NIP == p.NIP || o.Email == p.Email || sameName(o.Nama, p.Nama, false) }) {
			p.groups = []int{list + 1}
			best = append(best, p)
		}
	}
	return best
}

// joinBoxes puts the digits of a number into one cell where each has a cell of its own.
func joinBoxes(s *Source) {
	for pi := range s.Pages {
		for ti := range s.Pages[pi].Tables {
			for _, row := range s.Pages[pi].Tables[ti].Rows {
				for from := 0; from < len(row); from++ {
					var number strings.Builder
					to := from
					for ; to < len(row); to++ {
						if d := strings.TrimSpace(row[to].Text); len(d) == 1 && Digits(d) == d {
							number.WriteString(d)
						} else if d != "" && d != "-" || to == from {
							break
						}
					}
					if n := number.Len(); n == 18 || n == 16 || n == 19 && ordinal(row[from].Text) > 0 {
						at, text := from, number.String()
						if n == 19 { // the number of the row stands before the boxes
							at, text = from+1, text[1:]
						}
						clear(row[at:to])
						row[at] = Cell{Text: text}
						from = to
					}
				}
			}
		}
	}
}

// fromStacked reads tables in which a member takes several rows, and so does the header: "Nama" above "NIP".
func fromStacked(s *section) (people []person) {
	for _, t := range s.tables() {
		if flat, ok := unstack(t); ok {
			more, _ := rosterTable(flat, nil)
			people = append(people, more...)
		}
	}
	return people
}

// unstack lays the rows of one member side by side.
func unstack(t Table) (Table, bool) {
	head, high := stackedHeader(t.Rows)
	if high < 2 {
		return t, false
	}
	wide := 0
	for _, row := range t.Rows {
		wide = max(wide, len(row))
	}
	flat := func(rows [][]Cell) []Cell {
		out := make([]Cell, high*wide)
		for k, row := range rows {
			copy(out[k*wide:], row)
		}
		return out
	}
	out := Table{Line: t.Line, Top: t.Top, Bottom: t.Bottom, Rows: [][]Cell{flat(t.Rows[head : head+high])}}
	var group [][]Cell
	numbered := slices.ContainsFunc(t.Rows[head], func(c Cell) bool { return slices.Contains(headerFields(c.Text), fieldNo) })
	for _, row := range t.Rows[head+high:] {
		if filled(row) == 0 || numbersColumns(row) {
			continue
		}
		if len(group) == 0 && numbered && !slices.ContainsFunc(row, func(c Cell) bool { return ordinal(c.Text) > 0 }) {
			if filled(row) == 1 && !closes(rowText(row)) {
				continue // a heading within the list
			}
			break
		}
		if group = append(group, row); len(group) > 1 && slices.ContainsFunc(row, func(c Cell) bool { return ordinal(c.Text) > 0 }) {
			return t, false // each row has its own number
		}
		if len(group) == high {
			out.Rows = append(out.Rows, flat(group))
			group = nil
		}
	}
	return out, len(group) == 0 && len(out.Rows) > 2
}

// stackedHeader finds rows of labels in which different things of one person stand below each other.
func stackedHeader(rows [][]Cell) (head, high int) {
	for head = range rows {
		seen := map[field]bool{}
		stacked := false
		high = 0
		for ; head+high < len(rows) && high < 4; high++ {
			row := rows[head+high]
			if filled(row) == 0 || slices.ContainsFunc(row, func(c Cell) bool { return c.Text != "" && len(headerFields(c.Text)) != 1 }) {
				break
			}
			repeated := false
			for i, c := range row {
				if c.Text == "" {
					continue
				}
				f := headerFields(c.Text)[0]
				repeated = repeated || seen[f] && f != fieldRole
				seen[f] = true
				stacked = stacked || high > 0 && i < len(rows[head]) && rows[head][i].Text != "" && (i+1 >= len(rows[head]) || !rows[head][i+1].Merged || rows[head][i+1].Over != "")
			}
			if repeated {
				break
			}
		}
		if high > 1 && stacked && seen[fieldNama] && (seen[fieldNIP] || seen[fieldEmail]) {
			return head, high
		}
	}
	return 0, 0
}

// fromHeadless reads tables without any header by what their columns hold.
func fromHeadless(s *section) (people []person) {
	for _, t := range s.tables() {
		rows := t.Rows
		if head, _, cols := findHeader(rows); cols != nil {
			rows = rows[:head] // what stands above the header of another list
		}
		cols, sure := shapedColumns(rows)
		if cols == nil {
			continue
		}
		more := readRows(rows, cols)
		for i := range more {
			if !sure {
				more[i].doubt(fieldNama, fieldJabatan)
			}
		}
		people = append(people, more...)
	}
	return people
}

// postRE are words of posts and offices, which no name has.
var postRE = regexp.MustCompile(`(?i)\b(pengelola|analis|kepala|kasub\w*|staf|ahli|auditor|perencana|penelaah|arsiparis|dinas|bagian|bidang|seksi|sub|terampil|pelaksana|pranata|bendahara)\b`)

// shapedColumns gives each column the meaning that its cells show: NIP or address must be there, and a column of names.
func shapedColumns(rows [][]Cell) (cols columns, sure bool) {
	wide := 0
	for _, row := range rows {
		wide = max(wide, len(row))
	}
	cols = make(columns, wide)
	names, posts := []int{}, 0
	for c := range wide {
		count, texts, post, n := map[field]int{}, 0, 0, 0
		for _, row := range rows {
			if c >= len(row) || strings.TrimSpace(row[c].Text) == "" || filled(row) < 3 {
				continue
			}
			n++
			switch text := row[c].Text; {
			case ordinal(text) > 0:
				count[fieldNo]++
			case cellShape(text) != "":
				count[cellShape(text)]++
			case gradeRE.MatchString(oneLine(text)):
				count[fieldGolongan]++
			case roleRE.MatchString(oneLine(text)):
				count[fieldRole]++
			case len(letters(text)) > 4 && !isLabel(text) && !strings.Contains(text, "@"):
				texts++
				if postRE.MatchString(text) {
					post++
				}
			}
		}
		for f, k := range count {
			if k >= 2 && 5*k >= 4*n && !cols.has(f) {
				cols[c] = []field{f}
			}
		}
		switch {
		case cols[c] != nil || n < 2 || 5*texts < 4*n:
		case 2*post > texts:
			cols[c] = []field{fieldJabatan}
			posts++
		default:
			names = append(names, c)
		}
	}
	if len(names) == 0 || !cols.has(fieldNIP) && !cols.has(fieldEmail) {
		return nil, false
	}
	cols[names[0]] = []field{fieldNama}
	return cols, len(names) == 1 && posts < 2
}

// leaderRE are the dots that lead from a label to its value, where a typewriter has no colon.
var leaderRE = regexp.MustCompile(`^(\s*[A-Za-z][A-Za-z/.,()\- ]{1,40}?)\s*[.…]{4,}\s*:?`)

// labelAlone says that a line is a label whose value must stand on the next.
func labelAlone(r row) bool {
	text := strings.TrimSpace(r.text)
	label, colon := strings.CutSuffix(text, ":")
	return (r.line != nil || filled(r.cells) == 1) && colon && strings.Count(text, ":") == 1 && len(fieldsOf(label)) > 0 && fieldsOf(label)[0] != fieldNo
}

// stacked is a label with its value below it, or nil.
func stacked(rows []row) []pair {
	if len(rows) < 2 || !labelAlone(rows[0]) || rows[1].line == nil && filled(rows[1].cells) != 1 || closes(rows[1].text) {
		return nil
	}
	label := strings.TrimSuffix(strings.TrimSpace(rows[0].text), ":")
	value := Cell{Text: rows[1].text}
	switch ps := linePairs(rows[1].text); {
	case ps[0].label == "" && isLabel(rows[1].text):
		return nil
	case len(ps) == 1 && ps[0].label != "" && slices.Equal(fieldsOf(ps[0].label), fieldsOf(label)): // "NIP:" and below it "NIP 1986…"
		value = ps[0].cell
	case ps[0].label != "":
		return nil
	}
	if rows[1].line != nil {
		value.Confidence = rows[1].line.Segments[0].Confidence
	}
	return []pair{{label: label, cell: value}}
}

// isLabel says that a text is a label and no value: parts and grades look like labels, and so do names with a rank behind them.
func isLabel(text string) bool {
	text, _, _ = strings.Cut(text, "\n")
	return fieldsOf(text) != nil && !roleWords[letters(text)] && !gradeRE.MatchString(oneLine(text)) && !strings.Contains(text, ",")
}
