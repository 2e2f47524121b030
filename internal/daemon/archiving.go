package daemon

import (
	"context"
	"errors"
	"time"

	"ukpbjd/internal/store"
)

// archiveEvery is how often ended letters go into the archive: no letter waits for it, and it waits for no letter.
const archiveEvery = 30 * time.Second

// archiving keeps letters that have ended.
func (d *Daemon) archiving(ctx context.Context) error {
	t := time.NewTicker(archiveEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := d.expire(ctx); errors.Is(err, store.ErrUnknown) {
			return err
		}
		for n := 1; n > 0; {
			var err error
			if n, err = d.Clerk.KeepLetters(ctx); errors.Is(err, store.ErrUnknown) {
				return err
			} else if err != nil && ctx.Err() == nil {
				d.state.fault("archive", err)
				d.Log.Warn("archive letters", "error", err)
				break
			}
			d.state.fine("archive")
		}
	}
}

// expireEvery is how often the retention schedule is looked at.
const expireEvery = 24 * time.Hour

// expire deletes what the office's schedule says is over, once a day.
func (d *Daemon) expire(ctx context.Context) error {
	if time.Since(d.expired) < expireEvery {
		return nil
	}
	d.expired = time.Now()
	for {
		n, err := d.Clerk.ExpireCases(ctx)
		if err != nil && ctx.Err() == nil {
			d.Log.Error("delete by the retention schedule", "error", err)
		}
		if n == 0 || err != nil {
			return err
		}
	}
}
