package queue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Jobs claims items in the books, works on them outside every transaction, and settles the results. One goroutine owns which
// items are under way; a result that comes while others are being settled goes with the next batch. A result that cannot be
// settled alone is kept and tried again, and its item is not claimed meanwhile.
type Jobs[T, R any] struct {
	Loop
	Key func(T) string

	// Claim records that the items are under way, and says when more fall due. What it returns beside an error is worked on, too:
	// a claim that was taken apart has claimed some.
	Claim func(ctx context.Context, limit int, busy func(key string) bool) (items []T, next time.Time, err error)
	// Release takes a claim back as Run ends: nobody has begun these items, or has ended them. Nil: they stay claimed.
	Release func(context.Context, []T) error

	// Execute heeds its context. An error that it returns after Run's context has ended says nothing of the item, and is dropped.
	Execute func(context.Context, T) (R, error)
	Failed  func(item T, err error) R // what a panic or an error of Execute comes to

	// Settle writes results, or none, in one transaction. It is called as Queue.Settle calls: Jobs takes the batch apart.
	Settle func(context.Context, []R) error
	// Aside gives an item whose result cannot be written its end, as in Options. Nil: it is tried again, slowly.
	Aside  func(ctx context.Context, item T, r R, why error) error
	Policy Policy

	Workers int           // 0: one
	Batch   int           // results settled at once; 0: 64
	Limit   time.Duration // of one Execute; 0: none
}

const (
	// maxHeld results that cannot be settled are kept in memory; then nothing more is claimed.
	maxHeld = 256
	// grace is the time to settle at the end what was still worked on.
	grace = 10 * time.Second
)

// result is one item that was worked on. err: there is no R.
type result[T, R any] struct {
	key  string
	item T
	r    R
	err  error
}

// owner is the one owner of what is under way.
type owner[T, R any] struct {
	Jobs[T, R]
	queue *Queue[result[T, R]]
	work  chan T
	done  chan result[T, R]

	busy    map[string]time.Time // claimed and not settled; since when a worker has it
	ready   []T                  // claimed, and no worker has it yet
	working int                  // with the workers
	ended   []result[T, R]       // worked on, not settled
	next    time.Time            // when something falls due

	settling, claiming phase // each with a pause of its own: a claim that fails delays no result
}

// Run owns its workers, and has waited for all of them when it returns. What they had ended by then is settled first, unless the
// error is fatal.
func (j Jobs[T, R]) Run(ctx context.Context) error {
	o := j.owner()
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	var workers sync.WaitGroup
	for range o.Workers {
		workers.Go(func() {
			for item := range o.work {
				o.done <- o.execute(working, item)
			}
		})
	}
	err := o.run(ctx)
	cancel()
	close(o.work)
	for o.working > 0 {
		if end := o.take(working, <-o.done); isFatal(end, o.Fatal) {
			err = end
		}
	}
	workers.Wait()
	if isFatal(err, o.Fatal) {
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	o.settling.pause = nil
	o.queue.Forget(func(string) bool { return false }) // whatever waits has its last try here
	if end := o.try(last, &o.settling, o.settle); isFatal(end, o.Fatal) {
		return end
	}
	if o.Release != nil && len(o.ready) > 0 {
		if end := Guard(func() error { return o.Release(last, o.ready) }); isFatal(end, o.Fatal) {
			return end
		}
	}
	return err
}

func (j Jobs[T, R]) owner() *owner[T, R] {
	j.Workers, j.Batch = cmp.Or(j.Workers, 1), cmp.Or(j.Batch, 64)
	if j.Now == nil {
		j.Now = time.Now
	}
	o := Options[result[T, R]]{Name: j.Name, part: "results", Fatal: j.Fatal, Policy: j.Policy, Health: j.Health, Now: j.Now, Rand: j.Rand,
		Key: func(r result[T, R]) string { return r.key }}
	if j.Aside != nil {
		o.Aside = func(ctx context.Context, r result[T, R], why error) error { return j.Aside(ctx, r.item, r.r, why) }
	}
	return &owner[T, R]{Jobs: j, queue: New(o), work: make(chan T), done: make(chan result[T, R], j.Workers),
		busy: map[string]time.Time{}, settling: phase{name: "settle"}, claiming: phase{name: "claim"}}
}

// execute runs in a worker.
func (j Jobs[T, R]) execute(ctx context.Context, item T) result[T, R] {
	res := result[T, R]{item: item, key: j.Key(item), err: ctx.Err()}
	if res.err != nil {
		return res
	}
	limited := ctx
	if j.Limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, j.Limit)
		defer cancel()
	}
	err := Guard(func() (err error) {
		res.r, err = j.Execute(limited, item)
		return err
	})
	if err == nil {
		return res
	}
	if res.err = ended(ctx, err, j.Fatal); res.err == nil {
		res.err = Guard(func() error {
			res.r = j.Failed(item, err)
			return nil
		})
	}
	return res
}

