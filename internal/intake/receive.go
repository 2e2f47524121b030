package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
)

// maxAttempts is how often the reading of one mail may be begun.
const maxAttempts = 2

// countAttempts counts the attempt to read each mail, before it is read, and returns those that are to be read: one that has
// killed the program twice is quarantined, and one of which the books hold what cannot be decoded is blamed for that alone.
func (m *Intake) countAttempts(ctx context.Context, refs []mailbox.Ref) (fit []Incoming, err error) {
	var killers []Incoming
	var damaged []*Prepared
	err = m.Update(ctx, func(b store.Books) error {
		fit, killers, damaged = fit[:0], killers[:0], damaged[:0]
		for _, r := range refs {
			in := Incoming{UID: store.UID(r.UID), Arrived: r.Arrived, Size: r.Size}
			n := 0
			_, done, err := b.Mails.Get(in.UID)
			if err == nil && !done {
				n, err = b.Mails.CountAttempt(in.UID)
			}
			switch {
			case store.IsRow(err):
				damaged = append(damaged, &Prepared{Incoming: in, err: err})
				if err := b.Mails.ReadAgain(in.UID); err != nil { // the others go on, and reading passes it
					return err
				}
			case err != nil:
				return err
			case done:
			case n <= maxAttempts:
				fit = append(fit, in)
			default:
				killers = append(killers, in)
			}
		}
		return nil
	})
	for i := 0; i < len(damaged) && err == nil; i++ {
		m.waiting.add(damaged[i].UID, turn{sender: anybody}, m.Now())
		_, err = m.mails.Blame(ctx, damaged[i], damaged[i].err)
	}
	if err != nil || len(killers) == 0 {
		return fit, err
	}
	err = m.Commit(ctx, len(killers), func(b store.Books) error { // it has a letter, and something to file
		return each(slices.Values(killers), func(in Incoming) error { return m.quarantine(b, in, "killed-the-reader", "") })
	})
	for _, in := range killers {
		if err == nil {
			m.ended(in.UID, "quarantined")
		}
	}
	return fit, err
}

// ended is for what is kept in memory of a mail that has its outcome, or is gone: whoever waits behind it is read now.
func (m *Intake) ended(u store.UID, outcome string) {
	if m.waiting.settled(u) {
		m.Mail.Notify()
	}
	if outcome != "" {
		m.Meter.Message(outcome)
	}
}

func (m *Intake) quarantine(b store.Books, in Incoming, reason, detail string) error {
	s := store.MailRecord{Outcome: "quarantined", Gate: "reading", Reason: reason, Alert: "quarantined", At: m.Now().UTC(), Folder: m.Folders.Review,
		Arrived: in.Arrived.UTC(), Size: in.Size}
	note := in.UID.String() + ": " + reason
	if detail != "" {
		s.Proof = []string{detail}
		note += ": " + detail
	}
	return errors.Join(b.Mails.Put(in.UID, s, ""), m.WarnFirst(b, "quarantine-"+in.UID.Mark(), "quarantined", note))
}

// quarantineFailed is the end of a mail that fails alone, again and again: a person looks at it.
func (m *Intake) quarantineFailed(ctx context.Context, p *Prepared, why error) error {
	reason := "cannot-be-decided"
	var broken *mailbox.MessageError
	if errors.As(why, &broken) {
		if !broken.Alone {
			return errors.New("the server hands over no other mail either")
		}
		reason = "cannot-be-fetched"
	}
	err := m.Commit(ctx, 1, func(b store.Books) error { return m.quarantine(b, p.Incoming, reason, bounded(why)) })
	if err == nil {
		m.ended(p.UID, "quarantined")
	}
	return err
}

// unreadable is a mail that the server did not hand over although it handed over others.
func (m *Intake) unreadable(ctx context.Context, in Incoming, e *mailbox.MessageError) error {
	f, err := m.mails.Blame(ctx, &Prepared{Incoming: in}, e)
	if err != nil || f.Aside {
		return err
	}
	m.waiting.add(in.UID, turn{sender: anybody}, m.Now())
	return m.Update(ctx, func(b store.Books) error { return readLater(b, in.UID) })
}

// readLater has mails read again: their reading did not end, for a reason that is not held against them.
func readLater(b store.Books, uids ...store.UID) error {
	return each(slices.Values(uids), func(u store.UID) error { return errors.Join(b.Mails.ResetAttempt(u), b.Mails.ReadAgain(u)) })
}

// postpone has mails read again later. No UID from next on has been passed.
func (m *Intake) postpone(ctx context.Context, uids []store.UID, next uint32) error {
	return m.Update(ctx, func(b store.Books) error {
		return errors.Join(readLater(b, uids...), m.advance(b, next))
	})
}

