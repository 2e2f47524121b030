package sop

import (
	"slices"
	"time"
)

// incidentClock is the time that UU 27/2022 gives for the notification of a leak.
const incidentClock = 3 * 24 * time.Hour

// own is the sender's row, if the reply belongs to their own letter.
func (d *decision) own(w Command) (*Member, string) {
	m := d.c.Member(d.in.From.NIP)
	switch {
	case m == nil || w.Ref.NIP != "" && w.Ref.NIP != d.in.From.NIP:
		return nil, d.reject("not-your-letter", "")
	case m.State == MemberWaiting || m.State == MemberSealing:
		return nil, d.reject("wrong-state", string(w.Verb))
	}
	return m, ""
}

// terima confirms receipt. Without a verdict of the mail server it counts too, and is recorded as such. SOP 3.1
func (d *decision) terima(w Command) string {
	m, why := d.own(w)
	if m == nil {
		return why
	}
	if m.State == MemberConfirmed {
		return "already-confirmed"
	}
	if m.State == MemberWrong {
		return d.reject("wrong-state", string(Terima))
	}
	m.Proof = "tanpa bukti"
	if p := d.in.From.Proof; p.Result == Proven && p.Level != Basic {
		m.Proof = "terbukti"
	}
	if m.SentAt.IsZero() {
		m.SentAt = d.now // the confirmation overtook the server's answer
	}
	m.State, m.Confirmed, m.Note = MemberConfirmed, d.now, ""
	d.event("receipt-confirmed", m.Row.Nama+" menyatakan telah menerima kredensial.", "nip", m.Row.NIP, "proof", m.Proof)
	d.delivered()
	d.closeWhenDone()
	return "receipt-confirmed"
}

// closeWhenDone closes the case when every member has confirmed, or can no longer. SOP 3.1, SOP R.2
func (d *decision) closeWhenDone() {
	final := func(m Member) bool { return m.State == MemberConfirmed || m.State == MemberLapsed }
	if d.c.Status != AwaitingReceipt || slices.ContainsFunc(d.c.Members, func(m Member) bool { return !final(m) }) {
		return
	}
	d.close(Done, "")
	d.event("closed", "Kasus selesai.")
	d.letter(Selesai, d.c.Requester, RoleRequester)
	for _, m := range d.c.Members {
		if m.State == MemberConfirmed {
			l := d.letter(Selesai, m.person(), RoleMember)
			l.NIP = m.Row.NIP
		}
	}
	d.letter(Selesai, d.o.KepalaLPSE, RoleKepala) // SOP 3.1: tembusan
}

// salah says that the letter reached somebody it is not meant for: the row is frozen and the incident clock starts.
func (d *decision) salah(w Command) string {
	m, why := d.own(w)
	if m == nil {
		return why
	}
	if m.State == MemberWrong {
		return "already-frozen"
	}
	m.State = MemberWrong
	d.expose(m.Row.NIP, "penerima menyatakan surat bukan untuknya")
	return "wrong-recipient"
}

// kendala passes a member's trouble on to the approvers.
func (d *decision) kendala(w Command) string {
	m, why := d.own(w)
	if m == nil {
		return why
	}
	m.Note = w.Arg
	d.event("problem", m.Row.Nama+" melaporkan kendala masuk.", "nip", m.Row.NIP, "note", w.Arg)
	for _, a := range d.o.Approvers {
		d.tell(Pemberitahuan, a.Person, RoleApprover, "problem-reported", w.Arg)
		d.out.Letters[len(d.out.Letters)-1].NIP = m.Row.NIP
	}
	d.tell(Pemberitahuan, m.person(), RoleMember, "problem-passed-on", "")
	return "problem-reported"
}

func (d *decision) exposed(w Exposed) string {
	if d.c.Member(w.NIP) == nil {
		return "stale"
	}
	d.expose(w.NIP, w.What)
	return "exposed"
}

// expose marks a credential as seen by somebody else. Before the approval the account is made anew; after it only a new
// approval gives new credentials. Everybody who must act is told.
func (d *decision) expose(nip, what string) {
	m := d.c.Member(nip)
	d.c.Incidents = append(d.c.Incidents, Incident{NIP: nip, Since: d.now, Until: d.now.Add(incidentClock), What: what})
	d.event("incident", "Kredensial "+m.Row.Nama+" dianggap terbuka: "+what+".", "nip", nip)
	if d.c.Approval == nil {
		delete(d.c.Accounts, nip)
	} else {
		m.Exposed = true
	}
	if d.c.Status.Closed() {
		return
	}
	tell := func(p Person, r Role) {
		d.tell(Pemberitahuan, p, r, "exposed", what)
		if n := len(d.out.Letters); n > 0 {
			d.out.Letters[n-1].NIP = nip
		}
	}
	tell(d.o.Operator, RoleOperator)
	tell(d.o.KepalaLPSE, RoleKepala)
	for _, a := range d.o.Approvers {
		tell(a.Person, RoleApprover)
	}
	if m.Exposed && m.State != MemberWrong {
		tell(m.person(), RoleMember)
	}
}

func (d *decision) keyShredded(w KeyShredded) string {
	m := d.c.Member(w.NIP)
	if m != nil {
		m.Shredded = true
	}
	if a, ok := d.c.Accounts[w.NIP]; ok {
		a.Sealed = nil
		d.c.Accounts[w.NIP] = a
	}
	d.event("key-shredded", "Kunci kredensial dimusnahkan.", "nip", w.NIP)
	return "key-shredded"
}
