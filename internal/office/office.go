// Package office is the heart: it loads a case, lets sop decide one input on it, and commits everything that follows, letters
// rendered, in one transaction. It is the only writer of cases. Whatever leaves the office stands in the outbox of a committed
// transaction first; whatever comes in is decided with the row that it consumes, so nothing is decided twice.
package office

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Options are the neighbours of the clerk and the office's rules.
type Options struct {
	DB      store.DB
	Archive *archive.Archive
	Vault   *credential.Vault
	Codes   credential.Keys
	Letters *letter.Set
	Log     *slog.Logger
	Meter   Meter
	Now     func() time.Time
	Random  io.Reader    // nil: the system's
	Policy  queue.Policy // of every queue in the rooms

	Office     sop.Office
	Requesters []string // addresses, or *@domain
}

// Meter counts what the office does.
type Meter interface {
	Message(outcome string)
	Letter(kind sop.LetterKind, outcome string, took time.Duration)
	Task(kind sop.TaskKind, outcome string)
	Deviation(kind string)
	Commit(took time.Duration, inputs int)
}

// Clerk decides and commits. Safe for concurrent use; the store puts its commits in order.
type Clerk struct {
	Options
	Domain string // of the office mailbox

	rider  Rider
	wake   listeners
	secret secretWatch
}

// Rider takes part in every commit: the outbox claims what is due, so that a fresh letter needs no second commit. What is wrong
// with a single row is the rider's own affair; an error rolls everything back. done is told whether the commit is on disk.
type Rider func(b store.Books) (done func(committed bool), err error)

// New checks the schema, and makes codes and Message-IDs those of the time since the last restore.
func New(ctx context.Context, o Options) (*Clerk, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	c := &Clerk{Options: o, Domain: domainOf(o.Office.Mailbox.Address)}
	var err error
	if c.secret.Watch, err = credential.NewWatch(o.Random); err != nil {
		return nil, err
	}
	return c, c.Update(ctx, func(b store.Books) error {
		if err := b.State.CheckSchema(); err != nil {
			return err
		}
		return c.EnterEpoch(b)
	})
}

// Reader is a clerk of books that can only be read: it can look and no more.
func Reader(ctx context.Context, o Options) (*Clerk, error) {
	c := &Clerk{Options: o, Domain: domainOf(o.Office.Mailbox.Address)}
	return c, c.View(ctx, func(b store.Books) error { return b.State.CheckSchema() })
}

// EnterEpoch makes codes and Message-IDs those of the time since the last restore.
func (c *Clerk) EnterEpoch(b store.Books) error {
	n, err := b.State.Epoch()
	if err != nil || n == 0 {
		return err
	}
	c.Codes, err = c.Codes.InEpoch(n)
	return err
}

// Take lets r take part in every commit from now on. Nobody commits meanwhile.
func (c *Clerk) Take(r Rider) { c.rider = r }

// Listen notifies s after every commit from now on.
func (c *Clerk) Listen(s queue.Signal) { c.wake.add(s) }

// listeners are notified together; loops join while others already commit.
type listeners struct {
	mu  sync.Mutex
	all []queue.Signal
}

func (l *listeners) add(s queue.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
}

func (l *listeners) notify() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.all {
		s.Notify()
	}
}

// Commit runs fn, which decides a number of inputs, in one transaction. It may run twice, and counts nothing outside itself.
func (c *Clerk) Commit(ctx context.Context, inputs int, fn func(store.Books) error) error {
	began, committed := time.Now(), false
	done := func(bool) {}
	var heard *store.Heard
	end := sync.OnceFunc(func() { done(committed) })
	defer end() // after a panic, too
	err := c.DB.Update(ctx, func(tx store.Tx) (err error) {
		done(false) // of a closure that runs again
		done = func(bool) {}
		heard = &store.Heard{}
		b := store.In(tx)
		b.Journal.Heard = heard
		if err := fn(b); err != nil || c.rider == nil {
			return err
		}
		rides, err := c.rider(b)
		if rides != nil {
			done = rides
		}
		return err
	})
	if err != nil {
		return err
	}
	committed = true
	end()
	c.Meter.Commit(time.Since(began), inputs)
	c.log(heard)
	c.wake.notify()
	return nil
}

// log writes one line for each event that was committed. No person stands in it: `ukpbjd show` names them.
func (c *Clerk) log(heard *store.Heard) {
	for _, l := range heard.Lines {
		c.Log.Info(l.Kind, "case", l.Case, "n", l.N, "reason", l.Reason, "owes", heard.Owes(l.Case))
	}
}

// View runs fn on the books as they stand. It is short: whatever walks all cases does it in steps.
func (c *Clerk) View(ctx context.Context, fn func(store.Books) error) error {
	return c.DB.View(ctx, func(tx store.Tx) error { return fn(store.In(tx)) })
}

// Read is what fn reads of the books, in a view of its own.
func Read[T any](ctx context.Context, c *Clerk, fn func(store.Books) (T, error)) (out T, err error) {
	err = c.View(ctx, func(b store.Books) error {
		out, err = fn(b)
		return err
	})
	return out, err
}

