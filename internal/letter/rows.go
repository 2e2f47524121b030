package letter

import (
	"cmp"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

// Member is one row of the roster as letters print it.
type Member struct {
	No                                               int
	Name, NIP, Address, Grade, Post, Phone, Proposed string
	UserID                                           string        // of the account, where one is made
	Password                                         secret.Secret // only in a tembusan with passwords
	Account                                          string        // since when, of whoever keeps one
	Kept                                             bool
	State                                            string
	SentAt, Confirmed                                Moment
	Proven, Exposed, Failed                          bool
	Note                                             string
	Marks                                            []string
	Facts                                            []Fact       // what was read, each with its doubt
	Remarks                                          []string     // the marks but for these doubts
	Doubtful                                         bool         // the name
	Picture                                          template.URL // of the row as it stands on paper: cid:…, RFC 2392
	PictureFile                                      string
}

// Unsent names the members whom their letter has not reached.
func (v *View) Unsent() (out []string) {
	for _, m := range v.Members {
		if !m.SentAt.Set() && !m.Confirmed.Set() || m.Failed {
			out = append(out, m.Name)
		}
	}
	return out
}

// Fact is one value of a row; Doubt: somebody must compare it.
type Fact struct {
	Label, Value string
	Doubt        bool
}

// Paper is one recognised paper. Left: why the letter does not carry it.
type Paper struct {
	Kind, Title, Number, Date, File, Pages, Hash, Short, Fault, Remark, Left string

	size int64
}

// Problem is one fault of the roster or of one row, with that row's name.
type Problem struct {
	Where, Text string
	Stop        bool
}

// Decision is one approval.
type Decision struct {
	By       Party
	At       Moment
	Revision int
	Mail     string
	Lines    string // TETAP, BARU, USER that stood below it
}

// Deviation is a penyimpangan. SOP W.2
type Deviation struct {
	Case, Kind, Step, Owed, By, Text, Reply string
	At                                      Moment
}

func (v *View) rows(d Data) {
	c, l, zone := d.Case, d.Letter, d.Office.Calendar.Zone
	own := l.Role == sop.RoleMember && l.Kind != sop.Selesai
	for i, m := range c.Members {
		if own && (l.NIP == "" || m.Row.NIP != l.NIP) {
			continue
		}
		row := member(m, i+1, c.Accounts[m.Row.NIP], zone)
		if v.Full {
			row.Password = d.Passwords[m.Row.NIP]
		}
		v.Members = append(v.Members, row)
	}
	v.pictures(l)
	if l.NIP != "" {
		if i := slices.IndexFunc(c.Members, func(m sop.Member) bool { return m.Row.NIP == l.NIP }); i >= 0 {
			m := member(c.Members[i], i+1, c.Accounts[l.NIP], zone)
			v.Member = &m
		}
	}
	if own {
		return
	}
	for i, r := range c.Reading.Roster {
		v.Roster = append(v.Roster, member(sop.Member{Row: r}, i+1, sop.Account{}, zone))
	}
	if l.Kind == sop.Persetujuan {
		for _, x := range c.Marks {
			v.Warnings = append(v.Warnings, "Pemohon: "+markText(x))
		}
	}
	v.read(c.Reading)
	if l.Kind == sop.Persetujuan && l.Topic != "mend" {
		v.unusual()
		v.leftOut(d)
	} else if l.Kind == sop.Selesai && v.Member != nil && v.Member.Confirmed.Set() {
		v.leftOut(d)
	}
	v.readBack(d)
	for _, s := range c.Changes {
		v.Changes = append(v.Changes, shown(s, maxTitle))
	}
	for _, x := range c.Deviations {
		v.Deviations = append(v.Deviations, deviation(x, c.Number, zone))
	}
	v.bound(l.Kind)
}

// unusual gathers what stands beside the members, so that it is read before the list.
func (v *View) unusual() {
	var doubts []string
	for _, m := range v.Members {
		for _, x := range m.Remarks {
			v.Warnings = append(v.Warnings, "Nomor "+strconv.Itoa(m.No)+", "+m.Name+": "+x)
		}
		if m.Doubtful || slices.ContainsFunc(m.Facts, func(f Fact) bool { return f.Doubt }) {
			doubts = append(doubts, strconv.Itoa(m.No))
		}
	}
	if len(doubts) > 0 {
		v.Warnings = append(v.Warnings, "Ada yang meragukan pada anggota nomor "+strings.Join(doubts, ", ")+": ditandai (cocokkan) pada daftar; mohon dicocokkan dengan berkas asli")
	}
}

// leftOut says of each paper that the letter does not carry why. DESIGN, "Accounts and credentials"
func (v *View) leftOut(d Data) {
	var unusual []string
	for i := range v.Papers {
		p := &v.Papers[i]
		if p.Hash == "" || slices.ContainsFunc(d.Letter.Files, func(f sop.File) bool { return f.Paper == p.Hash }) {
			continue
		}
		switch {
		case d.Case.Bare || d.Letter.Topic == "bare":
			p.Left = "server surel menolak surat dengan lampiran sebesar itu"
		case d.Office.Papers == 0:
			p.Left = "kantor tidak melampirkan berkas pada surat"
		default:
			p.Left = "seluruh lampiran dibatasi " + mebibytes(d.Office.Papers) + " dan berkas ini berukuran " + mebibytes(p.size)
		}
		p.Left = "tidak terlampir karena " + p.Left + "; mohon dilihat pada arsip permohonan atau diminta kepada pemohon"
		if d.Office.Papers > 0 && !slices.Contains(unusual, p.File) {
			unusual = append(unusual, p.File)
		}
	}
	if len(unusual) > 0 {
		v.Warnings = append(v.Warnings, "Berkas yang tidak terlampir: "+strings.Join(unusual, ", ")+"; sebabnya tertulis pada daftar berkas")
	}
}

// mebibytes are a size as it stands in a sentence: 12,3 MiB.
func mebibytes(n int64) string {
	return strings.ReplaceAll(strings.TrimSuffix(strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64), ".0"), ".", ",") + " MiB"
}

