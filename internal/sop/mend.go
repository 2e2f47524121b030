package sop

import (
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/document"
)

// Mend is a corrected address that waits for an approval of its own: of that row, and of nothing else. DESIGN, "Accounts and credentials"
type Mend struct {
	Address  string     `json:"address"`
	Marks    []string   `json:"marks,omitempty"` // risks shown to the approver
	Issue    int        `json:"issue"`           // of its approval letter, within the revision of the case
	Fresh    bool       `json:"fresh,omitempty"` // the password may have been seen: another one is given
	Votes    []Approval `json:"votes,omitempty"`
	Due      time.Time  `json:"due,omitzero"`
	Expires  time.Time  `json:"expires,omitzero"` // zero: its letter is being made
	Release  time.Time  `json:"release,omitzero"` // end of the undo window; zero: not approved
	Reminded bool       `json:"reminded,omitempty"`
	Again    bool       `json:"again,omitempty"`
	Late     bool       `json:"late,omitempty"`
}

// Former is an address that an approval of its row has replaced.
type Former struct {
	Address string   `json:"address"`
	Same    bool     `json:"same,omitempty"` // a letter with the password that is in force may have come there
	By      Approval `json:"by"`             // that replaced it
}

// Corrected is the address that somebody is to have.
type Corrected struct{ NIP, Address string }

// maxMends bounds the letters that corrections of one case bring about.
const maxMends = 40

// Unmendable says why one of the addresses that somebody corrects together cannot be, or "".
func (o Office) Unmendable(c *Case, x Corrected, all []Corrected) string {
	m := c.Member(x.NIP)
	d := decision{o: o}
	switch {
	case c.Status.Closed():
		return "closed"
	case c.Approval == nil:
		return "wrong-state"
	case m == nil:
		return "member-unknown"
	case sameAddress(x.Address, m.reach()) || m.Mend != nil && sameAddress(x.Address, m.Mend.Address):
		return "mend-same"
	case m.State == MemberConfirmed:
		return "mend-confirmed"
	case m.Shredded || c.Accounts[x.NIP].Gone:
		return "mend-shredded"
	case m.Sends >= maxResend || c.Issue >= maxMends:
		return "mend-often"
	case d.reserved(x.Address):
		return "mend-reserved"
	}
	for _, other := range c.Members {
		address := other.reach()
		if other.Mend != nil {
			address = other.Mend.Address
		}
		for _, y := range all {
			if y.NIP == other.Row.NIP {
				address = y.Address
			}
		}
		if other.Row.NIP != x.NIP && sameAddress(x.Address, address) {
			return "mend-taken"
		}
	}
	return ""
}

// decide takes the requester's word, after the approval, that addresses are wrong. As long as nothing has been sent, the whole list is asked
// about anew; after that each row by itself, and nobody else notices.
func (w Correction) decide(d *decision) string {
	roster, amended := slices.Clone(d.c.Reading.Roster), slices.Clone(d.c.Reading.Amended)
	for _, x := range w.Rows {
		if why := d.o.Unmendable(&d.c, x, w.Rows); why != "" {
			return d.reject(why, x.Address)
		}
		for i := range roster {
			if roster[i].NIP == x.NIP {
				amended = append(amended, document.Amendment{Of: roster[i], Field: "email", Value: x.Address})
				roster[i].Email = x.Address
				roster[i].Doubts = slices.DeleteFunc(slices.Clone(roster[i].Doubts), func(f string) bool { return f == "email" })
			}
		}
	}
	d.c.Thread = append(d.c.Thread, d.in.Mail.MessageID)
	if !d.released() {
		r := d.c.Reading
		r.Roster, r.Amended = roster, amended
		d.c.Changes = changes(d.c.Reading, r)
		d.withdraw("approval-withdrawn", "Persetujuan gugur: pemohon mengoreksi alamat sebelum surat dikirim.")
		d.tellApprovers("approval-void", "")
		return d.take(r, w.Past, "supplement", false)
	}
	for _, x := range w.Rows {
		d.correct(d.c.Member(x.NIP), x.Address, roster, w)
	}
	return "mend-asked"
}

