package sop

import (
	"fmt"
	"slices"
	"time"
)

// setuju approves this revision. Everything that an approval is bound to is checked here again, whatever triage said.
func (d *decision) setuju(w Command) string {
	if why := d.binding(w); why != "" {
		return why
	}
	if w.Sheet != nil {
		if why := d.takeSheet(*w.Sheet); why != "" {
			return why
		}
	}
	a, _ := d.o.Approver(d.in.From.Address)
	vote := Approval{By: a.Person, Address: d.in.From.Address, At: d.now, Revision: d.c.Revision, Issue: d.c.Issue,
		Mail: d.in.Mail.SHA256, Papers: PaperHashes(d.c.Reading), Roster: RosterHash(d.c.Reading.Roster),
		Proof: d.in.From.Proof.Reason, Sheet: w.Sheet != nil}
	if slices.ContainsFunc(d.c.Votes, func(v Approval) bool { return v.By == vote.By }) {
		return d.reject("already-approved", "")
	}
	d.c.Votes = append(d.c.Votes, vote)
	d.event("approved", "Permohonan disetujui.", "approver", a.Name, "revision", fmt.Sprint(d.c.Revision), "proof", vote.Proof,
		"sheet", fmt.Sprint(vote.Sheet), "roster", vote.Roster)
	if len(d.c.Votes) < d.quorum() {
		d.tellApprovers("second-approval-wanted", a.Name)
		return "vote-counted"
	}
	d.approve(vote)
	return "approved"
}

// binding is what SETUJU, TOLAK and LENGKAPI share: an approver who is no party, an authentic mail, the present letter.
func (d *decision) binding(w Command) string {
	a, ok := d.o.Approver(d.in.From.Address)
	switch {
	case !ok:
		return d.reject("wrong-role", string(w.Verb))
	case a.party(&d.c):
		return d.reject("own-request", "")
	case d.in.From.Proof.Result != Proven:
		return d.reject("unproven", "")
	case d.c.Approval != nil:
		return d.reject("already-approved", "")
	case d.c.Status != AwaitingApproval || d.c.Expires.IsZero():
		return d.reject("code-old", "")
	case w.Ref.Kind != Persetujuan || w.Ref.To != a.Address:
		return d.reject("no-token", "")
	case w.Ref.Revision != d.c.Revision || w.Ref.Issue != d.c.Issue:
		return d.reject("code-old", "")
	case w.Ref.Via == "code" && d.c.CodeTries >= CodeTriesMost:
		return d.reject("code-void", "")
	case d.arrived().After(d.c.Expires):
		d.askApproval() // an expired letter is issued anew
		return d.reject("expired", "")
	}
	return ""
}

// arrived is when the mail reached the mailbox: a daemon that was down does not make a punctual answer late.
func (d *decision) arrived() time.Time {
	if d.in.At.IsZero() {
		return d.now
	}
	return d.in.At
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
	v.Release = d.now.Add(d.o.UndoWindow)
	d.c.Approval, d.c.Votes = &v, nil
	d.c.Status = Approved
	d.step("daemon", 0)
	for i := range d.c.Members {
		m := &d.c.Members[i]
		m.Address = m.Row.Email
	}
	d.tellApprovers("approved", v.By.Name)
	if !v.Release.After(d.now) {
		d.release()
	}
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
	m.State, m.Sends = MemberSealing, m.Sends+1
	o := d.order(OrderCredential, m.Row.NIP)
	o.Letter = Letter{Key: fmt.Sprintf("%d/%s", d.serial(), Kredensial), Kind: Kredensial, To: m.person(), Role: RoleMember,
		NIP: m.Row.NIP, Revision: d.c.Revision, Issue: d.c.Issue}
}

func (d *decision) tolak(w Command) string {
	if why := d.binding(w); why != "" {
		return why
	}
	d.event("rejected", "Permohonan ditolak.", "reason", w.Arg)
	d.close(Rejected, w.Arg)
	d.note(Penolakan, d.c.Requester, RoleRequester, w.Arg)
	d.tellApprovers("rejected", w.Arg)
	return "rejected"
}

func (d *decision) lengkapi(w Command) string {
	if why := d.binding(w); why != "" {
		return why
	}
	d.event("returned", "Permohonan dikembalikan untuk dilengkapi.", "note", w.Arg)
	d.c.Status, d.c.Expires = Incomplete, time.Time{}
	d.step("requester", d.o.CompletionDays)
	d.note(Dikembalikan, d.c.Requester, RoleRequester, w.Arg)
	return "returned"
}

func (d *decision) note(kind LetterKind, to Person, role Role, note string) {
	d.letter(kind, to, role).Note = note
}

// stop withdraws an approval while nothing has been released; the case is asked about anew under a new code.
func (d *decision) stop(Command) string {
	switch {
	case d.c.Approval == nil && len(d.c.Votes) == 0:
		return d.reject("wrong-state", string(Stop))
	case d.c.Approval != nil && d.c.Approval.Released:
		return d.reject("too-late", "")
	}
	d.event("approval-withdrawn", "Persetujuan ditarik kembali.")
	d.c.Approval, d.c.Votes = nil, nil
	for i := range d.c.Members {
		d.c.Members[i].Address = ""
	}
	d.tellApprovers("approval-withdrawn", d.in.From.Name)
	d.askApproval()
	return "approval-withdrawn"
}

// batal withdraws the request before approval.
func (d *decision) batal(w Command) string {
	if d.c.Approval != nil {
		return d.reject("after-approval", "")
	}
	asked := !d.c.Expires.IsZero()
	d.event("cancelled", "Permohonan dibatalkan oleh pemohon.", "reason", w.Arg)
	d.close(Cancelled, w.Arg)
	d.note(Dibatalkan, d.c.Requester, RoleRequester, w.Arg)
	d.answerLast()
	if asked {
		for _, a := range d.askable() {
			d.note(Dibatalkan, a.Person, RoleApprover, w.Arg)
		}
	}
	return "cancelled"
}
