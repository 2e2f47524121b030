// Package timer does what falls due by itself: deadlines of cases, the daily checkpoint, the monthly report.
package timer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Options are the neighbours of the timer.
type Options struct {
	Clerk  *office.Clerk
	Health *queue.Health
}

// Timer is safe for concurrent use.
type Timer struct {
	*office.Clerk
	Options
	due    *queue.Queue[string]
	months *queue.Queue[string]
}

// maxTicks bounds one transaction of deadlines.
const maxTicks = 200

// New takes the options; nothing runs yet.
func New(o Options) *Timer {
	t := &Timer{Clerk: o.Clerk, Options: o}
	t.due = queue.New(queue.Options[string]{Name: "deadlines", Key: func(number string) string { return number }, Aside: t.tell,
		Fatal: office.Fatal, Policy: t.Policy, Health: o.Health, Now: t.Now})
	t.months = queue.New(queue.Options[string]{Name: "month", Key: func(month string) string { return month }, Fatal: office.Fatal, Policy: t.Policy,
		Health: o.Health, Now: t.Now})
	return t
}

// Run minds the time until ctx ends. A report that cannot be made delays no deadline.
func (t *Timer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for name, step := range t.steps() {
		var wake queue.Signal // nil: what it does is not brought forward by a commit, least of all by its own
		if name == deadlines {
			wake = queue.NewSignal()
			t.Listen(wake)
		}
		l := queue.Loop{Name: name, Wake: wake, Health: t.Health, Fatal: office.Fatal, Pause: t.Policy.Pause, Now: t.Now,
			Warn: func(err error) { t.Log.Warn(name, "error", err) }}
		g.Go(func() error {
			return l.Run(ctx, func(ctx context.Context) (time.Time, error) {
				now := t.Now().UTC()
				if _, held, err := t.Restored(ctx); err != nil || held {
					return now.Add(time.Minute), err
				}
				return step(ctx, now)
			})
		})
	}
	return g.Wait()
}

// step does what is due at a moment, and returns the next.
type step func(ctx context.Context, now time.Time) (next time.Time, err error)

// deadlines is the loop of the cases that are due.
const deadlines = "time"

func (t *Timer) steps() map[string]step {
	return map[string]step{deadlines: t.Deadlines, "strays": t.wakeStrays, "checkpoint": t.markTime, "digest": t.digest, "month": t.monthly}
}

// Tick does all that is due now, and returns the next moment.
func (t *Timer) Tick(ctx context.Context) (next time.Time, err error) {
	now := t.Now().UTC()
	if _, held, err := t.Restored(ctx); err != nil || held {
		return time.Time{}, err
	}
	for _, step := range t.steps() {
		at, bad := step(ctx, now)
		next, err = queue.Earlier(next, at), errors.Join(err, bad)
	}
	return next, err
}

// Deadlines decides the cases that are due now, and returns the next moment.
func (t *Timer) Deadlines(ctx context.Context, now time.Time) (next time.Time, err error) {
	var due []string
	if err := t.View(ctx, func(b store.Books) (err error) {
		due, next, err = b.Cases.Due(now, maxTicks, t.due.Waits)
		return err
	}); err != nil || len(due) == 0 {
		return queue.Earlier(next, t.due.Next()), err
	}
	if err := t.each(ctx, due, now, t.tickCase); err != nil || len(due) == maxTicks {
		return now, err
	}
	if err := t.View(ctx, func(b store.Books) (err error) {
		due, next, err = b.Cases.Due(now, 1, t.due.Waits)
		return err
	}); err != nil || len(due) > 0 {
		return now, err
	}
	return queue.Earlier(next, t.due.Next()), nil
}

// each does one thing to each case: together, and when that fails to each alone.
func (t *Timer) each(ctx context.Context, numbers []string, now time.Time, one func(store.Books, string, time.Time) error) error {
	_, err := t.due.Commit(ctx, numbers, func(ctx context.Context, some []string) error {
		return t.Commit(ctx, len(some), func(b store.Books) error {
			for _, number := range some {
				if err := one(b, number, now); err != nil {
					return fmt.Errorf("deadline of %s: %w", number, err)
				}
			}
			return nil
		})
	})
	return err
}

// maxAhead is longer than any deadline of the procedure lies ahead; straysEvery is how often wake-ups beyond it are looked for.
const (
	maxAhead    = 60 * 24 * time.Hour
	straysEvery = time.Hour
)

// wakeStrays works out anew when a case wakes that a clock which was wrong for a while put to sleep for years.
func (t *Timer) wakeStrays(ctx context.Context, now time.Time) (next time.Time, err error) {
	next = now.Add(straysEvery)
	far, err := office.Read(ctx, t.Clerk, func(b store.Books) ([]string, error) {
		return b.Cases.WakingAfter(now.Add(maxAhead), maxTicks, t.due.Waits)
	})
	if err != nil || len(far) == 0 {
		return next, err
	}
	if len(far) == maxTicks { // there may be more behind them
		next = now
	}
	return next, t.each(ctx, far, now, t.wakeAnew)
}

// wakeAnew leaves of the wake-ups of a case the one that a tick works out now, and none where there is no case.
func (t *Timer) wakeAnew(b store.Books, number string, now time.Time) error {
	cs, ok, err := b.Cases.Get(number)
	if err == nil && ok {
		if err = t.Decide(b, cs, sop.Input{At: now, What: sop.Tick{}}, now); err == nil {
			cs, _, err = b.Cases.Get(number)
		}
	}
	if err != nil {
		return err
	}
	return b.Cases.Rewake(number, cs.Wake)
}

// tickCase consumes the wake-up of a case: a case that does not wake now has been ticked, or has moved on.
func (t *Timer) tickCase(b store.Books, number string, now time.Time) error {
	cs, ok, err := b.Cases.Get(number)
	if err != nil {
		return err
	}
	if !ok || cs.Wake.IsZero() || cs.Wake.After(now) {
		return b.Cases.Rewake(number, cs.Wake)
	}
	return t.Decide(b, cs, sop.Input{At: now, What: sop.Tick{}}, now)
}

// tell is for a case whose deadline fails again and again: the operator is told once, and it is tried again, slowly.
func (t *Timer) tell(ctx context.Context, number string, why error) error {
	id := "deadline-" + number
	err := t.Commit(ctx, 1, func(b store.Books) error {
		if _, told, err := b.Letters.Get(store.Office, id+"/"+string(sop.PeringatanOperator)); err != nil || told {
			return err
		}
		return t.Warn(b, id, "deadline-fails", number+": "+why.Error())
	})
	if err != nil {
		return err
	}
	return queue.ErrKept
}