func (d *decision) correct(m *Member, address string, roster []document.Row, w Correction) {
	nip, row := m.Row.NIP, m.Row
	d.event("mend-asked", "Pemohon mengoreksi alamat "+m.Row.Nama+"; persetujuan diminta untuk baris itu saja.", "nip", nip, "from", m.Address, "to", address)
	if m.State == MemberQueued { // it is not sent where it is known to be wrong
		d.out.Withdrawn = append(d.out.Withdrawn, m.Letter)
		if slices.Contains(w.Unsent, nip) {
			m.State = MemberSealing
		}
	}
	if m.delivered() && !m.Exposed && !d.c.Accounts[nip].Kept {
		m.Exposed = true
		d.incident(nip, m.Row.Nama, "surat kredensial sampai di alamat yang keliru")
		d.tellIncident(nip, "wrong-address", "")
	}
	if m.State == MemberSealing {
		m.State = MemberWaiting
	}
	row.Email = address
	m.Mend = &Mend{Address: address, Marks: d.marks(row, roster, w.Past), Due: d.o.Calendar.Deadline(d.now, d.o.ApprovalDays).UTC()}
	d.reply(Pemberitahuan, d.c.Requester, RoleRequester, "mend-asked", address).NIP = nip
	d.askMend(m)
	d.progress()
}

// delivered: a letter may have come to where it was sent. What came back, or never went out, has not.
func (m Member) delivered() bool {
	return m.Earlier || m.State != MemberFailed && m.State != MemberSealing && m.State != MemberWaiting
}

// askMend asks about a row, under a code of its own. A password that may have been seen is replaced first: the approver types the new one.
func (d *decision) askMend(m *Member) {
	nip := m.Row.NIP
	d.c.Issue++
	m.Mend.Issue, m.Mend.Votes, m.Mend.Expires, m.Mend.Release = d.c.Issue, nil, time.Time{}, time.Time{}
	if a := d.c.Accounts[nip]; m.Exposed && !m.Mend.Fresh && !a.Kept {
		m.Mend.Fresh = true
		d.c.Accounts[nip] = Account{UserID: a.UserID, Made: a.Made, Renew: true}
	}
	if m.Mend.Fresh {
		d.task(TaskAccounts, nip)
		return
	}
	d.mendAsked(m, AccountsMade{})
}

// remend asks about a row anew, as its password was seen meanwhile.
func (d *decision) remend(m *Member) {
	if m.Mend != nil && !d.c.Status.Closed() {
		m.Mend.Fresh = false
		d.askMend(m)
	}
}

// askMends asks anew about every row that waits: the codes that are out are void.
func (d *decision) askMends() (some bool) {
	for i := range d.c.Members {
		if m := &d.c.Members[i]; m.Mend != nil && !d.c.Status.Closed() {
			d.askMend(m)
			some = true
		}
	}
	return some
}

func (d *decision) mendAsked(m *Member, w AccountsMade) {
	m.Mend.Expires = d.o.Calendar.Deadline(d.now, d.o.Expires).UTC()
	if m.Mend.Fresh {
		d.c.Sheets = sums(w.Sheets)
	}
	if d.short() {
		d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "no-approver", d.c.Number)
	}
	for _, a := range d.askable() {
		l := d.approvalLetter(a, w)
		l.NIP, l.Issue, l.Topic = m.Row.NIP, m.Mend.Issue, "mend"
		if len(l.Of) > 0 { // its sheet shows this row alone
			l.Of = []string{m.Row.NIP}
		}
	}
	d.event("approval-asked", "Persetujuan atas alamat baru "+m.Row.Nama+" diminta kepada Admin Agency.", "nip", m.Row.NIP, "issue", fmt.Sprint(m.Mend.Issue))
}

// mendMade takes the new password of one row.
func (d *decision) mendMade(w AccountsMade) string {
	m := d.c.Member(w.NIP)
	switch {
	case d.c.Status.Closed() || m == nil || m.Mend == nil || m.Mend.Issue != w.Issue || !m.Mend.Expires.IsZero():
		return "stale"
	case w.Failed != "":
		m.Mend.Issue = 0 // nothing is asked until the operator lets it go on
		d.event("accounts-failed", "Akun tidak dapat disiapkan.", "why", w.Failed, "nip", w.NIP)
		d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "accounts-failed", w.Failed)
		return "accounts-failed"
	case d.keepAccounts(w.Accounts):
		d.task(TaskAccounts, w.NIP)
		return "accounts-raced"
	}
	d.mendAsked(m, w)
	return "approval-asked"
}

