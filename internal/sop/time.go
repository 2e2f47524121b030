package sop

import (
	"fmt"
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
	note(d.shredDue())
	note(d.lapseDue())
	note(d.deadlineDue())
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

// shredDue orders the destruction of keys, ShredAfter the member's receipt.
func (d *decision) shredDue() string {
	found := ""
	for i := range d.c.Members {
		m := &d.c.Members[i]
		if at := d.shredAt(*m); !at.IsZero() && !at.After(d.now) {
			d.order(OrderShred, m.Row.NIP)
			m.Shredded = true // ordered once; KeyShredded confirms
			found = "shred-ordered"
		}
	}
	return found
}

func (d *decision) shredAt(m Member) time.Time {
	switch {
	case m.Shredded || d.c.Accounts[m.Row.NIP].Made.IsZero():
		return time.Time{}
	case !m.Confirmed.IsZero():
		return m.Confirmed.Add(d.o.ShredAfter)
	case m.State == MemberLapsed || d.c.Status.Closed():
		return d.c.Updated
	}
	return time.Time{}
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
		if m.State == MemberConfirmed || m.State == MemberLapsed {
			continue
		}
		m.State = MemberLapsed
		d.deviation("output", "3.1", "member", fmt.Sprintf("%d hari kerja", d.o.ExpiryDays), m.Row.Nama+" tidak pernah menyatakan menerima kredensial.")
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
			d.tell(Pengingat, a.Person, RoleApprover, topic, "")
		}
	case "requester":
		d.tell(Pengingat, d.c.Requester, RoleRequester, topic, "")
	case "member":
		for _, m := range d.c.Members {
			if m.State == MemberSent {
				d.tell(Pengingat, m.person(), RoleMember, topic, "")
				d.out.Letters[len(d.out.Letters)-1].NIP = m.Row.NIP
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
	d.deviation("waktu", row, d.c.Owes, "lewat tenggat", "Tenggat langkah "+row+" terlewati.")
	d.tell(Eskalasi, d.o.KepalaLPSE, RoleKepala, topic, "")
	d.tell(Eskalasi, d.o.KepalaBagian, RoleBagian, topic, "")
	return "escalated"
}

// nextWake is the earliest moment at which tick has something to do.
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
		return next
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
	return next
}
