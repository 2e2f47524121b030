package clerk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/secret"
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
	Alone   bool // nothing else is on its way
}

// Prepared is a mail that has been read: everything that the decision needs, and nothing that it does not.
type Prepared struct {
	Incoming
	mail    triage.Mail
	sha     string         // of the archived raw mail
	kept    *archive.Batch // written, made durable before the commit
	leak    *leak          // live secrets seen in it
	printed []string       // cases whose passwords seem to stand in its papers
	words   []byte         // of its papers, then
	carried *sop.Carried   // by an answer to an enrolment letter
	outcome string         // once decided
	err     error          // reading was impossible for a passing reason: the mail stays for the next round
}

// Begin counts the attempt to read each mail, before it is read: one that kills the program is quarantined on its third try.
func (c *Clerk) Begin(ctx context.Context, mails []Incoming) (fit []Incoming, err error) {
	err = c.DB.Update(ctx, func(tx store.Tx) error {
		b := store.In(tx)
		fit = fit[:0]
		for _, in := range mails {
			u := in.UID
			if _, seen, err := b.Mails.Get(u); err != nil || seen {
				if err != nil {
					return err
				}
				continue
			}
			n, err := b.Mails.CountAttempt(u)
			if err != nil {
				return err
			}
			if n <= attemptsMost {
				fit = append(fit, in)
				continue
			}
			if err := c.quarantine(b, in, "killed-the-reader"); err != nil {
				return err
			}
		}
		return nil
	})
	return fit, err
}

// Quarantine gives a mail that cannot be read its outcome; a person looks at it.
func (c *Clerk) Quarantine(ctx context.Context, in Incoming, reason string) error {
	return c.update(ctx, 1, func(b store.Books) error { return c.quarantine(b, in, reason) })
}

func (c *Clerk) quarantine(b store.Books, in Incoming, reason string) error {
	u := in.UID
	s := store.Seen{Outcome: "quarantined", Gate: "reading", Reason: reason, At: c.Now().UTC(), Folder: c.Folders.Review,
		Arrived: in.Arrived.UTC(), Size: in.Size}
	if err := b.Mails.Put(u, s, ""); err != nil {
		return err
	}
	return c.warn(b, fmt.Sprintf("quarantine-%d-%d", u.Validity, u.UID), "quarantined", fmt.Sprintf("UID %d: %s", u.UID, reason))
}

// attemptsMost is how often the reading of one mail may be begun.
const attemptsMost = 2

// Read parses one mail, judges who sent it, and reads its papers if it is ours. It decides nothing and may run in parallel.
func (c *Clerk) Read(ctx context.Context, in Incoming) Prepared {
	p := Prepared{Incoming: in}
	msg := message.Parse(in.Raw, c.Limits, c.Banners)
	p.mail = triage.Mail{Msg: msg, Arrived: in.Arrived.UTC(), Proof: c.prove(ctx, in, msg)}
	if in.TooBig {
		p.mail.TooBig = &sop.Oversized{Subject: msg.Subject, Size: in.Size, Limit: c.MaxMessage}
	}
	v, err := c.sort(ctx, p.mail)
	if err != nil {
		p.err = err
		return p
	}
	if v.Enrols {
		p.carried = c.survey(ctx, in, msg, v)
	}
	if keeps(v) || v.Papers || !in.TooBig {
		v, p.err = c.withoutLeaks(ctx, &p, v)
	}
	kept := func() error { return nil }
	if p.err == nil && keeps(v) {
		kept = c.keepAside(&p)
	}
	if v.Papers && p.err == nil {
		v, p.err = c.judgePapers(ctx, &p, v)
	}
	if v.Sheet && p.err == nil {
		p.err = c.readSheet(ctx, &p, v)
	}
	if err := kept(); p.err == nil {
		p.err = err
	}
	if len(p.printed) > 0 && p.err == nil {
		v, p.err = c.withoutPaperLeaks(ctx, &p, v)
	}
	if p.err == nil && keeps(v) && p.sha == "" {
		p.err = c.keep(&p)
	}
	for i := range msg.Files {
		msg.Files[i].Bytes = nil
	}
	p.Raw = nil
	return p
}

