package intake

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
)

// Incoming is one mail as the mailbox gave it.
type Incoming struct {
	UID     store.UID
	Arrived time.Time
	Size    int64
	Raw     []byte
	TooBig  bool // over the limit: Raw is the header only
}

// Prepared is a mail that has been read: everything that the decision needs, and nothing that it does not.
type Prepared struct {
	Incoming
	mail      triage.Mail
	sha       string         // of the archived raw mail
	archived  *archive.Batch // written, made durable before the commit
	leak      *leak          // live secrets seen in it
	suspected []string       // cases whose passwords seem to stand in its papers
	words     []byte         // of its papers, then
	codes     []string       // words in it that may be codes, and the cases that it names
	named     []string
	open      []triage.Token // of these, what would open something now
	carried   *sop.Carried   // by an answer to an enrolment letter
	on        ground         // on which its papers were understood
	turn      turn           // in which it comes
	outcome   string         // once decided
	replaced  bool           // as an open code stands in it
	err       error          // reading was impossible for a passing reason: the mail is read again later
}

// ground is that on which papers are understood: a case, and what it holds of its papers and people so far. Zero: no case.
type ground struct{ number, reading string }

func groundOf(cs sop.Case) ground {
	return ground{cs.Number, office.Sum(fmt.Appendf(nil, "%+v", cs.Reading))}
}

// reading is one mail on its way through the steps of Read.
type reading struct {
	*Intake
	*Prepared
	v triage.Verdict
}

// Read parses one mail, judges who sent it, and reads its papers if it is ours. It decides nothing and may run in parallel. A panic
// is that mail's own fault.
func (m *Intake) Read(ctx context.Context, in Incoming) Prepared {
	p := Prepared{Incoming: in}
	r := reading{Intake: m, Prepared: &p}
	steps := []func(context.Context) error{r.parse, r.judge, r.survey, r.searchCodes, r.searchMail, r.readPapers, r.searchPapers, r.archive}
	for _, step := range steps {
		if p.err = queue.Guard(func() error { return step(ctx) }); p.err != nil {
			break
		}
	}
	p.turn = m.turnOf(&p, r.v)
	if p.mail.Msg != nil {
		for i := range p.mail.Msg.Files {
			p.mail.Msg.Files[i].Bytes = nil
		}
	}
	p.Raw = nil
	return p
}

func (r *reading) parse(ctx context.Context) error {
	msg := message.Parse(r.Raw, r.Limits, r.Banners)
	r.mail = triage.Mail{Msg: msg, Books: triage.Books(msg.Files), Arrived: r.Arrived.UTC(), Proof: r.prove(ctx, r.Incoming, msg)}
	if r.TooBig {
		r.mail.TooBig = &sop.Oversized{Subject: msg.Subject, Size: r.Size, Limit: r.MaxMessage}
	}
	return r.redactAgain(ctx)
}

// redactAgain: a mail in which a live secret was seen when it was read before goes on as what it said beside it, although the secret
// may live no more. Who sent it is judged by what they sent.
func (r *reading) redactAgain(ctx context.Context) error {
	was := r.mail.Msg
	redacted, err := office.Read(ctx, r.Clerk, func(b store.Books) ([]byte, error) { return b.Mails.Replacement(r.UID, was.Identity) })
	if err != nil || redacted == nil {
		return err
	}
	r.Raw, r.leak = redacted, &leak{redacted: redacted, sealed: redacted}
	said := message.Parse(redacted, r.Limits, r.Banners)
	was.Subject, was.Text, was.HTML, was.Own, was.HTMLOwn, was.Beside = said.Subject, said.Text, said.HTML, said.Own, said.HTMLOwn, said.Beside
	was.Files, was.Bounce, r.mail.Books = nil, nil, nil
	for _, people := range [][]message.Address{was.From, was.Sender, was.To, was.Cc} {
		for i := range people {
			people[i].Name = ""
		}
	}
	return nil
}