// mending is the row whose letter is answered, or nil.
func (c *Case) mending(r Ref) *Member {
	for i := range c.Members {
		if m := &c.Members[i]; m.Mend != nil && r.Kind == Persetujuan && r.Revision == c.Revision && r.Issue == m.Mend.Issue {
			return m
		}
	}
	return nil
}

// mended says that this letter about a row has had its effect.
func (c *Case) mended(issue int) bool {
	return slices.ContainsFunc(c.Members, func(m Member) bool {
		return slices.ContainsFunc(m.Former, func(f Former) bool { return f.By.Issue == issue })
	})
}

// bindingMend is binding for the letter of one row.
func (o Office) bindingMend(c *Case, m *Mend, a Approver, w Command, at time.Time) string {
	switch {
	case w.Ref.To != a.Address:
		return "no-token"
	case !m.Release.IsZero() || w.Verb == Setuju && o.votedIn(c, m.Votes, a, at):
		return "already-approved"
	case m.Expires.IsZero():
		return "code-old"
	case w.Ref.Via == "code" && c.CodeTries >= MaxCodeTries:
		return "code-void"
	case at.After(m.Expires):
		return "expired"
	case len(w.Lines) > 0:
		return "line-mend"
	}
	return ""
}

// agreeMend is SETUJU to the letter of one row.
func (d *decision) agreeMend(m *Member, w Command) string {
	a, _ := d.o.Approver(d.in.From.Address)
	row := m.Row
	row.Email = m.Mend.Address
	d.judgeMend(m)
	vote := d.vote(a, w.Ref.Issue, RosterHash([]document.Row{row}))
	m.Mend.Votes = append(slices.Clone(m.Mend.Votes), vote)
	data := []string{"approver", a.Name, "nip", row.NIP, "proof", vote.Proof, "roster", vote.Roster, "mail", vote.Mail}
	if len(m.Mend.Votes) < d.quorum() {
		d.event("vote", "Satu persetujuan tercatat; masih diperlukan persetujuan lain.", data...)
		d.tellApprovers("second-approval-wanted", a.Name)
		return "vote-counted"
	}
	d.event("mend-approved", "Alamat baru "+row.Nama+" disetujui.", data...)
	d.tellMend(m, "mend-approved", m.Mend.Address)
	m.Mend.Release = d.now.Add(d.o.Window(m.Mend.Marks))
	if d.due(d.mendMoment(m)) && !slices.ContainsFunc(d.chain(m), d.judgeMend) {
		d.releaseMend(m)
	}
	return "mend-approved"
}

// tellMend tells approvers and requester what became of a row.
func (d *decision) tellMend(m *Member, topic, note string) {
	tell := func(p Person, r Role) { d.tell(Pemberitahuan, p, r, topic, note).NIP = m.Row.NIP }
	tell(d.c.Requester, RoleRequester)
	for _, a := range d.acting() {
		tell(a.Person, RoleApprover)
	}
}

// judgeMend drops the votes of those who have no say any more, and says whether too few are left.
func (d *decision) judgeMend(m *Member) bool {
	m.Mend.Votes = d.o.standing(&d.c, m.Mend.Votes, d.now)
	return len(m.Mend.Votes) < d.quorum()
}

// chain are the rows that can be mended only at one time with this one, which comes first: it is to have the address of the next.
func (d *decision) chain(m *Member) (rows []*Member) {
	for m != nil && !slices.Contains(rows, m) {
		rows = append(rows, m)
		at := slices.IndexFunc(d.c.Members, func(o Member) bool {
			return o.Row.NIP != m.Row.NIP && m.Mend != nil && sameAddress(o.reach(), m.Mend.Address)
		})
		if m = nil; at >= 0 {
			m = &d.c.Members[at]
		}
	}
	return rows
}

