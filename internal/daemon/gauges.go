package daemon

import (
	"context"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

const (
	gaugesEvery = 15 * time.Second
	depthMost   = 100_000 // counting further would take time and tell nothing more
)

// gauges keeps the levels of /metrics: how many cases, letters and tasks there are now.
func (d *Daemon) gauges(ctx context.Context) error {
	t := time.NewTicker(gaugesEvery)
	defer t.Stop()
	for {
		if err := d.measure(ctx); err != nil && ctx.Err() == nil {
			d.Log.Warn("measure the books", "error", err)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *Daemon) measure(ctx context.Context) error {
	d.Health.Set("clock", "loop", d.clock.Fault())
	d.Health.Set("secrets", "watch", d.Office.Unwatched())
	var counts map[sop.Status]int
	var letters, tasks int
	err := d.Office.View(ctx, func(b store.Books) (err error) {
		if counts, err = b.Cases.Counts(); err != nil {
			return err
		}
		if _, letters, err = b.Letters.Next(depthMost); err != nil {
			return err
		}
		tasks, err = b.Tasks.Waiting(depthMost)
		return err
	})
	if err != nil {
		return err
	}
	d.Metrics.Cases(counts)
	d.Metrics.Outbox("waiting", letters)
	d.Metrics.Waiting(tasks)
	if last := d.Intake.Progress(); !last.IsZero() {
		d.Metrics.Progress(last)
	}
	return nil
}