// judge asks the gates, with what is known by now.
func (r *reading) judge(ctx context.Context) (err error) {
	r.v, err = r.sort(ctx, r.mail)
	return err
}

// survey looks at what an answer to an enrolment letter carries, while its bytes are at hand.
func (r *reading) survey(ctx context.Context) error {
	if !r.v.Enrols {
		return nil
	}
	from, _ := r.mail.Msg.SoleFrom()
	s := msgauth.Survey(ctx, r.Raw, r.Arrived.UTC(), r.mail.Msg.Header, from.Addr, r.Auth)
	s.Fault = r.v.Fault
	r.carried = &s
	return nil
}

// searchCodes: a mail in which an open code stands is our business, whoever wrote it.
func (r *reading) searchCodes(ctx context.Context) (err error) {
	r.codes, r.named = triage.CodesIn(r.Raw, r.mail.Msg), r.mentioned([]string{r.v.Case}, r.Raw, r.mail.Msg)
	if r.open, err = office.Read(ctx, r.Clerk, r.openIn(r.Prepared)); err == nil {
		r.v = r.overrideVerdict(r.v)
	}
	return err
}

// searchMail lets a mail that holds a live secret go on without it, and without its files.
func (r *reading) searchMail(ctx context.Context) (err error) {
	if !keeps(r.v) && !r.v.Papers && r.TooBig {
		return nil
	}
	found, err := r.findLeaks(ctx, r.v.Case, r.v.Papers, r.Raw, r.mail.Msg)
	if r.leak = cmp.Or(found, r.leak); err == nil && r.leak == nil && keeps(r.v) && !r.v.Papers {
		r.leak, err = r.printedLeak(ctx)
	}
	if err == nil && r.leak == nil && keeps(r.v) {
		r.leak, err = r.returnedSheet(ctx, r.v, r.Raw, r.mail.Msg)
	}
	if err != nil || r.leak == nil {
		return err
	}
	return r.dropFiles(ctx)
}

// printedLeak reads documents that nobody asks for as papers: what a sheet was printed to shows its words to readers of papers only.
func (r *reading) printedLeak(ctx context.Context) (*leak, error) {
	var documents []message.Attachment
	for _, f := range r.mail.Msg.Files {
		if bytes.Contains(f.Bytes[:min(len(f.Bytes), 1024)], []byte("%PDF-")) || bytes.HasPrefix(f.Bytes, zipMagic) || bytes.HasPrefix(f.Bytes, oleMagic) {
			documents = append(documents, f)
		}
	}
	if w, err := r.SecretWatch(ctx); err != nil || w.Len() == 0 || len(documents) == 0 {
		return nil, err
	}
	numbers, words, err := r.printedIn(ctx, r.Extract.All(ctx, documents))
	if err != nil || len(numbers) == 0 {
		return nil, err
	}
	return r.search(ctx, numbers, r.Raw, r.mail.Msg, words)
}

func (r *reading) dropFiles(ctx context.Context) error {
	r.mail.Msg.Files = nil
	err := r.judge(ctx)
	r.v = r.overrideVerdict(r.v)
	return err
}

// readPapers extracts and understands the papers; they may make a mail ours. A supplement is read together with the papers that
// the case has.
func (r *reading) readPapers(ctx context.Context) error {
	if !r.v.Papers {
		return nil
	}
	msg := r.mail.Msg
	files := r.Extract.All(ctx, msg.Files)
	if err := r.suspect(ctx, files); err != nil {
		return err
	}
	bundle := MailPapers(msg, files, r.Office.Mailbox.Address)
	r.on = ground{}
	if r.v.Case != "" {
		cs, err := r.Case(ctx, r.v.Case)
		if err != nil {
			return err
		}
		old, err := r.Papers(ctx, r.v.Case)
		if err != nil {
			return err
		}
		bundle.Previous, bundle.Earlier, bundle.Said = r.Extract.All(ctx, old), cs.Reading.Papers, cs.Reading.Said
		if bundle.Amended, bundle.Amends = cs.Reading.Amended, r.v.Amends; len(bundle.Amends) > 0 {
			bundle.Body = "" // it is read line by line
		}
		r.on = groundOf(cs)
	}
	read := document.Read(bundle)
	r.mail.Reading = &read
	r.mail.Other = document.OtherProcedure(msg.Subject + "\n" + bundle.Body)
	if err := ctx.Err(); err != nil || r.v.Ours() {
		return err
	}
	return r.judge(ctx)
}

