package sop

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// tick does whatever has fallen due. It is safe to tick at any time, and often.
func (d *decision) tick() string {
	reason := "nothing-due"
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
			d.order(OrderShred, m.Row.NIP)
			m.Shredded = true
			found = "shred-ordered"
		}
	}
	if found != "" {
		d.event(found, "Pemusnahan kunci kredensial diperintahkan.")
	}
	for _, nip := range d.strays() {
		d.order(OrderShred, nip)
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
	if d.c.Status != AwaitingReceipt {
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

// deadlineDue reminds on the day of the deadline and escalates after it, each once, in office hours. SOP 1.5, SOP 3.1
func (d *decision) deadlineDue() string {
	switch {
	case d.c.Due.IsZero() || d.c.Status.Closed():
		return ""
	case !d.c.Late && !d.escalateAt().After(d.now):
		d.c.Late, d.c.Reminded = true, true
		return d.escalate()
	case !d.c.Reminded && !d.remindAt().After(d.now):
		d.c.Reminded = true
		return d.remind()
	}
	return ""
}

// remindAt is the opening of the office on the day of the deadline.
func (d *decision) remindAt() time.Time {
	zone := d.o.Calendar.Zone
	if zone == nil {
		zone = time.UTC
	}
	y, m, day := d.c.Due.In(zone).Date()
	return d.o.Calendar.NextOpen(time.Date(y, m, day, 0, 0, 0, 0, zone)).UTC()
}

func (d *decision) escalateAt() time.Time {
	return d.o.Calendar.NextOpen(d.c.Due.Add(time.Second)).UTC()
}

func (d *decision) remind() string {
	topic := d.stepTopic()
	switch d.c.Owes {
	case "approver":
		for _, a := range d.askable() {
			if !d.voted(a) {
				d.tell(Pengingat, a.Person, RoleApprover, topic, "")
			}
		}
	case "requester":
		d.tell(Pengingat, d.c.Requester, RoleRequester, topic, "")
	case "member":
		for _, m := range d.c.Members {
			if m.State == MemberSent {
				d.tell(Pengingat, m.person(), RoleMember, topic, "").NIP = m.Row.NIP
			}
		}
	default:
		d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "overdue", d.c.Number)
	}
	d.event("reminded", "Pengingat dikirim.", "step", topic)
	return "reminded"
}

func (d *decision) stepTopic() string {
	switch d.c.Owes {
	case "requester":
		return "completion"
	case "member":
		return "receipt"
	}
	return "approval"
}

// escalate reports a missed deadline. SOP W.2
func (d *decision) escalate() string {
	topic := d.stepTopic()
	row := map[string]string{"approval": "2.1", "completion": "1.3", "receipt": "3.1"}[topic]
	switch {
	case d.c.Approval != nil && topic == "approval":
		row = "2.3"
	case d.c.Status == NeedsReview && !d.c.Reading.Ready():
		row = "1.3"
	}
	d.deviation(Deviation{Kind: "waktu", Step: row, Owed: d.c.Owes, By: "lewat tenggat", Text: "Tenggat langkah " + row + " terlewati."})
	d.tell(Eskalasi, d.o.KepalaLPSE, RoleKepala, topic, "")
	d.tell(Eskalasi, d.o.KepalaBagian, RoleBagian, topic, "")
	return "escalated"
}

// nextWake is the earliest moment at which tick has something to do, and always later than now: each tick is another input.
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
		return d.later(next)
	}
	if a := d.c.Approval; a != nil && !a.Released && d.c.Status == Approved && d.c.Held == "" {
		at(a.Release)
	}
	at(d.lapseAt())
	if !d.c.Due.IsZero() {
		if !d.c.Reminded {
			at(d.remindAt())
		}
		if !d.c.Late {
			at(d.escalateAt())
		}
	}
	return d.later(next)
}

func (d *decision) later(t time.Time) time.Time {
	if !t.IsZero() && !t.After(d.now) {
		return d.now.Add(time.Nanosecond)
	}
	return t
}
