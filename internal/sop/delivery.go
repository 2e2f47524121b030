package sop

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
)

// maxResend bounds how often one member's letter is sent, so that no loop of requests becomes a flood.
const maxResend = 6

// decide puts the finished letter of one member into the post.
func (w CredentialSealed) decide(d *decision) string {
	m := d.c.Member(w.NIP)
	switch {
	case m == nil || d.c.Approval == nil || !d.c.Approval.Released || d.c.Status.Closed():
		return "stale"
	case m.State != MemberSealing || w.Letter.Key != m.Letter:
		return "stale"
	case w.Failed != "":
		return d.sealingFailed(m, w.Failed)
	case w.Letter.Kind != Kredensial || w.Letter.NIP != w.NIP || w.Letter.To.Address != m.Address: // never to the wrong person
		return d.sealingFailed(m, "address-differs")
	}
	m.State = MemberQueued
	if m.Rekey {
		m.Rekey = false
		if a := d.c.Accounts[w.NIP]; len(w.Account) > 0 {
			a.Sealed = w.Account
			d.c.Accounts[w.NIP] = a
		}
		d.task(TaskShred, w.NIP).Renew = true
	}
	l := w.Letter
	l.Sealed = w.Sealed
	d.out.Letters = append(d.out.Letters, l)
	d.event("credential-queued", "Surat kredensial disiapkan untuk "+m.Row.Nama+".", "nip", w.NIP)
	d.progress()
	return "credential-queued"
}

// sealingFailed leaves the member's letter to the operator, who can have it sent again when the cause is mended.
func (d *decision) sealingFailed(m *Member, why string) string {
	m.State, m.Note = MemberFailed, why
	d.event("sealing-failed", "Surat kredensial tidak dapat dibuat.", "nip", m.Row.NIP, "why", why)
	d.deviation(Deviation{Kind: "output", Step: "2.3", Owed: "daemon", By: m.Row.Nama, NIP: m.Row.NIP,
		Text: "Surat kredensial untuk " + m.Row.Nama + " tidak dapat dibuat."})
	d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "sealing-failed", why)
	d.progress()
	return "sealing-failed"
}

// none says that no member is in one of the given states.
func (d *decision) none(states ...MemberState) bool {
	return !slices.ContainsFunc(d.c.Members, func(m Member) bool {
		return slices.Contains(states, m.State) && (m.State != MemberWaiting || m.Mend == nil) // a corrected row keeps nobody waiting
	})
}

// Accepted is the next server's word that it has the letter.
func (w Accepted) decide(d *decision) string {
	d.event("letter-accepted", "Surat "+string(w.Letter.Kind)+" diterima server surel penerima.", "kind", string(w.Letter.Kind),
		"to", w.Letter.To.Address, "key", w.Letter.Key, "answer", w.Text)
	m := d.latest(w.Letter)
	if m == nil || m.State != MemberQueued {
		return "letter-accepted"
	}
	m.State, m.SentAt, m.Note = MemberSent, d.now, ""
	m.Due, m.Reminded, m.Again, m.Late = d.o.Calendar.Deadline(d.now, max(d.o.ReceiptDays, 1)).UTC(), false, false, false
	d.progress()
	return "letter-accepted"
}

// latest is the open case's member whose latest credential letter this is, or nil.
func (d *decision) latest(l Letter) *Member {
	m := d.c.Member(l.NIP)
	if l.Kind != Kredensial || d.c.Status.Closed() || m == nil || m.Letter != l.Key {
		return nil
	}
	return m
}

// progress moves the case on when every letter is made, and again when every letter is final. SOP 2.2, SOP 2.3
func (d *decision) progress() {
	if d.c.Status == Approved && d.c.Approval.Released && d.none(MemberSealing, MemberWaiting) {
		d.c.Status = Sent
	}
	if d.c.Status == Sent && d.none(MemberQueued, MemberSealing, MemberWaiting) {
		d.c.Status = AwaitingReceipt
		d.step("member", d.o.ReceiptDays) // SOP 3.1
		d.tembusan()
	}
	d.closeWhenDone()
}

func (w Bounced) decide(d *decision) string {
	if w.Action == "delayed" {
		d.event("letter-delayed", "Pengiriman surat tertunda di server penerima.", "kind", string(w.Letter.Kind), "to", w.Letter.To.Address)
		return "letter-delayed"
	}
	return d.lost(w.Letter, "bounced", strings.TrimSpace(w.Status+" "+w.Text))
}

func (w Undeliverable) decide(d *decision) string {
	if w.Unsure && !d.c.Status.Closed() {
		d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "in-doubt", w.Letter.To.Address+": "+w.Text).NIP = w.Letter.NIP
	}
	return d.lost(w.Letter, "undeliverable", w.Text)
}