// suspect remembers papers in which a live password seems to stand.
func (r *reading) suspect(ctx context.Context, files []document.Source) error {
	if r.leak != nil {
		return nil
	}
	numbers, words, err := r.printedIn(ctx, files)
	if len(numbers) > 0 {
		r.suspected, r.words = numbers, words
	}
	return err
}

// searchPapers does what searchMail does when it is the papers that hold a live secret.
func (r *reading) searchPapers(ctx context.Context) (err error) {
	if len(r.suspected) == 0 {
		return nil
	}
	if r.leak, err = r.search(ctx, r.suspected, r.Raw, r.mail.Msg, r.words); err != nil || r.leak == nil {
		return err
	}
	r.mail.Reading, r.mail.Other = nil, ""
	if err := r.dropFiles(ctx); err != nil {
		return err
	}
	if err := r.readPapers(ctx); err != nil {
		return err
	}
	r.v = r.overrideVerdict(r.v)
	return nil
}

// archive keeps the raw mail of what is ours, and in it its papers, when all of it has been searched for secrets; it is synced
// before the commit that refers to it. SOP R.1
func (r *reading) archive(context.Context) (err error) {
	if !keeps(r.v) {
		return nil
	}
	r.archived = r.Intake.Archive.Batch()
	raw := r.Raw
	if r.leak != nil {
		raw = r.leak.sealed
	}
	if r.sha, err = r.archived.Put(raw); err != nil {
		return fmt.Errorf("archive the mail: %w", err)
	}
	return nil
}

// keeps says whether a mail and its papers belong into the archive.
func keeps(v triage.Verdict) bool { return v.Ours() && v.Outcome != triage.Duplicate }

func (m *Intake) sort(ctx context.Context, x triage.Mail) (v triage.Verdict, err error) {
	err = m.View(ctx, func(b store.Books) error {
		v, err = m.triage.Sort(view{b}, x)
		return err
	})
	return v, err
}

// prove asks for the level that the sender's role needs: approvers the office's, all others at most standard.
func (m *Intake) prove(ctx context.Context, in Incoming, msg *message.Message) sop.Proof {
	from, why := m.triage.Author(msg)
	if why != "" {
		return sop.Proof{Level: m.Office.Level, Result: sop.Unproven, Reason: why}
	}
	o := m.Auth
	o.Level = m.Office.Level
	if _, approver := m.Office.Approver(from.Addr); !approver && o.Level != sop.Basic {
		o.Level = sop.Standard
	}
	if o.Level == sop.Standard && (m.Office.Level != sop.Standard || !m.triage.Known(from.Addr)) {
		o.Resolver = nil // nobody outside chooses whose DNS is waited for; and above standard the server has to speak, of everybody
	}
	return msgauth.CheckRaw(ctx, in.Raw, in.Arrived, msg.Header, from.Addr, o)
}

// MailPapers is what one mail gives to read: its files, its sender's own words (of its HTML where it has no plain text), and the
// domain of the office mailbox, against which look-alikes are told. The daemon and `ukpbjd read` both go by it, so that they
// cannot come to different readings.
func MailPapers(msg *message.Message, files []document.Source, mailbox string) document.Bundle {
	b := document.Bundle{Sources: files, Body: cmp.Or(msg.Own, msg.HTMLOwn)}
	if mailbox != "" {
		b.OwnDomains = []string{mailbox[strings.LastIndexByte(mailbox, '@')+1:]}
	}
	return b
}
