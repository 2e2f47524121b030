package queue

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is a pause that doubles from First to Most. The zero value goes from two seconds to ten minutes.
type Backoff struct{ First, Most time.Duration }

// jitter is the part of a pause that is left to chance, so that what failed together does not come back together.
const jitter = 0.2

// After is the pause after so many failures in a row. rnd returns numbers in [0, 1); nil: the usual ones.
func (b Backoff) After(failures int, rnd func() float64) time.Duration {
	d, most := cmp.Or(b.First, 2*time.Second), cmp.Or(b.Most, 10*time.Minute)
	for i := 1; i < failures && d < most; i++ {
		d *= 2
	}
	d = min(d, most)
	if rnd == nil {
		rnd = rand.Float64
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

// Batch takes one item, waiting for it, and then at most most that are ready or come before patience ends; nothing where stop comes
// first. open is false at the end of in.
func Batch[T any](in <-chan T, most int, patience func() time.Duration, stop <-chan time.Time) (batch []T, open bool) {
	for len(batch) < most {
		if len(batch) == 1 {
			stop = time.After(patience())
		}
		select {
		case x, ok := <-in:
			if !ok {
				return batch, false
			}
			batch = append(batch, x)
		case <-stop:
			return batch, true
		}
	}
	return batch, true
}

const (
	// maxWait bounds every wait for a moment: one that lies far ahead may be that of a clock that was wrong, or is.
	maxWait = time.Minute
	// minWait keeps a step that always says "now" from taking a whole processor.
	minWait = 5 * time.Millisecond
)

// alarm goes off at the moment until, or for a far one after maxWait; zero: never.
func alarm(until time.Time, now func() time.Time) <-chan time.Time {
	if until.IsZero() {
		return nil
	}
	return time.After(min(max(until.Sub(now()), minWait), maxWait))
}

// Wait returns when the signal is notified, at the moment until (zero: never) or some time before, or when ctx ends.
func (s Signal) Wait(ctx context.Context, until time.Time, now func() time.Time) error {
	return s.wait(ctx, alarm(until, now))
}

func (s Signal) wait(ctx context.Context, after <-chan time.Time) error {
	select {
	case <-s:
	case <-after:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// Loop calls step until its context ends: when Wake is notified, at the moment that step returned, and after a fault with a
// growing pause. Health shows a fault, and its end.
type Loop struct {
	Name   string
	Wake   Signal
	Firm   Signal // the ground bears again: cuts the pause after a fault short; nil: nothing does
	Health *Health
	Fatal  func(error) bool // ends the loop; nil: nothing does
	Pause  Backoff
	Now    func() time.Time
	Rand   func() float64
	Warn   func(error) // says a fault in the log, when it begins or changes; nil: nobody
}

// phase is one part of a loop, and the fault that it is in.
type phase struct {
	name     string
	failures int
	said     string
	pause    <-chan time.Time // nil: none
}

// report tells health and log how a phase fared, and begins its pause after a fault.
func (l Loop) report(p *phase, err error) {
	if err == nil {
		*p = phase{name: p.name}
		l.Health.Set(l.Name, p.name, "")
		return
	}
	l.Health.Set(l.Name, p.name, err.Error())
	if l.Warn != nil && err.Error() != p.said {
		l.Warn(err)
	}
	p.failures, p.said = p.failures+1, err.Error()
	p.pause = time.After(l.Pause.After(p.failures, l.Rand))
}

// Run owns the calling goroutine until ctx ends or step returns a fatal error.
func (l Loop) Run(ctx context.Context, step func(context.Context) (next time.Time, err error)) error {
	if l.Now == nil {
		l.Now = time.Now
	}
	p := phase{name: "loop"}
	for {
		select {
		case <-l.Firm: // of the time before
		default:
		}
		var next time.Time
		err := Guard(func() (err error) {
			next, err = step(ctx)
			return err
		})
		if end := ended(ctx, err, l.Fatal); end != nil {
			return end
		}
		l.report(&p, err)
		wake, after := l.Wake, alarm(next, l.Now)
		if err != nil { // Wake does not cut the pause short, or every commit would bring a broken server a new try
			wake, after = l.Firm, p.pause
		}
		if end := wake.wait(ctx, after); end != nil {
			return end
		}
	}
}

// Every says when something is due that is done now and then. A loop may come much earlier (see Signal.Wait), and a clock that was
// ahead delays nothing. It is for one goroutine.
type Every struct {
	Pause time.Duration
	last  time.Time
}

// Due says that it is due, and else when it will be.
func (e *Every) Due(now time.Time) (next time.Time, due bool) {
	next = e.last.Add(e.Pause)
	return next, e.last.IsZero() || now.Before(e.last) || !now.Before(next)
}

// Done begins the next pause, and returns its end.
func (e *Every) Done(now time.Time) time.Time {
	e.last = now
	return now.Add(e.Pause)
}
