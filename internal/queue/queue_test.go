package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errOdd     = errors.New("odd")
	errUnknown = errors.New("the outcome of the commit is unknown")
	errFull    = &fs.PathError{Op: "write", Path: "store", Err: syscall.ENOSPC}
	errDisk    = fmt.Errorf("read page 7: %w", syscall.EIO)
)

func isUnknown(err error) bool { return errors.Is(err, errUnknown) }

// clock is set by hand.
type clock struct{ now time.Time }

func newClock() *clock                        { return &clock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)} }
func (c *clock) add(d time.Duration)          { c.now = c.now.Add(d) }
func (c *clock) read() time.Time              { return c.now }
func keyOf(s string) string                   { return s }
func most() float64                           { return 0 }
func least() float64                          { return 0.999999 }
func refuse(bad ...string) func(string) error { return refuseWith(errOdd, bad...) }

func refuseWith(err error, bad ...string) func(string) error {
	return func(item string) error {
		if slices.Contains(bad, item) {
			return err
		}
		return nil
	}
}

// ledger settles strings: all or none of a call.
type ledger struct {
	refuse  func(string) error
	calls   [][]string
	settled []string
	aside   map[string]error
}

func (l *ledger) settle(_ context.Context, items []string) error {
	l.calls = append(l.calls, items)
	for _, item := range items {
		if err := l.refuse(item); err != nil {
			return err
		}
	}
	l.settled = append(l.settled, items...)
	return nil
}

func (l *ledger) queue(c *clock, h *Health) *Queue[string] {
	l.aside = map[string]error{}
	return New(Options[string]{Name: "letters", Key: keyOf, Fatal: isUnknown, Health: h, Now: c.read, Rand: most,
		Aside: func(_ context.Context, item string, why error) error {
			l.aside[item] = why
			return nil
		}})
}

func numbered(n int) (items []string) {
	for i := range n {
		items = append(items, fmt.Sprintf("item %02d", i))
	}
	return items
}

// A commit whose outcome is unknown is not made again, neither for all nor for one.
func TestSettleDoesNotGuess(t *testing.T) {
	l := ledger{refuse: refuseWith(errUnknown, "item 02")}
	settled, failed, err := l.queue(newClock(), nil).Settle(t.Context(), numbered(5), l.settle)
	if !isUnknown(err) || len(l.calls) != 1 || len(settled)+len(failed) != 0 {
		t.Errorf("%d calls, settled %q, failed %v, %v", len(l.calls), settled, failed, err)
	}
	l = ledger{refuse: refuseWith(errUnknown, "item 02")}
	whole := true
	settled, _, err = l.queue(newClock(), nil).Settle(t.Context(), numbered(5), func(ctx context.Context, items []string) error {
		if whole {
			whole = false
			return errOdd
		}
		return l.settle(ctx, items)
	})
	if !isUnknown(err) || len(l.calls) != 3 || !slices.Equal(settled, numbered(2)) {
		t.Errorf("%d calls, settled %q, %v", len(l.calls), settled, err)
	}
}

// When nothing at all can be settled, or the user says that the ground is gone, nobody is blamed.
func TestSettleKnowsTheGround(t *testing.T) {
	var h Health
	l := ledger{}
	q := l.queue(newClock(), &h)
	for name, fn := range map[string]func(context.Context, []string) error{
		"closed":   func(context.Context, []string) error { return errOdd },
		"ground":   func(context.Context, []string) error { return fmt.Errorf("file: %w", Ground(errOdd)) },
		"at first": func(_ context.Context, items []string) error { return map[bool]error{true: errOdd}[len(items) != 1] },
	} {
		_, failed, err := q.Settle(t.Context(), numbered(3), fn)
		if name == "at first" {
			if err != nil || len(failed) != 0 {
				t.Errorf("%s: %v, %v", name, failed, err)
			}
			continue
		}
		if !errors.Is(err, errOdd) || !isGround(err) || len(failed) != 0 || len(h.Faults()) != 0 {
			t.Errorf("%s: %v, %v, %v", name, failed, err, h.Faults())
		}
		if _, _, err := q.Settle(t.Context(), []string{"a"}, func(ctx context.Context, items []string) error {
			_, err := q.Commit(ctx, numbered(2), fn)
			return err
		}); !isGround(err) {
			t.Errorf("%s: a Settle in a Settle returned %v", name, err)
		}
	}
	// a function that cannot settle none is no proof
	_, failed, err := q.Settle(t.Context(), numbered(3), func(_ context.Context, items []string) error {
		return refuse("item 01")(items[len(items)/2])
	})
	if err != nil || len(failed) != 1 || failed[0].Item != "item 01" {
		t.Errorf("%v, %v", failed, err)
	}
}