// PictureName is the file name of the picture of one row, counted from 1.
func PictureName(no int) string { return "baris-" + strconv.Itoa(no) + ".png" }

// pictures sets the scanned row beside what was read from it. Content-IDs are the daemon's own.
func (v *View) pictures(l sop.Letter) {
	for i := range v.Members {
		m := &v.Members[i]
		for _, f := range l.Files {
			if f.ContentID != "" && f.Name == PictureName(m.No) {
				m.Picture, m.PictureFile = template.URL("cid:"+url.PathEscape(f.ContentID)), f.Name //nolint:gosec // no words of others
			}
		}
	}
}

// bound keeps a letter readable; an approver sees every member whatever their number, and so does who is given the passwords.
func (v *View) bound(k sop.LetterKind) {
	if k != sop.Persetujuan && k != sop.BacaUlang && !v.Full {
		most(&v.Members, &v.MoreMembers)
	}
	most(&v.Roster, &v.MoreRoster)
	most(&v.Papers, &v.MoreRows)
	most(&v.Problems, &v.MoreRows)
	most(&v.Changes, &v.MoreRows)
	most(&v.Deviations, &v.MoreRows)
	most(&v.Warnings, &v.MoreRows)
}

// most cuts a list, and adds to more what it took off.
func most[T any](s *[]T, more *int) {
	if over := len(*s) - maxRows; over > 0 {
		*s, *more = (*s)[:maxRows], *more+over
	}
}

// accountWords says of whoever keeps an account since when they have it.
func accountWords(a sop.Account, zone *time.Location) string {
	if !a.Kept {
		return ""
	}
	words := "akun sudah ada (TETAP)"
	if a.From != "" {
		words += ", " + clean(a.From, maxUserID)
	}
	if !a.Since.IsZero() {
		words += ", sejak " + workday.DateWords(a.Since.In(zone))
	}
	return words + ", user ID " + clean(a.UserID, maxUserID)
}

func member(m sop.Member, no int, a sop.Account, zone *time.Location) Member {
	r := m.Row
	out := Member{
		No: no, Name: cmp.Or(shown(r.Nama, maxName), "(nama tidak terbaca)"), NIP: groupNIP(r.NIP),
		Address: address(cmp.Or(m.Address, r.Email)), Grade: shown(r.Golongan, 40), Post: shown(r.Jabatan, maxName), Phone: shown(r.HP, 40), Proposed: clean(r.UserID, maxUserID),
		UserID: clean(a.UserID, maxUserID), Kept: a.Kept, State: stateLabel(m.State), SentAt: Moment{m.SentAt, zone},
		Confirmed: Moment{m.Confirmed, zone}, Proven: m.Proof != "tanpa bukti", Exposed: m.Exposed,
		Account: accountWords(a, zone), Failed: m.State == sop.MemberFailed || m.State == sop.MemberWrong, Note: shown(m.Note, maxError),
	}
	for _, x := range m.Marks {
		out.Remarks = append(out.Remarks, markText(x))
	}
	out.Facts, out.Doubtful = facts(out, r), slices.Contains(r.Doubts, "nama")
	out.Marks = slices.Clone(out.Remarks)
	if w := doubtful(r.Doubts); w != "" {
		out.Marks = append(out.Marks, w)
	}
	return out
}

