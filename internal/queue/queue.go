// Package queue is the engine under every durable queue of the office: mails, letters, tasks, due cases, filings, papers to
// archive. It carries the first law: one item, one fate. Items are settled together as long as that works; a fault takes the
// batch apart, one item a transaction; the item that fails alone waits, longer each time, and in the end is put aside with its
// reason, while the others go on. It knows nothing of mail: what an item is, and how it is settled, is its user's.
//
// What waits is in the books of the user. Kept here, in memory, is only how often an item has failed since the start.
package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Policy says how long an item is tried. The zero value is right for most.
type Policy struct {
	Tries int           // before an item is put aside; 0: five
	Over  time.Duration // and not before it has failed for so long; 0: ten minutes
	Pause Backoff       // between the tries of one item
	Slow  time.Duration // pause of an item that cannot be put aside; 0: one hour
}

// Options of one queue. Key and Policy aside, nothing is asked for.
type Options[T any] struct {
	Name string
	Key  func(T) string // names the item in health and log: no secret, nothing that a stranger wrote

	// Aside gives an item that fails alone its end, in a transaction of its own: a person sees it with its reason. Nil, or an
	// error: the item is tried again, slowly, and health says so.
	Aside func(ctx context.Context, item T, why error) error

	Fatal  func(error) bool // nothing more can be done: the outcome of a commit is unknown
	Policy Policy
	Health *Health
	Now    func() time.Time
	Rand   func() float64 // in [0, 1), for the jitter
}

// Queue remembers which items failed, how often, and until when they wait. Safe for concurrent use.
type Queue[T any] struct {
	o       Options[T]
	mu      sync.Mutex
	failing map[string]failure
}

// failure is what is known of an item that failed alone.
type failure struct {
	tries       int
	first, next time.Time
	why         error
	stuck       bool // it could not be put aside
}

// Failed is an item that waits, or has been put aside.
type Failed[T any] struct {
	Item  T
	Err   error
	Aside bool
}

// New fills in what was left out.
func New[T any](o Options[T]) *Queue[T] {
	if o.Policy.Tries <= 0 {
		o.Policy.Tries = 5
	}
	if o.Policy.Over <= 0 {
		o.Policy.Over = 10 * time.Minute
	}
	if o.Policy.Slow <= 0 {
		o.Policy.Slow = time.Hour
	}
	if o.Fatal == nil {
		o.Fatal = func(error) bool { return false }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = random
	}
	return &Queue[T]{o: o, failing: map[string]failure{}}
}

// Commit runs fn, which settles the given items in one transaction, for all of them; when that fails, for each alone. What
// failed comes back, in order. An error says that the trouble is not an item's: ctx has ended, the error is fatal, or fn fails
// for no items at all; then no item is blamed.
func (q *Queue[T]) Commit(ctx context.Context, items []T, fn func(context.Context, []T) error) (failed []Failed[T], err error) {
	if len(items) == 0 {
		return nil, nil
	}
	err = run(ctx, items, fn)
	if err == nil {
		q.settled(items...)
		return nil, nil
	}
	for i, item := range items {
		if len(items) > 1 {
			err = run(ctx, items[i:i+1], fn)
		}
		if err == nil {
			q.settled(item)
			continue
		}
		if ground := q.ground(ctx, err, fn); ground != nil {
			return failed, ground
		}
		f, end := q.blame(ctx, item, err)
		if end != nil {
			return failed, end
		}
		failed = append(failed, f)
	}
	return failed, nil
}

// run makes a panic an error: it is one item's, too.
func run[T any](ctx context.Context, items []T, fn func(context.Context, []T) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return fn(ctx, items)
}

// ground says that err is nobody's: even nothing at all cannot be settled.
func (q *Queue[T]) ground(ctx context.Context, err error, fn func(context.Context, []T) error) error {
	if ctx.Err() != nil || q.o.Fatal(err) {
		return err
	}
	if IsPermanent(err) {
		return nil
	}
	if isGround(err) {
		return err
	}
	return run(ctx, nil, fn)
}

// Blame counts a failure of one item that arose outside Commit, as Commit does. The error is the end of everything.
func (q *Queue[T]) Blame(ctx context.Context, item T, why error) (Failed[T], error) {
	if ctx.Err() != nil || q.o.Fatal(why) || isGround(why) {
		return Failed[T]{Item: item, Err: why}, why
	}
	return q.blame(ctx, item, why)
}

func (q *Queue[T]) blame(ctx context.Context, item T, why error) (Failed[T], error) {
	key, now := q.o.Key(item), q.o.Now()
	f := q.count(key, now, why)
	if f.next.IsZero() { // it is to be put aside
		err := errors.New("it can only be tried again")
		if q.o.Aside != nil {
			err = run(ctx, []T{item}, func(ctx context.Context, _ []T) error { return q.o.Aside(ctx, item, why) })
		}
		switch {
		case err == nil:
			q.settled(item)
			return Failed[T]{item, why, true}, nil
		case ctx.Err() != nil || q.o.Fatal(err):
			return Failed[T]{Item: item, Err: why}, err
		}
		f.next, f.stuck = now.Add(q.o.Policy.Slow), true
	}
	q.mu.Lock()
	q.failing[key] = f
	q.mu.Unlock()
	q.tell()
	return Failed[T]{Item: item, Err: why}, nil
}

// count adds one failure; a zero next says that the item has been tried enough.
func (q *Queue[T]) count(key string, now time.Time, why error) failure {
	q.mu.Lock()
	defer q.mu.Unlock()
	f, had := q.failing[key]
	if !had || f.first.After(now) { // or the clock went back
		f = failure{first: now}
	}
	f.tries, f.why = f.tries+1, why
	f.next = now.Add(q.o.Policy.Pause.After(f.tries, q.o.Rand))
	if IsPermanent(why) || f.tries >= q.o.Policy.Tries && now.Sub(f.first) >= q.o.Policy.Over {
		f.next = time.Time{}
	}
	return f
}

func (q *Queue[T]) settled(items ...T) {
	q.mu.Lock()
	had := len(q.failing)
	if had > 0 {
		for _, item := range items {
			delete(q.failing, q.o.Key(item))
		}
	}
	changed := len(q.failing) != had
	q.mu.Unlock()
	if changed {
		q.tell()
	}
}

// Forget drops what is known of items that are gone.
func (q *Queue[T]) Forget(keep func(key string) bool) {
	q.mu.Lock()
	for key := range q.failing {
		if !keep(key) {
			delete(q.failing, key)
		}
	}
	q.mu.Unlock()
	q.tell()
}

// Waits says that an item failed and that its pause has not ended.
func (q *Queue[T]) Waits(key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	f, failing := q.failing[key]
	now := q.o.Now()
	return failing && f.next.After(now) && !f.first.After(now)
}

// Next is when the first pause ends; zero when nothing waits.
func (q *Queue[T]) Next() (next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range q.failing {
		next = Earlier(next, f.next)
	}
	return next
}

// tell brings health up to date.
func (q *Queue[T]) tell() {
	if q.o.Health == nil {
		return
	}
	q.mu.Lock()
	n, key, text := len(q.failing), "", ""
	for k, f := range q.failing {
		if key == "" || k < key {
			key, text = k, f.why.Error()
		}
	}
	q.mu.Unlock()
	switch n {
	case 0:
		q.o.Health.Set(q.o.Name, "items", "")
	case 1:
		q.o.Health.Set(q.o.Name, "items", fmt.Sprintf("%s: %s", key, text))
	default:
		q.o.Health.Set(q.o.Name, "items", fmt.Sprintf("%s: %s (and %d more)", key, text, n-1))
	}
}
