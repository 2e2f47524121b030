package clerk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// ErrNoSnapshot says that the engine cannot copy itself while it works.
var ErrNoSnapshot = errors.New("this engine is backed up by its own means")

// Snapshot writes the books as they stand at one moment, while work goes on. It is journalled first.
func (c *Clerk) Snapshot(ctx context.Context, w io.Writer) error {
	db, ok := c.DB.(interface {
		Backup(context.Context, io.Writer) error
	})
	if !ok {
		return ErrNoSnapshot
	}
	e := sop.Event{At: c.Now().UTC(), Kind: "operator-command", Actor: "operator", Reason: "backup", Text: "backup"}
	if err := c.DB.Update(ctx, func(tx store.Tx) error { return store.In(tx).Journal(store.Office, []sop.Event{e}) }); err != nil {
		return err
	}
	return db.Backup(ctx, w)
}

// enterEpoch makes codes and Message-IDs those of the time since the last restore.
func (c *Clerk) enterEpoch(b store.Books) error {
	n, err := b.Epoch()
	if err != nil || n == 0 {
		return err
	}
	if c.Codes, err = c.Codes.InEpoch(n); err == nil {
		c.triage.Codes = c.Codes
	}
	return err
}

// Restored says whether the books came out of a backup and nobody has reconciled them yet.
func (c *Clerk) Restored(ctx context.Context) (r store.Restored, held bool, err error) {
	err = c.View(ctx, func(b store.Books) error {
		r, held, err = b.Restored()
		return err
	})
	return r, held, err
}

// Recovery is what a restore did, for the operator who must reconcile it.
type Recovery struct {
	From     time.Time `json:"from"`     // moment of the backup
	Cases    int       `json:"cases"`    // in the books
	Open     []string  `json:"open"`     // cases that are not closed
	Doubtful int       `json:"doubtful"` // letters that may have been sent since
	Keyless  int       `json:"keyless"`  // members whose password can no longer be opened
}

// Restore prepares books that come out of a backup, before any loop works on them: nothing is sent until Reconcile, every
// open code is void, and what was sent since the backup matches nothing. DESIGN, "Credentials"
func (c *Clerk) Restore(ctx context.Context, from time.Time) (r Recovery, err error) {
	now := c.Now().UTC()
	r.From = from
	if err = c.update(ctx, 0, func(b store.Books) error {
		if r.Doubtful, err = b.Restore(store.Restored{At: now.In(c.zone()), From: from}); err != nil {
			return err
		}
		e := sop.Event{At: now, Kind: "restored", Actor: "operator", Reason: "restore",
			Text: "Buku dipulihkan dari cadangan " + from.In(c.zone()).Format("2006-01-02 15:04") + "; surat ditahan sampai operator mencocokkan."}
		if err := errors.Join(b.Journal(store.Office, []sop.Event{e}), c.enterEpoch(b), b.PutDelegations(nil)); err != nil {
			return err
		}
		return b.EachCase(false, func(cs sop.Case) bool {
			r.Cases++
			if !cs.Status.Closed() {
				r.Open = append(r.Open, cs.Number)
			}
			return true
		})
	}); err != nil {
		return r, err
	}
	for _, number := range r.Open {
		if err := c.restoreCase(ctx, number, now, &r); err != nil {
			return r, fmt.Errorf("restore %s: %w", number, err)
		}
	}
	return r, nil
}

func (c *Clerk) restoreCase(ctx context.Context, number string, now time.Time, r *Recovery) error {
	return c.update(ctx, 1, func(b store.Books) error {
		cs, ok, err := b.Case(number)
		if err != nil || !ok {
			return err
		}
		r.Keyless += c.dropKeyless(cs)
		in := sop.Input{At: now, What: sop.Instruct{Verb: "restored"}}
		return c.decide(b, cs, in, now)
	})
}

// dropKeyless takes away accounts whose password nobody can open: before a release they are made anew, for new sheets.
func (c *Clerk) dropKeyless(cs sop.Case) (n int) {
	released := cs.Approval != nil && cs.Approval.Released
	for nip, a := range cs.Accounts {
		if len(a.Sealed) == 0 {
			continue
		}
		if _, err := c.Vault.Open(keyID(cs.Number, nip), credential.ForPassword, a.Sealed); !errors.Is(err, credential.ErrShredded) {
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

// Reconcile lets letters go again: the operator has compared the books with the mailbox.
func (c *Clerk) Reconcile(ctx context.Context) (r store.Restored, err error) {
	err = c.update(ctx, 1, func(b store.Books) error {
		var held bool
		if r, held, err = b.Restored(); err != nil || !held {
			return errors.Join(err, fmt.Errorf("nothing is held: %w", ErrNotHeld))
		}
		e := sop.Event{At: c.Now().UTC(), Kind: "reconciled", Actor: "operator", Reason: "release", Text: "Operator mencocokkan buku yang dipulihkan; surat dikirim kembali."}
		return errors.Join(b.Journal(store.Office, []sop.Event{e}), b.Reconciled())
	})
	return r, err
}

// ErrNotHeld says that there is no hold of the whole office to end.
var ErrNotHeld = errors.New("the books do not come out of a backup, or have been reconciled")