// releaseMend orders the one letter to the new address, and those of the rows that go with it: no two ever have the same address.
func (d *decision) releaseMend(m *Member) {
	rows := d.chain(m)
	for _, m := range rows {
		d.move(m)
	}
	for _, m := range rows {
		d.sendCredential(m)
	}
	d.c.Status = Approved
	d.step("daemon", d.o.ApprovalDays)
}

// move gives a row its new address; its letter goes under a key of its own: what lies sealed for the old one opens no more.
func (d *decision) move(m *Member) {
	x := m.Mend
	formers := slices.Clone(m.Former)
	for i := range formers {
		formers[i].Same = formers[i].Same && !x.Fresh
	}
	m.Former = append(formers, Former{Address: m.Address, Same: !x.Fresh && m.Sends > 0, By: x.Votes[len(x.Votes)-1]})
	m.Address, m.Row.Email, m.Marks, m.Mend = x.Address, x.Address, x.Marks, nil
	m.Exposed, m.Astray, m.Earlier, m.Rekey = false, false, false, true
	m.State = MemberWaiting
	if d.c.Copy.Waits { // it is being made with the password, and under the key, of before
		d.c.Copy = Copy{}
	}
}

// dropMend ends a correction that is not carried out. A letter that it held back goes on its way.
func (d *decision) dropMend(m *Member, topic, note string) string {
	d.event(topic, "Koreksi alamat "+m.Row.Nama+" tidak dilaksanakan.", "nip", m.Row.NIP, "reason", note)
	d.tellMend(m, topic, note)
	fresh := m.Mend.Fresh
	m.Mend = nil
	for i := range d.c.Members {
		if o := &d.c.Members[i]; o.Mend != nil && sameAddress(o.Mend.Address, m.reach()) { // it was to have this one's address
			d.dropMend(o, topic, note)
		}
	}
	if m.State == MemberWaiting && !fresh {
		d.sendCredential(m)
		d.c.Status = Approved
		d.step("daemon", d.o.ApprovalDays)
	} else if m.State == MemberWaiting && m.Earlier {
		m.State = MemberSent
	} else if m.State == MemberWaiting { // its password was seen before it went out, and nobody has approved another
		m.State = MemberFailed
	}
	d.progress()
	return topic
}

// mendMoment is the end of the undo window of a single row, and of those that go with it.
func (d *decision) mendMoment(m *Member) (last moment) {
	for _, o := range d.chain(m) {
		if o.Mend == nil || o.Mend.Release.IsZero() || d.c.Held != "" {
			return moment{}
		}
		if !o.Mend.Release.Before(last.at) {
			last.at = o.Mend.Release
		}
		last.wait = max(last.wait, d.o.Window(o.Mend.Marks))
	}
	return last
}

func (d *decision) mendDue() (reason string) {
	for i := range d.c.Members {
		m := &d.c.Members[i]
		if d.c.Status.Closed() || !d.due(d.mendMoment(m)) {
			continue
		}
		rows := d.chain(m)
		if at := slices.IndexFunc(rows, d.judgeMend); at >= 0 {
			reason, m = "mend-withdrawn", rows[at]
			d.event(reason, "Persetujuan atas alamat baru gugur: pemberinya tidak lagi berwenang.", "nip", m.Row.NIP)
			d.askMend(m)
			continue
		}
		reason = "released"
		d.event(reason, "Masa pembatalan lewat; surat ke alamat baru dikirim.", "nip", m.Row.NIP)
		d.releaseMend(m)
	}
	return reason
}

// Former: they wrote from an address that their row has no more.
func (s Sender) Former(c *Case) bool {
	m := c.Member(s.NIP)
	return m != nil && !sameAddress(s.Address, m.reach())
}

// onlyFormer: whoever was written to by mistake may say so, and no more.
func (s Sender) onlyFormer(c *Case) bool {
	return len(s.Roles) == 1 && s.Has(RoleMember) && s.Former(c)
}

// formerly is the address, if it is one that the member has no more; same: the password in force may lie there.
func (m Member) formerly(address string) (was string, same bool) {
	for _, f := range m.Former {
		if sameAddress(f.Address, address) && !sameAddress(m.reach(), address) {
			was, same = f.Address, same || f.Same
		}
	}
	return was, same
}