// Update runs fn on the books in a commit of its own: for what is not decided, and takes no rider with it.
func (c *Clerk) Update(ctx context.Context, fn func(store.Books) error) error {
	return c.DB.Update(ctx, func(tx store.Tx) error { return fn(store.In(tx)) })
}

// Case is Find in a view of its own.
func (c *Clerk) Case(ctx context.Context, number string) (cs sop.Case, err error) {
	err = c.View(ctx, func(b store.Books) error {
		cs, err = Find(b, number)
		return err
	})
	return cs, err
}

// OpenCases are all open cases. One that cannot be decoded stops no decision on the others: nothing can be decided on it, and
// verify names it.
func (c *Clerk) OpenCases(b store.Books) (open []sop.Case, err error) {
	err = b.Cases.Each(true, func(cs sop.Case) bool {
		open = append(open, cs)
		return true
	})
	return open, c.PassOver(err)
}

// PassOver names in the log what a walk over cases could not decode, and returns whatever else went wrong.
func (c *Clerk) PassOver(err error) error {
	damaged, err := store.Damaged(err)
	for _, row := range damaged {
		c.Log.Error("a case is passed over", "error", row)
	}
	return err
}

// ErrNoCase says that a number names no case.
var ErrNoCase = errors.New("there is no such case; `ukpbjd cases` lists them")

// Find is Cases.Get for those who ask for a case that must be there: ErrNoCase where it is not, any other error where it cannot
// be read.
func Find(b store.Books, number string) (sop.Case, error) {
	cs, ok, err := b.Cases.Get(number)
	if err == nil && !ok {
		err = fmt.Errorf("%s: %w", number, ErrNoCase)
	}
	return cs, err
}

// Fatal says that nothing more can be done with these books: the outcome of a commit is unknown.
func Fatal(err error) bool { return store.Unknown(err) }

// Zone is the office's.
func (c *Clerk) Zone() *time.Location { return c.Office.Calendar.Location() }

func domainOf(addr string) string { return addr[strings.LastIndexByte(addr, '@')+1:] }

// KeyID names the key of one member of one case.
func KeyID(number, nip string) string { return number + "/" + nip }

// secretWatch watches for live passwords in mails that name no case. What it knows is in memory only: it is taken from the
// books and the keys at the first mail, grows with every password that is sealed, and forgets with the key.
type secretWatch struct {
	*credential.Watch
	mu        sync.Mutex
	filled    bool
	unwatched []string // what could not be read
}

// Note writes a line of the daemon's own into the journal of the office.
func (c *Clerk) Note(ctx context.Context, kind, text string) error {
	return c.Commit(ctx, 0, func(b store.Books) error { return c.note(b, kind, kind, text) })
}

func (c *Clerk) note(b store.Books, kind, reason, text string) error {
	return b.Journal.Append(store.Office, []sop.Event{{At: c.Now().UTC(), Kind: kind, Actor: "daemon", Reason: reason, Text: text}})
}

// maxNote bounds what a warning says, in bytes: it may quote what a stranger wrote.
const maxNote = 1000

// Warn writes to the operator about what concerns no case; id, however long, makes the letter one of its kind.
func (c *Clerk) Warn(b store.Books, id, topic, note string) error {
	if len(id) > store.MaxKey/2 {
		id = Sum([]byte(id))
	}
	if len(note) > maxNote {
		note = strings.ToValidUTF8(note[:maxNote], "") + "…"
	}
	if err := c.note(b, "warning", topic, note); err != nil || c.Office.Operator.Address == "" {
		return err
	}
	return c.Queue(b, sop.Case{Number: store.Office}, sop.Letter{Key: id + "/" + string(sop.PeringatanOperator), Kind: sop.PeringatanOperator,
		To: c.Office.Operator, Role: sop.RoleOperator, Topic: topic, Note: note})
}

// WarnFirst is Warn for what stands in the operator's queue, too: the first of its kind is told at once, the others of that day by the digest.
func (c *Clerk) WarnFirst(b store.Books, id, topic, note string) error {
	first, err := b.State.First(topic, c.Now().In(c.Zone()).Format("2006-01-02"))
	if err != nil || first {
		return errors.Join(err, c.Warn(b, id, topic, note))
	}
	return c.note(b, "warning", topic, note)
}

// Restored says whether the books came out of a backup and nobody has reconciled them yet.
func (c *Clerk) Restored(ctx context.Context) (r store.Restored, held bool, err error) {
	err = c.View(ctx, func(b store.Books) error {
		r, held, err = b.State.Restored()
		return err
	})
	return r, held, err
}

// Seal signs checkpoints with the key that follows from the master key.
func (c *Clerk) Seal() (store.Seal, error) { return SealOf(c.Codes, c.Office) }

// SealOf is the seal of an office.
func SealOf(codes credential.Keys, o sop.Office) (store.Seal, error) {
	public, err := codes.JournalKey()
	if err != nil {
		return store.Seal{}, fmt.Errorf("derive the key of the journal: %w", err)
	}
	return store.Seal{Origin: store.Origin(o.Mailbox.Address), Public: public, Sign: codes.SignJournal}, nil
}

// Verifier is the key by which anybody checks a checkpoint of this office.
func (c *Clerk) Verifier() (string, error) {
	s, err := c.Seal()
	if err != nil {
		return "", err
	}
	return s.Verifier()
}
