package sop

import (
	"fmt"
	"time"
)

// deadlineClock is one deadline that runs: of the case's step, or of one member's receipt.
type deadlineClock struct {
	due                   time.Time
	reminded, again, late *bool
	member                *Member // whose receipt, or, with mend, whose new address it is; nil: the case's step
	mend                  bool
}

// clocks are the deadlines that run. They stand still while the case is held; a step that the other side owes has none. The
// members owe their receipts each by themselves. SOP W.1
func (d *decision) clocks() []deadlineClock {
	c := &d.c
	if c.Status.Closed() || c.Held != "" {
		return nil
	}
	var out, mends []deadlineClock
	for i := range c.Members {
		m := &c.Members[i]
		if x := m.Mend; x != nil && x.Release.IsZero() {
			mends = append(mends, deadlineClock{x.Due, &x.Reminded, &x.Again, &x.Late, m, true})
		}
		if m.State != MemberSent {
			continue
		}
		due := m.Due
		if due.IsZero() && c.Owes == "member" {
			due = c.Due // sent before each member had a deadline
		}
		if !due.IsZero() {
			out = append(out, deadlineClock{due, &m.Reminded, &m.Again, &m.Late, m, false})
		}
	}
	if !c.Due.IsZero() && (c.Owes != "member" || len(out) == 0) { // or nobody is left who could confirm by themselves
		out = append(out, deadlineClock{c.Due, &c.Reminded, &c.Again, &c.Late, nil, false})
	}
	return append(out, mends...)
}

// stage is one thing that a clock has to do.
type stage struct {
	moment
	done *bool
}

// stages are what a clock has to do still, the next first. What was missed while the daemon stood is not made up for: only the
// last of it counts. SOP 1.5, SOP 3.1
func (d *decision) stages(k deadlineClock) []stage {
	zone := d.o.Calendar.Location()
	y, m, date := k.due.In(zone).Date()
	open := func(t time.Time) moment { return moment{at: d.o.Calendar.NextOpen(t).UTC(), wait: day, office: true} }
	var next []stage
	for _, s := range []stage{
		{open(time.Date(y, m, date, 0, 0, 0, 0, zone)), k.reminded}, // on the day of the deadline
		{open(k.due.Add(-time.Hour)), k.again},                      // in its last hour
		{open(k.due.Add(time.Second)), k.late},                      // after it
	} {
		if *s.done || !s.at.After(d.now) {
			next = nil
		}
		if !*s.done {
			next = append(next, s)
		}
	}
	return next
}

// deadlineDue reminds on the day of the deadline and in its last hour, and escalates after it, each once.
func (d *decision) deadlineDue() string {
	var remind, late []deadlineClock
	for _, k := range d.clocks() {
		next := d.stages(k)
		if len(next) == 0 || !d.due(next[0].moment) {
			continue
		}
		*next[0].done = true
		*k.again = *k.again || *k.late
		*k.reminded = true
		if *k.late {
			late = append(late, k)
		} else {
			remind = append(remind, k)
		}
	}
	reason := ""
	if len(remind) > 0 {
		reason = d.remind(remind)
	}
	if len(late) > 0 {
		reason = d.escalate(late)
	}
	return reason
}

// remind tells those who owe the step; each member of their own letter.
func (d *decision) remind(list []deadlineClock) string {
	topic := d.stepTopic(list[0])
	for _, k := range list {
		if k.mend {
			for _, a := range d.askable() {
				if !d.o.votedIn(&d.c, k.member.Mend.Votes, a, d.now) {
					d.tell(Pengingat, a.Person, RoleApprover, "mend", "").NIP = k.member.Row.NIP
				}
			}
			continue
		}
		if k.member != nil {
			d.tell(Pengingat, k.member.person(), RoleMember, d.stepTopic(k), "").NIP = k.member.Row.NIP
			continue
		}
		switch d.c.Owes {
		case "approver":
			for _, a := range d.askable() {
				if !d.voted(a) {
					d.tell(Pengingat, a.Person, RoleApprover, topic, "")
				}
			}
		case "requester":
			d.tell(Pengingat, d.c.Requester, RoleRequester, topic, "")
		default:
			d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "overdue", d.c.Number)
		}
	}
	d.event("reminded", "Pengingat dikirim.", "step", topic)
	return "reminded"
}

func (d *decision) stepTopic(k deadlineClock) string {
	switch {
	case k.mend:
		return "mend"
	case k.member != nil || d.c.Owes == "member":
		return "receipt"
	case d.c.Status == AwaitingRequester:
		return "read-back"
	case d.c.Owes == "requester":
		return "completion"
	}
	return "approval"
}

