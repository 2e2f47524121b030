package queue

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// Jobs claims items in the books, works on them outside every transaction, and settles the results. One goroutine owns which
// items are under way; a result that comes while others are being settled goes with the next batch.
type Jobs[T, R any] struct {
	Loop
	Key     func(T) string
	Claim   func(ctx context.Context, limit int, busy func(key string) bool) (items []T, next time.Time, err error)
	Execute func(context.Context, T) (R, error)
	Failed  func(item T, err error) R // what a panic or an error of Execute comes to
	Settle  func(context.Context, []R) error
	Workers int
	Batch   int           // results settled at once; 0: 64
	Limit   time.Duration // of one Execute; 0: none
}

// result is one item that was worked on.
type result[R any] struct {
	key string
	r   R
}

// Run owns its workers, and has waited for all of them when it returns.
func (j Jobs[T, R]) Run(ctx context.Context) error {
	if j.Batch <= 0 {
		j.Batch = 64
	}
	if j.Now == nil {
		j.Now = time.Now
	}
	if j.Rand == nil {
		j.Rand = random
	}
	g, ctx := errgroup.WithContext(ctx)
	work := make(chan T)
	done := make(chan result[R], j.Workers)
	for range j.Workers {
		g.Go(func() error {
			for item := range work {
				select {
				case done <- result[R]{j.Key(item), j.execute(ctx, item)}:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(work)
		return j.own(ctx, work, done)
	})
	return g.Wait()
}

func (j Jobs[T, R]) execute(ctx context.Context, item T) (r R) {
	if j.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, j.Limit)
		defer cancel()
	}
	err := run(ctx, []T{item}, func(ctx context.Context, _ []T) (err error) {
		r, err = j.Execute(ctx, item)
		return err
	})
	if err != nil {
		return j.Failed(item, err)
	}
	return r
}

// own is the one owner of what is under way.
func (j Jobs[T, R]) own(ctx context.Context, work chan<- T, done <-chan result[R]) error {
	o := owner[T, R]{Jobs: j, busy: map[string]bool{}}
	for {
		if err := o.forward(ctx); err != nil {
			return err
		}
		if err := o.turn(ctx, work, done); err != nil {
			return err
		}
	}
}

// owner is the state of own.
type owner[T, R any] struct {
	Jobs[T, R]
	busy     map[string]bool // claimed and not settled
	ready    []T             // claimed, and no worker has it yet
	ended    []result[R]     // worked on, not settled
	next     time.Time       // when something falls due
	again    time.Time       // nothing is claimed or settled before, after a fault
	failures int
}

// forward settles what has ended and claims more. After a fault it waits; results are kept, never dropped.
func (o *owner[T, R]) forward(ctx context.Context) error {
	if now := o.Now(); o.again.After(now) && o.again.Sub(now) < maxWait {
		return nil
	}
	err := o.settle(ctx)
	if err == nil {
		err = o.claim(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		o.failures, o.again = 0, time.Time{}
		o.Health.Set(o.Name, "loop", "")
	case o.Fatal != nil && o.Fatal(err):
		return err
	default:
		o.failures++
		o.again = o.Now().Add(o.Pause.After(o.failures, o.Rand))
		o.Health.Set(o.Name, "loop", err.Error())
		if o.Warn != nil && o.failures == 1 {
			o.Warn(err)
		}
	}
	return nil
}

func (o *owner[T, R]) settle(ctx context.Context) error {
	for len(o.ended) > 0 {
		n := min(len(o.ended), o.Batch)
		var batch []R
		for _, e := range o.ended[:n] {
			batch = append(batch, e.r)
		}
		if err := run(ctx, batch, o.Settle); err != nil {
			return err
		}
		for _, e := range o.ended[:n] {
			delete(o.busy, e.key)
		}
		o.ended = o.ended[n:]
	}
	return nil
}

func (o *owner[T, R]) claim(ctx context.Context) error {
	if len(o.ready) > 0 {
		return nil
	}
	return run(ctx, nil, func(ctx context.Context, _ []T) error {
		list, next, err := o.Claim(ctx, 2*o.Workers, func(key string) bool { return o.busy[key] })
		for _, item := range list {
			o.busy[o.Key(item)] = true
		}
		o.ready, o.next = list, next
		return err
	})
}

// turn waits for one of: a worker takes an item, results come back, the signal, the moment of the next.
func (o *owner[T, R]) turn(ctx context.Context, work chan<- T, done <-chan result[R]) error {
	var give chan<- T
	var first T
	var alarm <-chan time.Time
	until := o.next
	if len(o.ready) > 0 {
		give, first, until = work, o.ready[0], time.Time{}
	}
	if !o.again.IsZero() {
		until = o.again
	}
	if !until.IsZero() {
		t := time.NewTimer(min(max(until.Sub(o.Now()), 0), maxWait))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case give <- first:
		o.ready = o.ready[1:]
	case r := <-done:
		o.ended = append(o.ended, r)
		for len(done) > 0 {
			o.ended = append(o.ended, <-done)
		}
	case <-o.Wake:
	case <-alarm:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
