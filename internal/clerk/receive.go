package clerk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
)

// Receive decides a batch of mails in one transaction, each with its one outcome. Mails that must be read again are left
// without an outcome and given back; their attempt is not held against them.
func (c *Clerk) Receive(ctx context.Context, batch []Prepared) (undone []store.UID, err error) {
	if err := c.syncKept(batch); err != nil {
		return nil, err
	}
	err = c.update(ctx, len(batch), func(b store.Books) error {
		undone = undone[:0]
		for i := range batch {
			p := &batch[i]
			done, err := c.receive(b, p)
			if err != nil {
				return fmt.Errorf("mail UID %d: %w", p.UID.UID, err)
			}
			if !done {
				undone = append(undone, p.UID)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, p := range batch {
		if p.outcome != "" {
			c.Meter.Message(p.outcome)
		}
	}
	return undone, nil
}

// syncKept makes raw mails and papers durable before the commit that refers to them, all in one go. After a sync that has
// not held, what is on disk is not known: the daemon opens everything anew.
func (c *Clerk) syncKept(batch []Prepared) error {
	all := c.Archive.Batch()
	for _, p := range batch {
		if p.kept != nil {
			all.Join(p.kept)
		}
	}
	if err := all.Sync(); err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnknown, err)
	}
	return nil
}

func (c *Clerk) receive(b store.Books, p *Prepared) (done bool, err error) {
	if p.err != nil {
		return false, b.Excuse(p.UID)
	}
	if _, seen, err := b.Seen(p.UID); err != nil || seen {
		return true, err
	}
	v, err := c.triage.Sort(view{b}, p.mail)
	if err != nil {
		return false, err
	}
	v = p.seized(v)
	if c.unread(v, p) { // the books moved on while it was read
		return false, b.Excuse(p.UID)
	}
	now := c.Now().UTC()
	number := v.Case
	if number == store.Office { // in answer to a letter of no case
		number = ""
	}
	if v.Opens {
		if number, err = b.NextNumber(c.Office.CasePrefix, now.In(c.zone()).Year()); err != nil {
			return false, err
		}
	}
	if err := errors.Join(c.effects(b, p, v, number, now), c.desk(b, p, v), c.unshelved(b, p, number)); err != nil {
		return false, err
	}
	return true, b.PutSeen(p.UID, c.seen(p, v, number, now), p.mail.Msg.ContentHash)
}

// effects: a secret that was seen is told before the answer that it stood in may close the case; but what a returned sheet
// exposes, the decision on that sheet knows better.
func (c *Clerk) effects(b store.Books, p *Prepared, v triage.Verdict, number string, now time.Time) error {
	switch {
	case !v.Ours():
		return nil
	case p.mail.Sheet != nil:
		return errors.Join(c.decideMail(b, p, v, number, now), c.expose(b, p, now))
	}
	return errors.Join(c.expose(b, p, now), c.decideMail(b, p, v, number, now))
}

// unread: triage now wants what the reader did not read.
func (c *Clerk) unread(v triage.Verdict, p *Prepared) bool {
	return v.Papers && p.mail.Reading == nil || keeps(v) && p.sha == "" || v.Enrols && p.carried == nil
}

func (c *Clerk) decideMail(b store.Books, p *Prepared, v triage.Verdict, number string, now time.Time) error {
	if v.What == nil || number == "" {
		return nil
	}
	cs, _, err := b.Case(number)
	if err != nil {
		return err
	}
	cs.Number = number
	msg := p.mail.Msg
	in := sop.Input{At: p.Arrived.UTC(), From: v.From, What: v.What, Mail: sop.Mail{SHA256: p.sha,
		MessageID: msg.MessageID, From: fromText(p), At: p.Arrived.UTC(), What: v.Reason}}
	if in.What, err = c.withPast(b, v.From.Address, v.What); err != nil {
		return err
	}
	evidence, err := c.witness(b, p, v, cs)
	if err != nil {
		return err
	}
	if err := c.decideOn(b, cs, in, now, evidence); err != nil {
		return err
	}
	switch v.What.(type) {
	case sop.Request, sop.Supplement:
		return b.Point(msg.MessageID, store.Pointer{Case: number})
	}
	return nil
}

func fromText(p *Prepared) string {
	if len(p.mail.Msg.From) == 0 {
		return ""
	}
	return p.mail.Msg.From[0].Addr
}

func (c *Clerk) seen(p *Prepared, v triage.Verdict, number string, now time.Time) store.Seen {
	p.outcome = string(v.Outcome)
	return store.Seen{Outcome: string(v.Outcome), Gate: v.Gate, Reason: v.Reason, Case: number, Identity: p.mail.Msg.Identity,
		MessageID: p.mail.Msg.MessageID, At: now, Folder: c.folder(v), From: fromText(p), SHA256: p.sha, Arrived: p.Arrived.UTC(), Size: p.Size,
		Proof: append([]string{string(p.mail.Proof.Level) + ": " + string(p.mail.Proof.Result) + " (" + p.mail.Proof.Reason + ")"}, p.mail.Proof.Detail...)}
}

// folder: handled mail to Processed, held mail to Review, what is not ours stays.
func (c *Clerk) folder(v triage.Verdict) string {
	switch v.Outcome {
	case triage.NotOurs:
		return ""
	case triage.Held:
		return c.Folders.Review
	}
	return c.Folders.Processed
}

func (c *Clerk) zone() *time.Location {
	if z := c.Office.Calendar.Zone; z != nil {
		return z
	}
	return time.UTC
}

// desk answers and warns for what concerns no case.
func (c *Clerk) desk(b store.Books, p *Prepared, v triage.Verdict) error {
	if v.Enrols {
		return c.enrolled(b, p, v)
	}
	id := p.mail.Msg.Identity[:16]
	if w, returned := v.What.(sop.Bounced); returned && v.Case == store.Office {
		return c.returned(b, id, w)
	}
	if v.Answer != "" {
		l := sop.Letter{Key: id + "/" + string(sop.Bantuan), Kind: sop.Bantuan, To: v.From.Person, Role: sop.RoleRequester,
			Topic: v.Answer, Answers: p.mail.Msg.MessageID}
		if err := c.queue(b, sop.Case{Number: store.Office}, l); err != nil {
			return err
		}
	}
	if v.Desk == "" {
		return nil
	}
	return c.warn(b, id, v.Desk, v.Reason)
}

// returned is a delivery report for a letter of no case. Nobody is written to about one to the operator: it would come back, too.
func (c *Clerk) returned(b store.Books, id string, w sop.Bounced) error {
	what := fmt.Sprintf("%s: %s %s %s", w.Letter.To.Address, w.Action, w.Status, w.Text)
	if w.Action == "failed" && !strings.EqualFold(w.Letter.To.Address, c.Office.Operator.Address) {
		return c.warn(b, id, "letter-returned", what)
	}
	return b.Journal(store.Office, []sop.Event{{At: c.Now().UTC(), Kind: "warning", Actor: "daemon", Reason: "letter-returned", Text: what}})
}

// warn writes to the operator about what concerns no case.
func (c *Clerk) warn(b store.Books, id, topic, note string) error {
	e := sop.Event{At: c.Now().UTC(), Kind: "warning", Actor: "daemon", Reason: topic, Text: note}
	if err := b.Journal(store.Office, []sop.Event{e}); err != nil || c.Office.Operator.Address == "" {
		return err
	}
	return c.queue(b, sop.Case{Number: store.Office}, sop.Letter{Key: id + "/" + string(sop.PeringatanOperator), Kind: sop.PeringatanOperator,
		To: c.Office.Operator, Role: sop.RoleOperator, Topic: topic, Note: note})
}