// facts are what was read of a member. What a letter leaves out otherwise is shown where it is in doubt.
func facts(m Member, r document.Row) (out []Fact) {
	doubt := func(field string) bool { return slices.Contains(r.Doubts, field) }
	for _, x := range []struct {
		field, label, value string
		always              bool
	}{{"nip", "NIP", m.NIP, true}, {"nik", "NIK", shown(r.NIK, 40), false}, {"email", "Email", cmp.Or(m.Address, "-"), true},
		{"golongan", "Golongan", m.Grade, m.Grade+m.Post != ""}, {"jabatan", "Jabatan", m.Post, m.Grade+m.Post != ""},
		{"hp", "HP", m.Phone, false}, {"user_id", "User ID", m.Proposed, false}} {
		if x.always || doubt(x.field) && x.value != "" {
			out = append(out, Fact{x.label, cmp.Or(x.value, "-"), doubt(x.field)})
		}
	}
	return out
}

// read shows papers, what is missing, and problems: those that stop first, each with the name of its row.
func (v *View) read(r document.Reading) {
	for _, p := range r.Papers {
		if !p.Replaced {
			v.Papers = append(v.Papers, paper(p))
		}
	}
	for _, k := range r.Missing {
		v.Missing = append(v.Missing, k.Label())
	}
	for _, stops := range []bool{true, false} {
		for _, p := range r.Problems {
			if (p.Severity == document.Stop) == stops {
				v.problem(p, r.Roster)
			}
		}
	}
}

func (v *View) problem(p document.Problem, roster []document.Row) {
	out := Problem{Where: "Daftar anggota", Stop: p.Severity == document.Stop}
	if p.Row > 0 {
		out.Where = "Nomor " + strconv.Itoa(p.Row)
	}
	if p.Row > 0 && p.Row <= len(roster) {
		row := roster[p.Row-1]
		p.Text = strings.TrimPrefix(p.Text, row.Called(p.Row)) // that is said already
		if name := clean(row.Nama, maxName); name != "" {
			out.Where += ", " + name
		}
	}
	out.Text = cmp.Or(shown(p.Text, maxError), shown(strings.ReplaceAll(p.Code, "_", " "), 60))
	v.Problems = append(v.Problems, out)
	if !out.Stop {
		v.Warnings = append(v.Warnings, out.Where+": "+out.Text)
	}
}

func paper(p document.Paper) Paper {
	out := Paper{
		Kind: p.Kind.Label(), Title: shown(p.Title, maxTitle), Number: shown(p.Number, maxName),
		Date: shown(p.Date, 40), size: p.Size, File: shown(p.File, maxFile), Pages: clean(p.Pages, 20), Hash: clean(p.SHA256, 64), Short: clean(p.SHA256, 64),
	}
	out.Short = out.Short[:min(len(out.Short), 12)]
	if p.Kind == document.Unreadable {
		out.Fault = unreadableBecause(p.Reason)
	}
	if p.MachineRead {
		out.Remark = "dibaca oleh mesin (OCR); mohon dicocokkan dengan berkas asli"
	}
	return out
}

func decisions(c sop.Case, zone *time.Location) []Decision {
	all := c.Votes
	if c.Approval != nil && !slices.ContainsFunc(all, func(a sop.Approval) bool { return a.Mail == c.Approval.Mail }) {
		all = append(slices.Clone(all), *c.Approval)
	}
	var out []Decision
	for _, a := range all {
		out = append(out, Decision{By: party(sop.Person{Name: a.By.Name, Address: a.Address}), At: Moment{a.At, zone},
			Revision: a.Revision, Mail: clean(a.Mail, 64), Lines: shown(strings.Join(a.Lines, "; "), maxNote)})
	}
	return out
}

func deviation(x sop.Deviation, number string, zone *time.Location) Deviation {
	return Deviation{
		Case: shown(number, 40), Kind: deviationKind(x.Kind), Step: clean(x.Step, 20), Owed: owedBy(x.Owed),
		By: shown(x.By, maxName), Text: strings.TrimSuffix(shown(x.Text, maxError), "."), Reply: shown(x.Reply, maxNote), At: Moment{x.At, zone},
	}
}
