package audit

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/tasks"
)

// Recording is what an office went through, as its books tell it: mails with their outcomes, and the operator's commands.
type Recording struct {
	from  *Audit
	steps []recorded
	end   time.Time // of what the books tell: nothing is known of what fell due later
	Left  int       // mails that are not archived: not ours, or sealed because they held a secret
}

// recorded is one mail or one command.
type recorded struct {
	at     time.Time
	uid    store.UID
	seen   store.MailRecord
	opened string // number of the case that it opened
	verb   string // of an operator's command; empty for a mail
	number string
	arg    string
}

// Record reads the books of c. It changes nothing.
func (c *Audit) Record(ctx context.Context) (*Recording, error) {
	r := &Recording{from: c}
	first := map[string]string{} // the mail by which a case was opened
	err := c.View(ctx, func(b store.Books) error {
		err := b.Cases.Each(false, func(cs sop.Case) bool {
			r.end = latest(r.end, cs.Updated)
			if len(cs.Mails) > 0 {
				first[cs.Mails[0].SHA256] = cs.Number
			}
			return ctx.Err() == nil
		})
		err = errors.Join(err, b.Mails.Each(func(u store.UID, s store.MailRecord) bool {
			if s.SHA256 == "" || s.Outcome == "duplicate" {
				r.Left++
				return true
			}
			x := recorded{at: s.At, uid: u, seen: s}
			if n := first[s.SHA256]; n != "" && n == s.Case {
				x.opened = n
			}
			r.steps = append(r.steps, x)
			return true
		}))
		return errors.Join(err, b.Journal.Each(store.Office, func(e store.Record) bool {
			if e.Kind == "operator-command" && slices.Contains(sop.Instructions, e.Reason) {
				number, arg, _ := strings.Cut(e.Text, " ")
				r.steps = append(r.steps, recorded{at: e.At, verb: e.Reason, number: number, arg: arg})
			}
			return true
		}))
	})
	slices.SortStableFunc(r.steps, func(a, b recorded) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.uid.UID, b.uid.UID)) })
	return r, errors.Join(err, ctx.Err())
}

// Steps is how much there is to play.
func (r *Recording) Steps() int { return len(r.steps) }

// raw gives the bytes of a recorded mail; nil when they are sealed or no longer kept.
func (r *Recording) raw(x recorded) []byte {
	b, err := r.from.Archive.Get(x.seen.SHA256)
	if err != nil || !looksLikeMail(b) {
		return nil
	}
	return b
}

// looksLikeMail tells a mail from its sealed form: it begins with a header field (RFC 5322 §2.2).
func looksLikeMail(b []byte) bool {
	for i, c := range b[:min(len(b), 200)] {
		switch {
		case c == ':' || c == ' ' && i == 4: // "From " of an mbox
			return i > 0
		case c <= ' ' || c > '~':
			return false
		}
	}
	return false
}

// Make gives the recorded accounts, so that a sheet that came back is compared with what was issued. A password whose key is
// destroyed is made up: nothing can be compared with it any more.
func (r *Recording) Make(ctx context.Context, number string, want []tasks.Wanted) (map[string]credential.Issued, error) {
	cs, err := r.from.Case(ctx, number)
	if err != nil && !errors.Is(err, office.ErrNoCase) { // a replay may open what nobody recorded
		return nil, err
	}
	out := map[string]credential.Issued{}
	for _, w := range want {
		a, ok := cs.Accounts[w.NIP]
		i := credential.Issued{UserID: w.UserID}
		if ok {
			i.UserID = a.UserID
		}
		if ok && len(a.Sealed) > 0 {
			i.Password, err = r.from.Vault.Open(office.KeyID(number, w.NIP), credential.ForPassword, a.Sealed)
			if err != nil && !errors.Is(err, credential.ErrShredded) {
				return nil, fmt.Errorf("open the account of %s: %w", office.KeyID(number, w.NIP), err)
			}
		}
		if i.Password.Absent() && !a.Kept {
			if i.Password, err = secret.DefaultRule.Generate(rand.Reader); err != nil {
				return nil, err
			}
		}
		out[w.NIP] = i
	}
	return out, nil
}

// recordedDNS answers for DNS during a replay: what the evidence of a mail says of a key's record is believed, for the record may have
// been changed or withdrawn since. Only names of which nobody took note are asked for today.
type recordedDNS struct {
	seen   []sop.Witness
	reason string // of the proof that day
	today  msgauth.Resolver
}

// LookupTXT gives the record of that day, or the fault with which it was missed.
func (k *recordedDNS) LookupTXT(ctx context.Context, name string) ([]string, error) {
	for _, w := range k.seen {
		switch {
		case w.Kind != "dkim-key" || !strings.EqualFold(strings.TrimSuffix(w.Name, "."), strings.TrimSuffix(name, ".")):
			continue
		case w.Text != "":
			return []string{w.Text}, nil
		case k.reason == "dkim-two-keys":
			return []string{"", ""}, nil
		}
		return nil, &net.DNSError{Err: "it was missed that day", Name: name, IsNotFound: k.reason != "dkim-key-unavailable"}
	}
	if k.today == nil {
		return nil, &net.DNSError{Err: "nobody took note of it", Name: name, IsNotFound: true}
	}
	return k.today.LookupTXT(ctx, name)
}

// remember takes up what the evidence of a recorded mail says of keys.
func (r *Replay) remember(ctx context.Context, x recorded) error {
	r.keys.seen, r.keys.reason = nil, ""
	if x.seen.Case == "" {
		return nil
	}
	var e office.Evidence
	err := r.Recording.from.View(ctx, func(b store.Books) error {
		all, err := b.Journal.Evidence(x.seen.Case)
		for _, raw := range all {
			var one office.Evidence
			if err := json.Unmarshal(raw, &one); err != nil {
				return err
			}
			if one.Mail == x.seen.SHA256 && (e.Mail == "" || one.Outcome == x.seen.Outcome) {
				e = one // of a mail that was judged twice, the verdict that counts
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read the evidence of a mail of %s: %w", x.seen.Case, err)
	}
	r.keys.seen, r.keys.reason = e.Proof.Seen, e.Proof.Reason
	return nil
}
