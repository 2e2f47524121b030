// Package clerk carries one thing after another through the heart: load, decide, commit. It is the only writer of the books.
// Whatever leaves the office stands in the outbox of a committed transaction first; whatever comes in has its one outcome
// recorded in the same transaction as its effect.
package clerk

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
)

// Options are the neighbours of the clerk and the office's rules.
type Options struct {
	DB      store.DB
	Archive *archive.Archive
	Vault   *credential.Vault
	Codes   credential.Keys
	Letters *letter.Set
	Papers  *extract.Reader
	Log     *slog.Logger
	Meter   Meter
	Now     func() time.Time

	Office      sop.Office
	Requesters  []string
	Auth        msgauth.Options
	Limits      message.Limits
	Banners     []string
	Passphrases map[string]secret.Secret // of the account sheet, by approver address
	MemberKeys  MemberKeys               // whose letters with a password are encrypted
	LockedPages bool                     // passwords travel in locked pages: credentials.delivery: pdf
	UserID      string                   // pattern for members whose papers name none
	Source      Source                   // makes the accounts: generate or command
	MaxMessage  int64
	Retention   int // years after the year of closing; zero: nothing is ever deleted
	Folders     Folders
	DoubtPause  time.Duration // zero: ten minutes
	FirstRetry  time.Duration // of a letter or a task; zero: half a minute. Each further one comes twice as late
}

// Meter counts what the clerk does.
type Meter interface {
	Message(outcome string)
	Letter(kind sop.LetterKind, outcome string, took time.Duration)
	Task(kind sop.TaskKind, outcome string)
	Deviation(kind string)
	Commit(took time.Duration, inputs int)
}

// Folders are where mail is filed.
type Folders struct{ Processed, Review string }

// Clerk is safe for concurrent use; the store orders its commits.
type Clerk struct {
	Options
	triage triage.Triage
	wake   chan struct{} // something was committed that postman, workers or timer may care for
	domain string
	tray   tray

	lookout lookout

	shelving sync.Mutex // held by the one who shelves
}

// New checks the schema and puts letters that were on their way when the program ended in doubt.
func New(ctx context.Context, o Options) (*Clerk, error) {
	c := &Clerk{Options: o, wake: make(chan struct{}, 1), domain: domainOf(o.Office.Mailbox.Address)}
	if c.DoubtPause <= 0 {
		c.DoubtPause = doubtPause
	}
	if c.FirstRetry <= 0 {
		c.FirstRetry = 30 * time.Second
	}
	var err error
	if c.lookout.Watch, err = credential.NewWatch(rand.Reader); err != nil {
		return nil, err
	}
	c.triage = triage.Triage{Office: o.Office, Requesters: o.Requesters, Codes: o.Codes}
	return c, c.DB.Update(ctx, func(tx store.Tx) error {
		b := store.In(tx)
		if err := b.CheckSchema(); err != nil {
			return err
		}
		if err := c.enterEpoch(b); err != nil {
			return err
		}
		return c.doubt(b)
	})
}

// Wake receives after a commit; the daemon hands it to the loops.
func (c *Clerk) Wake() <-chan struct{} { return c.wake }

func (c *Clerk) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// update decides a number of inputs in one transaction, claims what is due for the senders, and nudges the loops after its
// commit.
func (c *Clerk) update(ctx context.Context, inputs int, fn func(store.Books) error) error {
	began := time.Now()
	reserved := 0
	var claimed []Dispatch
	err := c.DB.Update(ctx, func(tx store.Tx) error {
		b := store.In(tx)
		if err := fn(b); err != nil {
			return err
		}
		var err error
		reserved = c.tray.reserve()
		claimed, err = c.claim(b, reserved)
		return err
	})
	if err != nil {
		claimed = nil
	}
	c.tray.leave(reserved, claimed)
	if err == nil {
		c.Meter.Commit(time.Since(began), inputs)
		c.nudge()
	}
	return err
}

// View runs fn on the books as they stand.
func (c *Clerk) View(ctx context.Context, fn func(store.Books) error) error {
	return c.DB.View(ctx, func(tx store.Tx) error { return fn(store.In(tx)) })
}

// view is what triage sees of the books.
type view struct{ store.Books }

func (v view) Pointed(id string) (triage.Pointed, bool, error) {
	p, ok, err := v.Books.Pointed(id)
	if err != nil || !ok {
		return triage.Pointed{}, false, err
	}
	if p.Key == "" {
		return triage.Pointed{Case: p.Case}, true, nil
	}
	row, ok, err := v.Letter(p.Case, p.Key)
	return triage.Pointed{Case: p.Case, Letter: &row.Letter}, ok, err
}

func (v view) Content(key string) (triage.Earlier, bool, error) {
	c, ok, err := v.Books.Content(key)
	return triage.Earlier{Outcome: c.Outcome, Case: c.Case, Folder: c.Folder, Hash: c.Hash}, ok, err
}
