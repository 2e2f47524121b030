// Package queue is the engine under every durable queue of the office: mails, letters, tasks, due cases, filings, papers to
// archive. It carries the first law: one item, one fate. Items are settled together as long as that works; a fault takes the
// batch apart, one item a transaction; the item that fails alone waits, longer each time, and in the end is put aside with its
// reason, while the others go on. It knows nothing of mail: what an item is, and how it is settled, is its user's.
//
// What waits is in the books of the user. Kept here, in memory, is only how often an item has failed since the start.
package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Policy says how long an item is tried. The zero value is right for most.
type Policy struct {
	Tries int           // before an item is put aside; 0: five
	Over  time.Duration // and not before it has failed for so long; 0: ten minutes
	Days  time.Duration // instead of Over, for a fault that is called passing (IsPassing), or a disk that fails one alone; 0: three days
	Pause Backoff       // between the tries of one item
	Slow  time.Duration // pause of an item that nobody can put aside; 0: one hour

	Without Without
}

// Without names laws of DESIGN that a build leaves out, so that the tests of the laws are seen to find it. Zero is the house as it
// is, and only tests set a field (internal/arch_test.go). It lies here because every room of the work can see it.
type Without struct {
	OneFate bool // a batch that fails is never taken apart: the fault of one is everybody's
	Arrival bool // mails are decided as they are read, the shorter first
	Passing bool // every refusal is taken for the last word
	Reading bool // papers are taken as they were understood, whatever their case has become since
}

// Options of one queue. All but Key may be left out; two queues of one name would overwrite what the other says in health.
type Options[T any] struct {
	Name string
	Key  func(T) string // names the item in health and log: no secret, nothing that a stranger wrote

	// Aside gives an item that fails alone its end, in a transaction of its own: a person sees it with its reason. Nil: the item
	// is tried again, slowly. An error: both are tried again after the item's pause; ErrKept: slowly. Health says either.
	Aside func(ctx context.Context, item T, why error) error

	Fatal  func(error) bool // nothing more can be done: the outcome of a commit is unknown
	Policy Policy
	Health *Health
	Now    func() time.Time
	Rand   func() float64 // in [0, 1), for the jitter

	part string // of Name, in health
}

// ErrKept is what Aside returns for an item that cannot be put aside: somebody has been told of it, and it is tried again, slowly.
var ErrKept = errors.New("it must be kept")

// Queue remembers which items failed, how often, and until when they wait. Safe for concurrent use, each item by one at a time.
type Queue[T any] struct {
	o       Options[T]
	mu      sync.Mutex
	failing map[string]*failure
	ended   int    // items settled or put aside
	shown   string // the one whose reason health shows
}

// failure is what is known of an item that failed alone. Its time is the sum of what it really waited, so that a clock that
// jumps neither ends it nor keeps it waiting.
type failure struct {
	times  int // it failed in a row
	tries  int // of these, not for want of room on the machine
	waited time.Duration
	last   time.Time
	pause  time.Duration
	why    error
	since  int  // how many had ended when it began
	ground bool // the last time it was the machine's trouble, not its own
	told   bool // Next has said that its pause is over
}

// waits says that the pause has begun and has not ended.
func (f *failure) waits(now time.Time) bool {
	d := now.Sub(f.last)
	return d >= 0 && d < f.pause
}

// Failed is an item that waits, or has been put aside.
type Failed[T any] struct {
	Item  T
	Err   error
	Aside bool
}

// New fills in what was left out. What an earlier queue of this name said in health is over.
func New[T any](o Options[T]) *Queue[T] {
	o.Policy.Tries = cmp.Or(o.Policy.Tries, 5)
	o.Policy.Over = cmp.Or(o.Policy.Over, 10*time.Minute)
	o.Policy.Days = cmp.Or(o.Policy.Days, 72*time.Hour)
	o.Policy.Slow = cmp.Or(o.Policy.Slow, time.Hour)
	o.part = cmp.Or(o.part, "items")
	if o.Now == nil {
		o.Now = time.Now
	}
	q := &Queue[T]{o: o, failing: map[string]*failure{}}
	q.tell()
	return q
}

// Commit is Settle for those whose books know what has been settled.
func (q *Queue[T]) Commit(ctx context.Context, items []T, fn func(context.Context, []T) error) ([]Failed[T], error) {
	_, failed, err := q.Settle(ctx, items, fn)
	return failed, err
}

// Settle runs fn, which settles the given items in one transaction, for all of them; when that fails, for each alone, in order.
// So fn may run again for an item, does nothing outside its transaction before that is committed, and is able to settle none.
// An error says that the trouble is no item's: ctx has ended, the error is fatal or Ground, or not even none can be settled; then
// no item is blamed for it. What was settled and what failed until then is returned with it.
func (q *Queue[T]) Settle(ctx context.Context, items []T, fn func(context.Context, []T) error) (settled []T, failed []Failed[T], err error) {
	run := func(items []T) error { // its own slice: it may sort it, or append
		return Guard(func() error { return fn(ctx, slices.Clone(items)) })
	}
	if len(items) == 0 {
		return nil, nil, nil
	}
	if err = run(items); err == nil {
		q.settled(items...)
		return items, nil, nil
	}
	if end := q.ground(ctx, err, nil); end != nil {
		return nil, nil, end
	}
	if q.o.Policy.Without.OneFate {
		return nil, nil, err
	}
	for i, item := range items {
		if len(items) > 1 {
			err = run(items[i : i+1])
		}
		if err == nil {
			q.settled(item)
			settled = append(settled, item)
			continue
		}
		end := q.ground(ctx, err, run)
		if end == nil {
			var f Failed[T]
			f, end = q.blame(ctx, item, err)
			failed = append(failed, f)
		}
		if end != nil {
			return settled, failed, end
		}
	}
	return settled, failed, nil
}

