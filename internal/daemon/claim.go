package daemon

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/store"
)

const (
	claimEvery = 3 * time.Minute
	claimAgain = 30 * time.Second // at most, while the mail server is away, as nothing is read or sent before; the mailbox's gate says when it is dialled
	clockLook  = 2 * time.Second
	// restoreWeight puts books that were restored before every start of those that they were a copy of.
	restoreWeight = 1 << 20
)

// mark is what our books are known by in the mailbox. Each start raises it, so that of two copies of the same books the older
// one is known, and has a word of its own, so that of two of the same age the later one is.
func (d *Daemon) mark(ctx context.Context) (m mailbox.Mark, err error) {
	err = d.Office.Update(ctx, func(b store.Books) error {
		restores, err := b.State.Epoch()
		if err != nil {
			return err
		}
		s, err := b.State.Started(rand.Text())
		m = mailbox.Mark{ID: s.ID, Epoch: restores*restoreWeight + s.Times, Start: rand.Text()}
		return err
	})
	return m, err
}

// claim keeps our mark in the mailbox, and ends the daemon where other books serve it. It closes served once the mark is there, and
// asked once that is known or the mail server is away.
func (d *Daemon) claim(ctx context.Context, served, asked chan<- struct{}) error {
	mark, err := d.mark(ctx)
	if err != nil {
		return err
	}
	every := queue.Every{Pause: d.claimEvery}
	ours, known := sync.OnceFunc(func() { close(served) }), sync.OnceFunc(func() { close(asked) })
	begun := false
	l := queue.Loop{Name: "claim", Wake: queue.NewSignal(), Health: d.Health, Now: d.Office.Now, Pause: queue.Backoff{Most: claimAgain},
		Fatal: func(err error) bool { return errors.Is(err, mailbox.ErrServed) || office.Fatal(err) },
		Warn:  func(err error) { d.Log.Warn("claim", "error", err) }}
	return l.Run(ctx, func(ctx context.Context) (time.Time, error) {
		if next, due := every.Due(d.Office.Now()); !due {
			return next, nil
		}
		if !begun && d.clock.Fault() != "" { // who may decide what hangs on the time: no mail is read until it is known
			known()
			return d.Office.Now().Add(clockLook), nil
		}
		begun = true
		err := d.Box.Claim(ctx, mark)
		if errors.Is(err, mailbox.ErrServed) {
			return time.Time{}, err
		}
		if err == nil || errors.Is(err, mailbox.ErrUnmarked) { // a full mailbox stops nobody's mail; health says it, and it is tried again
			ours()
		}
		if known(); err != nil {
			return time.Time{}, err
		}
		return every.Done(d.Office.Now()), nil
	})
}

// behind runs fn once a channel is closed.
func behind(gate <-chan struct{}, fn func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-gate:
			return fn(ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
