package document

import (
	"cmp"
	"slices"
	"strings"
)

// Asked is a roster as it was read back to the requester: nobody else knows what was meant.
type Asked struct {
	Rows  []Row    `json:"rows"`
	Texts []string `json:"texts,omitempty"` // of the disagreements between papers that stood beside it
}

// Ask is what a letter that reads the roster back asks about.
func (r Reading) Ask() (a Asked) {
	a.Rows = slices.Clone(r.Roster)
	for _, p := range r.Problems {
		if p.disagrees() {
			a.Texts = append(a.Texts, p.Text)
		}
	}
	return a
}

// disagrees: papers tell a thing differently, and nobody has said yet which of them is right.
func (p Problem) disagrees() bool { return p.Severity == Stop && rules[p.Code].person }

// InDoubt says that something is in doubt about which the requester has not been asked.
func (r Reading) InDoubt(a Asked) bool {
	for _, row := range r.Roster {
		if slices.ContainsFunc(row.Doubts, func(f string) bool { return !a.held(row, f) }) {
			return true
		}
	}
	return slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.disagrees() && !slices.Contains(a.Texts, p.Text) })
}

// held: the same value was shown of the same person.
func (a Asked) held(row Row, f string) bool {
	return slices.ContainsFunc(a.Rows, func(o Row) bool { return o.same(row) && o.value(f) == row.value(f) })
}

// same: the number tells it, or where that has changed the name.
func (r Row) same(o Row) bool {
	return r.NIP == o.NIP && r.NIP != "" || r.Nama == o.Nama && r.Nama != ""
}

// at is where a value stands.
func (p *person) at(f string) *string {
	for _, x := range values {
		if string(x.f) == f {
			return x.of(p)
		}
	}
	return new(string)
}

func (r Row) value(f string) string { return *(&person{Row: r}).at(f) }

// Answered is the reading when the requester has answered: of two papers that differ they have seen both, which the approver is told, and
// what is not there, or cannot be used, stops.
func (r Reading) Answered(a Asked) Reading {
	r.Problems = slices.Clone(r.Problems)
	for i, p := range r.Problems {
		if p.disagrees() && slices.Contains(a.Texts, p.Text) {
			r.Problems[i].Severity = Warn
		}
	}
	r.judge()
	return r
}

// Open says that something is left that no confirmation settles.
func (r Reading) Open() bool { return r.Answered(r.Ask()).stops() }

func (r Reading) stops() bool {
	return slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Severity == Stop })
}

// judge says anew whether a person must look, and names the NIPs and addresses that nobody can use, those too that a machine has read.
func (r *Reading) judge() {
	r.NeedsPerson = r.waits()
	for i, row := range r.Roster {
		known := func(f field) bool {
			return slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Row == i+1 && p.Field == string(f) && p.Severity == Stop })
		}
		if fault := NIPFault(row.NIP); fault != "" && !known(fieldNIP) {
			r.add(i+1, fieldNIP, CodeBadNIP, "%s. Mohon tulis NIP yang benar.", fault)
		}
		if row.Email != "" && !validEmail(row.Email) && !known(fieldEmail) {
			r.add(i+1, fieldEmail, CodeBadEmail, "alamat surel tidak terbaca. Mohon tulis alamatnya.")
		}
	}
}

func (r Reading) waits() bool {
	return len(r.Roster) >= maxRoster || slices.ContainsFunc(r.Papers, Paper.Waits) || slices.ContainsFunc(r.Problems, Problem.disagrees)
}

// unread: a machine has read the row, and not what it rests on.
func (r Row) unread() bool { return len(r.Doubts) > 0 && (!ValidNIP(r.NIP) || !validEmail(r.Email)) }

// ForPerson says that a person of the office must look: there is something that not even the requester can settle. A disagreement, a row
// that a machine could not read and a formulir for whose list they give their word, they can.
func (r Reading) ForPerson() bool {
	if !r.NeedsPerson {
		return false
	}
	word := r.ByWord()
	waits := func(p Paper) bool { return p.Waits() && !slices.Contains(word, p) }
	settles := len(word) > 0 || slices.ContainsFunc(r.Problems, Problem.disagrees) || slices.ContainsFunc(r.Roster, Row.unread)
	return len(r.Roster) >= maxRoster || slices.ContainsFunc(r.Papers, waits) || !settles
}

// ByWord are the papers that stand for the formulir although they could not be read, or not wholly, once the requester has read its list
// as SK and surat tugas name it: photographs, handwriting. What is locked or broken may be anything.
func (r Reading) ByWord() (out []Paper) {
	have := func(k Kind) bool { return r.Paper(k).Kind == k && !r.Paper(k).Broken }
	if len(r.Roster) == 0 || !have(SK) || !have(SuratTugas) {
		return nil
	}
	form := r.Paper(Formulir).Kind == Formulir
	for _, p := range r.Papers {
		unread := !form && p.Kind == Unreadable && slices.Contains([]string{ReasonNoText, ReasonAnnotated, ReasonTimeout, ReasonTooLarge, ReasonUnsupported}, p.Reason)
		if !p.Replaced && (unread || p.Kind == Formulir && p.Broken) {
			out = append(out, p)
		}
	}
	return out
}

