package sop

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
)

// riskWindow is the least time in which STOP works where the approval letter carries a risk mark.
const riskWindow = 15 * time.Minute

// binding is what SETUJU, TOLAK and LENGKAPI share: an approver who is no party, and the present letter. Everything that an
// approval is bound to is checked here, whatever the gates said.
func (o Office) binding(c *Case, s Sender, w Command, at time.Time) string {
	a, ok := o.Approver(s.Address)
	switch {
	case !ok:
		return "wrong-role"
	case o.barred(c, a, at):
		return "own-request"
	}
	if m := c.mending(w.Ref); m != nil {
		return o.bindingMend(c, m.Mend, a, w, at)
	}
	asked := c.Approval != nil && w.Ref.Kind == Persetujuan && w.Ref.Issue > c.Approval.Issue // about a row, once
	switch {
	case asked && !c.mended(w.Ref.Issue):
		return "code-old"
	case w.Verb != Setuju && c.Approval != nil && c.Approval.Released:
		return "too-late"
	case c.Approval != nil || w.Verb == Setuju && o.voted(c, a, at):
		return "already-approved"
	case w.Ref.Kind != Persetujuan && w.Ref.To == a.Address:
		return "other-letter"
	case w.Ref.Kind != Persetujuan || w.Ref.To != a.Address:
		return "no-token"
	case c.Status != AwaitingApproval || c.Expires.IsZero():
		return "code-old"
	case w.Ref.Revision != c.Revision || w.Ref.Issue != c.Issue:
		return "code-old"
	case w.Ref.Via == "code" && c.CodeTries >= MaxCodeTries:
		return "code-void"
	case at.After(c.Expires):
		return "expired"
	case w.Verb == Setuju:
		why, _ := c.lineFault(w.Lines)
		return why
	}
	return ""
}

// setuju approves this revision. Lines that change accounts void the approvals before it: these were given for others.
func (d *decision) setuju(w Command) string {
	if m := d.c.mending(w.Ref); m != nil {
		return d.agreeMend(m, w)
	}
	a, _ := d.o.Approver(d.in.From.Address)
	changed, fresh := d.takeLines(w.Lines)
	if changed {
		d.c.Votes = nil
	}
	if fresh {
		return d.renew(a.Name)
	}
	d.c.Votes = d.o.standing(&d.c, d.c.Votes, d.now)
	var lines []string
	for _, l := range w.Lines {
		lines = append(lines, l.text())
	}
	vote := d.vote(a, d.c.Issue, RosterHash(d.c.Reading.Roster))
	vote.Lines = lines
	d.c.Votes = append(d.c.Votes, vote)
	data := []string{"approver", a.Name, "revision", fmt.Sprint(d.c.Revision), "proof", vote.Proof, "lines", strings.Join(lines, "; "),
		"roster", vote.Roster, "mail", vote.Mail}
	if len(d.c.Votes) < d.quorum() { // a punctual answer of a deputy counts, whenever it is read
		d.event("vote", "Satu persetujuan tercatat; masih diperlukan persetujuan lain.", data...)
		d.tellApprovers("second-approval-wanted", a.Name)
		if changed {
			d.askApproval() // the others must see what they approve
		}
		return "vote-counted"
	}
	d.event("approved", "Permohonan disetujui.", data...)
	d.approve(vote)
	return "approved"
}

func (d *decision) vote(a Approver, issue int, roster string) Approval {
	return Approval{By: a.Person, Seat: d.o.seat(&d.c, a.Person, d.arrived()), Address: d.in.From.Address, At: d.now, Revision: d.c.Revision, Issue: issue,
		Mail: d.in.Mail.SHA256, Papers: PaperHashes(d.c.Reading), Roster: roster, Proof: d.in.From.Proof.Reason}
}

func (d *decision) quorum() int {
	n := max(d.o.Quorum, 1)
	if d.o.SecondAbove > 0 && len(d.c.Members) > d.o.SecondAbove {
		n = max(n, 2)
	}
	return n
}

// approve freezes who gets what where, and begins the undo window. SOP 2.1
func (d *decision) approve(v Approval) {
	v.Release = d.now.Add(d.undoWindow())
	if d.o.FullCopy {
		v.Copy = d.o.KepalaLPSE
	}
	d.c.Approval = &v
	d.c.Status, d.c.Expires = Approved, time.Time{}
	d.step("daemon", d.o.ApprovalDays)
	for i := range d.c.Members {
		m := &d.c.Members[i]
		m.Address = m.Row.Email
	}
	d.tellApprovers("approved", v.By.Name)
	if !v.Release.After(d.now) && d.c.Held == "" {
		d.release()
	}
}

func (d *decision) undoWindow() time.Duration { return d.o.Window(d.c.Risks()) }

// Risks are the marks of a request and its rows.
func (c *Case) Risks() []string {
	marks := slices.Clone(c.Marks)
	for _, m := range c.Members {
		marks = append(marks, m.Marks...)
	}
	return marks
}

// Window is how long STOP works after an approval of what has these marks.
func (o Office) Window(marks []string) time.Duration {
	if len(marks) > 0 {
		return max(o.UndoWindow, riskWindow)
	}
	return o.UndoWindow
}