// judgePapers reads them; they may make a mail ours.
func (c *Clerk) judgePapers(ctx context.Context, p *Prepared, v triage.Verdict) (triage.Verdict, error) {
	if err := c.readPapers(ctx, p, v); err != nil || v.Ours() {
		return v, err
	}
	return c.sort(ctx, p.mail)
}

// withoutLeaks lets a mail that holds a live secret go on without it, and without its files.
func (c *Clerk) withoutLeaks(ctx context.Context, p *Prepared, v triage.Verdict) (_ triage.Verdict, err error) {
	if p.leak, err = c.findLeaks(ctx, v.Case, v.Papers, p.Raw, p.mail.Msg); err != nil || p.leak == nil {
		return v, err
	}
	if v.Sheet {
		if err := c.readSheet(ctx, p, v); err != nil {
			return v, err
		}
	}
	return c.withoutFiles(ctx, p)
}

func (c *Clerk) withoutFiles(ctx context.Context, p *Prepared) (triage.Verdict, error) {
	p.mail.Msg.Files = nil
	v, err := c.sort(ctx, p.mail)
	return p.seized(v), err
}

// withoutPaperLeaks does the same when it is the papers that hold a live secret: what was archived beside their reading is taken
// back before anything mentions it.
func (c *Clerk) withoutPaperLeaks(ctx context.Context, p *Prepared, v triage.Verdict) (_ triage.Verdict, err error) {
	if p.leak, err = c.search(ctx, p.printed, p.Raw, p.mail.Msg, p.words); err != nil || p.leak == nil {
		return v, err
	}
	if p.sha != "" {
		if err := c.Archive.TakeBack(p.sha); err != nil {
			return v, err
		}
		p.sha, p.kept = "", nil
	}
	p.mail.Reading, p.mail.Other = nil, ""
	if v, err = c.withoutFiles(ctx, p); err != nil || !v.Papers {
		return v, err
	}
	v, err = c.judgePapers(ctx, p, v)
	return p.seized(v), err
}

func (c *Clerk) sort(ctx context.Context, m triage.Mail) (v triage.Verdict, err error) {
	err = c.View(ctx, func(b store.Books) error {
		v, err = c.triage.Sort(view{b}, m)
		return err
	})
	return v, err
}

// prove asks for the level that the sender's role needs: approvers the office's, all others at most standard.
func (c *Clerk) prove(ctx context.Context, in Incoming, msg *message.Message) sop.Proof {
	from, why := msg.SoleFrom()
	if why != "" {
		return sop.Proof{Level: c.Office.Level, Result: sop.Unproven, Reason: why}
	}
	o := c.Auth
	o.Level = c.Office.Level
	if _, approver := c.Office.Approver(from.Addr); !approver && o.Level != sop.Basic {
		o.Level = sop.Standard
	}
	return msgauth.CheckRaw(ctx, in.Raw, in.Arrived, msg.Header, from.Addr, o)
}

// readPapers extracts and understands the papers; a supplement is read together with the papers that the case has.
func (c *Clerk) readPapers(ctx context.Context, p *Prepared, v triage.Verdict) error {
	msg := p.mail.Msg
	files := c.Papers.All(ctx, msg.Files)
	if err := c.lookInto(ctx, p, files); err != nil {
		return err
	}
	bundle := MailPapers(msg, files, c.Office.Mailbox.Address)
	if v.Case != "" {
		old, err := c.papersOf(ctx, v.Case)
		if err != nil {
			return err
		}
		bundle.Previous = c.Papers.All(ctx, old)
	}
	r := document.Read(bundle)
	p.mail.Reading = &r
	p.mail.Other = document.OtherProcedure(msg.Subject + "\n" + bundle.Body)
	return ctx.Err()
}

// papersOf loads the papers of a case from the archive, oldest first.
func (c *Clerk) papersOf(ctx context.Context, number string) ([]message.Attachment, error) {
	cs, _, err := c.load(ctx, number)
	if err != nil {
		return nil, err
	}
	var out []message.Attachment
	done := map[string]bool{}
	for _, p := range cs.Reading.Papers {
		name, _, _ := strings.Cut(p.File, "/")
		if p.SHA256 == "" || done[p.SHA256] {
			continue
		}
		done[p.SHA256] = true
		b, err := c.paper(ctx, p.SHA256)
		if err != nil {
			return nil, fmt.Errorf("read paper %q of %s: %w", name, number, err)
		}
		out = append(out, message.Attachment{Name: name, Bytes: b, SHA256: p.SHA256})
	}
	return out, nil
}

