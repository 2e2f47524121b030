package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// saying is what one or several witnesses say otherwise; § stands for their labels in the text.
type saying struct {
	row        int
	field      field
	code, text string
	labels     []string
}

// say notes what a witness says otherwise; what another has said as well is said once, of both.
func (m *merger) say(row int, f field, code, label, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for i, s := range m.said {
		if s.row == row && s.field == f && s.code == code && s.text == text {
			if !slices.Contains(s.labels, label) {
				m.said[i].labels = append(s.labels, label)
			}
			return
		}
	}
	m.said = append(m.said, saying{row, f, code, text, []string{label}})
}

// agree checks the roster against SK, surat tugas, the mail's text and further forms.
func (m *merger) agree() {
	if len(m.roster) == 0 {
		return
	}
	if m.base != "sk" {
		m.against("SK", CodeMissingInSK, m.papers[SK])
	}
	if m.base != "surat_tugas" {
		m.against("surat tugas", CodeMissingInST, m.papers[SuratTugas])
	}
	if m.base == "formulir" {
		m.values("isi surel", m.body)
		for _, s := range m.papers[Formulir] {
			m.values("formulir lain ("+s.src.File+")", s.people)
			m.otherForm(s)
		}
	}
	for _, s := range m.said {
		m.reading.add(s.row, s.field, s.code, "%s", strings.ReplaceAll(s.text, "§", strings.Join(s.labels, " dan ")))
	}
}

// against names rows that a paper tells differently, does not know, or adds. absentCode is the code for a member whom it does not name.
func (m *merger) against(label, absentCode string, secs []*section) {
	if len(secs) == 0 {
		return
	}
	seen := map[*person]bool{}
	matched := 0
	named := people(secs)
	named = within(named, ownLists(named, m.roster))
	var absent []int
	for i := range m.roster {
		p := &m.roster[i]
		o := find(named, *p)
		switch {
		case o != nil:
			seen[o] = true
			matched++
			m.compare(i+1, p, o, label)
		case slices.ContainsFunc(secs, func(s *section) bool { return s.listed(*p) }):
			matched++
		default:
			absent = append(absent, i)
		}
	}
	if matched == 0 {
		m.reading.add(0, "roster", absentCode, "Daftar anggota dalam %s tidak memuat seorang pun dari formulir, atau tidak dapat dibaca. Berkas perlu diperiksa petugas.", label)
		return
	}
	for _, i := range absent {
		m.reading.add(i+1, fieldNama, absentCode, "nama dan NIP ini tidak ditemukan dalam %s. Mohon samakan formulir dengan %s.", label, label)
	}
	m.extra(named, seen, "%s tercantum dalam §, tetapi tidak dalam formulir. Mohon lengkapi formulir atau jelaskan perbedaannya.", label)
}

// compare looks at one person in both papers.
func (m *merger) compare(row int, p, o *person, label string) {
	m.addresses(row, p, o, label)
	machine := p.machine || o.machine
	if p.NIP == o.NIP && p.Nama != "" && o.Nama != "" && !sameName(p.Nama, o.Nama, machine) && !shortened(p.Nama, o.Nama) {
		m.say(row, fieldNama, CodeDisagrees, label, "NIP %s dalam § tercatat atas nama %s. Mohon pastikan nama dan NIP.", p.NIP, o.Nama)
		return
	}
	if o.NIP == "" || o.NIP == p.NIP || o.lossy || p.lossy && !p.settled {
		return
	}
	switch {
	case !ValidNIP(p.NIP): // already a problem of its own
	case o.machine && !ValidNIP(o.NIP): // a digit misread in a scan proves nothing
	default:
		m.say(row, fieldNIP, CodeDisagrees, label, "NIP dalam formulir (%s) berbeda dengan NIP dalam § (%s). Mohon pastikan NIP yang benar.", p.NIP, o.NIP)
	}
}

// addresses names an address that two papers tell differently. What a machine has read proves nothing against what was typed.
func (m *merger) addresses(row int, p, o *person, label string) {
	if o.Email == "" || p.Email == "" || o.Email == p.Email {
		return
	}
	if (o.machine || p.machine) && (!validEmail(o.Email) || !validEmail(p.Email) || Distance(o.Email, p.Email, 4) <= 4) {
		return
	}
	m.say(row, fieldEmail, CodeDisagrees, label, "alamat surel dalam formulir (%s) berbeda dengan § (%s). Mohon pastikan alamat yang benar.", p.Email, o.Email)
}

// extra names people whom only the other paper has.
func (m *merger) extra(named []person, seen map[*person]bool, text, label string) {
	for i := range named {
		o := &named[i]
		if seen[o] || m.knows(o) || o.machine && !ValidNIP(o.NIP) && len(strings.Fields(o.Nama)) < 2 {
			continue
		}
		m.say(0, "roster", CodeDisagrees, label, text, cmp.Or(o.Nama, "NIP "+o.NIP))
	}
}

func (m *merger) knows(o *person) bool {
	return slices.ContainsFunc(m.roster, func(p person) bool {
		return p.NIP == o.NIP && p.NIP != "" || sameName(p.Nama, o.Nama, p.machine || o.machine)
	})
}

// otherForm names what a second formulir tells otherwise: whom it leaves out or adds, and fields that a person must look at.
// Which of the two holds, only the requester knows.
func (m *merger) otherForm(s *section) {
	if m.own[s] || s.machine() || len(s.people) == 0 || m.base != "formulir" {
		return
	}
	seen := map[*person]bool{}
	for i := range m.roster {
		p := &m.roster[i]
		if p.machine {
			return
		}
		o := find(s.people, *p)
		if o == nil {
			continue
		}
		seen[o] = true
		for _, x := range values {
			if a, b := *x.of(p), *x.of(o); a != "" && b != "" && fold(a) != fold(b) && x.f != fieldNama && !p.wrote(x.f) {
				m.reading.Roster[i].doubt(x.f)
			}
		}
	}
	if len(seen) == 0 {
		return // a form of other people, of whom the roster has taken those it can
	}
	for i := range m.roster {
		if p := &m.roster[i]; find(s.people, *p) == nil && !m.fromThird(p, s) {
			m.reading.add(i+1, fieldNama, CodeDisagrees, "anggota ini tidak tercantum dalam formulir lain (%s). Mohon pastikan formulir mana yang berlaku.", s.src.File)
		}
	}
	m.extra(s.people, seen, "%s tercantum dalam formulir lain (§), tetapi tidak dalam formulir yang dibaca. Mohon pastikan formulir mana yang berlaku.",
		s.src.File)
}

// fromThird says that a row of the roster comes from neither the first formulir nor s.
func (m *merger) fromThird(p *person, s *section) bool {
	return len(m.roster) > 0 && p.Source != m.roster[0].Source && p.Source != s.src.File
}

// values compares what two lists say of the same people, addresses included.
func (m *merger) values(label string, list []person) {
	for i := range m.roster {
		p := &m.roster[i]
		o := find(list, *p)
		if o == nil || o.machine || p.machine || o.Source == p.Source {
			continue
		}
		m.compare(i+1, p, o, label)
	}
}
