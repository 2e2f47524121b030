package daemon

import (
	"context"
	"errors"
	"time"

	"ukpbjd/internal/store"
)

// archiveEvery is how often ended letters go into the archive: no letter waits for it, and it waits for no letter.
const archiveEvery = 30 * time.Second

// archiving shelves the papers of mails, behind the intake, and keeps letters that have ended.
func (d *Daemon) archiving(ctx context.Context) error {
	d.bell.shelf.ring() // what an earlier program left
	for next := time.Now().Add(archiveEvery); ; {
		if err := d.bell.shelf.wait(ctx, next); err != nil {
			return err
		}
		d.behindIntake(ctx)
		if err := d.Clerk.Shelve(ctx); errors.Is(err, store.ErrUnknown) {
			return err
		} else if err != nil && ctx.Err() == nil {
			d.state.fault("archive", err)
			d.Log.Warn("shelve papers", "error", err)
		}
		if time.Now().Before(next) {
			continue
		}
		next = time.Now().Add(archiveEvery)
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
