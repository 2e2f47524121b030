package mailbox

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	maxPause   = 5 * time.Minute
	graceTries = 3 // a server that goes down and comes up again is back by then
)

// backoff doubles its pause up to maxPause, give or take a fifth: several daemons must not return in step.
type backoff struct {
	first, next time.Duration
	random      func() float64 // in [0, 1)
}

func (b *backoff) pause() time.Duration {
	d := max(b.next, b.first)
	b.next = min(2*d, maxPause)
	return time.Duration(float64(d) * (0.8 + 0.4*b.random()))
}

func (b *backoff) reset() { b.next = 0 }

// gate lets one connection at a time be made, and after a failure none until a pause is over: a refused password is tried once a
// step, not once a connection and call.
type gate struct {
	turn chan struct{} // held by whoever dials

	mu    sync.Mutex
	back  backoff
	since time.Time // of the first failure in a row
	until time.Time // nobody dials before
	err   error     // the last failure; nil while all is well
}

func newGate(first time.Duration, random func() float64) *gate {
	return &gate{turn: make(chan struct{}, 1), back: backoff{first: first, random: random}}
}

// pass dials, as soon as that is allowed. Whoever is not patient gets the last failure at once instead, so that no calls pile up.
func (g *gate) pass(ctx context.Context, patient bool, dial func(context.Context) (*session, error)) (*session, error) {
	for {
		wait, down := g.closed()
		if down != nil && !patient && (wait > 0 || len(g.turn) > 0) {
			return nil, down
		}
		if wait > 0 {
			nap(ctx, wait)
		}
		select {
		case g.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if wait, _ := g.closed(); wait <= 0 {
			defer func() { <-g.turn }()
			s, err := dial(ctx)
			g.note(err)
			return s, err
		}
		<-g.turn // another one has failed meanwhile
	}
}

// closed says how long nobody may dial, and why.
func (g *gate) closed() (time.Duration, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Until(g.until), g.err
}

// note takes a call that was cancelled for no failure of the server.
func (g *gate) note(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err == nil:
		g.since, g.until, g.err = time.Time{}, time.Time{}, nil
		g.back.reset()
	case !errors.Is(err, context.Canceled) && !errors.Is(err, errClosed):
		if g.err == nil {
			g.since = time.Now()
		}
		g.err, g.until = err, time.Now().Add(g.back.pause())
	}
}

// Down tells since when the server could not be reached, or refuses the login, and the last error; nil while all is well.
func (b *Box) Down() (since time.Time, err error) {
	b.gate.mu.Lock()
	defer b.gate.mu.Unlock()
	return b.gate.since, b.gate.err
}

func nap(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
