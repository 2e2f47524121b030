package document

import "slices"

// merger makes one roster of what the papers say: the formulir first, gaps filled by the mail's text, the SK and the surat
// tugas, in this order.
type merger struct {
	reading *Reading
	papers  map[Kind][]*section
	own     map[*section]bool // forms whose people are all on the roster
	body    []person
	scanned []person // whom papers of earlier mails name that a machine has read
	roster  []person
	base    string // what the roster was taken from
	said    []saying
	amends  []Amendment
}

func (m *merger) take(s *section) {
	m.papers[s.kind] = append(m.papers[s.kind], s)
	if s.broken() != "" {
		m.reading.NeedsPerson = true // a page that nobody could read may hold anything
	}
}

func people(secs []*section) []person {
	var out []person
	base := 0
	for _, s := range secs {
		last := 0
		for _, p := range s.people {
			for k, g := range p.groups {
				last = max(last, g)
				p.groups = append([]int(nil), p.groups...)
				p.groups[k] = base + g
			}
			if twin := find(out, p); twin == nil || twin.NIP != p.NIP || namesakes(*twin, p) {
				out = append(out, p)
			} else {
				twin.groups = append(append([]int(nil), twin.groups...), p.groups...)
			}
		}
		base += last + 1
	}
	return out
}

// ownLists are the lists of a paper that name the people on this roster. An SK that appoints several Pokja has lists that
// are none of this request's business: those without which every member is named all the same.
func ownLists(people []person, roster []person) map[int]bool {
	left := map[*person]bool{}
	for _, p := range roster {
		if o := find(people, p); o != nil {
			left[o] = true
		}
	}
	own := map[int]bool{}
	for len(left) > 0 {
		count := map[int]int{}
		for o := range left {
			for _, g := range o.groups {
				count[g]++
			}
		}
		best := -1
		for g, n := range count {
			if best < 0 || n > count[best] || n == count[best] && g < best {
				best = g
			}
		}
		if best < 0 {
			break
		}
		own[best] = true
		for o := range left {
			if slices.Contains(o.groups, best) {
				delete(left, o)
			}
		}
	}
	return own
}

// within leaves the people of the given lists; without any, all.
func within(people []person, lists map[int]bool) []person {
	if len(lists) == 0 {
		return people
	}
	return slices.DeleteFunc(slices.Clone(people), func(p person) bool {
		return !slices.ContainsFunc(p.groups, func(g int) bool { return lists[g] })
	})
}

// bestForm is the formulir to start from: text before pictures, the later before the earlier.
func (m *merger) bestForm() *section {
	var best *section
	for _, s := range m.papers[Formulir] {
		switch {
		case len(s.people) == 0:
		case best == nil, best.machine() && !s.machine(), best.machine() == s.machine() && len(s.people) > len(best.people):
			best = s
		}
	}
	return best
}

func (m *merger) merge() {
	sk, task := people(m.papers[SK]), people(m.papers[SuratTugas])
	switch form := m.bestForm(); {
	case form != nil:
		m.roster, m.base = append(m.roster, form.people...), "formulir"
		m.addContinued(form)
		m.dropOtherLists(form, slices.Concat(sk, task))
		if form.isReturn() {
			for i := range m.roster {
				m.keepMarks(&m.roster[i], sk, task)
			}
		}
	case slices.ContainsFunc(m.body, func(p person) bool { return p.Nama != "" }):
		m.roster, m.base = append(m.roster, m.body...), "body"
	case len(sk) > 0:
		m.roster, m.base = append(m.roster, within(sk, ownLists(sk, task))...), "sk"
	default:
		m.roster, m.base = append(m.roster, task...), "surat_tugas"
	}
	sk, task = within(sk, ownLists(sk, m.roster)), within(task, ownLists(task, m.roster))
	for i := range m.roster {
		p := &m.roster[i]
		settleNIP(p, sk, task)
		if other := find(m.body, *p); other != nil && m.base == "formulir" && m.bestForm().old {
			p.correct(*other)
		}
		for _, more := range [][]person{m.body, sk, task} {
			if other := find(more, *p); other != nil && other != p {
				p.fill(*other)
			}
		}
	}
	form := m.bestForm()
	m.reading.Unsure = form == nil && slices.ContainsFunc(m.papers[Formulir], func(s *section) bool { return !s.blank() }) || form != nil && !form.machine() && !form.explained()
	m.amend(m.amends)
	m.write()
}

// addContinued adds members of a form that goes on in another file, or of whom each has a form of their own.
func (m *merger) addContinued(form *section) {
	m.own = map[*section]bool{form: true}
	for _, s := range m.papers[Formulir] {
		if s == form || !s.joined && !m.others(s, form) {
			continue
		}
		m.own[s] = true
		for _, p := range s.people {
			if find(m.roster, p) == nil {
				m.roster = append(m.roster, p)
			}
		}
	}
}