// The end of the context is nobody's fault, in whichever call it comes, and what was settled before is told.
func TestSettleStops(t *testing.T) {
	for stopAt := range 6 {
		var h Health
		l := ledger{refuse: refuse("item 01")}
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		settled, failed, err := l.queue(newClock(), &h).Settle(ctx, numbered(4), func(ctx context.Context, items []string) error {
			if calls++; calls > stopAt {
				cancel()
				return ctx.Err()
			}
			return l.settle(ctx, items)
		})
		if !errors.Is(err, context.Canceled) || !slices.Equal(settled, l.settled) || len(l.aside) > 0 {
			t.Errorf("stopped in call %d: settled %q of %q, %v, %v", stopAt, settled, l.settled, failed, err)
		}
		for _, f := range failed {
			if f.Item != "item 01" {
				t.Errorf("stopped in call %d: %q is blamed", stopAt, f.Item)
			}
		}
		cancel()
	}
}

// The function may sort what it was given, or append to it, without touching the neighbours.
func TestSettleLendsNothing(t *testing.T) {
	items := numbered(4)
	l := ledger{refuse: refuse("item 00")}
	if _, err := l.queue(newClock(), nil).Commit(t.Context(), items, func(ctx context.Context, part []string) error {
		err := l.settle(ctx, slices.Clone(part))
		slices.Reverse(part)
		_ = append(part, "another")
		return err
	}); err != nil || !slices.Equal(items, numbered(4)) || !slices.Equal(l.settled, numbered(4)[1:]) {
		t.Errorf("items are now %q, settled %q, %v", items, l.settled, err)
	}
}

// failUntilAside tries one item whenever it does not wait, and returns the pauses that it had.
func failUntilAside(t *testing.T, q *Queue[string], c *clock, why error) (pauses []time.Duration) {
	t.Helper()
	last := c.now
	for range 10_000 {
		f, err := q.Blame(t.Context(), "item", why)
		if err != nil {
			t.Fatal(err)
		}
		if len(pauses) > 0 || c.now != last {
			pauses = append(pauses, c.now.Sub(last))
		}
		if last = c.now; f.Aside {
			return pauses
		}
		for q.Waits("item") {
			c.add(time.Second / 4)
		}
	}
	t.Fatalf("still tried after %d times and %s", len(pauses), c.now)
	return nil
}

func TestTriesAreBounded(t *testing.T) {
	for name, rnd := range map[string]func() float64{"longest": most, "shortest": least} {
		c, l, h := newClock(), ledger{}, &Health{}
		q := l.queue(c, h)
		q.o.Rand = rnd
		start := c.now
		pauses := failUntilAside(t, q, c, errOdd)
		if took := c.now.Sub(start); len(pauses) < 4 || len(pauses) > 11 || took < 10*time.Minute || took > 21*time.Minute {
			t.Errorf("%s pauses: put aside after %d tries and %s", name, len(pauses)+1, took)
		}
		if !slices.IsSorted(pauses) {
			t.Errorf("%s pauses do not grow: %v", name, pauses)
		}
		if l.aside["item"] != errOdd || len(h.Faults()) != 0 {
			t.Errorf("put aside for %v, faults %v", l.aside["item"], h.Faults())
		}
	}
	c, l := newClock(), ledger{}
	if pauses := failUntilAside(t, l.queue(c, nil), c, fmt.Errorf("parse: %w", Permanent(errOdd))); len(pauses) != 0 {
		t.Errorf("an error that is permanent was tried again: %v", pauses)
	}
}

// passingError is somebody else's trouble.
type passingError struct{ error }

func (passingError) Passing() bool { return true }

