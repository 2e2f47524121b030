package daemon

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// work carries out tasks with two workers. Tasks of accounts stand behind the intake: while mails come in, the first
// letters go first.
func (d *Daemon) work(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	jobs := make(chan clerk.Work)
	done := make(chan clerk.Result, workers)
	for range workers {
		g.Go(func() error {
			for w := range jobs {
				if w.Row.Task.Kind == sop.TaskAccounts {
					d.behindIntake(ctx)
				}
				select {
				case done <- d.Clerk.Carry(ctx, w):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(jobs)
		return d.tasks(ctx, jobs, done)
	})
	return g.Wait()
}

const (
	workers    = 2
	behindMost = 30 * time.Second
	behindLook = 50 * time.Millisecond
)

// behindIntake waits until no mail is being taken in and no letter is on its way, but never longer than behindMost.
func (d *Daemon) behindIntake(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, behindMost)
	defer cancel()
	look := time.NewTicker(behindLook)
	defer look.Stop()
	for d.state.busy.Load() > 0 || d.state.sending.Load() > 0 || d.Clerk.Posting() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// tasks is the one owner of which tasks are being carried out.
func (d *Daemon) tasks(ctx context.Context, jobs chan<- clerk.Work, done <-chan clerk.Result) error {
	busy := map[string]bool{}
	var waiting []clerk.Work
	var next time.Time
	for {
		if len(waiting) == 0 {
			var err error
			if waiting, next, err = d.Clerk.Take(ctx, 2*workers, func(id string) bool { return busy[id] }); err != nil {
				if errors.Is(err, store.ErrUnknown) {
					return err
				}
				d.state.fault("tasks", err)
				next = time.Now().Add(pause)
			}
			for _, w := range waiting {
				busy[w.Row.Task.ID] = true
			}
		}
		ended, err := d.turn(ctx, jobs, done, &waiting, next)
		if err != nil {
			return err
		}
		if len(ended) == 0 {
			continue
		}
		if err := d.Clerk.Done(ctx, ended); err != nil {
			return err
		}
		for _, r := range ended {
			delete(busy, r.Row.Task.ID)
		}
	}
}

// turn waits for one of: a worker takes a task, results come back, the bell rings, a postponed task falls due.
func (d *Daemon) turn(ctx context.Context, jobs chan<- clerk.Work, done <-chan clerk.Result, waiting *[]clerk.Work, next time.Time) ([]clerk.Result, error) {
	var give chan<- clerk.Work
	var first clerk.Work
	var alarm <-chan time.Time
	if len(*waiting) > 0 {
		give, first = jobs, (*waiting)[0]
	} else if !next.IsZero() {
		t := time.NewTimer(max(time.Until(next), 0))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case give <- first:
		*waiting = (*waiting)[1:]
	case r := <-done:
		batch := []clerk.Result{r}
		for len(batch) < batchMost && len(done) > 0 {
			batch = append(batch, <-done)
		}
		return batch, nil
	case <-d.bell.work:
	case <-alarm:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return nil, nil
}

// mindTime decides what falls due, and sleeps until the next moment; the bell says when it may have moved.
func (d *Daemon) mindTime(ctx context.Context) error {
	for {
		next, err := d.Clerk.Tick(ctx)
		if errors.Is(err, store.ErrUnknown) {
			return err
		}
		if err != nil && ctx.Err() == nil {
			d.state.fault("time", err)
			next = time.Now().Add(pause)
		}
		if err := d.bell.time.wait(ctx, next); err != nil {
			return err
		}
	}
}
