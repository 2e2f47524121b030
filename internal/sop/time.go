package sop

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// tick does whatever has fallen due.
func (d *decision) tick() string {
	reason := NothingDue
	note := func(r string) {
		if r != "" {
			reason = r
		}
	}
	note(d.releaseDue())
	note(d.lapseDue())
	note(d.deadlineDue())
	note(d.shredDue())
	return reason
}

func (d *decision) releaseDue() string {
	a := d.c.Approval
	if a == nil || a.Released || d.c.Status != Approved || d.c.Held != "" || a.Release.After(d.now) {
		return ""
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
		if at := d.shredAt(*m); !at.IsZero() && !at.After(d.now) {
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
func (d *decision) shredAt(m Member) time.Time {
	switch {
	case m.Shredded || d.c.Accounts[m.Row.NIP].Made.IsZero():
		return time.Time{}
	case !m.Confirmed.IsZero():
		return m.Confirmed.Add(d.o.ShredAfter)
	case m.State == MemberLapsed || d.c.Status.Closed():
		return d.c.StepFrom // closing begins the last step
	}
	return time.Time{}
}

// strays are accounts of people who are in the roster no more: their keys go when nothing can bring them back.
func (d *decision) strays() []string {
	if !d.released() && !d.c.Status.Closed() {
		return nil
	}
	var out []string
	for _, nip := range slices.Sorted(maps.Keys(d.c.Accounts)) {
		if !d.c.Accounts[nip].Gone && d.c.Member(nip) == nil {
			out = append(out, nip)
		}
	}
	return out
}

// lapseAt is when members who never confirmed are given up: ExpiryDays office days after the last delivery.
func (d *decision) lapseAt() time.Time {
	if d.c.Status != AwaitingReceipt || !slices.ContainsFunc(d.c.Members, func(m Member) bool { return !m.final() }) {
		return time.Time{}
	}
	last := d.c.StepFrom
	for _, m := range d.c.Members {
		if m.SentAt.After(last) {
			last = m.SentAt
		}
	}
	return d.o.Calendar.Deadline(last, d.o.ExpiryDays).UTC()
}

func (d *decision) lapseDue() string {
	at := d.lapseAt()
	if at.IsZero() || at.After(d.now) {
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

// nextWake is the earliest moment at which tick has something to do: now, where it has already. It rests on the case alone, so
// that no decision can lose what another has found due.
func (d *decision) nextWake() time.Time {
	var next time.Time
	at := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, m := range d.c.Members {
		at(d.shredAt(m))
	}
	if d.c.Status.Closed() {
		return d.fromNow(next)
	}
	if a := d.c.Approval; a != nil && !a.Released && d.c.Status == Approved && d.c.Held == "" {
		at(a.Release)
	}
	at(d.lapseAt())
	for _, k := range d.clocks() {
		at(d.nextOf(k))
	}
	return d.fromNow(next)
}

func (d *decision) fromNow(t time.Time) time.Time {
	if !t.IsZero() && t.Before(d.now) {
		return d.now
	}
	return t
}