// Each bound of a policy holds alone: so many tries however long they take, and so long however many they are; for what passes, days.
// The control is an item that both have let go.
func TestEachBoundHoldsAlone(t *testing.T) {
	for name, x := range map[string]struct {
		pause Backoff
		why   error
		tries int
		took  time.Duration
	}{
		"tries":         {Backoff{First: time.Hour, Most: time.Hour}, errOdd, 5, 4 * time.Hour},
		"time":          {Backoff{First: time.Second, Most: time.Second}, errOdd, 601, 10 * time.Minute},
		"days":          {Backoff{First: time.Hour, Most: time.Hour}, passingError{errOdd}, 73, 72 * time.Hour},
		"control: both": {Backoff{First: 150 * time.Second, Most: 150 * time.Second}, errOdd, 5, 10 * time.Minute},
	} {
		c, l := newClock(), ledger{}
		q := l.queue(c, nil)
		q.o.Policy.Pause = x.pause
		start := c.now
		if pauses := failUntilAside(t, q, c, x.why); len(pauses)+1 != x.tries || c.now.Sub(start) != x.took {
			t.Errorf("%s: put aside after %d tries and %s", name, len(pauses)+1, c.now.Sub(start))
		}
	}
}

// What is permanent is the item's, and ends it, whether or not anything can be settled meanwhile. The control: of another error that
// is not said.
func TestPermanentNeedsNoGround(t *testing.T) {
	for name, why := range map[string]error{"permanent": Permanent(errOdd), "control": errOdd} {
		c, l := newClock(), ledger{}
		_, failed, err := l.queue(c, nil).Settle(t.Context(), numbered(1), func(_ context.Context, items []string) error {
			if len(items) == 0 {
				return errors.New("nothing can be settled")
			}
			return why
		})
		if permanent := IsPermanent(why); (err == nil) != permanent || (len(failed) == 1 && failed[0].Aside) != permanent {
			t.Errorf("%s: %v, %v", name, failed, err)
		}
	}
}

func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Backoff{First: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "first")),
			Most: time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "most"))}
		n, r := rapid.IntRange(-1, 1<<40).Draw(t, "failures"), rapid.Float64Range(0, 0.999999).Draw(t, "chance")
		d := b.After(n, func() float64 { return r })
		limit := b.Most
		if limit == 0 {
			limit = 10 * time.Minute
		}
		if d <= 0 || d > limit {
			t.Fatalf("pause %s", d)
		}
		if next := b.After(n+1, most); next < d {
			t.Fatalf("after %d failures %s, after one more %s", n, d, next)
		}
	})
	seen := map[time.Duration]bool{}
	for range 50 {
		seen[Backoff{}.After(3, nil)] = true
	}
	if len(seen) < 2 {
		t.Error("no jitter")
	}
}

// A full or dying disk puts nobody aside, keeps nobody else waiting, and its end is seen.
func TestMachineIsNobodysFault(t *testing.T) {
	for _, trouble := range []error{errFull, errDisk} {
		c, l, h := newClock(), ledger{refuse: refuseWith(trouble, "item 01")}, &Health{}
		q := l.queue(c, h)
		todo := numbered(3)
		for range 100 {
			now := slices.DeleteFunc(slices.Clone(todo), func(s string) bool { return q.Waits(s) || slices.Contains(l.settled, s) })
			if _, err := q.Commit(t.Context(), now, l.settle); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(h.Faults()["letters"], "item 01") {
				t.Fatalf("faults %v", h.Faults())
			}
			c.add(15 * time.Minute)
		}
		if len(l.aside) > 0 || len(l.settled) != 2 {
			t.Fatalf("put aside %v, settled %q", l.aside, l.settled)
		}
		l.refuse = refuse()
		if _, err := q.Commit(t.Context(), []string{"item 01"}, l.settle); err != nil || len(l.settled) != 3 || len(h.Faults()) != 0 {
			t.Errorf("settled %q, %v, faults %v", l.settled, err, h.Faults())
		}
	}
	// what was the machine's is not counted against the item later
	c, l := newClock(), ledger{}
	q := l.queue(c, nil)
	for range 20 {
		if f, err := q.Blame(t.Context(), "item", errFull); err != nil || f.Aside {
			t.Fatal(f, err)
		}
		c.add(time.Hour)
	}
	for range 5 {
		if f, _ := q.Blame(t.Context(), "item", errOdd); f.Aside {
			t.Error("put aside before it had failed for long")
		}
	}
	c.add(time.Hour)
	for _, why := range []error{errDisk, Permanent(errDisk)} {
		if f, _ := q.Blame(t.Context(), "item", why); f.Aside {
			t.Errorf("put aside for %v", why)
		}
	}
}

