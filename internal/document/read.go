package document

import (
	"cmp"
	"slices"
	"strings"
)

// Bundle is all that one request consists of.
type Bundle struct {
	Sources    []Source    // of this mail, in the order attached
	Previous   []Source    // of earlier mails of the same case, oldest first
	Earlier    []Paper     // as which Previous was read then: what was replaced stays so
	Body       string      // own text of the mail: it may hold the list of members
	Said       []Row       // what earlier mails of the case held of it
	Amended    []Amendment // what the requester has written in answer to letters; a new formulir is the later word
	Amends     []Amendment // … and writes in this mail
	OwnDomains []string    // mail domains of the office, against which look-alikes are told
}

// Read says what the papers of one case are and whom they name (SOP 1.2, SOP 1.3).
//
// Of a list over maxRoster the rest is left out, said so, and a person looks: rows are held against each other.
func Read(b Bundle) Reading {
	r := Reading{Papers: []Paper{}, Roster: []Row{}, Problems: []Problem{}, Missing: []Kind{}}
	var all []*section
	for i := range b.Previous {
		for _, s := range readSource(&b.Previous[i]) {
			s.old = true
			all = append(all, s)
		}
	}
	for i := range b.Sources {
		all = append(all, readSource(&b.Sources[i])...)
	}
	adopt(all)
	adoptList(all)
	for _, s := range all {
		if s.kind == Other && s.broken() != "" {
			s.kind = Unreadable // what was not understood may be any of the three
		}
	}
	r.papers(all)
	r.replace(all, b.Earlier)
	r.complete()
	m := &merger{reading: &r, papers: map[Kind][]*section{}, scanned: machineRead(all)}
	m.amends = b.Amends
	if !slices.ContainsFunc(all, func(s *section) bool { return s.kind == Formulir && !s.old }) { // a new formulir is the later word
		m.body, m.amends = personsOf(b.Said), slices.Concat(b.Amended, b.Amends)
	}
	m.hear(b.Body)
	for i, s := range all {
		if !r.Papers[i].Replaced {
			m.take(s)
		}
	}
	m.merge()
	if n := len(r.Roster); n > maxRoster {
		r.Roster, m.roster, r.NeedsPerson = r.Roster[:maxRoster], m.roster[:maxRoster], true
		r.add(0, "roster", CodeEvenNumber, "Daftar memuat %d orang, lebih dari %d yang dapat diperiksa dalam satu permohonan. Mohon kirim permohonan tersendiri untuk setiap Pokja.", n, maxRoster)
	}
	forms := m.papers[Formulir]
	empty := len(forms) > 0 && !slices.ContainsFunc(forms, func(s *section) bool { return !s.blank() }) && !slices.ContainsFunc(m.roster, func(p person) bool { return p.Email != "" })
	if empty {
		r.add(0, "roster", CodeMissingName, "Formulir permohonan masih kosong. Mohon isi nama, NIP, dan alamat surel setiap anggota, lalu kirim kembali.")
	}
	r.checkRows(m.roster, b.OwnDomains, !empty && len(forms)+len(m.body) > 0)
	m.agree()
	m.ownWord()
	r.tellStruckOut(all)
	slices.SortStableFunc(r.Problems, func(a, b Problem) int { return cmp.Compare(a.Row, b.Row) }) // as a letter lists them
	return r
}

// maxRoster is how many people one request may name: a Pokja has 3 to 31 (DOMAIN), an office a few dozen of them.
const maxRoster = 200

// readSource gives the papers of one file; an unreadable one is a paper too.
func readSource(s *Source) []*section {
	if s.Unreadable != "" {
		return []*section{{src: s, kind: Unreadable}}
	}
	if s.Incidental {
		return nil // a logo in a signature is nothing that a letter should list
	}
	if len(s.Pages) == 0 {
		return []*section{{src: s, kind: Other}}
	}
	joinBoxes(s)
	secs := sections(s)
	for i, sec := range secs {
		title := sec.kind
		if title != Other || i == 0 {
			sec.readPeople()
		}
		if title != "" {
			sec.kind = sec.confirm()
			sec.asks = title == Formulir && sec.kind == Other
		}
	}
	return secs
}

