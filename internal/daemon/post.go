package daemon

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/store"
)

// post sends what is due: claimed in batches (the attempt is recorded first), sent over a few connections, settled in batches.
func (d *Daemon) post(ctx context.Context) error {
	// A letter that is on its way when the daemon stops is given the time to end, so that it is not left in doubt.
	calm, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(stopTime/2, cancel) })
	defer stop()
	g, gctx := errgroup.WithContext(calm)
	taking, enough := context.WithCancel(ctx)
	defer enough()
	defer context.AfterFunc(gctx, enough)()
	d.Clerk.OpenTray(trayMost)
	back := make(chan clerk.Sent, d.Senders)
	g.Go(func() error { return d.claim(taking) })
	senders, sctx := errgroup.WithContext(gctx)
	for range d.Senders {
		senders.Go(func() error {
			for {
				x, low, ok := d.Clerk.NextLetter(taking)
				if !ok {
					return nil
				}
				if low {
					d.bell.post.ring()
				}
				back <- d.send(sctx, x)
			}
		})
	}
	g.Go(func() error {
		defer close(back)
		return senders.Wait()
	})
	g.Go(func() error { return d.settle(context.WithoutCancel(calm), back) })
	err := g.Wait()
	return errors.Join(err, d.Clerk.CloseTray(context.WithoutCancel(ctx)))
}

// trayMost is how many letters may stand ready for the senders: as many are in doubt after a crash.
const trayMost = 32

// claim fetches letters whose time comes without a commit, and those for which there was no room.
func (d *Daemon) claim(ctx context.Context) error {
	for ctx.Err() == nil {
		next, err := d.Clerk.Claim(ctx)
		if errors.Is(err, store.ErrUnknown) {
			return err
		}
		if err != nil {
			d.state.fault("outbox", err)
			next = time.Now().Add(pause)
		}
		if err := d.bell.post.wait(ctx, next); err != nil {
			break
		}
	}
	return nil
}

func (d *Daemon) send(ctx context.Context, x clerk.Dispatch) clerk.Sent {
	d.state.sending.Add(1)
	defer d.state.sending.Add(-1)
	began := time.Now()
	if err := d.Clerk.Unseal(&x); err != nil {
		return clerk.Sent{Row: x.Row, Result: clerk.Unsendable(err), At: began}
	}
	r := d.Post.Send(ctx, x.Item)
	ended := time.Now()
	return clerk.Sent{Row: x.Row, Result: r, At: ended, Took: ended.Sub(began)}
}

// settle writes results until the senders have ended. A passing fault of the store is tried again: a result is never dropped.
func (d *Daemon) settle(ctx context.Context, back <-chan clerk.Sent) error {
	for {
		batch, open := gather(ctx, back, batchMost, d.patience)
		for len(batch) > 0 {
			err := d.Clerk.Settle(ctx, batch)
			if err == nil {
				d.state.fine("outbox")
				break
			}
			if errors.Is(err, store.ErrUnknown) {
				return err
			}
			d.state.fault("outbox", err)
			d.Log.Error("settle letters", "error", err)
			return err // the letters are found Sending at the next start, and go into doubt
		}
		if !open {
			return nil
		}
	}
}
