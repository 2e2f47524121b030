package daemon

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
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

// place names where a daemon runs: this folder of this boot of the machine, of which only one can have the books open. Where it cannot
// be known it is by lot: then nobody who served before is taken for this daemon's own last run.
func place(folder string) string {
	info, err := os.Stat(folder)
	if boot := bootID(); err == nil && boot != "" {
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			return office.Sum(fmt.Appendf(nil, "%s %d %d", boot, s.Dev, s.Ino))[:32]
		}
	}
	return rand.Text()
}

// mark is what our books are known by in the mailbox. Each start that serves raises it, so that of two copies of the same books the
// older one is known. A start that is refused leaves the books as they were: it would come back as the newer one.
func (d *Daemon) mark(ctx context.Context) (was, is store.Starts, m mailbox.Mark, err error) {
	err = d.Office.View(ctx, func(b store.Books) error {
		restores, err := b.State.Epoch()
		if err != nil {
			return err
		}
		was, err = b.State.Starts()
		is = store.Starts{ID: cmp.Or(was.ID, rand.Text()), Times: was.Times + 1, Over: was.Over}
		m = mailbox.Mark{ID: is.ID, Epoch: restores*restoreWeight + is.Times, Start: d.place}
		return err
	})
	return was, is, m, err
}

// claim keeps our mark in the mailbox, and ends the daemon where other books serve it. It closes served once the mark is there, and
// asked once that is known or the mail server is away. Where it was taken from another copy, which looks as often as we do, it waits
// until that one has looked and ended.
func (d *Daemon) claim(ctx context.Context, served, asked chan<- struct{}) error {
	was, is, mark, err := d.mark(ctx)
	if err != nil {
		return err
	}
	put := func(ctx context.Context, s store.Starts) error {
		return d.Office.Update(ctx, func(b store.Books) error { return b.State.PutStarts(s) })
	}
	raised, serves := false, false
	raise := func(ctx context.Context, over bool) error {
		raised, is.Over = true, is.Over || over && !serves
		return put(ctx, is)
	}
	var from time.Time // when we serve
	every := queue.Every{Pause: d.claimEvery}
	known := sync.OnceFunc(func() { close(asked) })
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
		err := d.Box.Claim(ctx, mark, raise)
		if errors.Is(err, mailbox.ErrServed) {
			if raised && !serves {
				err = errors.Join(err, put(ctx, was))
			}
			return time.Time{}, err
		}
		if !serves && (err == nil || errors.Is(err, mailbox.ErrUnmarked)) { // a full mailbox stops nobody's mail; health says it, and it is tried again
			now := d.Office.Now()
			if from.IsZero() {
				if from = now; is.Over {
					from = now.Add(d.claimEvery + d.claimEvery/4) // its look takes time, too
					d.Log.Warn("another copy of these books served this mailbox; nothing is read or sent until it must have seen that it is over", "until", from)
				}
			}
			if now.Before(from) {
				known()
				return from, err
			}
			if is.Over {
				if bad := put(ctx, store.Starts{ID: is.ID, Times: is.Times}); bad != nil {
					return time.Time{}, bad
				}
			}
			is.Over, serves = false, true
			close(served)
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