// dropOtherLists leaves out a list of the form nobody of which SK and surat tugas name, where they name another list of it: last
// year's Pokja in the same workbook. That is said.
func (m *merger) dropOtherLists(form *section, named []person) {
	ours, size := map[int]int{}, map[int]int{}
	known := 0
	for _, p := range m.roster {
		for _, g := range p.groups {
			size[g]++
			if find(named, p) != nil {
				ours[g]++
				known++
			}
		}
	}
	if len(size) < 2 || 2*known < len(named)/2 || known < 2 {
		return
	}
	before := len(m.roster)
	m.roster = slices.DeleteFunc(m.roster, func(p person) bool {
		return p.Source == form.src.File && !slices.ContainsFunc(p.groups, func(g int) bool { return ours[g] > 0 || size[g] < 2 })
	})
	if dropped := before - len(m.roster); dropped > 0 {
		m.reading.add(0, "roster", CodeStruckOut, "Dalam %s ada daftar lain berisi %d orang, yang tidak seorang pun tercantum dalam SK atau surat tugas. Daftar itu tidak dipakai; mohon beri tahu kami bila seharusnya berlaku.", form.src.File, dropped)
	}
}

// others says that a further form names other people, and surely so: then it is no second version of the first.
func (m *merger) others(s, form *section) bool {
	for _, p := range s.people {
		if !ValidNIP(p.NIP) || p.lossy || find(m.roster, p) != nil {
			return false
		}
	}
	return s.machine() == form.machine()
}

// fill takes from another paper what is still empty. A NIP that the roster itself does not have is marked: only the name tells
// whose it is.
func (p *person) fill(o person) {
	if p.NIP == "" && o.NIP != "" {
		p.doubt(fieldNIP)
	}
	for _, x := range values {
		if to := x.of(p); *to == "" && x.f != fieldNama {
			*to = *x.of(&o)
		}
	}
}

// correct takes what a later mail says in its text; a name stays as the paper has it.
func (p *person) correct(o person) {
	for _, x := range values {
		if from := *x.of(&o); from != "" && x.f != fieldNama && *x.of(p) != from {
			*x.of(p) = from
		}
	}
}

// hear adds what the mail's own text says of people to what earlier mails said.
func (m *merger) hear(text string) {
	for _, p := range bodyPeople(text) {
		if o := find(m.body, p); o != nil && p.NIP != "" {
			o.correct(p)
		} else {
			m.body = append(m.body, p)
		}
	}
	for _, p := range m.body {
		m.reading.Said = append(m.reading.Said, p.Row)
	}
}

func personsOf(rows []Row) (out []person) {
	for _, r := range rows {
		out = append(out, person{Row: r})
	}
	return out
}

// settleNIP decides a NIP that the roster's own paper could not carry: rounded by a spreadsheet, or read by machine.
func settleNIP(p *person, others ...[]person) {
	votes := map[string]int{}
	for _, list := range others {
		if o := findName(list, *p); o != nil && ValidNIP(o.NIP) && !o.lossy {
			votes[o.NIP]++
			if !o.machine {
				votes[o.NIP]++
			}
		}
	}
	switch {
	case p.lossy:
		settleLossy(p, votes)
	case p.machine:
		settleMachine(p, votes)
	}
}

// settleLossy takes the NIP of another paper whole, if the digits that were not lost agree. The number itself is never mended.
func settleLossy(p *person, votes map[string]int) {
	p.doubt(fieldNIP)
	if len(votes) != 1 || len(p.NIP) != 18 {
		return
	}
	for nip := range votes {
		if nip[:15] == p.NIP[:15] {
			p.NIP, p.settled = nip, true
		}
	}
}

// settleMachine weighs what OCR read against the other papers. Only two papers that agree leave no doubt.
func settleMachine(p *person, votes map[string]int) {
	best, second := "", 0
	if ValidNIP(p.NIP) {
		votes[p.NIP]++
		best = p.NIP
	}
	for nip, n := range votes {
		if n > votes[best] {
			best = nip
		}
	}
	for nip, n := range votes {
		if nip != best {
			second = max(second, n)
		}
	}
	if best != p.NIP || votes[best] < 2 || second > 0 {
		p.doubt(fieldNIP)
	}
	if second < votes[best] { // of two that weigh the same, neither
		p.NIP = best
	}
}

// write turns people into rows. What OCR read is proposed with a mark, never silently.
func (m *merger) write() {
	for i := range m.roster {
		p := &m.roster[i]
		p.No = i + 1
		if p.machine {
			p.doubt(fieldNama, fieldEmail, fieldNIK, fieldHP, fieldJabatan, fieldGolongan, fieldUserID)
		}
		row := p.Row
		row.Doubts = slices.DeleteFunc(append([]string{}, p.Doubts...), func(f string) bool { return p.wrote(field(f)) })
		m.reading.Roster = append(m.reading.Roster, row)
	}
}
