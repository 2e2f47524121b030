package sop

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// day is how far a moment may lie back and still be believed, and how long is waited where it lies further back. What was found
// a month ago and not done is found anew.
const (
	day   = 24 * time.Hour
	month = 30 * day
)

// moment is when something falls due. Where it lies more than a day back, the daemon stood or the clock has jumped ahead, and only
// time tells which of the two. What is done then cannot be taken back; so it is done after a further wait.
type moment struct {
	at     time.Time
	wait   time.Duration // 0: nothing is spoilt by doing it at once
	office bool          // in office hours only
}

// missed: what must wait for the opening of the office is judged then.
func (d *decision) missed(m moment) bool {
	return !m.at.IsZero() && m.wait > 0 && d.now.Sub(m.at) > day && (d.known() || !m.office || d.o.Calendar.Open(d.now))
}

// known says that a moment was missed before now. A clock that was ahead then, and is right now, knew nothing.
func (d *decision) known() bool {
	return !d.c.Missed.IsZero() && !d.c.Missed.After(d.now) && d.now.Sub(d.c.Missed) < month
}

// ripe is when the moment is acted on, not before now; zero: never.
func (d *decision) ripe(m moment) time.Time {
	if m.at.IsZero() {
		return m.at
	}
	at := m.at
	switch {
	case !d.missed(m):
	case d.known():
		at = d.c.Missed.Add(m.wait)
	default:
		at = d.now.Add(m.wait)
	}
	if at.Before(d.now) {
		at = d.now
	}
	if m.office {
		at = d.o.Calendar.NextOpen(at).UTC()
	}
	return at
}

func (d *decision) due(m moment) bool {
	at := d.ripe(m)
	return !at.IsZero() && !at.After(d.now)
}

// noteMissed begins the wait for moments that lie too far back, or ends it when there is none.
func (d *decision) noteMissed() string {
	switch missed := slices.ContainsFunc(d.moments(), d.missed); {
	case !missed:
		d.c.Missed = time.Time{}
	case !d.known():
		d.c.Missed = d.now
		d.event("moment-missed", "Suatu saat terlewat lebih dari sehari; yang tidak dapat ditarik kembali ditunda.")
		return "moment-missed"
	}
	return ""
}

// moments are all that the case waits for. Nothing falls due that does not stand here.
func (d *decision) moments() []moment {
	var all []moment
	for _, m := range d.c.Members {
		all = append(all, d.shredAt(m))
	}
	for _, w := range d.c.Waiting {
		all = append(all, moment{at: w.At, wait: day})
	}
	if d.c.Status.Closed() {
		return all
	}
	all = append(all, d.releaseAt(), d.lapseAt(), d.urgeAt())
	for i := range d.c.Members {
		all = append(all, d.mendMoment(&d.c.Members[i]))
	}
	for _, k := range d.clocks() {
		for _, s := range d.stages(k) {
			all = append(all, s.moment)
		}
	}
	return all
}

