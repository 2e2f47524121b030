package sop

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// maxMails bounds what a case remembers; a case of normal life sees fewer than a hundred mails.
const maxMails = 1000

// decision is one run of Decide: the case as it changes and what has been asked for so far.
type decision struct {
	o   Office
	c   Case
	in  Input
	now time.Time
	out Outcome
}

// Decide says what becomes of c when in happens at now. It changes nothing that it was given. It remembers no inputs: who
// calls it consumes the input's row in the commit of the outcome. A result that the case has gone past is stale.
func (o Office) Decide(c Case, in Input, now time.Time) Outcome {
	d := &decision{o: o, c: c.clone(), in: in, now: now.UTC()}
	if c.Status == "" {
		d.inherit()
	}
	d.out.Reason = "unknown-input"
	if in.What != nil {
		d.out.Reason = in.What.decide(d)
	}
	if d.out.Quiet() {
		c.Wake = d.nextWake()
		return Outcome{Case: c, Reason: NothingDue}
	}
	d.finish()
	return d.out
}

// finish stamps what every decision shares: keys that are wanted no more, the reason on each event, the next wake-up.
func (d *decision) finish() {
	d.c.Updated = d.now
	d.noteMissed()
	d.shredDue()
	if d.in.Mail.SHA256 != "" && len(d.c.Mails) < maxMails {
		d.c.Mails = append(d.c.Mails, d.in.Mail)
	}
	if len(d.out.Events) == 0 && d.in.What != nil {
		d.event(d.in.What.what(), "Dicatat; tidak ada yang berubah.")
	}
	for i := range d.out.Events {
		d.out.Events[i].Reason = d.out.Reason
	}
	d.c.Wake = d.nextWake()
	d.out.Case = d.c
}

// serial numbers letters and tasks within the case.
func (d *decision) serial() int {
	d.c.Letters++
	return d.c.Letters
}

// letter adds a letter; the pointer is good until the next call. What has no address, or the office's own, is not written.
func (d *decision) letter(kind LetterKind, to Person, role Role) *Letter {
	if to.Address == "" || sameAddress(to.Address, d.o.Mailbox.Address) {
		return &Letter{}
	}
	d.out.Letters = append(d.out.Letters, Letter{
		Key: fmt.Sprintf("%d/%s", d.serial(), kind), Kind: kind, To: to, Role: role,
		Revision: d.c.Revision, Issue: d.c.Issue,
	})
	return &d.out.Letters[len(d.out.Letters)-1]
}

// tell is a letter with a topic, the wording inside its template.
func (d *decision) tell(kind LetterKind, to Person, role Role, topic, note string) *Letter {
	l := d.letter(kind, to, role)
	l.Topic, l.Note = topic, note
	return l
}

// reply is tell, threaded under the mail that is being decided.
func (d *decision) reply(kind LetterKind, to Person, role Role, topic, note string) *Letter {
	l := d.tell(kind, to, role, topic, note)
	l.Answers = d.in.Mail.MessageID
	return l
}

func (d *decision) event(kind, text string, data ...string) {
	e := Event{At: d.now, Kind: kind, Actor: cmp.Or(d.in.From.Address, "daemon"), Text: text}
	for i := 0; i+1 < len(data); i += 2 {
		if e.Data == nil {
			e.Data = map[string]string{}
		}
		e.Data[data[i]] = data[i+1]
	}
	d.out.Events = append(d.out.Events, e)
}

func (d *decision) task(kind TaskKind, nip string) *Task {
	d.out.Tasks = append(d.out.Tasks, Task{
		ID: fmt.Sprintf("%s/%d/%s", d.c.Number, d.serial(), kind), Kind: kind, Case: d.c.Number,
		Revision: d.c.Revision, Issue: d.c.Issue, NIP: nip,
	})
	return &d.out.Tasks[len(d.out.Tasks)-1]
}

// step begins a step of the procedure: who owes it (SOP W.1) and until when.
func (d *decision) step(owes string, days int) {
	if d.c.Late && d.c.Owes != "member" {
		d.settleLate(d.c.Owes, "", d.c.Due)
	}
	d.c.Owes, d.c.StepFrom = owes, d.now
	d.c.Reminded, d.c.Again, d.c.Late, d.c.Urged = false, false, false, nil
	d.c.Due = time.Time{}
	if days > 0 {
		d.c.Due = d.o.Calendar.Deadline(d.now, days).UTC()
	}
}

// deviation records a penyimpangan. SOP W.2
func (d *decision) deviation(v Deviation) {
	v.At = d.now
	d.c.Deviations = append(d.c.Deviations, v)
	d.event("deviation", v.Text, "kind", v.Kind, "step", v.Step, "owed", v.Owed, "by", v.By)
}

func (d *decision) close(s Status, outcome string) {
	d.c.Status, d.c.Closed, d.c.Outcome = s, d.now, outcome
	for i := range d.c.Members {
		d.c.Members[i].Mend = nil // nobody can approve it any more
	}
	d.hears("closed")
	d.step("", 0)
}

// clone copies what a decision may change, so that the caller's case stays as it was.
func (c Case) clone() Case {
	c.Thread = slices.Clone(c.Thread)
	c.Changes = slices.Clone(c.Changes)
	c.Marks = slices.Clone(c.Marks)
	c.Mails = slices.Clone(c.Mails)
	c.Members = slices.Clone(c.Members)
	for i, m := range c.Members {
		if m.Mend != nil {
			c.Members[i].Mend = new(*m.Mend)
		}
	}
	c.Accounts = maps.Collect(maps.All(c.Accounts)) // never nil
	c.Attested = maps.Clone(c.Attested)
	if c.ReadBack != nil {
		c.ReadBack = new(*c.ReadBack)
	}
	c.Urged = slices.Clone(c.Urged)
	c.Delegations = slices.Clone(c.Delegations)
	c.Votes = slices.Clone(c.Votes)
	c.Deviations = slices.Clone(c.Deviations)
	c.Incidents = slices.Clone(c.Incidents)
	c.Answered = maps.Collect(maps.All(c.Answered))
	c.Waiting = slices.Clone(c.Waiting)
	if c.Approval != nil {
		c.Approval = new(*c.Approval)
	}
	return c
}