// advance writes how far reading has come; it never goes back. It is for the goroutine that decides: whoever fetches is ahead.
func (m *Intake) advance(b store.Books, next uint32) error {
	if next <= m.pos.Next {
		return nil
	}
	pos := m.pos
	pos.Next = next
	return b.Mails.PutPosition(pos)
}

// Receive decides mails that have been read, in order: together, and when that fails each alone. What waits is read again
// later, and so is whatever the same person sent after it, or anybody about the same case: a second word is not heard before the first.
func (m *Intake) Receive(ctx context.Context, batch []Prepared) error {
	if err := m.syncArchived(batch); err != nil {
		return err
	}
	list, later, err := m.inTurn(ctx, batch)
	if err != nil {
		return err
	}
	last := batch[len(batch)-1].UID.UID
	var undone []*Prepared      // to be read again
	behind := map[string]bool{} // whose later mails are, too, and of which cases
	failed, err := m.mails.Commit(ctx, list, func(ctx context.Context, some []*Prepared) error {
		var now []*Prepared
		err := m.Commit(ctx, len(some), func(b store.Books) (err error) {
			now, err = m.receiveAll(b, some, behind)
			if err == nil && len(some) == len(list) && len(now) == 0 && len(later) == 0 {
				err = m.advance(b, last+1)
			}
			return err
		})
		if err == nil {
			undone = append(undone, now...)
		} else {
			for _, p := range some { // whatever it came to is not in the books
				p.outcome = ""
			}
			if now = nil; len(some) == 1 { // more are taken apart
				now = some
			}
		}
		for _, p := range now {
			p.turn.hold(behind)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range failed {
		if !f.Aside {
			m.waiting.add(f.Item.UID, f.Item.turn, m.Now())
			later = append(later, f.Item.UID)
		}
	}
	if err := m.movedOn(ctx, undone); err != nil {
		return err
	}
	if len(later)+len(failed)+len(undone) > 0 {
		if err := m.postpone(ctx, later, last+1); err != nil {
			return err
		}
	}
	m.pos.Next = max(m.pos.Next, last+1)
	for _, p := range list {
		if p.outcome != "" {
			m.ended(p.UID, p.outcome)
		}
	}
	return nil
}

// receiveAll decides some mails, in order, and returns those that are to be read again: the books moved on while they
// were being read. What the same person sent after one of these, or of those behind, waits for it, and what is about its case.
func (m *Intake) receiveAll(b store.Books, some []*Prepared, behind map[string]bool) (undone []*Prepared, err error) {
	behind = maps.Clone(behind)
	for _, p := range some {
		p.outcome = ""
		done := false
		if !behind[p.turn.sender] {
			if done, err = m.receive(b, p, behind); err != nil {
				return nil, err
			}
		}
		if done {
			continue
		}
		undone = append(undone, p)
		p.turn.hold(behind)
		if err := readLater(b, p.UID); err != nil {
			return nil, err
		}
	}
	return undone, nil
}

// maxMoved is how often in a row the books may move on while one mail is being read, before it has to wait.
const maxMoved = 3

// movedOn has mails read again at once, the first of each person and case. Of one case each waits for the one before it, which changes what
// it is understood on.
func (m *Intake) movedOn(ctx context.Context, undone []*Prepared) error {
	last := map[string]store.UID{}
	for _, p := range undone {
		t := p.turn
		if t.number != "" {
			t.behind, last[t.number] = last[t.number], p.UID
		}
		if m.waiting.before(p.UID, t, m.Now()) {
			continue
		}
		if n := m.waiting.add(p.UID, p.turn, m.Now()); n > maxMoved {
			if _, err := m.mails.Blame(ctx, p, errMoved); err != nil {
				return err
			}
		}
		m.Mail.Notify()
	}
	return nil
}

var errMoved = errors.New("each time that it has been read, the books want something else of it")

// inTurn takes out what cannot be decided now: mails whose reading failed, and mails of somebody of whom an earlier one waits.
func (m *Intake) inTurn(ctx context.Context, batch []Prepared) (list []*Prepared, later []store.UID, err error) {
	for i := range batch {
		p := &batch[i]
		switch {
		case m.waiting.before(p.UID, p.turn, m.Now()):
			later = append(later, p.UID)
		case p.err != nil:
			f, err := m.mails.Blame(ctx, p, p.err)
			if err != nil {
				return nil, nil, err
			}
			if !f.Aside {
				m.waiting.add(p.UID, p.turn, m.Now())
				later = append(later, p.UID)
			}
		default:
			list = append(list, p)
		}
	}
	return list, later, nil
}

// turnOf is by what a mail is kept in order: its case, and its sender's address, and whether that is proven, so that who only claims to be
// somebody holds nobody back. No sender where nobody can tell.
func (m *Intake) turnOf(p *Prepared, v triage.Verdict) turn {
	t := turn{number: v.Case, papers: v.Papers}
	if p.mail.Msg == nil || fromText(p) == "" {
		return t
	}
	from := fromText(p)
	a, approver := m.Office.Approver(from)
	t.known = approver || len(v.From.Roles) > 0 || m.triage.Allowed(from)
	if approver {
		from = a.Address // whichever of their addresses they write from
	}
	t.sender = strings.ToLower(from) + " " + string(p.mail.Proof.Result)
	return t
}

// hold has later mails of the same sender wait, and those of a case that this one may change.
func (t turn) hold(behind map[string]bool) {
	behind[t.sender], behind[t.number] = true, behind[t.number] || t.papers
	delete(behind, "")
}

// syncArchived makes raw mails durable before the commit that refers to them, all in one go. After a sync that has not held,
// what is on disk is not known: the daemon opens everything anew.
func (m *Intake) syncArchived(batch []Prepared) error {
	all := m.Archive.Batch()
	for _, p := range batch {
		if p.archived != nil {
			all.Join(p.archived)
		}
	}
	if err := all.Sync(); err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnknown, err)
	}
	return nil
}

// receive decides one mail and records its one outcome; false: it is to be read again, as the books moved on meanwhile, or an earlier one of
// its case is.
func (m *Intake) receive(b store.Books, p *Prepared, behind map[string]bool) (done bool, err error) {
	if _, seen, err := b.Mails.Get(p.UID); err != nil || seen {
		return true, err
	}
	now := m.Now().UTC()
	p.replaced = false
	v, read, err := m.verdict(b, p)
	if err != nil || !read || behind[v.Case] {
		return false, err
	}
	if heard, err := m.hearFirst(b, p, v, now); err != nil {
		return false, err
	} else if heard {
		if v, read, err = m.verdict(b, p); err != nil || !read {
			return false, err
		}
	}
	number := v.Case
	if number == store.Office { // in answer to a letter of no case
		number = ""
	}
	if r, asks := v.What.(sop.Request); asks && v.Opens {
		if number, err = m.Repeated(b, r); err != nil {
			return false, err
		}
		if p.turn.number = number; behind[number] {
			return false, nil
		}
		if number != "" {
			v.Opens, v.Case, v.Reason, v.What = false, number, "repeat", sop.Repeat{Reading: r.Reading}
		}
	}
	if v.Opens {
		if number, err = b.Cases.NextNumber(m.Office.CasePrefix, now.In(m.Zone()).Year()); err != nil {
			return false, err
		}
	}
	if v.Outcome != triage.Obeyed { // before the answer to it, so that this carries the code that is good then
		err = m.closeCodes(b, p, v, now)
		if w, ok := v.What.(sop.Command); ok && p.replaced {
			w.Why = v.Reason
			v.What = w
		}
	}
	err = errors.Join(err, m.decideMail(b, p, v, number, now), m.caseless(b, p, v), m.unarchived(b, p, number))
	if v.Outcome == triage.Obeyed {
		err = errors.Join(err, m.closeCodes(b, p, v, now))
	}
	if err != nil {
		return false, err
	}
	p.outcome = string(v.Outcome)
	return true, b.Mails.Put(p.UID, m.record(p, v, number, now), p.mail.Msg.ContentHash)
}

// verdict is what the gates say of a mail by the books as they are now. They are asked first on what its papers are to be understood: papers
// that were understood on another state of the case, or on another case, are as good as unread.
func (m *Intake) verdict(b store.Books, p *Prepared) (v triage.Verdict, read bool, err error) {
	bare := p.mail
	bare.Reading = nil
	if v, err = m.triage.Sort(view{b}, bare); err != nil {
		return v, false, err
	}
	p.turn.number, p.turn.papers = v.Case, v.Papers
	if v.Papers && p.mail.Reading != nil {
		on := ground{}
		if v.Case != "" {
			cs, err := office.Find(b, v.Case)
			if err != nil {
				return v, false, err
			}
			on = groundOf(cs)
		}
		if on != p.on && !m.Policy.Without.Reading {
			return v, false, nil
		}
		v, err = m.triage.Sort(view{b}, p.mail)
	}
	if err == nil {
		p.open, err = m.openIn(p)(b)
	}
	v = p.overrideVerdict(v)
	return v, !m.unread(v, p), err
}

// hearFirst tells a case what it has to hear before the mail: what was said for all that are open, and of a secret that was seen. Either may
// void the letter that the mail answers, so the mail is judged after it.
func (m *Intake) hearFirst(b store.Books, p *Prepared, v triage.Verdict, now time.Time) (heard bool, err error) {
	if v.What != nil && v.Case != "" && v.Case != store.Office {
		told, err := b.Tasks.Told(v.Case)
		if err != nil {
			return false, err
		}
		if heard = len(told) > 0; heard {
			cs, err := office.Find(b, v.Case)
			if err == nil {
				_, err = m.CatchUp(b, cs, now)
			}
			if err != nil {
				return false, err
			}
		}
	}
	return heard || p.leak != nil, m.expose(b, p, v, now)
}

// unread: triage now wants what the reader did not read.
func (m *Intake) unread(v triage.Verdict, p *Prepared) bool {
	return v.Papers && p.mail.Reading == nil || keeps(v) && p.sha == "" || v.Enrols && p.carried == nil
}

func (m *Intake) decideMail(b store.Books, p *Prepared, v triage.Verdict, number string, now time.Time) error {
	if v.What == nil || number == "" {
		return nil
	}
	cs, err := sop.Case{Number: number}, error(nil)
	if !v.Opens {
		if cs, err = office.Find(b, number); err != nil {
			return err
		}
	}
	msg := p.mail.Msg
	in := sop.Input{At: p.Arrived.UTC(), From: v.From, What: v.What, Mail: sop.Mail{SHA256: p.sha,
		MessageID: msg.MessageID, From: fromText(p), At: p.Arrived.UTC(), What: v.Reason}}
	if in.What, err = m.History(b, v.From.Address, v.What); err != nil {
		return err
	}
	if w, ok := in.What.(sop.Delivered); ok {
		arrived, err := b.Letters.Arrived(number, w.Letter.Key, cmp.Or(w.Text, "laporan menyatakan surat ini sampai"), now)
		if err != nil {
			return err
		}
		if arrived {
			in.What = sop.Accepted(w)
		}
	}
	evidence, err := m.evidence(b, p, v, number)
	if err != nil {
		return err
	}
	if err := m.DecideOn(b, cs, in, now, evidence); err != nil {
		return err
	}
	switch v.What.(type) {
	case sop.Request, sop.Supplement, sop.Repeat, sop.Correction:
		return b.Letters.LinkMessageID(msg.MessageID, store.MessageRef{Case: number})
	}
	return nil
}

// evidence writes down what an approver's mail rests on, and returns its hash; "" for mail of others.
func (m *Intake) evidence(b store.Books, p *Prepared, v triage.Verdict, number string) (string, error) {
	if !v.From.Has(sop.RoleApprover) || p.sha == "" {
		return "", nil
	}
	e := office.Evidence{Mail: p.sha, Sealed: p.leak != nil, From: fromText(p), Roles: v.From.Roles, Arrived: p.Arrived.UTC(),
		Outcome: string(v.Outcome), Gate: v.Gate, Reason: v.Reason, Proof: p.mail.Proof,
		Ground: office.Ground{AuthservID: m.Auth.AuthservID, ReceivedBy: m.Auth.ReceivedBy, BelowReceived: m.Auth.BelowReceived, Banners: m.Banners}}
	var ref *sop.Ref
	switch w := v.What.(type) {
	case sop.Command:
		e.Verb, ref = w.Verb, &w.Ref
	case sop.Unclear:
		ref = &w.Ref
	}
	return office.RecordEvidence(b, number, e, ref)
}

func fromText(p *Prepared) string {
	if len(p.mail.Msg.From) == 0 {
		return ""
	}
	return p.mail.Msg.From[0].Addr
}

func (m *Intake) record(p *Prepared, v triage.Verdict, number string, now time.Time) store.MailRecord {
	r := store.MailRecord{Outcome: string(v.Outcome), Gate: v.Gate, Reason: v.Reason, Case: number, Identity: p.mail.Msg.Identity,
		MessageID: p.mail.Msg.MessageID, At: now, Folder: m.folder(v), From: fromText(p), SHA256: p.sha, Arrived: p.Arrived.UTC(), Size: p.Size, Replaced: p.replaced,
		Proof: append([]string{string(p.mail.Proof.Level) + ": " + string(p.mail.Proof.Result) + " (" + p.mail.Proof.Reason + ")"}, p.mail.Proof.Detail...)}
	switch r.Alert = v.OperatorAlert; {
	case r.Alert != "":
	case v.Outcome == triage.Held:
		r.Alert = "held"
	case r.Folder == m.Folders.Review && v.Outcome == triage.Refused:
		r.Alert = "refused"
	}
	if r.Alert != "" && p.leak == nil {
		r.Subject = triage.WithoutCode(p.mail.Msg.Subject)
	}
	return r
}

// folder: handled mail to Processed, held mail to Review, a mail that is met again to where it was to go, what is not ours stays.
func (m *Intake) folder(v triage.Verdict) string {
	switch v.Outcome {
	case triage.NotOurs:
		return ""
	case triage.Duplicate:
		return v.Folder
	case triage.Held:
		return m.Folders.Review
	case triage.Refused:
		if v.Gate == "authenticity" {
			return m.Folders.Review
		}
	}
	return m.Folders.Processed
}

// caseless answers and warns for what concerns no case.
func (m *Intake) caseless(b store.Books, p *Prepared, v triage.Verdict) error {
	if v.Enrols {
		return m.enrolled(b, p, v)
	}
	id := p.mail.Msg.Identity[:16]
	if w, returned := v.What.(sop.Bounced); returned && v.Case == store.Office {
		return m.returned(b, id, w)
	}
	if v.Answer != "" {
		l := sop.Letter{Key: id + "/" + string(sop.Bantuan), Kind: sop.Bantuan, To: v.From.Person, Role: sop.RoleRequester,
			Topic: v.Answer, Note: cmp.Or(v.Case, p.mail.Msg.Subject), Answers: p.mail.Msg.MessageID}
		if err := m.Queue(b, sop.Case{Number: store.Office}, l); err != nil {
			return err
		}
	}
	if v.OperatorAlert == "" {
		return nil
	}
	return m.WarnFirst(b, id, v.OperatorAlert, m.describe(p)+": "+v.Reason)
}

// describe names a mail as a person finds it: by its UID, when it came, from whom and about what.
func (m *Intake) describe(p *Prepared) string {
	from := strings.Join(p.mail.Msg.FromRaw, ", ")
	return fmt.Sprintf("%s, tiba %s, dari %s, perihal %q", p.UID, p.Arrived.In(m.Zone()).Format("2006-01-02 15.04"), from, p.mail.Msg.Subject)
}

// returned is a delivery report for a letter of no case. Nobody is written to about one to the operator: it would come back, too.
func (m *Intake) returned(b store.Books, id string, w sop.Bounced) error {
	what := fmt.Sprintf("%s: %s %s %s", w.Letter.To.Address, w.Action, w.Status, w.Text)
	if w.Action == "failed" && !strings.EqualFold(w.Letter.To.Address, m.Office.Operator.Address) {
		return m.Warn(b, id, "letter-returned", what)
	}
	return b.Journal.Append(store.Office, []sop.Event{{At: m.Now().UTC(), Kind: "warning", Actor: "daemon", Reason: "letter-returned", Text: what}})
}

// unarchived records that a mail of a case still has to be named in the archive, and its papers with it. Its first letter does
// not wait for that.
func (m *Intake) unarchived(b store.Books, p *Prepared, number string) error {
	if number == "" || p.sha == "" {
		return nil
	}
	x := store.Unarchived{Case: number, Mail: p.sha}
	if p.mail.Reading != nil {
		for _, f := range p.mail.Msg.Files {
			x.Papers = append(x.Papers, store.Paper{SHA256: f.SHA256, Name: path.Base(f.Name)})
		}
	}
	return b.Papers.Put(p.UID, x)
}

// view is what triage sees of the books.
type view struct{ store.Books }

func (v view) Case(number string) (sop.Case, bool, error) { return v.Cases.Get(number) }

func (v view) ByMessageID(id string) (triage.MessageRef, bool, error) {
	p, ok, err := v.Letters.ByMessageID(id)
	if err != nil || !ok {
		return triage.MessageRef{}, false, err
	}
	if p.Key == "" {
		return triage.MessageRef{Case: p.Case}, true, nil
	}
	row, ok, err := v.Letters.Get(p.Case, p.Key)
	return triage.MessageRef{Case: p.Case, Letter: &row.Letter}, ok, err
}

func (v view) Outdated(c sop.Case) ([]string, error) { return office.Outdated(v.Books, c) }

func (v view) Owner(user string) (string, error) { return v.Accounts.NIPOf(user) }

func (v view) Content(key string) (triage.Earlier, bool, error) {
	c, ok, err := v.Mails.Content(key)
	return triage.Earlier{Outcome: c.Outcome, Gate: c.Gate, Case: c.Case, Folder: c.Folder, Hash: c.Hash}, ok, err
}
