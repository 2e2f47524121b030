package clerk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/message"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// leak is what a mail carries that it must not: live secrets of members.
type leak struct {
	nips     []string
	sealed   []byte // the raw mail under the first member's key: what the archive keeps instead
	redacted []byte // what takes its place in the mailbox
}

// findLeaks searches a mail of a case for the live secrets of that case before anything of it is kept. On a hit the message
// goes on without them, and without its files. DESIGN, "Credentials"
func (c *Clerk) findLeaks(ctx context.Context, number string, raw []byte, msg *message.Message) (*leak, error) {
	cs, ok, err := c.load(ctx, number)
	if err != nil || !ok {
		return nil, err
	}
	s, err := c.scanner(cs)
	if err != nil {
		return nil, err
	}
	texts := [][]byte{raw, []byte(msg.Subject), []byte(msg.Text), []byte(msg.HTML)}
	for _, f := range msg.Files {
		texts = append(texts, f.Bytes)
	}
	nips := s.Hits(texts...)
	if len(nips) == 0 {
		return nil, nil
	}
	l := &leak{nips: nips, redacted: s.Redact(bytes.Clone(raw))}
	if l.sealed, err = c.Vault.Seal(keyID(number, nips[0]), credential.ForMail, raw); err != nil {
		return nil, fmt.Errorf("seal a mail that holds a live secret: %w", err)
	}
	for _, t := range []*string{&msg.Subject, &msg.Text, &msg.HTML, &msg.Own, &msg.HTMLOwn} {
		*t = string(s.Redact([]byte(*t)))
	}
	msg.Files = nil
	return l, nil
}

// scanner searches for the passwords of a case that can still be opened.
func (c *Clerk) scanner(cs sop.Case) (*credential.Scanner, error) {
	var live []credential.Live
	for nip, a := range cs.Accounts {
		if len(a.Sealed) == 0 {
			continue
		}
		var p secret.Secret
		p, err := c.Vault.Open(keyID(cs.Number, nip), credential.ForPassword, a.Sealed)
		if errors.Is(err, credential.ErrShredded) {
			continue
		}
		if err != nil {
			return nil, err
		}
		live = append(live, credential.Live{ID: nip, Secret: p})
	}
	return credential.NewScanner(live), nil
}

// expose tells the case of each secret that was seen, and keeps the copy that replaces the mail.
func (c *Clerk) expose(b store.Books, p *Prepared, number string, now time.Time) error {
	if p.leak == nil {
		return nil
	}
	for _, nip := range p.leak.nips {
		cs, ok, err := b.Case(number)
		if err != nil || !ok {
			return err
		}
		in := sop.Input{ID: p.mail.Msg.Identity + "/exposed/" + nip, At: p.Arrived.UTC(),
			What: sop.Exposed{NIP: nip, What: "terbaca dalam surel dari " + strings.ToLower(fromText(p))}}
		if err := c.decide(b, cs, in, now); err != nil {
			return err
		}
	}
	return b.Replace(p.UID, p.leak.redacted)
}