// Amendment is one value of a member as the requester has written it in answer to a letter.
type Amendment struct {
	Of    Row    `json:"of"` // as the letter showed them
	Field string `json:"field"`
	Value string `json:"value"`
}

// AmendLabels are the words by which an answer names a value, for a regular expression.
const AmendLabels = `nama|nip|nik|e-?mail|surel|hp|golongan|gol|jabatan|user ?id`

// Amend reads one value of an answer; false where it cannot be the value that its label names.
func Amend(of Row, label, text string) (Amendment, bool) {
	fields := fieldsOf(label)
	if len(fields) != 1 || len(text) > maxName {
		return Amendment{}, false
	}
	of.Doubts = nil
	f, p := fields[0], person{}
	p.setOne(f, text, false)
	value := p.value(string(f))
	fits := value != "" && len(p.Doubts) == 0
	switch f {
	case fieldNIP:
		fits = fits && ValidNIP(value) && value == numberMarks.Replace(text)
	case fieldNIK:
		fits = fits && value == numberMarks.Replace(text)
	case fieldEmail:
		fits = fits && validEmail(value)
	case fieldNama:
		fits = fits && !oddName(p) && p.NIP == "" && p.Golongan == ""
	case fieldUserID:
		fits = fits && !strings.ContainsAny(value, "@ ")
	case fieldJabatan:
		fits = fits && !strings.Contains(value, "@")
	}
	return Amendment{Of: of, Field: string(f), Value: value}, fits
}

// numberMarks are what people put between the digits of a number.
var numberMarks = strings.NewReplacer(" ", "", ".", "", "-", "")

// amend writes the answers into the roster, each to the row that was shown.
func (m *merger) amend(list []Amendment) {
	for _, a := range list {
		p := m.shown(a.Of)
		if p == nil {
			continue
		}
		f := field(a.Field)
		if f == fieldEmail && len(p.unlike) > 0 { // the approver sees what the paper had all the same
			p.unlike = slices.DeleteFunc(append(p.unlike, p.Email), func(s string) bool { return s == a.Value })
		}
		*p.at(a.Field) = a.Value
		p.lossy = p.lossy && f != fieldNIP
		p.own = append(p.own, f)
	}
	m.reading.Amended = list
}

// shown finds a row again as a letter showed it.
func (m *merger) shown(of Row) *person {
	if p := only(m.roster, func(p *person) bool { return p.NIP == of.NIP && p.Nama == of.Nama && p.Email == of.Email }); p != nil {
		return p
	}
	return only(m.roster, func(p *person) bool { return p.same(of) })
}

// ownWord: what papers say against the requester's own word no longer stops; the approver sees both.
func (m *merger) ownWord() {
	for i, p := range m.reading.Problems {
		if p.disagrees() && p.Row > 0 && m.roster[p.Row-1].wrote(field(p.Field)) {
			m.reading.Problems[i].Severity = Warn
			m.reading.NeedsPerson = m.reading.waits() || slices.ContainsFunc(m.reading.Roster, Row.unread)
		}
	}
}

// wrote says that the requester has written this value in answer to a letter.
func (p *person) wrote(f field) bool { return slices.Contains(p.own, f) }

// explained says that the list was understood whole: between its first and its last row stands no address and no NIP that nobody has.
func (s *section) explained() bool {
	known := []string{}
	for _, p := range s.people {
		known = append(append(known, p.NIP, p.Email), p.unlike...)
	}
	left, open := false, false // since the last row of a member, within the list
	for _, r := range s.rows {
		nip, _, _ := findNIP(r.text)
		for _, v := range append(emailRE.FindAllString(strings.ToLower(r.text), -1), nip) {
			of := v != "" && slices.ContainsFunc(known, func(k string) bool { return strings.Contains(k, v) })
			if of && left {
				return false
			}
			open = open || of
			left = open && (left || v != "" && !of)
		}
	}
	return true
}

// Differences names what the second list has otherwise than the first, row by row, in Indonesian.
func Differences(was, now []Row) (out []string) {
	for i, r := range now {
		at := slices.IndexFunc(was, r.same)
		if at < 0 {
			out = append(out, r.Called(i+1)+"ditambahkan")
			continue
		}
		for _, x := range values {
			if a, b := was[at].value(string(x.f)), r.value(string(x.f)); fold(a) != fold(b) {
				out = append(out, r.Called(i+1)+strings.ReplaceAll(string(x.f), "_", " ")+" "+cmp.Or(a, "(kosong)")+" menjadi "+cmp.Or(b, "(kosong)"))
			}
		}
	}
	return out
}