// A disk that fails one item alone, while others are settled, is a fault that passes or ends the item: after three days it is put
// aside, whoever calls the error permanent. The controls: nobody else is settled; the machine has no room.
func TestBadSectorHasAnEnd(t *testing.T) {
	for name, x := range map[string]struct {
		why    error
		others int
		aside  bool
	}{
		"bad sector":            {errDisk, 2, true},
		"permanent":             {Permanent(errDisk), 2, true},
		"control: nobody else":  {errDisk, 0, false},
		"control: without room": {errFull, 2, false},
	} {
		c, l := newClock(), ledger{refuse: refuseWith(x.why, "item 00")}
		q := l.queue(c, nil)
		start, took := c.now, time.Duration(0)
		for range 7 * 24 * 4 {
			now := slices.DeleteFunc(numbered(1+x.others), func(s string) bool { return q.Waits(s) || slices.Contains(l.settled, s) || l.aside[s] != nil })
			if _, err := q.Commit(t.Context(), now, l.settle); err != nil {
				t.Fatal(err)
			}
			if len(l.aside) > 0 && took == 0 {
				took = c.now.Sub(start)
			}
			c.add(15 * time.Minute)
		}
		if (took > 0) != x.aside || x.aside && (took < 72*time.Hour || took > 6*24*time.Hour) {
			t.Errorf("%s: put aside after %s", name, took)
		}
	}
}

// An item that cannot be put aside is tried ever more slowly, and health says both reasons until it is over.
func TestAsideFails(t *testing.T) {
	for name, fault := range map[string]func() error{
		"error": func() error { return errors.New("the desk is full") },
		"panic": func() error { panic("secret") },
		"disk":  func() error { return errFull },
	} {
		c, l, h := newClock(), ledger{}, &Health{}
		q := l.queue(c, h)
		aside, tries := q.o.Aside, 0
		q.o.Aside = func(ctx context.Context, item string, why error) error {
			if tries++; tries < 8 {
				return fault()
			}
			return aside(ctx, item, why)
		}
		if _, err := q.Blame(t.Context(), "item", Permanent(errOdd)); err != nil {
			t.Fatal(err)
		}
		if text := h.Faults()["letters"]; !strings.Contains(text, "odd") || !strings.Contains(text, "putting it aside") || strings.Contains(text, "secret") {
			t.Errorf("%s: health says %q", name, text)
		}
		start := c.now
		failUntilAside(t, q, c, Permanent(errOdd))
		if took := c.now.Sub(start); tries != 8 || took > time.Hour || took < time.Minute || len(h.Faults()) > 0 {
			t.Errorf("%s: %d tries in %s, faults %v", name, tries, took, h.Faults())
		}
	}
	q := New(Options[string]{Key: keyOf, Fatal: isUnknown, Aside: func(context.Context, string, error) error { return errUnknown }})
	if f, err := q.Blame(t.Context(), "item", Permanent(errOdd)); !isUnknown(err) || f.Aside {
		t.Errorf("an Aside of unknown outcome: %v, %v", f, err)
	}
}

// Without an Aside nothing has an end; health says so all the time, and the tries are rare.
func TestNoAside(t *testing.T) {
	c, h := newClock(), &Health{}
	q := New(Options[string]{Name: "letters", Key: keyOf, Health: h, Now: c.read})
	tries, end := 0, c.now.Add(100*time.Hour)
	for c.now.Before(end) {
		if !q.Waits("item") {
			tries++
			if f, err := q.Blame(t.Context(), "item", errOdd); err != nil || f.Aside {
				t.Fatal(f, err)
			}
		}
		if h.Faults()["letters"] != "item: odd" {
			t.Fatalf("health says %v", h.Faults())
		}
		c.add(time.Second)
	}
	if tries < 100 || tries > 115 {
		t.Errorf("%d tries in 100 hours", tries)
	}
}

// A clock that jumps neither keeps an item waiting nor puts it aside.
func TestClockJumps(t *testing.T) {
	const years = 4 * 365 * 24 * time.Hour
	for name, jumps := range map[string][]time.Duration{
		"back an hour": {-time.Hour}, "ahead and right again": {years, -years}, "to and fro": {-time.Hour, time.Hour, years, -years, -time.Hour},
	} {
		c, l := newClock(), ledger{}
		q := l.queue(c, nil)
		for i := range 8 {
			if f, err := q.Blame(t.Context(), "item", errOdd); err != nil || f.Aside {
				t.Fatalf("%s: %v, %v", name, f, err)
			}
			c.add(jumps[i%len(jumps)])
		}
		waited := 0
		for ; q.Waits("item"); waited++ {
			c.add(time.Second)
		}
		if waited > 600 {
			t.Errorf("%s: waits for %d s", name, waited)
		}
		next := q.Next()
		if next.Sub(c.now) > time.Hour {
			t.Errorf("%s: next in %s", name, next.Sub(c.now))
		}
		failUntilAside(t, q, c, errOdd)
	}
}