// ground is the error that ends the round, if err is one. For an error that may be an item's, run is asked whether it can settle
// none; when it panics, that says only that it wants items.
func (q *Queue[T]) ground(ctx context.Context, err error, run func([]T) error) error {
	if end := ended(ctx, err, q.o.Fatal); end != nil {
		return end
	}
	if isGround(err) {
		return err
	}
	if run == nil || IsPermanent(err) {
		return nil
	}
	var panicked *PanicError
	if err = run(nil); err == nil || errors.As(err, &panicked) {
		return nil
	}
	return q.ground(ctx, Ground(err), nil)
}

// Blame counts a failure of one item that arose outside Settle, as Settle does. The error is the end of the round.
func (q *Queue[T]) Blame(ctx context.Context, item T, why error) (Failed[T], error) {
	if end := q.ground(ctx, why, nil); end != nil {
		return Failed[T]{Item: item, Err: why}, end
	}
	return q.blame(ctx, item, why)
}

func (q *Queue[T]) blame(ctx context.Context, item T, why error) (Failed[T], error) {
	key := q.o.Key(item)
	if !q.count(key, why) {
		return Failed[T]{Item: item, Err: why}, nil
	}
	err := Guard(func() error { return q.o.Aside(ctx, item, why) })
	if err == nil {
		q.settled(item)
		return Failed[T]{Item: item, Err: why, Aside: true}, nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if f := q.failing[key]; f != nil {
		f.why = fmt.Errorf("%w (and putting it aside: %v)", why, err)
		if errors.Is(err, ErrKept) {
			f.pause = q.o.Policy.Slow
		}
		q.tell()
	}
	return Failed[T]{Item: item, Err: why}, ended(ctx, err, q.o.Fatal)
}

// count adds one failure, and says that it is time to put the item aside.
func (q *Queue[T]) count(key string, why error) (enough bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.o.Now()
	f := q.failing[key]
	if f == nil {
		f = &failure{last: now, since: q.ended}
		q.failing[key] = f
	}
	sector := errors.Is(why, syscall.EIO) && q.ended != f.since // the disk serves others
	machine := isMachine(why) && !sector
	f.times++
	if !machine {
		f.tries++
	}
	if !machine && !f.ground {
		f.waited += min(max(now.Sub(f.last), 0), f.pause)
	}
	f.last, f.why, f.ground, f.told = now, why, machine, false
	f.pause = q.o.Policy.Pause.After(f.times, q.o.Rand)
	over := q.o.Policy.Over
	if sector || IsPassing(why) {
		over = max(over, q.o.Policy.Days)
	}
	enough = !machine && (IsPermanent(why) && !sector || q.o.Policy.Without.Passing || f.tries >= q.o.Policy.Tries && f.waited >= over)
	if enough && q.o.Aside == nil {
		f.pause, enough = q.o.Policy.Slow, false
	}
	q.tell()
	return enough
}

func (q *Queue[T]) settled(items ...T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	had := len(q.failing)
	q.ended += len(items)
	for i := 0; i < len(items) && len(q.failing) > 0; i++ {
		delete(q.failing, q.o.Key(items[i]))
	}
	if len(q.failing) != had {
		q.tell()
	}
}

// Forget drops what is known of items that are gone. keep must not call the queue.
func (q *Queue[T]) Forget(keep func(key string) bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	maps.DeleteFunc(q.failing, func(key string, _ *failure) bool { return !keep(key) })
	q.tell()
}

// Waits says that an item failed and that its pause has not ended: a claim passes it over.
func (q *Queue[T]) Waits(key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	f := q.failing[key]
	return f != nil && f.waits(q.o.Now())
}

// Next is when the first pause ends; zero when nothing waits. It is for the one loop that tries the items: the end of a pause
// is said once, so that an item that is gone from the books does not turn the loop for ever; after another Slow it is forgotten.
func (q *Queue[T]) Next() (next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.o.Now()
	for key, f := range q.failing {
		switch left := f.last.Add(f.pause + q.o.Policy.Slow); {
		case f.waits(now):
			next = Earlier(next, f.last.Add(f.pause))
		case !f.told:
			f.told, next = true, Earlier(next, now)
		case now.Before(left) && !now.Before(f.last):
			next = Earlier(next, left)
		default:
			delete(q.failing, key)
			q.tell()
		}
	}
	return next
}

// tell brings health up to date. The caller holds the lock, lest an older word overtake a newer one.
func (q *Queue[T]) tell() {
	if q.failing[q.shown] == nil {
		for q.shown = range q.failing {
			break
		}
	}
	text := ""
	if f := q.failing[q.shown]; f != nil {
		text = fmt.Sprintf("%s: %v", q.shown, f.why)
		if n := len(q.failing); n > 1 {
			text = fmt.Sprintf("%d items; %s", n, text) // in front: the text may be cut
		}
	}
	q.o.Health.Set(q.o.Name, q.o.part, text)
}
