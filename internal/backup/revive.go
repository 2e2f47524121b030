package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Recovery is what a restore did, for the operator who must reconcile it.
type Recovery struct {
	From     time.Time `json:"from"`     // moment of the backup
	Cases    int       `json:"cases"`    // in the books
	Open     []string  `json:"open"`     // cases that are not closed
	Doubtful int       `json:"doubtful"` // letters that may have been sent since
	Keyless  int       `json:"keyless"`  // members whose password can no longer be opened
}

// revive prepares books that come out of a backup, before any loop works on them: nothing is sent until Reconcile, every
// open code is void, and what was sent since the backup matches nothing. DESIGN, "Credentials"
func revive(ctx context.Context, c *office.Clerk, from time.Time) (r Recovery, err error) {
	now := c.Now().UTC()
	r.From = from
	if err = c.Commit(ctx, 0, func(b store.Books) error {
		if r.Doubtful, err = b.State.Restore(store.Restored{At: now.In(c.Zone()), From: from}); err != nil {
			return err
		}
		e := sop.Event{At: now, Kind: "restored", Actor: "operator", Reason: "restore",
			Text: "Buku dipulihkan dari cadangan " + from.In(c.Zone()).Format("2006-01-02 15:04") + "; surat ditahan sampai operator mencocokkan."}
		if err := errors.Join(b.Journal.Append(store.Office, []sop.Event{e}), c.EnterEpoch(b), b.State.PutDelegations(nil)); err != nil {
			return err
		}
		r.Cases, r.Open = 0, nil
		return c.PassOver(b.Cases.Each(false, func(cs sop.Case) bool {
			r.Cases++
			if !cs.Status.Closed() {
				r.Open = append(r.Open, cs.Number)
			}
			return true
		}))
	}); err != nil {
		return r, err
	}
	for _, number := range r.Open {
		keyless, err := reviveCase(ctx, c, number, now)
		if err != nil {
			return r, fmt.Errorf("restore %s: %w", number, err)
		}
		r.Keyless += keyless
	}
	return r, nil
}

func reviveCase(ctx context.Context, c *office.Clerk, number string, now time.Time) (keyless int, err error) {
	err = c.Commit(ctx, 1, func(b store.Books) error {
		cs, err := office.Find(b, number)
		if err != nil {
			return err
		}
		keyless = dropKeyless(c, cs)
		in := sop.Input{At: now, What: sop.Instruct{Verb: "restored"}}
		return c.Decide(b, cs, in, now)
	})
	return keyless, err
}

// dropKeyless takes away accounts whose password nobody can open: before a release they are made anew, for new sheets.
func dropKeyless(c *office.Clerk, cs sop.Case) (n int) {
	released := cs.Approval != nil && cs.Approval.Released
	for nip, a := range cs.Accounts {
		if len(a.Sealed) == 0 {
			continue
		}
		if _, err := c.Vault.Open(office.KeyID(cs.Number, nip), credential.ForPassword, a.Sealed); !errors.Is(err, credential.ErrShredded) {
			continue
		}
		if m := cs.Member(nip); m != nil && m.Shredded {
			continue
		}
		if n++; !released {
			delete(cs.Accounts, nip)
		}
	}
	return n
}