// Next wakes its loop for each pause that ends, not for an item that is gone from the books.
func TestNextDoesNotTurnForEver(t *testing.T) {
	c, l, h := newClock(), ledger{}, &Health{}
	q := l.queue(c, h)
	if _, err := q.Blame(t.Context(), "gone", errOdd); err != nil {
		t.Fatal(err)
	}
	if d := q.Next().Sub(c.now); d != 2*time.Second {
		t.Errorf("next in %s", d)
	}
	turns := 0
	for next := q.Next(); !next.IsZero(); next = q.Next() {
		if turns++; turns > 10 {
			t.Fatal("turns for ever")
		}
		if next.After(c.now) {
			c.now = next
		}
	}
	if turns < 2 || len(h.Faults()) != 0 || len(q.failing) != 0 {
		t.Errorf("%d turns, faults %v, failing %v", turns, h.Faults(), q.failing)
	}
	// the pause ends between the claim and the question
	if _, err := q.Blame(t.Context(), "item", errOdd); err != nil {
		t.Fatal(err)
	}
	c.add(2 * time.Second)
	if next := q.Next(); next.IsZero() || next.After(c.now) {
		t.Errorf("the end of a pause is not told: %v", next)
	}
}

// Next tells the end of every pause of an item, not of the first alone, and forgets what is gone from the books although the clock has
// gone back.
func TestNextTellsEachPause(t *testing.T) {
	c, l, h := newClock(), ledger{}, &Health{}
	q := l.queue(c, h)
	for i := range 3 {
		if _, err := q.Blame(t.Context(), "item", errOdd); err != nil {
			t.Fatal(err)
		}
		for q.Waits("item") {
			c.add(time.Second)
		}
		if next := q.Next(); next.IsZero() || next.After(c.now) {
			t.Errorf("the end of pause %d is told for %v", i+1, next)
		}
		if next := q.Next(); !next.After(c.now) {
			t.Errorf("control: the end of pause %d is told twice", i+1)
		}
	}
	c.add(-24 * time.Hour)
	if next := q.Next(); !next.IsZero() || len(h.Faults()) != 0 {
		t.Errorf("the clock went back: next %v, faults %v", next, h.Faults())
	}
}

// An item that always fails, in a claim that always has it first, costs the others one try more, not their turn.
func TestFairness(t *testing.T) {
	play := func(fn func(*ledger) func(context.Context, []string) error) (rounds int, l *ledger) {
		c, good := newClock(), numbered(1000)
		l = &ledger{refuse: refuse("poison")}
		q := l.queue(c, nil)
		for len(l.settled) < len(good) && rounds < 100 {
			batch := append([]string{"poison"}, good[len(l.settled):min(len(l.settled)+63, len(good))]...)
			_, err := q.Commit(t.Context(), batch, fn(l))
			if err != nil && !isGround(err) {
				t.Fatal(err)
			}
			rounds++
			c.add(time.Millisecond)
		}
		return rounds, l
	}
	rounds, l := play(func(l *ledger) func(context.Context, []string) error { return l.settle })
	if rounds != 16 || !slices.Equal(l.settled, numbered(1000)) || len(l.aside) > 0 {
		t.Errorf("%d rounds, settled %d, put aside %v", rounds, len(l.settled), l.aside)
	}
	// negative control: a batch that is not taken apart
	if _, l := play(func(l *ledger) func(context.Context, []string) error { return together(l.settle) }); len(l.settled) != 0 {
		t.Error("a batch that shares its fate settled all the same")
	}
}

// together makes an item's error everybody's: the first law switched off.
func together[T any](fn func(context.Context, []T) error) func(context.Context, []T) error {
	return func(ctx context.Context, items []T) error { return Ground(fn(ctx, items)) }
}

