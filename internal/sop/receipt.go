package sop

import (
	"slices"
	"time"
)

// ownLetter: a member speaks for their own letter only, and after it was made.
func ownLetter(_ Office, c *Case, s Sender, w Command, _ time.Time) string {
	m := c.Member(s.NIP)
	switch {
	case m == nil || w.Ref.NIP != "" && w.Ref.NIP != s.NIP:
		return "not-your-letter"
	case !sameAddress(s.Address, m.reach()): // SALAH from an address that has been replaced
		return ""
	case m.Mend != nil && w.Verb == Terima:
		return "mend-pending"
	case m.State == MemberWaiting || m.State == MemberSealing && m.SentAt.IsZero():
		return "wrong-state"
	case (m.State == MemberWrong || m.State == MemberLapsed) && w.Verb == Terima:
		return "wrong-state"
	case w.Ref.NIP == "": // letters to others bear none
		return "not-your-letter"
	}
	return ""
}

// terima confirms receipt. Without a verdict of the mail server it counts too, and is recorded as such. SOP 3.1
func (d *decision) terima(Command) string {
	m := d.c.Member(d.in.From.NIP)
	if m.State == MemberConfirmed {
		d.event("receipt-again", m.Row.Nama+" menyatakan sekali lagi telah menerima kredensial.", "nip", m.Row.NIP)
		d.paced(Pemberitahuan, "received-already", "")
		return "already-confirmed"
	}
	m.Proof = "tanpa bukti"
	if p := d.in.From.Proof; p.Result == Proven && p.Level != Basic {
		m.Proof = "terbukti"
	}
	if m.SentAt.IsZero() {
		m.SentAt = d.now // the confirmation overtook the server's answer
	}
	if m.Late {
		d.settleLate("member", m.Row.NIP, m.Due)
	}
	m.State, m.Confirmed, m.Note = MemberConfirmed, d.now, ""
	d.event("receipt-confirmed", m.Row.Nama+" menyatakan telah menerima kredensial.", "nip", m.Row.NIP, "proof", m.Proof)
	d.progress()
	switch {
	case m.Quoted > 0 && !m.Warned:
		m.Warned = true
		d.paced(Pemberitahuan, "received-quoted", "")
	case !d.c.Status.Closed(): // the closing letter says it too
		d.paced(Pemberitahuan, "received", "")
	}
	return "receipt-confirmed"
}

// closeWhenDone closes the case when every member has confirmed, or can no longer, and the copy is made. SOP 3.1, SOP R.2
func (d *decision) closeWhenDone() {
	if d.c.Status != AwaitingReceipt || d.c.Copy.Waits || slices.ContainsFunc(d.c.Members, func(m Member) bool { return !m.final() }) {
		return
	}
	d.close(Done, "")
	d.event("closed", "Kasus selesai.")
	d.letter(Selesai, d.c.Requester, RoleRequester)
	for _, m := range d.c.Members {
		if m.final() && !m.Astray { // SOP R.2
			l := d.letter(Selesai, m.person(), RoleMember)
			if l.NIP = m.Row.NIP; m.State == MemberConfirmed { // the papers name everybody: only to whom an address is known to be theirs
				l.Files = d.papers()
			}
		}
	}
	d.letter(Selesai, d.o.KepalaLPSE, RoleKepala) // SOP 3.1: tembusan
}

func (m Member) final() bool { return m.State == MemberConfirmed || m.State == MemberLapsed }

// salah says that the letter reached somebody it is not meant for: the row is frozen and the incident clock starts.
func (d *decision) salah(Command) string {
	m := d.c.Member(d.in.From.NIP)
	if was, same := m.formerly(d.in.From.Address); was != "" {
		d.reply(Pemberitahuan, d.in.From.Person, RoleMember, "wrong-noted", "").NIP = m.Row.NIP
		if !same || m.Mend != nil && m.Mend.Fresh {
			return "already-replaced"
		}
		return Exposed{NIP: m.Row.NIP, What: "penerima di alamat yang lama menyatakan surat bukan untuknya"}.decide(d)
	}
	if m.State == MemberWrong {
		return "already-frozen"
	}
	d.incident(m.Row.NIP, m.Row.Nama, "penerima menyatakan surat bukan untuknya")
	m.State, m.Exposed, m.Astray = MemberWrong, true, true
	d.deviation(Deviation{Kind: "output", Step: "2.3", Owed: "requester", By: m.Row.Nama, NIP: m.Row.NIP,
		Text: "Surat kredensial " + m.Row.Nama + " sampai kepada orang lain."})
	d.tellIncident(m.Row.NIP, "wrong-recipient", "")
	d.reply(Pemberitahuan, m.person(), RoleMember, "wrong-noted", "").NIP = m.Row.NIP
	if m.Mend != nil && !m.Mend.Fresh {
		d.remend(m)
	}
	d.progress()
	return "wrong-recipient"
}

// kendala passes a member's trouble on to the approvers.
func (d *decision) kendala(w Command) string {
	m := d.c.Member(d.in.From.NIP)
	m.Note = w.Arg
	d.event("problem", m.Row.Nama+" melaporkan kendala masuk.", "nip", m.Row.NIP, "note", w.Arg)
	topic := "problem-reported"
	if m.Shredded || d.c.Status.Closed() {
		topic = "problem-too-late-to-resend"
	}
	for _, a := range d.acting() {
		d.tell(Pemberitahuan, a.Person, RoleApprover, topic, w.Arg).NIP = m.Row.NIP
	}
	d.reply(Pemberitahuan, m.person(), RoleMember, "problem-passed-on", "").NIP = m.Row.NIP
	return "problem-reported"
}

func (w KeyShredded) decide(d *decision) string {
	if w.Older {
		d.event("older-key-shredded", "Kunci surat ke alamat yang lama dimusnahkan.", "nip", w.NIP)
		return "older-key-shredded"
	}
	if m := d.c.Member(w.NIP); m != nil {
		m.Shredded = true
	}
	if a, ok := d.c.Accounts[w.NIP]; ok {
		a.Sealed, a.Gone = nil, true
		d.c.Accounts[w.NIP] = a
	}
	d.event("key-shredded", "Kunci kredensial dimusnahkan.", "nip", w.NIP)
	return "key-shredded"
}

// decide destroys the key of a member to whom another case gives a new password: no two of one person live.
func (w Superseded) decide(d *decision) string {
	m, a := d.c.Member(w.NIP), d.c.Accounts[w.NIP]
	mends := m != nil && m.Mend != nil
	if len(a.Sealed) == 0 && !mends || a.Gone || m != nil && m.Shredded {
		return "stale"
	}
	d.task(TaskShred, w.NIP)
	if m != nil {
		m.Shredded = true
	}
	if mends && m.State == MemberWaiting {
		m.State = MemberFailed // nothing goes out any more
	}
	if mends {
		d.dropMend(m, "mend-superseded", w.By)
	}
	a.Gone = true
	d.c.Accounts[w.NIP] = a
	d.event("superseded", "Password digantikan oleh "+w.By+"; kuncinya dimusnahkan.", "nip", w.NIP, "by", w.By)
	return "superseded"
}