// nextWake is the earliest moment at which tick has something to do: now, where it has already. It rests on the case alone, so
// that no decision can lose what another has found due.
func (d *decision) nextWake() time.Time {
	var next time.Time
	for _, m := range d.moments() {
		if at := d.ripe(m); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// decide does whatever has fallen due.
func (Tick) decide(d *decision) string {
	reason := NothingDue
	for _, do := range []func() string{d.noteMissed, d.releaseDue, d.mendDue, d.lapseDue, d.deadlineDue, d.urgeDue, d.shredDue, d.answersDue} {
		if r := do(); r != "" {
			reason = r
		}
	}
	return reason
}

// releaseAt is the end of the undo window. An approver who could not use it, because the daemon stood, has it once more.
func (d *decision) releaseAt() moment {
	a := d.c.Approval
	if a == nil || a.Released || d.c.Status != Approved || d.c.Held != "" {
		return moment{}
	}
	return moment{at: a.Release, wait: d.undoWindow()}
}

func (d *decision) releaseDue() string {
	if !d.due(d.releaseAt()) {
		return ""
	}
	if len(d.in.Outdated) > 0 {
		d.askAnew("Persetujuan gugur: akun seorang anggota berubah oleh permohonan lain.")
		return "approval-withdrawn"
	}
	if d.c.Votes = d.o.standing(&d.c, d.c.Votes, d.now); len(d.c.Votes) < d.quorum() {
		d.askAnew("Persetujuan gugur: pemberinya tidak lagi berwenang.")
		return "approval-withdrawn"
	}
	d.event("released", "Masa pembatalan lewat; kredensial dikirim.")
	d.release()
	return "released"
}

// shredDue orders the destruction of keys, each once; KeyShredded confirms.
func (d *decision) shredDue() string {
	found := ""
	for i := range d.c.Members {
		m := &d.c.Members[i]
		if d.due(d.shredAt(*m)) {
			d.task(TaskShred, m.Row.NIP)
			m.Shredded = true
			found = "shred-ordered"
		}
	}
	if found != "" {
		d.event(found, "Pemusnahan kunci kredensial diperintahkan.")
	}
	for _, nip := range d.strays() {
		d.task(TaskShred, nip)
		a := d.c.Accounts[nip]
		a.Gone = true
		d.c.Accounts[nip] = a
		d.event("shred-ordered", "Pemusnahan kunci anggota yang tidak lagi tercantum diperintahkan.", "nip", nip)
		found = "shred-ordered"
	}
	return found
}

// shredAt is ShredAfter the member's receipt, or at once when the letter can no longer be confirmed.
func (d *decision) shredAt(m Member) moment {
	switch {
	case m.Shredded || d.c.Accounts[m.Row.NIP].Made.IsZero():
		return moment{}
	case m.State == MemberLapsed || d.c.Status.Closed() && m.State != MemberConfirmed: // also SALAH after the end
		return moment{at: d.c.StepFrom} // closing begins the last step
	case !m.Confirmed.IsZero():
		return moment{at: m.Confirmed.Add(d.o.ShredAfter), wait: day}
	}
	return moment{}
}

// strays are accounts of people who are in the roster no more: their keys go when nothing can bring them back.
func (d *decision) strays() []string {
	if !d.released() && !d.c.Status.Closed() {
		return nil
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(d.c.Accounts)), func(nip string) bool {
		return d.c.Accounts[nip].Gone || d.c.Member(nip) != nil
	})
}

// lapseAt is when members who never confirmed are given up: ExpiryDays office days after the last delivery. As deadlines do, it
// stands still while the case is held.
func (d *decision) lapseAt() moment {
	if d.c.Status != AwaitingReceipt || d.c.Held != "" || !slices.ContainsFunc(d.c.Members, func(m Member) bool { return !m.final() }) {
		return moment{}
	}
	last := d.c.StepFrom
	for _, m := range d.c.Members {
		if m.SentAt.After(last) {
			last = m.SentAt
		}
		if m.Mend != nil && m.Mend.Due.After(last) {
			last = m.Mend.Due
		}
	}
	return moment{at: d.o.Calendar.Deadline(last, d.o.ExpiryDays).UTC(), wait: day}
}

func (d *decision) lapseDue() string {
	if !d.due(d.lapseAt()) {
		return ""
	}
	for i := range d.c.Members {
		m := &d.c.Members[i]
		if m.final() {
			continue
		}
		if m.State != MemberWrong { // that one is on record already
			d.deviation(Deviation{Kind: "output", Step: "3.1", Owed: "member", NIP: m.Row.NIP, By: fmt.Sprintf("%d hari kerja", d.o.ExpiryDays),
				Text: m.Row.Nama + " tidak pernah menyatakan menerima kredensial."})
		}
		m.State = MemberLapsed
	}
	d.closeWhenDone()
	return "lapsed"
}
