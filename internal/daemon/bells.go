package daemon

import (
	"context"
	"time"
)

// bell wakes one loop. Ringing it twice before the loop looks is the same as once.
type bell chan struct{}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// wait returns when the bell rings, at the moment until (zero: never), or when ctx ends.
func (b bell) wait(ctx context.Context, until time.Time) error {
	var alarm <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(max(time.Until(until), 0))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-b:
	case <-alarm:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// bells has one bell a loop.
type bells struct{ mail, file, post, work, time, shelf, sent bell }

func newBells() bells {
	n := func() bell { return make(bell, 1) }
	return bells{n(), n(), n(), n(), n(), n(), n()}
}

// ring hands each commit on to the loops that may have work now.
func (d *Daemon) ring(ctx context.Context) error {
	for {
		select {
		case <-d.Clerk.Wake():
			for _, b := range []bell{d.bell.file, d.bell.post, d.bell.work, d.bell.time, d.bell.shelf, d.bell.sent} {
				b.ring()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