// release orders every member's letter; after it STOP comes too late.
func (d *decision) release() {
	d.c.Approval.Released = true
	for i := range d.c.Members {
		d.sendCredential(&d.c.Members[i])
	}
}

// sendCredential orders the letter of one member to the address frozen at approval. SOP 2.3
func (d *decision) sendCredential(m *Member) {
	o := d.task(TaskCredential, m.Row.NIP)
	o.Letter = Letter{Key: fmt.Sprintf("%d/%s", d.serial(), Kredensial), Kind: Kredensial, To: m.person(), Role: RoleMember,
		NIP: m.Row.NIP, Revision: d.c.Revision, Issue: d.c.Issue}
	o.Renew, m.Earlier = m.Rekey, m.Earlier || m.State == MemberSent || m.State == MemberConfirmed
	m.State, m.Sends, m.Letter = MemberSealing, m.Sends+1, o.Letter.Key
	m.Confirmed, m.Proof, m.Note = time.Time{}, "", ""
}

// Unapproved says why the journal does not bear out a letter with a member's password to an address, or "". What the case says of itself
// does not count.
func (c *Case) Unapproved(journal []Event, nip, address string) string {
	m := c.Member(nip)
	if m == nil {
		return "no such member"
	}
	list, row, mended := "", m.Row, ""
	for _, e := range journal {
		switch {
		case e.Kind == "approved":
			list, mended = e.Data["roster"], ""
		case e.Kind == "approval-withdrawn":
			list, mended = "", ""
		case e.Kind == "mend-approved" && e.Data["nip"] == nip:
			mended = e.Data["roster"]
		}
	}
	row.Email = address
	switch {
	case list == "":
		return "the journal holds no approval of this case"
	case mended == RosterHash([]document.Row{row}):
		return ""
	case list != RosterHash(c.Reading.Roster) || !slices.ContainsFunc(c.Reading.Roster, func(r document.Row) bool { return r.NIP == nip && r.Email == address }):
		return "the approval in the journal is of other people or addresses"
	}
	return ""
}

func (d *decision) tolak(w Command) string {
	if m := d.c.mending(w.Ref); m != nil {
		return d.dropMend(m, "mend-refused", w.Arg)
	}
	d.event("rejected", "Permohonan ditolak.", "reason", w.Arg)
	d.close(Rejected, w.Arg)
	d.tell(Penolakan, d.c.Requester, RoleRequester, "", w.Arg)
	d.tellApprovers("rejected", w.Arg)
	return "rejected"
}

func (d *decision) lengkapi(w Command) string {
	if m := d.c.mending(w.Ref); m != nil {
		return d.dropMend(m, "mend-refused", w.Arg)
	}
	d.event("returned", "Permohonan dikembalikan untuk dilengkapi.", "note", w.Arg)
	d.c.Status, d.c.Expires, d.c.Votes = Incomplete, time.Time{}, nil
	d.step("requester", d.o.CompletionDays)
	d.tell(Dikembalikan, d.c.Requester, RoleRequester, "", w.Arg)
	d.tellApprovers("returned", w.Arg)
	return "returned"
}

func stoppable(_ Office, c *Case, _ Sender, _ Command, _ time.Time) string {
	switch {
	case slices.ContainsFunc(c.Members, func(m Member) bool { return m.Mend != nil }):
		return ""
	case c.Approval == nil && len(c.Votes) == 0 && (c.Status != AwaitingApproval || c.Expires.IsZero()):
		return "wrong-state"
	case c.Approval != nil && c.Approval.Released:
		return "too-late"
	}
	return ""
}

// stop withdraws an approval while nothing has been released; the case is asked about anew under a new code. A STOP that is there before
// the SETUJU that it means, because that one is held or slow, voids its code.
func (d *decision) stop(Command) string {
	topic, text := "approval-withdrawn", "Persetujuan ditarik kembali."
	if d.askMends() { // nothing else can be stopped any more
		d.event("mend-withdrawn", "Persetujuan atas alamat baru ditarik kembali.")
		d.tellApprovers("mend-withdrawn", d.in.From.Name)
		return "mend-withdrawn"
	}
	if d.c.Approval == nil && len(d.c.Votes) == 0 {
		topic, text = "stopped", "STOP diterima sebelum ada persetujuan; kode yang terbuka tidak berlaku lagi."
	}
	d.withdraw(topic, text)
	d.tellApprovers(topic, d.in.From.Name)
	d.askApproval()
	return topic
}

func (d *decision) withdraw(kind, text string) {
	d.event(kind, text)
	d.c.Approval, d.c.Votes = nil, nil
	for i := range d.c.Members {
		d.c.Members[i].Address = ""
	}
}

func withdrawable(_ Office, c *Case, _ Sender, _ Command, _ time.Time) string {
	if c.Approval != nil {
		return "after-approval"
	}
	return ""
}

// batal withdraws the request before approval.
func (d *decision) batal(w Command) string {
	d.event("cancelled", "Permohonan dibatalkan oleh pemohon.", "reason", w.Arg)
	d.end(Cancelled, "", w.Arg)
	return "cancelled"
}