// escalate reports missed deadlines to those who oversee, and records who missed them by how much. SOP W.1, SOP W.2
func (d *decision) escalate(list []deadlineClock) string {
	topic := d.stepTopic(list[0])
	for _, k := range list {
		if k.member == nil && d.c.Owes == "requester" {
			d.c.Urged = []time.Time{d.now}
		}
		v := Deviation{Kind: "waktu", Step: d.stepRow(k), Owed: d.c.Owes, By: d.lateness(k.due)}
		v.Text = "Tenggat langkah " + v.Step + " terlewati."
		if k.mend {
			v.Owed, v.NIP = "approver", k.member.Row.NIP
			v.Text = "Alamat baru " + k.member.Row.Nama + " belum disetujui sampai tenggat."
		} else if k.member != nil {
			v.Owed, v.NIP = "member", k.member.Row.NIP
			v.Text = k.member.Row.Nama + " belum menyatakan menerima kredensial sampai tenggat."
			d.c.Late = d.c.Late || d.c.Owes == "member"
		}
		d.deviation(v)
	}
	d.tell(Eskalasi, d.o.KepalaLPSE, RoleKepala, topic, "")
	d.tell(Eskalasi, d.o.KepalaBagian, RoleBagian, topic, "")
	return "escalated"
}

// stepRow is the row of the SOP that the deadline belongs to.
func (d *decision) stepRow(k deadlineClock) string {
	switch topic := d.stepTopic(k); {
	case topic == "receipt":
		return "3.1"
	case topic == "read-back":
		return "1.2"
	case topic == "completion", d.c.Status == NeedsReview && !d.c.Reading.Ready():
		return "1.3"
	case d.c.Approval != nil:
		return "2.3"
	}
	return "2.1"
}

// urges are the office days, each counted from the reminder before, the first from the escalation, after which the requester is reminded of what has been due long since;
// when the last of them are over, the case is closed. SOP 1.3, SOP W.2
var urges = []int{2, 3, 5, 10}

// urgeAt is when that is done next; zero: what is missing is not due yet, or is not the requester's to bring.
func (d *decision) urgeAt() moment {
	c := &d.c
	n := len(c.Urged)
	if c.Status != Incomplete && c.Status != AwaitingRequester || n == 0 || n > len(urges) || c.Held != "" {
		return moment{}
	}
	return moment{at: d.o.Calendar.NextOpen(d.o.Calendar.Deadline(c.Urged[n-1], urges[n-1])).UTC(), wait: day, office: true}
}

func (d *decision) urgeDue() string {
	if !d.due(d.urgeAt()) {
		return ""
	}
	d.c.Urged = append(d.c.Urged, d.now)
	if len(d.c.Urged) <= len(urges) {
		topic := d.stepTopic(deadlineClock{})
		d.tell(Pengingat, d.c.Requester, RoleRequester, topic, "")
		d.event("reminded", "Pengingat dikirim.", "step", topic)
		return "reminded"
	}
	v := Deviation{Kind: "perlengkapan", Step: "1.3", Owed: "requester", By: d.lateness(d.c.Due),
		Text: "Permohonan ditutup karena kekurangannya tidak dilengkapi: " + d.shortfall()}
	if d.c.Status == AwaitingRequester {
		v.Step, v.Text = "1.2", "Permohonan ditutup karena daftar anggota yang dibaca ulang tidak dijawab."
	}
	d.deviation(v)
	d.event("abandoned", "Permohonan ditutup karena tidak dilengkapi.")
	d.end(Cancelled, "abandoned", "")
	return "abandoned"
}

// lateness counts the office days by which a deadline is missed, the one that is running included.
func (d *decision) lateness(due time.Time) string {
	return fmt.Sprintf("%d hari kerja", max(d.o.Calendar.Between(due, d.now), 1))
}

// settleLate writes by how much a late step was late in the end: nip is the member's, or empty for the case's step. SOP W.2
func (d *decision) settleLate(owed, nip string, due time.Time) {
	for i := len(d.c.Deviations) - 1; i >= 0; i-- {
		v := &d.c.Deviations[i]
		if v.Kind != "waktu" || v.Owed != owed || v.NIP != nip {
			continue
		}
		if by := d.lateness(due); by != v.By {
			v.By = by
			d.event("deviation-ended", "Langkah yang terlambat selesai.", "step", v.Step, "owed", owed, "by", by)
		}
		return
	}
}

// resume gives every deadline the office days back for which the case was held.
func (d *decision) resume() {
	n := 0
	if !d.c.HeldAt.IsZero() {
		n = d.o.Calendar.Between(d.c.HeldAt, d.now)
	}
	d.c.HeldAt = time.Time{}
	if a := d.c.Approval; a != nil && !a.Released && a.Release.Before(d.now) {
		a.Release = d.now // it did not end before, and nobody has missed it
	}
	if n == 0 {
		return
	}
	if d.c.Status == AwaitingReceipt {
		d.c.StepFrom = d.o.Calendar.Deadline(d.c.StepFrom, n).UTC()
	}
	dues := []*time.Time{&d.c.Due}
	for i := range d.c.Urged {
		dues = append(dues, &d.c.Urged[i])
	}
	for i := range d.c.Members {
		dues = append(dues, &d.c.Members[i].Due)
	}
	for _, due := range dues {
		if !due.IsZero() {
			*due = d.o.Calendar.Deadline(*due, n).UTC()
		}
	}
}
