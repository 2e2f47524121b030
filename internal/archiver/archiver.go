// Package archiver gives mails, papers and letters their place and name in the archive, behind everything that people wait for,
// deletes what the office's schedule says is over, and compacts the store that all this has left.
package archiver

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Options are the neighbours of the archiver and the office's schedule.
type Options struct {
	Clerk     *office.Clerk
	Archive   *archive.Archive
	Health    *queue.Health
	Retention int // years after the year of closing; zero: nothing is ever deleted
	// Behind waits until what is more urgent has been done, for a bounded time; nil: nothing is.
	Behind func(context.Context)
}

// Archiver is safe for concurrent use.
type Archiver struct {
	*office.Clerk
	Options
	papers  *queue.Queue[store.Unarchived]
	letters *queue.Queue[store.LetterRow]
	retired *queue.Queue[sop.Case]
	wake    queue.Signal
	expired queue.Every
	asked   queue.Every // whether the store is to be compacted
}

// lettersEvery is how often ended letters go into the archive: no letter waits for it, and it waits for no letter.
const lettersEvery = 30 * time.Second

// expireEvery is how often the retention schedule is looked at.
const expireEvery = 24 * time.Hour

// New takes the options; nothing runs yet.
func New(o Options) *Archiver {
	if o.Behind == nil {
		o.Behind = func(context.Context) {}
	}
	a := &Archiver{Clerk: o.Clerk, Options: o, wake: queue.NewSignal(), expired: queue.Every{Pause: expireEvery}, asked: queue.Every{Pause: compactEvery}}
	a.papers = queue.New(queue.Options[store.Unarchived]{Name: "archive", Key: func(u store.Unarchived) string { return u.Key },
		Fatal: office.Fatal, Policy: a.Policy, Health: o.Health, Now: a.Now})
	a.letters = queue.New(queue.Options[store.LetterRow]{Name: "archive-letters", Key: store.LetterRow.ID,
		Fatal: office.Fatal, Policy: a.Policy, Health: o.Health, Now: a.Now})
	a.retired = queue.New(queue.Options[sop.Case]{Name: "retention", Key: func(cs sop.Case) string { return cs.Number },
		Fatal: office.Fatal, Policy: a.Policy, Health: o.Health, Now: a.Now})
	a.Listen(a.wake)
	return a
}

// Run archives until ctx ends.
func (a *Archiver) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	loop := func(name string, wake queue.Signal, step func(context.Context) (time.Time, error)) {
		l := queue.Loop{Name: name, Wake: wake, Health: a.Health, Fatal: office.Fatal, Pause: a.Policy.Pause, Now: a.Now,
			Warn: func(err error) { a.Log.Warn(name, "error", err) }}
		g.Go(func() error { return l.Run(ctx, step) })
	}
	loop("archive", a.wake, func(ctx context.Context) (time.Time, error) {
		a.Behind(ctx)
		return a.Papers(ctx)
	})
	loop("archive-letters", queue.NewSignal(), func(ctx context.Context) (time.Time, error) {
		a.Behind(ctx)
		_, err := a.AllLetters(ctx)
		return queue.Earlier(a.Now().Add(lettersEvery), a.letters.Next()), err
	})
	loop("retention", queue.NewSignal(), a.retention)
	loop("compact", queue.NewSignal(), a.compact)
	return g.Wait()
}

// retention looks at the schedule once a day, and earlier again for what failed.
func (a *Archiver) retention(ctx context.Context) (next time.Time, err error) {
	next, due := a.expired.Due(a.Now())
	if again := a.retired.Next(); !due && (again.IsZero() || again.After(a.Now())) {
		return queue.Earlier(next, again), nil
	}
	for {
		n, err := a.Expire(ctx)
		if err != nil {
			return next, err
		}
		if n == 0 {
			a.expired.Done(a.Now())
			return a.Now(), nil // to see what waits
		}
	}
}

// file puts all of a list into one batch and makes it durable, before the commit that marks it as archived. After a sync that has not
// held, what is on disk is not known: the daemon opens everything anew.
func file[T any](ctx context.Context, a *Archiver, list []T, put func(*archive.Batch, T) error, mark func(store.Books, T) error) error {
	batch := a.Archive.Batch()
	for _, x := range list {
		if err := put(batch, x); err != nil {
			return err
		}
	}
	if err := batch.Sync(); err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnknown, err)
	}
	return a.Update(ctx, func(b store.Books) error {
		for _, x := range list {
			if err := mark(b, x); err != nil {
				return err
			}
		}
		return nil
	})
}

// AllLetters archives every letter that has ended, and returns how many.
func (a *Archiver) AllLetters(ctx context.Context) (all int, err error) {
	for {
		n, err := a.Letters(ctx)
		if all += n; n == 0 || err != nil {
			return all, err
		}
	}
}

const (
	compactEvery = time.Hour // is how often the store is asked what it could do without
	minCompact   = 32 << 20  // bytes of a store under which nothing is gained
)

// compacts is a store that can give free pages back to the system.
type compacts interface {
	FreeShare() (free, total int64)
	Compact(context.Context) error
}

// compact writes the store anew when half of it is free: what has ended has left it. Commits wait meanwhile, so it is done when no
// mail does.
func (a *Archiver) compact(ctx context.Context) (next time.Time, err error) {
	db, able := a.DB.(compacts)
	if !able {
		return next, nil // never
	}
	next, due := a.asked.Due(a.Now())
	if !due {
		return next, nil
	}
	if free, total := db.FreeShare(); total >= minCompact && 2*free >= total {
		a.Behind(ctx)
		if err := db.Compact(ctx); err != nil {
			return next, err
		}
		a.Log.Info("compacted the store", "free", free, "of", total)
	}
	return a.asked.Done(a.Now()), nil
}