// Every batch with every choice of bad items: the good ones are settled once, in order; the bad ones are named, in order.
func TestSettleProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := numbered(rapid.IntRange(0, 70).Draw(t, "items"))
		bad := map[string]error{}
		for _, item := range items {
			switch rapid.IntRange(0, 9).Draw(t, item) {
			case 0:
				bad[item] = errOdd
			case 1:
				bad[item] = Permanent(errOdd)
			case 2:
				bad[item] = errFull
			case 3:
				bad[item] = &PanicError{}
			}
		}
		l := ledger{refuse: func(s string) error {
			if _, ok := bad[s].(*PanicError); ok {
				panic(s)
			}
			return bad[s]
		}}
		q := l.queue(newClock(), nil)
		settled, failed, err := q.Settle(context.Background(), items, l.settle)
		if err != nil {
			t.Fatal(err)
		}
		good := slices.DeleteFunc(slices.Clone(items), func(s string) bool { return bad[s] != nil })
		if !slices.Equal(settled, good) || !slices.Equal(l.settled, good) {
			t.Fatalf("settled %q, says %q, want %q", l.settled, settled, good)
		}
		var names []string
		for _, f := range failed {
			names = append(names, f.Item)
			if f.Aside != IsPermanent(bad[f.Item]) || f.Aside == q.Waits(f.Item) {
				t.Fatalf("%q: put aside %v, waits %v", f.Item, f.Aside, q.Waits(f.Item))
			}
		}
		if !slices.Equal(names, slices.DeleteFunc(slices.Clone(items), func(s string) bool { return bad[s] == nil })) {
			t.Fatalf("failed %q", names)
		}
	})
}

// Health keeps no word that is over, whoever speaks last (run with -race).
func TestHealthAgrees(t *testing.T) {
	var h Health
	q := New(Options[string]{Name: "letters", Key: keyOf, Health: &h})
	var all sync.WaitGroup
	for i := range 8 {
		item := fmt.Sprint(i)
		all.Go(func() {
			for range 200 {
				if _, err := q.Blame(t.Context(), item, errOdd); err != nil {
					t.Error(err)
				}
				if _, err := q.Commit(t.Context(), []string{item}, func(context.Context, []string) error { return nil }); err != nil {
					t.Error(err)
				}
				q.Next()
				h.Faults()
			}
		})
	}
	all.Wait()
	if f := h.Faults(); len(f) != 0 || len(q.failing) != 0 {
		t.Errorf("faults %v of %v", f, q.failing)
	}
}

func TestHealthText(t *testing.T) {
	var none *Health
	none.Set("a", "b", "c")
	if len(none.Faults()) != 0 {
		t.Error("nil has faults")
	}
	var h Health
	h.Set("mails", "loop", "no route")
	h.Set("mails", "items", strings.Repeat("é", maxFault))
	h.Set("letters", "loop", "x")
	h.Set("letters", "loop", "")
	f := h.Faults()
	if len(f) != 1 || !strings.HasSuffix(f["mails"], "…; no route") || len(f["mails"]) > maxFault+20 {
		t.Errorf("faults %q", f)
	}
	c, l := newClock(), ledger{}
	q := l.queue(c, &h)
	for _, item := range numbered(3) {
		if _, err := q.Blame(t.Context(), item, errOdd); err != nil {
			t.Fatal(err)
		}
	}
	if text := h.Faults()["letters"]; !strings.HasPrefix(text, "3 items; item 0") {
		t.Errorf("health says %q", text)
	}
	q.Forget(func(key string) bool { return key == "item 01" })
	if text := h.Faults()["letters"]; text != "item 01: odd" {
		t.Errorf("health says %q", text)
	}
	l.queue(c, &h) // after a new start
	if text := h.Faults()["letters"]; text != "" {
		t.Errorf("health still says %q", text)
	}
}

func TestMarks(t *testing.T) {
	if Permanent(nil) != nil || Ground(nil) != nil {
		t.Error("a mark on nothing")
	}
	for _, c := range []struct {
		err               error
		permanent, ground bool
	}{
		{errOdd, false, false},
		{fmt.Errorf("x: %w", Permanent(errOdd)), true, false},
		{fmt.Errorf("x: %w", Ground(errOdd)), false, true},
		{Permanent(Ground(errOdd)), true, false},
		{Ground(Permanent(errOdd)), false, true},
	} {
		if IsPermanent(c.err) != c.permanent || isGround(c.err) != c.ground || !errors.Is(c.err, errOdd) {
			t.Errorf("%#v: permanent %v, ground %v", c.err, IsPermanent(c.err), isGround(c.err))
		}
	}
}
