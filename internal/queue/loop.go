package queue

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

func random() float64 { return rand.Float64() }

// Backoff is a pause that doubles from First to Most. The zero value goes from two seconds to ten minutes.
type Backoff struct{ First, Most time.Duration }

// jitter is the part of a pause that is left to chance, so that what failed together does not come back together.
const jitter = 0.2

// After is the pause after so many failures in a row.
func (b Backoff) After(failures int, rnd func() float64) time.Duration {
	first, most := b.First, b.Most
	if first <= 0 {
		first = 2 * time.Second
	}
	if most <= 0 {
		most = 10 * time.Minute
	}
	d := most
	if n := max(failures-1, 0); n < 20 && first<<n > 0 && first<<n < most {
		d = first << n
	}
	return d - time.Duration(jitter*rnd()*float64(d))
}

// Earlier is the first of two moments, of which zero is none.
func Earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Signal wakes one loop. Notifying it twice before the loop looks is the same as once.
type Signal chan struct{}

// NewSignal returns a signal that nobody has notified.
func NewSignal() Signal { return make(Signal, 1) }

// Notify never waits.
func (s Signal) Notify() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// maxWait bounds every wait for a moment: a moment that lies far ahead may be one of a clock that was wrong.
const maxWait = time.Hour

// Wait returns when the signal is notified, at the moment until (zero: never), or when ctx ends.
func (s Signal) Wait(ctx context.Context, until time.Time, now func() time.Time) error {
	var alarm <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(min(max(until.Sub(now()), 0), maxWait))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-s:
	case <-alarm:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// Loop calls step until its context ends: when Wake is notified, at the moment that step returned, and after a fault with a
// growing pause. Health shows a fault, and its end.
type Loop struct {
	Name   string
	Wake   Signal
	Health *Health
	Fatal  func(error) bool // ends the loop; nil: nothing does
	Pause  Backoff
	Now    func() time.Time
	Rand   func() float64
	Warn   func(error) // says a fault in the log, when it begins or changes; nil: nobody
}

// Run owns the calling goroutine until ctx ends.
func (l Loop) Run(ctx context.Context, step func(context.Context) (next time.Time, err error)) error {
	if l.Now == nil {
		l.Now = time.Now
	}
	if l.Rand == nil {
		l.Rand = random
	}
	said := ""
	for failures := 0; ; {
		next, err := l.step(ctx, step)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			failures, said = 0, ""
			l.Health.Set(l.Name, "loop", "")
		case l.Fatal != nil && l.Fatal(err):
			return err
		default:
			failures++
			l.Health.Set(l.Name, "loop", err.Error())
			if l.Warn != nil && err.Error() != said {
				said = err.Error()
				l.Warn(err)
			}
			if err := pause(ctx, l.Pause.After(failures, l.Rand)); err != nil {
				return err
			}
			continue
		}
		if err := l.Wake.Wait(ctx, next, l.Now); err != nil {
			return err
		}
	}
}

func (l Loop) step(ctx context.Context, step func(context.Context) (time.Time, error)) (next time.Time, err error) {
	err = run(ctx, []struct{}{{}}, func(ctx context.Context, _ []struct{}) error {
		next, err = step(ctx)
		return err
	})
	return next, err
}

// pause waits; it is not cut short by a signal, or every commit would bring a broken server a new try.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// Health is what each queue and loop last said of itself. The zero value and nil are ready for use.
type Health struct {
	mu    sync.Mutex
	parts map[string]map[string]string
}

// Set says what is wrong with one part of a queue; an empty text says that it is well.
func (h *Health) Set(name, part, text string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if text == "" {
		delete(h.parts[name], part)
		return
	}
	if h.parts == nil {
		h.parts = map[string]map[string]string{}
	}
	if h.parts[name] == nil {
		h.parts[name] = map[string]string{}
	}
	h.parts[name][part] = text
}

// Faults are the queues in trouble now, with the reason; of several parts of one, the loop's.
func (h *Health) Faults() map[string]string {
	out := map[string]string{}
	if h == nil {
		return out
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, parts := range h.parts {
		for part, text := range parts {
			if out[name] == "" || part == "loop" {
				out[name] = text
			}
		}
	}
	return out
}