// adopt gives sections without a title to the paper that they carry on: an SK photographed page by page, or an annex that
// came as a file of its own.
func adopt(all []*section) {
	for _, s := range all {
		if s.kind != "" {
			continue
		}
		s.kind, s.untitled = Other, true
		kind := annexOf(s)
		at := slices.IndexFunc(all, func(o *section) bool { return o != s && o.kind == kind && o.old == s.old })
		if kind != "" && at >= 0 {
			s.kind, s.joined, s.title = kind, true, "lanjutan: "+all[at].title
		}
	}
}

// adoptList takes a list of members without a title for the formulir to which a letter without list belongs: the letter says
// what is asked, the list for whom.
func adoptList(all []*section) {
	for _, letter := range all {
		for _, s := range all {
			if letter.asks && s.kind == Other && s.untitled && s.old == letter.old && addressed(s.people) {
				s.kind, s.joined, s.title = Formulir, true, "lampiran: "+letter.title
			}
		}
	}
}

// addressed says that a list has what only the formulir has, addresses.
func addressed(people []person) bool {
	n := count(people, func(p person) bool { return p.Email != "" })
	return n > 0 && 2*n >= len(people)
}

// annexOf says which paper a page without title of its own carries on.
func annexOf(s *section) Kind {
	for i, r := range s.rows {
		l := letters(r.text)
		if i > 12 {
			break
		}
		if !strings.HasPrefix(l, "LAMPIRAN") {
			continue
		}
		for j := i; j < len(s.rows) && j < i+4; j++ {
			l := letters(s.rows[j].text)
			switch {
			case strings.Contains(l, "KEPUTUSAN"):
				return SK
			case holds(l, "SURATTUGAS", "SURATPERINTAH", "SURATPENUGASAN"):
				return SuratTugas
			}
		}
	}
	if s.markers() >= 2 {
		return SK
	}
	return ""
}

func (r *Reading) papers(all []*section) {
	for _, s := range all {
		p := Paper{File: s.src.File, SHA256: s.src.SHA256, Size: s.src.Size, Pages: s.pageRange(), Kind: s.kind, Title: s.title, Number: s.number, MachineRead: s.machine()}
		if s.kind == SK {
			p.Date = s.dated()
		}
		if s.kind == Unreadable {
			p.Reason, p.MachineRead = cmp.Or(s.src.Unreadable, s.broken()), false
		} else {
			p.Broken = s.broken() != ""
		}
		r.Papers = append(r.Papers, p)
	}
}

// replace marks papers of earlier mails that a newer paper of the same kind supersedes, or has superseded before. An old unreadable
// file is settled once all three kinds can be read.
func (r *Reading) replace(all []*section, earlier []Paper) {
	replaced := map[string]bool{}
	for _, p := range earlier {
		was, twice := replaced[p.id()]
		replaced[p.id()] = p.Replaced && (was || !twice) // sent once more, it may be the last word
	}
	fresh, have := map[Kind]bool{}, map[Kind]bool{}
	for i, s := range all {
		r.Papers[i].Replaced = s.old && replaced[r.Papers[i].id()]
		have[s.kind] = have[s.kind] || !r.Papers[i].Replaced
		fresh[s.kind] = fresh[s.kind] || !s.old
	}
	whole := have[Formulir] && have[SK] && have[SuratTugas]
	for i, s := range all {
		if s.old && (s.kind == Unreadable && whole || s.kind != Unreadable && s.kind != Other && fresh[s.kind]) {
			r.Papers[i].Replaced = true
		}
	}
}

// id tells papers apart: one file may hold several, and may come again under another name.
func (p Paper) id() string {
	_, member, _ := strings.Cut(p.File, "/")
	return p.SHA256 + "\n" + member + "\n" + p.Pages + "\n" + string(p.Kind)
}

// complete says which of the three kinds are there. A file that cannot be read may be any of them, so it is never called
// missing; a person must look.
func (r *Reading) complete() {
	present := func(k Kind) int {
		return count(r.Papers, func(p Paper) bool { return p.Kind == k && !p.Replaced })
	}
	unreadable := present(Unreadable)
	r.Missing = slices.DeleteFunc(slices.Clone(Required), func(k Kind) bool { return present(k) > 0 })
	r.Complete = len(r.Missing) == 0
	r.NeedsPerson = r.NeedsPerson || unreadable > 0
	if unreadable >= len(r.Missing) {
		r.Missing = []Kind{}
	}
}