func (w Delivered) decide(d *decision) string {
	d.event("letter-delivered", "Laporan menyatakan surat telah sampai.", "kind", string(w.Letter.Kind), "to", w.Letter.To.Address)
	return "letter-delivered"
}

// lost is a letter that did not arrive: the case shows it, requester and approver are told. SOP W.2
func (d *decision) lost(l Letter, reason, text string) string {
	d.event("letter-lost", "Surat "+string(l.Kind)+" tidak sampai.", "kind", string(l.Kind), "to", l.To.Address, "text", text)
	if l.Kind == Selesai && l.Role == RoleMember && l.Topic == "" && tooLarge.MatchString(text) {
		d.tell(Selesai, l.To, l.Role, "bare", "").NIP = l.NIP
		return "papers-left-out"
	}
	if d.c.Status.Closed() || l.Kind == GagalKirim || l.Role == RoleOperator { // no letter about a letter about a letter
		return reason
	}
	if l.Kind == Kredensial {
		m := d.latest(l)
		if m == nil || m.State != MemberQueued && m.State != MemberSent {
			return reason
		}
		m.State, m.Note = MemberFailed, text
		d.deviation(Deviation{Kind: "output", Step: "2.3", Owed: "member", By: m.Row.Nama, NIP: m.Row.NIP,
			Text: "Surat kredensial tidak sampai kepada " + m.Row.Nama + "."})
	}
	if d.copyLost(l, reason) {
		return "tembusan-replaced"
	}
	if d.withoutPapers(l, text) {
		return "papers-left-out"
	}
	d.tellLost(l, text)
	d.progress()
	return reason
}

func (d *decision) tellLost(l Letter, text string) {
	told := 0
	tell := func(p Person, r Role) {
		if p.Address == "" || sameAddress(p.Address, l.To.Address) {
			return
		}
		n := d.letter(GagalKirim, p, r)
		n.NIP, n.Note, n.Topic = l.NIP, l.To.Address+": "+text, string(l.Kind)
		told++
	}
	tell(d.c.Requester, RoleRequester)
	for _, a := range d.acting() {
		tell(a.Person, RoleApprover)
	}
	if told == 0 || l.Kind == Persetujuan {
		tell(d.o.Operator, RoleOperator)
	}
}

// resendable: there is a letter to send again, and its key is not destroyed.
func resendable(_ Office, c *Case, _ Sender, w Command, _ time.Time) string {
	if c.Approval == nil || !c.Approval.Released {
		return "wrong-state"
	}
	meant := slices.DeleteFunc(slices.Clone(c.Members), func(m Member) bool { return !m.named(w.Arg) })
	switch {
	case len(meant) == 0:
		return "member-unknown"
	case slices.ContainsFunc(meant, func(m Member) bool { return m.again(w.Arg) }):
		return ""
	case slices.ContainsFunc(meant, func(m Member) bool { return m.Shredded || m.State == MemberLapsed }):
		return "shredded"
	}
	return "nothing-to-resend"
}

// again: this member's letter goes once more. Not one on its way, frozen, exposed, shredded or sent too often; and one that was
// confirmed only by name.
func (m Member) again(who string) bool {
	onWay := m.State == MemberSealing || m.State == MemberQueued || m.State == MemberWaiting
	lost := m.State == MemberWrong || m.State == MemberLapsed || m.Exposed || m.Shredded || m.Mend != nil
	return m.named(who) && !onWay && !lost && m.Sends < maxResend && (who != "" || m.State != MemberConfirmed)
}

// kirimUlang sends again: same credentials, to the address frozen at approval, never after shredding.
func (d *decision) kirimUlang(w Command) string {
	sent := 0
	for i := range d.c.Members {
		if m := &d.c.Members[i]; m.again(w.Arg) {
			d.sendCredential(m)
			sent++
		}
	}
	d.c.Status = Approved
	d.step("daemon", d.o.ApprovalDays)
	d.event("resend", "Kirim ulang kredensial.", "count", fmt.Sprint(sent))
	d.tellApprovers("resend", w.Arg)
	return "resend"
}

// named matches a NIP, or all words of a name; an empty string names everybody.
func (m Member) named(who string) bool {
	return who == "" || document.Digits(who) == m.Row.NIP && m.Row.NIP != "" || matches(m.Row.Nama, who)
}

// matches: every word that is asked for is a word of the name.
func matches(name, who string) bool {
	has, asked := words(name), words(who)
	return len(asked) > 0 && !slices.ContainsFunc(asked, func(w string) bool { return !slices.Contains(has, w) })
}

func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == ',' || r == '.' })
}
