package office

import (
	"bytes"
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

// Decide is the heart: one input on one case, and everything that follows from it, inside the transaction.
func (c *Clerk) Decide(b store.Books, cs sop.Case, in sop.Input, now time.Time) error {
	return c.DecideOn(b, cs, in, now, "")
}

// DecideOn is Decide for a mail of an approver, with the hash of the evidence that is kept with it.
func (c *Clerk) DecideOn(b store.Books, cs sop.Case, in sop.Input, now time.Time, evidence string) error {
	cs, err := c.CatchUp(b, cs, now)
	if err != nil {
		return err
	}
	return c.decide(b, cs, in, now, evidence)
}

func (c *Clerk) decide(b store.Books, cs sop.Case, in sop.Input, now time.Time, evidence string) error {
	office := c.Office
	if cs.Status == "" {
		var err error
		if office.Standing, err = b.State.Delegations(); err != nil {
			return err
		}
	}
	var err error
	if in.Outdated, err = Outdated(b, cs); err != nil {
		return err
	}
	if w, ok := in.What.(sop.Correction); ok {
		if w.Unsent, err = unsent(b, cs, w.Rows); err != nil {
			return err
		}
		in.What = w
	}
	out := office.Decide(cs, in, now)
	if out.Quiet() {
		return b.Cases.Put(out.Case)
	}
	annotateEvents(out, in, evidence)
	b.Journal.Heard.Owe(out.Case.Number, out.Case.Owes)
	for _, e := range out.Events {
		if e.Kind == "deviation" {
			c.Meter.Deviation(e.Data["kind"])
		}
	}
	if err := errors.Join(b.Cases.Put(out.Case), b.Journal.Append(out.Case.Number, out.Events), c.supersede(b, cs, out.Case, now),
		c.addHistory(b, cs, out.Case)); err != nil {
		return err
	}
	if out.Case.Held != cs.Held {
		if err := b.Letters.Hold(cs.Number, out.Case.Held != ""); err != nil {
			return err
		}
	}
	for _, key := range out.Withdrawn {
		if err := b.Letters.Withdraw(cs.Number, key, "Surat ditarik sebelum dikirim: alamatnya dikoreksi.", now); err != nil {
			return err
		}
	}
	if err := c.closing(b, out.Case, out.Letters); err != nil {
		return err
	}
	for _, l := range out.Letters {
		if err := c.Queue(b, out.Case, l); err != nil {
			return err
		}
	}
	for _, t := range out.Tasks {
		if err := b.Tasks.Put(store.TaskRow{Task: t, Next: t.NotBefore}); err != nil {
			return err
		}
	}
	return c.delegate(b, cs.Number, in, out.Delegated, now)
}

// unsent are the members whose letter still waits to be sent for certain: no attempt is under way, and none may have arrived.
func unsent(b store.Books, cs sop.Case, rows []sop.Corrected) (nips []string, err error) {
	for _, x := range rows {
		m := cs.Member(x.NIP)
		if m == nil {
			continue
		}
		r, ok, err := b.Letters.Get(cs.Number, m.Letter)
		if err != nil && !store.IsRow(err) {
			return nil, err
		}
		if ok && err == nil && (r.State == store.Queued || r.State == store.Deferred) && r.Doubts == 0 {
			nips = append(nips, x.NIP)
		}
	}
	return nips, nil
}

// Queue renders a letter and puts its exact bytes into the outbox.
func (c *Clerk) Queue(b store.Books, cs sop.Case, l sop.Letter) error {
	return c.QueueData(b, letter.Data{Office: c.Office, Case: cs, Letter: c.enclose(cs, l), Now: c.Now().UTC()})
}

// QueueData is Queue for a letter that says more than its case. Nothing is ever addressed to the office itself; a person whom no
// mail can reach is told of in the journal, and stops nothing.
func (c *Clerk) QueueData(b store.Books, d letter.Data) error {
	cs, l := d.Case, d.Letter
	switch {
	case l.To.Address == "" || strings.EqualFold(l.To.Address, c.Office.Mailbox.Address):
		return c.suppress(b, cs.Number, l, "own-address")
	case !postman.Reachable(l.To.Address):
		return c.unreachable(b, cs.Number, l)
	}
	now := d.Now
	if there, err := b.Letters.Has(cs.Number, l.Key); err != nil || there { // it takes no token once more
		return err
	}
	wait, ok, err := c.wait(b, l, now)
	if err != nil {
		return err
	}
	if !ok {
		return c.suppress(b, cs.Number, l, "rate-limit")
	}
	row := store.LetterRow{Case: cs.Number, Letter: l, MessageID: c.Codes.MessageID(cs.Number, l.Key, c.Domain), Made: now, Next: now.Add(wait)}
	if l.Sealed != nil {
		row.Sealed = true
		return errors.Join(b.Letters.Put(row, l.Sealed), b.Letters.PutCopy(row.ID(), l.Copy))
	}
	subject, body, err := c.Render(d)
	if err != nil {
		return fmt.Errorf("render %s of %s: %w", l.Key, cs.Number, err)
	}
	row.Subject, row.SHA256 = subject, Sum(body)
	cut := Redact(body)
	if !bytes.Equal(cut, body) {
		row.Cut = Sum(cut)
	}
	if len(l.Of) == 0 {
		return b.Letters.Put(row, body)
	}
	sealed, err := c.Vault.SealLetter(SealedUnder(cs.Number, l), body) // a key that is gone is an error: the sheet shows what is no account any more
	if err != nil {
		return fmt.Errorf("seal %s of %s: %w", l.Key, cs.Number, err)
	}
	row.Sealed = true
	return errors.Join(b.Letters.Put(row, sealed), b.Letters.PutCopy(row.ID(), cut))
}

func (c *Clerk) suppress(b store.Books, number string, l sop.Letter, reason string) error {
	return b.Journal.Append(number, []sop.Event{{At: c.Now().UTC(), Kind: "letter-suppressed", Actor: "daemon", Reason: reason, Text: string(l.Kind)}})
}

// unreachable: the operator is told, once for each case and person.
func (c *Clerk) unreachable(b store.Books, number string, l sop.Letter) error {
	err := c.suppress(b, number, l, "no-address")
	if l.Role == sop.RoleOperator || err != nil {
		return err
	}
	return c.Warn(b, number+"/"+Sum([]byte(l.To.Address))[:16], "unreachable", number+": "+string(l.Kind))
}

// A token bucket for each address keeps loops from becoming floods. Approval letters and credentials never wait: there is one for
// each revision and each issue, however many cases come in a morning. What else the procedure asks for never waits behind notices,
// and notices of one topic never behind those of another: whoever forges a hundred mails delays the answers to these and no more.
const (
	procedureAnHour = 60
	noticesAnHour   = 20
	maxWait         = time.Hour // a notice that would wait longer says nothing new
)

// notices answer or warn, and what somebody outside sends can bring them about. What tells of a decision or of an exposed password is
// none: it may wait, but it is never left out.
var notices = map[sop.LetterKind]bool{sop.TidakDikenali: true, sop.Bantuan: true, sop.StatusKasus: true, sop.PeringatanOperator: true, sop.HasilPendaftaran: true}

// wait is how long a letter stands back, so that nobody is flooded; not ok: it says nothing new, and is left out.
func (c *Clerk) wait(b store.Books, l sop.Letter, now time.Time) (wait time.Duration, ok bool, err error) {
	if l.Kind == sop.Persetujuan || l.Kind == sop.Kredensial || l.Topic == "exposed" {
		return 0, true, nil
	}
	to := Sum([]byte(strings.ToLower(l.To.Address)))[:32]
	if notices[l.Kind] {
		return b.Letters.Spend(to+"/"+string(l.Kind)+"/"+l.Topic, now, noticesAnHour, maxWait)
	}
	wait, ok, err = b.Letters.Spend(to, now, procedureAnHour, maxWait)
	if !ok {
		wait = maxWait
	}
	return wait, true, err
}

// Render makes the exact bytes of a letter; the same data gives the same bytes.
func (c *Clerk) Render(d letter.Data) (subject string, body []byte, err error) {
	number, l := d.Case.Number, d.Letter
	d.Code = c.code(number, l)
	if l.Role == sop.RoleApprover && !c.Office.CodeInSheet {
		d.Asked = c.Codes.ApprovalCode(number, d.Case.Revision, d.Case.Issue, l.To.Address)
	}
	r, err := c.Letters.Render(d)
	if err != nil {
		return "", nil, err
	}
	m := postman.Mail{From: c.Office.Mailbox, To: l.To, Subject: r.Subject, Text: r.Text, HTML: r.HTML, Files: l.Files, Date: d.Now,
		MessageID: c.Codes.MessageID(number, l.Key, c.Domain), InReplyTo: l.Answers, AutoSubmitted: "auto-generated",
		Headers: map[string]string{KindHeader: string(l.Kind)}}
	if l.Answers != "" {
		m.AutoSubmitted, m.References = "auto-replied", []string{l.Answers} // RFC 3834 §5
	} else if len(d.Case.Thread) > 0 && l.Role == sop.RoleRequester {
		m.InReplyTo = d.Case.Thread[len(d.Case.Thread)-1]
		m.References = []string{m.InReplyTo}
	} else { // all letters of a case to one person hang together under a root that no mail bears
		m.References = []string{c.Codes.MessageID(number, "root/"+l.To.Address, c.Domain)}
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