// take receives a result. Without an R it cannot be settled, and goes the way of what cannot be settled.
func (o *owner[T, R]) take(ctx context.Context, r result[T, R]) error {
	o.working--
	o.busy[r.key] = time.Time{}
	if r.err != nil {
		if end := ended(ctx, r.err, o.Fatal); end != nil {
			o.ready = append(o.ready, r.item)
			return end
		}
	}
	o.ended = append(o.ended, r)
	return nil
}

func (o *owner[T, R]) run(ctx context.Context) error {
	for {
		if len(o.done) == 0 { // what has come goes together
			if end := o.try(ctx, &o.settling, o.settle); end != nil {
				return end
			}
			if o.mayClaim() {
				if end := o.try(ctx, &o.claiming, o.claim); end != nil {
					return end
				}
			}
			o.watch()
		}
		if end := o.turn(ctx); end != nil {
			return end
		}
	}
}

func (o *owner[T, R]) try(ctx context.Context, p *phase, do func(context.Context) error) error {
	if p.pause != nil {
		return nil
	}
	err := Guard(func() error { return do(ctx) })
	if end := ended(ctx, err, o.Fatal); end != nil {
		return end
	}
	o.report(p, err)
	return nil
}

func (o *owner[T, R]) settle(ctx context.Context) (err error) {
	due := slices.DeleteFunc(slices.Clone(o.ended), func(r result[T, R]) bool { return o.queue.Waits(r.key) })
	for batch := range slices.Chunk(due, o.Batch) {
		settled, failed, end := o.queue.Settle(ctx, batch, o.write)
		for _, r := range settled {
			delete(o.busy, r.key)
		}
		for _, f := range failed {
			if f.Aside {
				delete(o.busy, f.Item.key)
			}
		}
		if err = end; err != nil {
			break
		}
	}
	o.ended = slices.DeleteFunc(o.ended, func(r result[T, R]) bool {
		_, busy := o.busy[r.key]
		return !busy
	})
	return err
}

func (o *owner[T, R]) write(ctx context.Context, batch []result[T, R]) error {
	var list []R
	for _, r := range batch {
		if r.err != nil {
			return Permanent(r.err)
		}
		list = append(list, r.r)
	}
	return o.Settle(ctx, list)
}

// mayClaim: not while what has ended cannot be written.
func (o *owner[T, R]) mayClaim() bool {
	return o.claiming.pause == nil && o.settling.pause == nil && len(o.ready) == 0 && len(o.ended) < maxHeld
}

func (o *owner[T, R]) claim(ctx context.Context) error {
	isBusy := func(key string) bool {
		_, busy := o.busy[key]
		return busy
	}
	list, next, err := o.Claim(ctx, 2*o.Workers, isBusy)
	o.next = next
	for _, item := range list {
		if key := o.Key(item); !isBusy(key) {
			o.busy[key] = time.Time{}
			o.ready = append(o.ready, item)
		}
	}
	return err
}

// watch says in health that an Execute does not end although its time is over: it holds a worker, and nothing can take it back.
func (o *owner[T, R]) watch() {
	if o.Limit <= 0 {
		return
	}
	text := ""
	for key, since := range o.busy {
		if !since.IsZero() && time.Since(since) > 2*o.Limit {
			text = fmt.Sprintf("%s: has been worked on since %s and does not end", key, since.UTC().Format(time.RFC3339))
		}
	}
	o.Health.Set(o.Name, "execute", text)
}

// turn waits for one of: a worker takes an item, results come back, the signal, the moment of the next, the end of a pause.
func (o *owner[T, R]) turn(ctx context.Context) error {
	var give chan<- T
	var first T
	var until time.Time
	if len(o.ready) > 0 {
		give, first = o.work, o.ready[0]
	}
	if o.mayClaim() {
		until = o.next
	}
	if o.settling.pause == nil {
		until = Earlier(until, o.queue.Next())
	}
	if o.Limit > 0 && o.working > 0 {
		until = Earlier(until, o.Now().Add(o.Limit))
	}
	select {
	case give <- first:
		o.ready = o.ready[1:]
		o.working++
		o.busy[o.Key(first)] = time.Now()
	case r := <-o.done:
		return o.take(ctx, r)
	case <-o.settling.pause:
		o.settling.pause = nil
	case <-o.claiming.pause:
		o.claiming.pause = nil
	case <-o.Wake:
	case <-alarm(until, o.Now):
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