func (c *Clerk) load(ctx context.Context, number string) (cs sop.Case, ok bool, err error) {
	err = c.View(ctx, func(b store.Books) error {
		cs, ok, err = b.Cases.Get(number)
		return err
	})
	return cs, ok, err
}

// readSheet opens the account sheet that came with SETUJU, compares it with what was issued, and seals what changed.
func (c *Clerk) readSheet(ctx context.Context, p *Prepared, v triage.Verdict) error {
	cs, _, err := c.load(ctx, v.Case)
	if err != nil {
		return err
	}
	issued, err := c.issued(cs)
	if err != nil {
		return err
	}
	for _, f := range p.mail.Msg.Files {
		if !credential.IsSheet(f.Bytes) {
			continue
		}
		rows, faults := credential.ReadSheet(f.Bytes, c.Passphrases[v.From.Address], c.Office.Sheet != "plain", issued)
		sheet := sop.Sheet{Faults: faults}
		for _, r := range rows {
			row := r.SheetRow
			if row.Password == sop.PasswordChanged && cs.Member(row.NIP) != nil && len(faults) == 0 {
				if row.Sealed, err = c.seal(cs.Number, row.NIP, r.Changed); err != nil {
					return err
				}
			}
			sheet.Rows = append(sheet.Rows, row)
		}
		p.mail.Sheet = &sheet
		return nil
	}
	return nil
}

// lookInto remembers papers in which a live password seems to stand.
func (c *Clerk) lookInto(ctx context.Context, p *Prepared, files []document.Source) error {
	if p.leak != nil {
		return nil
	}
	numbers, words, err := c.printedIn(ctx, files)
	if len(numbers) > 0 {
		p.printed, p.words = numbers, words
	}
	return err
}

func keyID(number, nip string) string { return number + "/" + nip }

func (c *Clerk) seal(number, nip string, s secret.Secret) ([]byte, error) {
	id := keyID(number, nip)
	if err := c.Vault.Ensure(id); err != nil {
		return nil, err
	}
	c.lookout.Add(id, s)
	return c.Vault.SealPassword(id, s)
}

// issued opens the accounts of a case that still can be opened.
func (c *Clerk) issued(cs sop.Case) (map[string]credential.Issued, error) {
	out := map[string]credential.Issued{}
	for nip, a := range cs.Accounts {
		i := credential.Issued{UserID: a.UserID}
		if len(a.Sealed) > 0 {
			var err error
			if i.Password, err = c.Vault.Open(keyID(cs.Number, nip), credential.ForPassword, a.Sealed); err != nil {
				return nil, fmt.Errorf("open the account of %s: %w", keyID(cs.Number, nip), err)
			}
		}
		out[nip] = i
	}
	return out, nil
}

// keeps says whether a mail and its papers belong into the archive.
func keeps(v triage.Verdict) bool { return v.Ours() && v.Outcome != triage.Duplicate }

// keepAside archives while the papers are being read; the function that it gives waits for the end. Where nothing else is
// on its way, the disk works meanwhile too. A sync that fails is found again before the commit.
func (c *Clerk) keepAside(p *Prepared) (wait func() error) {
	done := make(chan error, 1)
	go func() {
		err := c.keep(p)
		if err == nil && p.Alone {
			p.kept.Sync() //nolint:errcheck // syncKept says it
		}
		done <- err
	}()
	return func() error { return <-done }
}

// keep archives the raw mail, and in it its papers; it is synced before the commit that refers to them. SOP R.1
func (c *Clerk) keep(p *Prepared) (err error) {
	p.kept = c.Archive.Batch()
	raw := p.Raw
	if p.leak != nil {
		raw = p.leak.sealed
	}
	if p.sha, err = p.kept.Put(raw); err != nil {
		return fmt.Errorf("keep the mail: %w", err)
	}
	return nil
}
