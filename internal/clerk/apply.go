package clerk

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// KindHeader names the letter, so that mail programs can sort by it.
const KindHeader = "X-UKPBJ-Surat"

// letters of one case per hour, to one address and in all: no loop becomes a flood.
const (
	perAddressHour = 20
	perCaseHour    = 300
)

// decide is the heart: one input on one case, and everything that follows from it, inside the transaction.
func (c *Clerk) decide(b store.Books, cs sop.Case, in sop.Input, now time.Time) error {
	return c.decideOn(b, cs, in, now, "")
}

// decideOn is decide for a mail of an approver, with the hash of the evidence that is kept with it.
func (c *Clerk) decideOn(b store.Books, cs sop.Case, in sop.Input, now time.Time, evidence string) error {
	office := c.Office
	if cs.Status == "" {
		var err error
		if office.Standing, err = b.Delegations(); err != nil {
			return err
		}
	}
	out := office.Decide(cs, in, now)
	if out.Quiet() {
		return b.PutCase(out.Case)
	}
	bind(out, in, evidence)
	for _, e := range out.Events {
		if e.Kind == "deviation" {
			c.Meter.Deviation(e.Data["kind"])
		}
	}
	if err := errors.Join(b.PutCase(out.Case), b.Journal(out.Case.Number, out.Events), c.remember(b, cs, out.Case)); err != nil {
		return err
	}
	if out.Case.Held != cs.Held {
		if err := b.Hold(cs.Number, out.Case.Held != ""); err != nil {
			return err
		}
	}
	if err := c.closing(b, out.Case, out.Letters); err != nil {
		return err
	}
	for _, l := range out.Letters {
		if err := c.queue(b, out.Case, l); err != nil {
			return err
		}
	}
	for _, o := range out.Tasks {
		if err := b.PutTask(store.TaskRow{Task: o, Next: o.NotBefore}); err != nil {
			return err
		}
	}
	return c.delegate(b, cs.Number, in, out.Delegated, now)
}

// queue renders a letter and puts its exact bytes into the outbox. Nothing is ever addressed to the office itself.
func (c *Clerk) queue(b store.Books, cs sop.Case, l sop.Letter) error {
	return c.queueData(b, letter.Data{Office: c.Office, Case: cs, Letter: c.enclose(cs, l), Now: c.Now().UTC()})
}

func (c *Clerk) queueData(b store.Books, d letter.Data) error {
	cs, l := d.Case, d.Letter
	if l.To.Address == "" || strings.EqualFold(l.To.Address, c.Office.Mailbox.Address) {
		return b.Journal(cs.Number, []sop.Event{{At: c.Now().UTC(), Kind: "letter-suppressed", Actor: "daemon", Reason: "own-address", Text: string(l.Kind)}})
	}
	now := d.Now
	next, err := b.Cap(cs.Number, strings.ToLower(l.To.Address), now, perAddressHour, perCaseHour)
	if err != nil {
		return err
	}
	row := store.LetterRow{Case: cs.Number, Letter: l, MessageID: c.Codes.MessageID(cs.Number, l.Key, c.domain), Made: now, Next: next}
	if l.Sealed != nil {
		row.Sealed = true
		return errors.Join(b.PutLetter(row, l.Sealed), b.PutCopy(row.ID(), l.Copy))
	}
	subject, body, err := c.render(d)
	if err != nil {
		return fmt.Errorf("render %s of %s: %w", l.Key, cs.Number, err)
	}
	row.Subject = subject
	return b.PutLetter(row, body)
}

// render makes the exact bytes of a letter; the same data gives the same bytes.
func (c *Clerk) render(d letter.Data) (subject string, body []byte, err error) {
	number, l := d.Case.Number, d.Letter
	d.Code = c.code(number, l)
	r, err := c.Letters.Render(d)
	if err != nil {
		return "", nil, err
	}
	m := postman.Mail{From: c.Office.Mailbox, To: l.To, Subject: r.Subject, Text: r.Text, HTML: r.HTML, Files: l.Files, Date: d.Now,
		MessageID: c.Codes.MessageID(number, l.Key, c.domain), InReplyTo: l.Answers, AutoSubmitted: "auto-generated",
		Headers: map[string]string{KindHeader: string(l.Kind)}}
	if l.Answers != "" {
		m.AutoSubmitted, m.References = "auto-replied", []string{l.Answers} // RFC 3834 §5
	} else if len(d.Case.Thread) > 0 && l.Role == sop.RoleRequester {
		m.InReplyTo = d.Case.Thread[len(d.Case.Thread)-1]
		m.References = []string{m.InReplyTo}
	} else { // all letters of a case to one person hang together under a root that no mail bears
		m.References = []string{c.Codes.MessageID(number, "root/"+l.To.Address, c.domain)}
	}
	body, err = postman.Compose(m)
	return r.Subject, body, err
}

// code is the short code that a letter's subject carries.
func (c *Clerk) code(number string, l sop.Letter) string {
	switch {
	case l.Kind == sop.Persetujuan && !c.Office.CodeInSheet:
		return c.Codes.ApprovalCode(number, l.Revision, l.Issue, l.To.Address)
	case l.Role == sop.RoleMember && l.NIP != "":
		return c.Codes.MemberCode(number, l.NIP)
	}
	return ""
}

func domainOf(addr string) string { return addr[strings.LastIndexByte(addr, '@')+1:] }
