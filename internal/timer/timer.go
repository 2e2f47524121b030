// Package timer does what falls due by itself: deadlines of cases, the daily checkpoint, the monthly report. It does nothing
// while the clock is in doubt.
package timer

import (
	"context"
	"fmt"
	"sync"
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
	due   *queue.Queue[string]
	clock steady
	Options
}

// maxTicks bounds one transaction of deadlines.
const maxTicks = 200

// New takes the options; nothing runs yet.
func New(o Options) *Timer {
	t := &Timer{Clerk: o.Clerk, Options: o, clock: steady{since: time.Now}}
	t.due = queue.New(queue.Options[string]{Name: "deadlines", Key: func(number string) string { return number }, Aside: t.tell,
		Fatal: office.Fatal, Health: o.Health, Now: t.Now})
	return t
}

// Run minds the time until ctx ends. A report that cannot be made delays no deadline.
func (t *Timer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for name, step := range map[string]func(context.Context, time.Time) (time.Time, error){"time": t.tick, "checkpoint": t.markTime, "month": t.monthly} {
		wake := queue.NewSignal()
		t.Listen(wake)
		l := queue.Loop{Name: name, Wake: wake, Health: t.Health, Fatal: office.Fatal, Now: t.Now,
			Warn: func(err error) { t.Log.Warn(name, "error", err) }}
		g.Go(func() error {
			return l.Run(ctx, func(ctx context.Context) (time.Time, error) { return t.mind(ctx, name, step) })
		})
	}
	return g.Wait()
}

// mind runs a step, unless the books are held or the clock is in doubt.
func (t *Timer) mind(ctx context.Context, name string, step func(context.Context, time.Time) (time.Time, error)) (time.Time, error) {
	now := t.Now().UTC()
	if again, why := t.clock.doubt(now); why != "" {
		t.Health.Set("clock", name, why)
		return again, nil
	}
	t.Health.Set("clock", name, "")
	if _, held, err := t.Restored(ctx); err != nil || held {
		return time.Time{}, err
	}
	return step(ctx, now)
}

// Tick does all that is due now, and returns the next moment.
func (t *Timer) Tick(ctx context.Context) (next time.Time, err error) {
	now := t.Now().UTC()
	if _, held, err := t.Restored(ctx); err != nil || held {
		return time.Time{}, err
	}
	for _, step := range []func(context.Context, time.Time) (time.Time, error){t.tick, t.markTime, t.monthly} {
		at, err := step(ctx, now)
		if err != nil {
			return next, err
		}
		next = queue.Earlier(next, at)
	}
	return next, nil
}

// Deadlines decides the cases that are due now, and returns the next moment. It asks nobody whether the clock is right.
func (t *Timer) Deadlines(ctx context.Context, now time.Time) (next time.Time, err error) {
	return t.tick(ctx, now)
}

// tick decides the cases that are due: together, and when that fails each alone.
func (t *Timer) tick(ctx context.Context, now time.Time) (next time.Time, err error) {
	var due []string
	if err := t.View(ctx, func(b store.Books) (err error) {
		due, next, err = b.Cases.Due(now, maxTicks, t.due.Waits)
		return err
	}); err != nil || len(due) == 0 {
		return queue.Earlier(next, t.due.Next()), err
	}
	if _, err := t.due.Commit(ctx, due, func(ctx context.Context, some []string) error {
		return t.Commit(ctx, len(some), func(b store.Books) error {
			for _, number := range some {
				if err := t.tickCase(b, number, now); err != nil {
					return fmt.Errorf("deadline of %s: %w", number, err)
				}
			}
			return nil
		})
	}); err != nil || len(due) == maxTicks {
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
	err := t.Commit(ctx, 1, func(b store.Books) error {
		return t.Warn(b, "deadline-"+number, "deadline-fails", number+": "+why.Error())
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("the deadline of %s must be kept: %w", number, why)
}

// steady holds the wall clock beside the time that has really passed.
type steady struct {
	mu    sync.Mutex
	since func() time.Time // with a monotonic reading

	wall   time.Time // when they were last believed to agree
	real   time.Time
	moved  time.Duration // by how much the wall clock is ahead of what was believed
	strays time.Time     // since when it has been so, in real time
}

const (
	maxDrift = 2 * time.Minute // of the clock between two looks, beyond which somebody or something set it
	settling = 5 * time.Minute // a clock that was set is believed after so long
)

// doubt says why the clock is not believed now, and when to look again; "" when it is.
func (s *steady) doubt(now time.Time) (again time.Time, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	present := s.since()
	if s.wall.IsZero() {
		s.wall, s.real = now, present
		return again, ""
	}
	moved := now.Sub(s.wall) - present.Sub(s.real)
	switch {
	case moved.Abs() <= maxDrift:
	case (moved - s.moved).Abs() > maxDrift:
		s.moved, s.strays = moved, present
		fallthrough
	case present.Sub(s.strays) < settling:
		return now.Add(settling - present.Sub(s.strays)), fmt.Sprintf("the clock was set by %s; deadlines wait until it has been steady", moved.Round(time.Second))
	}
	s.wall, s.real, s.moved, s.strays = now, present, 0, time.Time{}
	return again, ""
}
