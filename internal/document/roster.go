package document

import (
	"slices"
	"strings"
)

// best are the people whom one of the ways of reading finds, but for those that leave refuses: the way wins that explains most values
// with the fewest contradictions, of equals the first. Nobody of whom another way is sure is lost by it.
func (s *section) best(leave func(person) bool, ways ...func(*section) []person) (best []person) {
	var others []person
	for _, way := range ways {
		people := s.plausible(way(s))
		if leave != nil {
			people = slices.DeleteFunc(people, leave)
		}
		if len(people) > 0 && (len(best) == 0 || explains(people) > explains(best) && covers(people, best)) {
			best, people = people, best
		}
		others = append(others, people...)
	}
	return withFresh(best, others)
}

// readPeople finds the members that a section names: in ruled tables first, then in lists without lines, in cards, and in
// sentences.
func (s *section) readPeople() {
	s.people = s.best(nil, fromTables, fromTransposed, fromLoose, labelValues, entries, fromStacked, fromHeadless)
	machine := s.machine()
	for i := range s.people {
		p := &s.people[i]
		p.machine = machine
		p.Source = s.src.File
		if p.groups == nil {
			p.groups = []int{0}
		}
	}
	s.people = dedupe(s.people)
}

func fromTables(s *section) []person {
	var people []person
	var cols columns
	list := 0
	for _, t := range s.lists(joinTables) {
		var more []person
		more, cols = rosterTable(t, cols)
		for i := range more {
			if i > 0 && (more[i].heads || more[i].No > 0 && more[i].No <= more[i-1].No) {
				list++ // the numbers begin again, or a title says so: another list
			}
			more[i].groups = []int{list}
		}
		if n := len(people); n > 0 && len(more) > 0 && more[0].No > people[n-1].No {
			first := more[0].groups[0]
			for i := range more { // it goes on from the list before
				if more[i].groups[0] == first {
					more[i].groups = people[n-1].groups
				}
			}
		}
		people = append(people, more...)
		list++
	}
	return people
}

func fromLoose(s *section) []person {
	var people []person
	for _, t := range loose(s) {
		more, _ := rosterTable(t, nil)
		if unaccounted(t, more) {
			for i := range more {
				more[i].doubtAll()
			}
		}
		people = append(people, more...)
	}
	return people
}

// unaccounted says that the lines hold addresses which no row of the list has: the columns were not understood.
func unaccounted(t Table, people []person) bool {
	ats := 0
	for _, row := range t.Rows {
		ats += strings.Count(rowText(row), "@")
	}
	return ats != count(people, func(p person) bool { return validEmail(p.Email) })
}

// plausible leaves out rows that are no people: labels, sums, the signatory below the list.
func (s *section) plausible(people []person) []person {
	var out []person
	for _, p := range people {
		if oddName(p) {
			if !p.told() {
				continue
			}
			p.doubt(fieldNama)
			if letters(p.Nama) == "" || len(p.Nama) > maxName {
				p.Nama = ""
			}
		}
		if roleWords[letters(p.Jabatan)] {
			p.Jabatan = "" // the part in the Pokja, under a header that says only "Jabatan"
		}
		out = append(out, p)
	}
	return out
}

const maxName = 120

// oddName is no name of a person by itself.
func oddName(p person) bool {
	return len(letters(p.Nama)) < 3 || len(p.Nama) > maxName || fieldsOf(p.Nama) != nil || closes(p.Nama) ||
		Digits(p.Nama) != "" && p.NIP == "" || strings.Contains(p.Nama, "@")
}

// told is a row of the list that tells a person, though not by name. It must not be lost: the others would pass for all.
func (p *person) told() bool {
	return p.listed && (len(p.NIP) >= 15 && birthLike(p.NIP) || validEmail(p.Email))
}

// listed says whether the section's text names the person by NIP or by name, wherever that stands.
func (s *section) listed(p person) bool {
	text := s.text()
	if p.NIP != "" && strings.Contains(digitsOnlyRuns(text), p.NIP) {
		return true
	}
	key := NameKey(p.Nama)
	return key != "" && strings.Contains(strings.ToLower(letters(text)), key)
}

// digitsOnlyRuns drops what people put between the groups of a NIP.
func digitsOnlyRuns(text string) string {
	return strings.NewReplacer(" ", "", ".", "", "-", "", "\n", "|").Replace(text)
}

// find looks a person up by NIP, else by name; two of the same name are nobody.
func find(people []person, p person) *person {
	if ValidNIP(p.NIP) && !p.lossy {
		if i := slices.IndexFunc(people, func(o person) bool { return o.NIP == p.NIP && !o.lossy }); i >= 0 {
			return &people[i]
		}
	}
	return findName(people, p)
}

func findName(people []person, p person) *person {
	return only(people, func(o *person) bool { return sameName(o.Nama, p.Nama, o.machine || p.machine) })
}

// only is the one of whom that is true; two are nobody.
func only(people []person, is func(*person) bool) (hit *person) {
	for i := range people {
		if is(&people[i]) {
			if hit != nil {
				return nil
			}
			hit = &people[i]
		}
	}
	return hit
}

// bodyPeople reads the list of members from the mail's own text.
func bodyPeople(body string) []person {
	if strings.TrimSpace(body) == "" {
		return nil
	}
	src := bodySource(body)
	s := section{src: &src, rows: flatten(&src), toPage: 1}
	people := s.best(func(p person) bool { return p.NIP == "" && p.Email == "" }, fromTables, fromTransposed, entries, labelValues, numberedAddresses)
	for i := range people {
		people[i].Source = src.File
	}
	return people
}

// numberedAddresses reads lines of a NIP and one address, as people type what was missing.
func numberedAddresses(s *section) (people []person) {
	for _, r := range s.rows {
		nip, _, _ := findNIP(r.text)
		if mails := emailRE.FindAllString(r.text, 2); nip != "" && len(mails) == 1 {
			people = append(people, person{Row: Row{NIP: nip, Email: strings.ToLower(mails[0])}, listed: true})
		}
	}
	return people
}

// BodyName stands in Row.Source for the mail's own text.
const BodyName = "isi surel"

// bodySource makes lines of the text, and tables of neighbouring lines that are cut by tabs or bars.
func bodySource(body string) Source {
	src := Source{File: BodyName, Pages: []Page{{Number: 1}}}
	p := &src.Pages[0]
	var grid [][]Cell
	flush := func() {
		if len(grid) >= 2 {
			p.Tables = append(p.Tables, Table{Line: len(p.Lines), Rows: grid})
		} else {
			for _, r := range grid {
				p.Lines = append(p.Lines, TextLine(rowText(r)))
			}
		}
		grid = nil
	}
	for i, l := range strings.Split(body, "\n") {
		if i > 5000 {
			break
		}
		l = strings.TrimRight(l, "\r ")
		if cells := cutLine(l); len(cells) >= 3 {
			grid = append(grid, cells)
			continue
		}
		flush()
		if strings.TrimSpace(l) != "" {
			p.Lines = append(p.Lines, TextLine(strings.TrimSpace(l)))
		}
	}
	flush()
	return src
}

func cutLine(l string) []Cell {
	var parts []string
	switch {
	case strings.Count(l, "\t") >= 2:
		parts = strings.Split(l, "\t")
	case strings.Count(l, "|") >= 2:
		parts = strings.Split(strings.Trim(strings.TrimSpace(l), "|"), "|")
	default:
		return nil
	}
	out := make([]Cell, len(parts))
	for i, s := range parts {
		out[i] = Cell{Text: strings.TrimSpace(s)}
	}
	return out
}
