package queue

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

// row is one item in the books. How often it was executed, settled and put aside is what the tests look at.
type row struct {
	state    string // waiting, claimed, settled, aside
	tries    int    // as the books count them: failed executions
	next     time.Time
	why      string
	executed int // without an error
	attempts int
	settled  int
	aside    int
	ended    time.Duration // since the start
}

// books are the durable side: whole transactions, and faults in them.
type books struct {
	mu    sync.Mutex
	start time.Time
	keys  []string
	rows  map[string]*row
	fault func(ctx context.Context, phase, key string) error // in whose place a test does as it likes
	dead  bool                                               // a commit had an unknown outcome
	found []string                                           // what must never be
}

func newBooks(n int) *books {
	b := &books{start: time.Now(), rows: map[string]*row{}, fault: func(context.Context, string, string) error { return nil }}
	for _, key := range numbered(n) {
		b.keys = append(b.keys, key)
		b.rows[key] = &row{state: "waiting"}
	}
	return b
}

// update is one transaction.
func (b *books) update(ctx context.Context, phase string, keys []string, change func(key string, r *row)) error {
	for _, key := range keys {
		if err := b.fault(ctx, phase, key); err != nil {
			b.dead = b.dead || isUnknown(err)
			return fmt.Errorf("%s: %w", phase, err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dead {
		b.found = append(b.found, phase+" after a commit of unknown outcome")
	}
	for _, key := range keys {
		change(key, b.rows[key])
		b.rows[key].ended = time.Since(b.start)
	}
	return nil
}

// reopen is what a start does: what was claimed and not settled is claimed again.
func (b *books) reopen() {
	b.dead = false
	for _, r := range b.rows {
		if r.state == "claimed" {
			r.state = "waiting"
		}
	}
}

func (b *books) open() (keys []string) {
	for _, key := range b.keys {
		if s := b.rows[key].state; s == "waiting" || s == "claimed" {
			keys = append(keys, key)
		}
	}
	return keys
}

// outcome is the result of one execution.
type outcome struct {
	key string
	err error
}

// jobs is a user of the engine as the rooms are: it claims through a queue of its own and counts failed executions in the books.
func (b *books) jobs(h *Health) Jobs[string, outcome] {
	aside := func(ctx context.Context, key string, why error) error {
		return b.update(ctx, "aside", []string{key}, func(_ string, r *row) { r.putAside(why) })
	}
	claims := New(Options[string]{Name: "letters", Key: keyOf, Aside: aside, Fatal: isUnknown, Health: h})
	return Jobs[string, outcome]{
		Loop: Loop{Name: "letters", Wake: NewSignal(), Health: h, Fatal: isUnknown},
		Key:  keyOf,
		Claim: func(ctx context.Context, limit int, busy func(string) bool) ([]string, time.Time, error) {
			due, next := b.due(limit, func(key string) bool { return busy(key) || claims.Waits(key) })
			claimed, _, err := claims.Settle(ctx, due, func(ctx context.Context, keys []string) error {
				return b.update(ctx, "claim", keys, func(_ string, r *row) { r.state = "claimed" })
			})
			return claimed, Earlier(next, claims.Next()), err
		},
		Execute: func(ctx context.Context, key string) (outcome, error) {
			b.mu.Lock()
			b.rows[key].attempts++
			b.mu.Unlock()
			if err := b.fault(ctx, "execute", key); err != nil {
				return outcome{}, fmt.Errorf("execute: %w", err)
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			b.rows[key].executed++
			return outcome{key: key}, nil
		},
		Failed: func(key string, err error) outcome { return outcome{key, err} },
		Settle: func(ctx context.Context, list []outcome) error {
			var keys []string
			errs := map[string]error{}
			for _, o := range list {
				keys, errs[o.key] = append(keys, o.key), o.err
			}
			return b.update(ctx, "settle", keys, func(key string, r *row) { r.settle(errs[key]) })
		},
		Aside:   func(ctx context.Context, key string, _ outcome, why error) error { return aside(ctx, key, why) },
		Workers: 4,
		Limit:   30 * time.Second,
	}
}

func (b *books) due(limit int, skip func(string) bool) (due []string, next time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, key := range b.keys {
		switch r := b.rows[key]; {
		case r.state != "waiting" || skip(key):
		case r.next.After(time.Now()):
			next = Earlier(next, r.next)
		case len(due) < limit:
			due = append(due, key)
		}
	}
	return due, next
}

func (r *row) settle(err error) {
	switch {
	case err == nil:
		r.state = "settled"
		r.settled++
	case IsPermanent(err) || r.tries >= 4:
		r.putAside(err)
	default:
		r.tries++
		r.state, r.next = "waiting", time.Now().Add(Backoff{}.After(r.tries, nil))
	}
}

func (r *row) putAside(why error) {
	r.state, r.why = "aside", why.Error()
	r.aside++
}

// run lets the jobs go on for d.
func run(j Jobs[string, outcome], d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return j.Run(ctx)
}

// faultsAt is what health says after d.
func faultsAt(h *Health, d time.Duration) <-chan map[string]string {
	seen := make(chan map[string]string, 1)
	time.AfterFunc(d, func() { seen <- h.Faults() })
	return seen
}

// poison is one fault in one phase of one item.
type poison struct {
	name, phase string
	fault       func(context.Context) error
}

func poisons() (all []poison) {
	for _, phase := range []string{"claim", "execute", "settle", "aside"} {
		for name, fault := range map[string]func(context.Context) error{
			"error":     func(context.Context) error { return errOdd },
			"permanent": func(context.Context) error { return Permanent(errOdd) },
			"panic":     func(context.Context) error { panic(errOdd) },
			"time-out":  waitFor(phase),
			"unknown":   func(context.Context) error { return errUnknown },
			"ENOSPC":    func(context.Context) error { return errFull },
			"EIO":       func(context.Context) error { return errDisk },
		} {
			all = append(all, poison{name, phase, fault})
		}
	}
	return all
}

func waitFor(phase string) func(context.Context) error {
	if phase != "execute" {
		return func(context.Context) error { return fmt.Errorf("commit: %w", context.DeadlineExceeded) }
	}
	return func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
}

// play puts one poisonous item among n, and returns what the first law does not allow.
func (p poison) play(n int, alter func(*Jobs[string, outcome])) (found []string) {
	var h Health
	b := newBooks(n)
	bad, times, healed := b.keys[n/3], 0, false
	b.fault = func(ctx context.Context, phase, key string) error {
		switch {
		case healed || key != bad:
			return nil
		case phase == p.phase && (phase != "aside" || times < 3):
			times++
			return p.fault(ctx)
		case phase == "settle" && p.phase == "aside":
			return Permanent(errOdd)
		}
		return nil
	}
	j := b.jobs(&h)
	alter(&j)
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	machine := p.name == "ENOSPC" || p.name == "EIO"
	if p.name == "unknown" {
		if err := run(j, time.Hour); !isUnknown(err) {
			say("went on after an unknown outcome: %v", err)
		}
		if r := b.rows[bad]; r.settled+r.aside > 0 || times != 1 {
			say("decided again on a guess: %+v, %d times", *r, times)
		}
		b.reopen()
		healed = true
		_ = run(j, time.Hour)
	} else {
		seen := faultsAt(&h, time.Second/2)
		_ = run(j, 90*time.Minute)
		during := (<-seen)["letters"]
		if p.phase != "execute" && p.name != "permanent" && !strings.Contains(during, bad) {
			say("health said %q", during)
		}
		if times > 40 {
			say("tried %d times", times)
		}
	}
	for _, key := range b.keys {
		if r := b.rows[key]; key != bad && (r.settled != 1 || r.aside != 0 || r.ended > time.Second && p.name != "unknown") {
			say("%s: %+v", key, *r)
		}
	}
	if r := b.rows[bad]; machine && (p.phase == "claim" || p.phase == "settle") {
		if r.aside+r.settled > 0 || h.Faults()["letters"] == "" {
			say("for want of room: %+v, health %v", *r, h.Faults())
		}
		healed = true
		b.reopen()
		_ = run(b.jobs(&h), time.Hour)
		if r.settled != 1 {
			say("not settled when there was room again: %+v", *r)
		}
	} else if p.name != "unknown" && (r.aside != 1 || r.settled != 0 || r.why == "") {
		say("the poisonous one: %+v", *r)
	}
	if f := h.Faults(); len(f) > 0 {
		say("at the end health says %v", f)
	}
	return append(found, b.found...)
}

// One item, one fate: in each phase, by each kind of fault, alone and among 63.
func TestPoisonInEachPhase(t *testing.T) {
	for _, p := range poisons() {
		for _, n := range []int{1, 64} {
			t.Run(fmt.Sprintf("%s/%s/%d", p.phase, p.name, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					for _, f := range p.play(n, func(*Jobs[string, outcome]) {}) {
						t.Error(f)
					}
				})
			})
		}
	}
}

// Negative controls: with a part of the law switched off, the same play finds it.
func TestPoisonControls(t *testing.T) {
	for name, alter := range map[string]func(*Jobs[string, outcome]){
		"claim/one fate for all":  func(j *Jobs[string, outcome]) { j.Claim = claimTogether(j.Claim) },
		"settle/one fate for all": func(j *Jobs[string, outcome]) { j.Settle = together(j.Settle) },
		"settle/no bound":         func(j *Jobs[string, outcome]) { j.Policy.Over = 1000 * time.Hour },
		"settle/no pause":         func(j *Jobs[string, outcome]) { j.Policy.Pause = Backoff{time.Second, time.Second} },
		"settle/no reason":        func(j *Jobs[string, outcome]) { j.Aside = nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				phase, _, _ := strings.Cut(name, "/")
				p := poison{"error", phase, func(context.Context) error { return errOdd }}
				if found := p.play(64, alter); len(found) == 0 {
					t.Error("nothing found")
				}
			})
		})
	}
}

type claimFunc = func(context.Context, int, func(string) bool) ([]string, time.Time, error)

// claimTogether claims all or nothing.
func claimTogether(claim claimFunc) claimFunc {
	return func(ctx context.Context, limit int, busy func(string) bool) ([]string, time.Time, error) {
		for _, bad := range []string{"item 21"} {
			if !busy(bad) && limit > 0 {
				return nil, time.Time{}, errOdd
			}
		}
		return claim(ctx, limit, busy)
	}
}

// stop is a stop in the middle of one phase of one item; heeds: the call in which it comes ends with its context.
type stop struct {
	phase string
	heeds bool
}

func (s stop) play(alter func(context.Context, *Jobs[string, outcome])) (found []string) {
	b := newBooks(40)
	ctx, cancel := context.WithCancel(context.Background())
	b.fault = func(in context.Context, phase, key string) error {
		if phase == "execute" {
			<-time.After(time.Millisecond) // so that several are under way
		}
		if key == "item 13" && phase == "settle" && s.phase == "aside" {
			return Permanent(errOdd)
		}
		if key == "item 13" && phase == s.phase {
			cancel()
			if s.heeds {
				return in.Err()
			}
		}
		return nil
	}
	j := b.jobs(nil)
	alter(ctx, &j)
	if err := j.Run(ctx); !errors.Is(err, context.Canceled) {
		found = append(found, fmt.Sprintf("Run returned %v", err))
	}
	b.reopen()
	s.phase, s.heeds = map[bool]string{true: "aside"}[s.phase == "aside"], false
	_ = run(b.jobs(nil), time.Minute)
	for _, key := range b.keys {
		r := b.rows[key]
		if r.settled+r.aside != 1 || r.executed != 1 || r.aside == 1 && key != "item 13" {
			found = append(found, fmt.Sprintf("%s: %+v", key, *r))
		}
	}
	return found
}

// A stop in the middle of each phase: nothing is settled twice, and nothing that was done is done again.
func TestStopInEachPhase(t *testing.T) {
	for _, phase := range []string{"claim", "execute", "settle", "aside"} {
		for _, heeds := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s heeds=%v", phase, heeds), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					for _, f := range (stop{phase, heeds}).play(func(context.Context, *Jobs[string, outcome]) {}) {
						t.Error(f)
					}
				})
			})
		}
	}
	// negative control: books that take nothing any more once the stop has come
	synctest.Test(t, func(t *testing.T) {
		if found := (stop{"execute", false}).play(func(ctx context.Context, j *Jobs[string, outcome]) {
			settle := j.Settle
			j.Settle = func(in context.Context, list []outcome) error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return settle(in, list)
			}
		}); len(found) == 0 {
			t.Error("nothing found")
		}
	})
}

// Faults are drawn for each item and phase; a poisonous item has one that does not end.
type plan struct {
	mu     sync.Mutex
	faults map[string][]string // "settle item 03" → the faults of its first calls; "!": of all
	stops  []time.Duration
}

func drawPlan(t *rapid.T, keys []string) (p *plan, poisonous map[string]bool) {
	p, poisonous = &plan{faults: map[string][]string{}}, map[string]bool{}
	for _, key := range keys {
		switch rapid.IntRange(0, 7).Draw(t, key) {
		case 0:
			phase := rapid.SampledFrom([]string{"claim", "execute", "settle"}).Draw(t, "in")
			p.faults[phase+" "+key] = []string{"!", rapid.SampledFrom([]string{"error", "permanent", "panic"}).Draw(t, "by")}
			poisonous[key] = true
		case 1, 2:
			for _, phase := range []string{"claim", "execute", "settle", "aside"} {
				p.faults[phase+" "+key] = rapid.SliceOfN(rapid.SampledFrom([]string{"error", "panic", "ENOSPC", "slow"}), 0, 3).Draw(t, phase)
			}
		}
	}
	for range rapid.IntRange(0, 4).Draw(t, "stops") {
		p.stops = append(p.stops, time.Duration(rapid.IntRange(1, 30_000).Draw(t, "after"))*time.Millisecond)
	}
	return p, poisonous
}

// next is the fault of this call; the workers ask, too.
func (p *plan) next(at string) (kind string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch list := p.faults[at]; {
	case len(list) == 0:
	case list[0] == "!":
		kind = list[1]
	default:
		kind, p.faults[at] = list[0], list[1:]
	}
	return kind
}

func (p *plan) fault(ctx context.Context, phase, key string) error {
	kind := p.next(phase + " " + key)
	switch kind {
	case "":
		return nil
	case "permanent":
		return Permanent(errOdd)
	case "panic":
		panic(key)
	case "ENOSPC":
		return errFull
	case "slow":
		select {
		case <-time.After(20 * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return errOdd
}

// play runs until nothing is open, with stops between, and returns what must not be.
func (p *plan) play(n int, poisonous map[string]bool, workers, batch int, alter func(*Jobs[string, outcome])) (found []string) {
	var h Health
	b := newBooks(n)
	b.fault = func(ctx context.Context, phase, key string) error {
		if phase == "execute" {
			<-time.After(10 * time.Millisecond)
		}
		return p.fault(ctx, phase, key)
	}
	faulty := map[string]bool{}
	for at, list := range p.faults {
		phase, key, _ := strings.Cut(at, " ")
		faulty[key] = faulty[key] || phase == "settle" && len(list) > 0
	}
	for _, d := range append(p.stops, 3*time.Hour) {
		j := b.jobs(&h)
		j.Workers, j.Batch = workers, batch
		alter(&j)
		_ = run(j, d)
		b.reopen()
	}
	for _, key := range b.keys {
		r := b.rows[key]
		want := row{settled: 1, executed: 1}
		if poisonous[key] {
			want = row{aside: 1, executed: r.executed}
		}
		if faulty[key] { // at a stop its result may be lost, and only its own
			want.executed = min(max(r.executed, want.executed), 1+len(p.stops))
		}
		if r.settled != want.settled || r.aside != want.aside || r.executed != want.executed {
			found = append(found, fmt.Sprintf("%s (poisonous: %v): %+v", key, poisonous[key], *r))
		}
	}
	if f := h.Faults(); len(f) > 0 {
		found = append(found, fmt.Sprintf("health says %v", f))
	}
	return append(found, b.found...)
}

func TestJobsProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 80).Draw(rt, "items")
		p, poisonous := drawPlan(rt, numbered(n))
		workers, batch := rapid.IntRange(1, 8).Draw(rt, "workers"), rapid.IntRange(1, 64).Draw(rt, "batch")
		var found []string
		synctest.Test(t, func(*testing.T) { found = p.play(n, poisonous, workers, batch, func(*Jobs[string, outcome]) {}) })
		if len(found) > 0 {
			rt.Fatalf("%s", strings.Join(found, "\n"))
		}
	})
	// negative control
	synctest.Test(t, func(t *testing.T) {
		p := &plan{faults: map[string][]string{"settle item 03": {"!", "error"}}}
		if found := p.play(10, map[string]bool{"item 03": true}, 4, 8, func(j *Jobs[string, outcome]) { j.Settle = together(j.Settle) }); len(found) == 0 {
			t.Error("nothing found")
		}
	})
}

// A claim that fails holds up no result, and is asked again ever more rarely.
func TestClaimFaultDelaysNoResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Health
		b := newBooks(8)
		b.fault = func(_ context.Context, phase, _ string) error {
			if phase == "execute" {
				<-time.After(5 * time.Second)
			}
			return nil
		}
		j := b.jobs(&h)
		claim, claims := j.Claim, 0
		j.Claim = func(ctx context.Context, limit int, busy func(string) bool) ([]string, time.Time, error) {
			if claims++; claims > 1 {
				return nil, time.Now(), errOdd
			}
			return claim(ctx, limit, busy)
		}
		_ = run(j, time.Hour)
		for _, key := range b.keys {
			if r := b.rows[key]; r.settled != 1 || r.ended > 11*time.Second {
				t.Errorf("%s: %+v", key, *r)
			}
		}
		if claims < 5 || claims > 20 || h.Faults()["letters"] != "odd" {
			t.Errorf("%d claims, faults %v", claims, h.Faults())
		}
	})
}

// What the books returned twice is worked on once, what came beside an error is worked on, and a claim that is always due does
// not turn the loop.
func TestClaimIsNotTrusted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(3)
		b.fault = func(_ context.Context, phase, _ string) error {
			if phase == "execute" {
				<-time.After(time.Second)
			}
			return nil
		}
		j := b.jobs(nil)
		claims := 0
		j.Claim = func(context.Context, int, func(string) bool) ([]string, time.Time, error) {
			claims++
			if keys := b.open(); len(keys) > 0 {
				return append(keys, keys...), time.Now(), errOdd
			}
			return nil, time.Now(), nil
		}
		_ = run(j, 5*time.Second)
		for _, key := range b.keys {
			if r := b.rows[key]; r.attempts != 1 || r.settled != 1 {
				t.Errorf("%s: %+v", key, *r)
			}
		}
		if claims > 1100 {
			t.Errorf("%d claims in 5 s", claims)
		}
	})
}

// An Execute that does not heed its context holds one worker; health says so, the others go on, and its end is seen.
func TestExecuteThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Health
		b := newBooks(10)
		release := make(chan struct{})
		b.fault = func(_ context.Context, phase, key string) error {
			if phase == "execute" && key == "item 02" {
				<-release
			}
			return nil
		}
		early, late, end := faultsAt(&h, 59*time.Second), faultsAt(&h, 2*time.Minute), faultsAt(&h, 3*time.Minute)
		time.AfterFunc(2*time.Minute+time.Second, func() { close(release) })
		_ = run(b.jobs(&h), time.Hour)
		before, during, after := <-early, <-late, <-end
		if len(before) != 0 || !strings.HasPrefix(during["letters"], "item 02: has been worked on") || len(after) != 0 {
			t.Errorf("faults %v, then %v, then %v", before, during, after)
		}
		if open := b.open(); len(open) > 0 || b.rows["item 03"].ended > time.Second {
			t.Errorf("open %q", open)
		}
	})
}

// A panic in Failed leaves no result: the item is put aside with that reason, not settled as if it had none.
func TestFailedFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(5)
		b.fault = func(_ context.Context, phase, key string) error {
			if phase == "execute" && key == "item 02" {
				return errOdd
			}
			return nil
		}
		j := b.jobs(nil)
		j.Failed = func(string, error) outcome { panic("x") }
		_ = run(j, time.Minute)
		for _, key := range b.keys {
			if r := b.rows[key]; (r.settled == 1) == (key == "item 02") || r.settled+r.aside != 1 {
				t.Errorf("%s: %+v", key, *r)
			}
		}
	})
}

// While nothing can be written, no more is claimed than memory may hold; then everything is.
func TestHeldResultsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = maxHeld + 500
		b := newBooks(n)
		var room atomic.Bool
		b.fault = func(_ context.Context, phase, _ string) error {
			if !room.Load() && phase == "settle" {
				return errFull
			}
			return nil
		}
		time.AfterFunc(2*time.Hour, func() {
			room.Store(true)
			b.mu.Lock()
			defer b.mu.Unlock()
			if claimed := n - len(slices.DeleteFunc(b.open(), func(key string) bool { return b.rows[key].state == "claimed" })); claimed > maxHeld+16 {
				t.Errorf("%d claimed", claimed)
			}
		})
		j := b.jobs(nil)
		_ = run(j, 3*time.Hour)
		for _, key := range b.keys {
			if r := b.rows[key]; r.executed != 1 || r.settled != 1 {
				t.Errorf("%s: %+v", key, *r)
			}
		}
	})
}

// A row that falls due wakes its jobs although the clock jumps, and a signal does at once.
func TestJobsAndTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, jump := range map[string]time.Duration{"back an hour": -time.Hour, "ahead four years": 4 * 365 * 24 * time.Hour} {
			var off atomic.Int64
			now := func() time.Time { return time.Now().Round(0).Add(time.Duration(off.Load())) }
			start, done := time.Now(), time.Duration(0)
			due := now().Add(10 * time.Minute)
			j := Jobs[string, string]{Loop: Loop{Now: now}, Key: keyOf,
				Claim: func(context.Context, int, func(string) bool) ([]string, time.Time, error) {
					if done > 0 {
						return nil, time.Time{}, nil
					}
					if now().Before(due) || off.Load() > 0 { // the books do not believe in a clock that is years ahead
						return nil, due, nil
					}
					return []string{"tick"}, time.Time{}, nil
				},
				Execute: func(_ context.Context, s string) (string, error) { return s, nil },
				Settle: func(_ context.Context, list []string) error {
					if len(list) > 0 {
						done = time.Since(start)
					}
					return nil
				},
			}
			time.AfterFunc(time.Minute, func() { off.Store(int64(jump)) })
			right := map[bool]time.Duration{true: time.Minute + time.Second, false: 11 * time.Minute}[jump > 0]
			time.AfterFunc(right, func() { off.Store(0) })
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			_ = j.Run(ctx)
			cancel()
			if done < 10*time.Minute || done > 13*time.Minute {
				t.Errorf("%s: done after %s", name, done)
			}
		}
	})
}

func TestJobsWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(4)
		j := b.jobs(nil)
		b.rows["item 03"].state = "settled"
		time.AfterFunc(time.Minute, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.rows["item 03"].state = "waiting"
			j.Wake.Notify()
		})
		_ = run(j, time.Hour)
		if r := b.rows["item 03"]; r.settled != 1 || r.ended != time.Minute {
			t.Errorf("%+v", *r)
		}
	})
}

// While nothing at all can be settled, what has ended is kept and nothing is claimed; nobody is blamed, and health says it.
func TestNoGroundNoClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Health
		var open atomic.Bool
		b := newBooks(30)
		j := b.jobs(&h)
		settle, claim, claims := j.Settle, j.Claim, 0
		j.Settle = func(ctx context.Context, list []outcome) error {
			if !open.Load() {
				return errOdd
			}
			return settle(ctx, list)
		}
		j.Claim = func(ctx context.Context, limit int, busy func(string) bool) ([]string, time.Time, error) {
			if claims++; !open.Load() && claims > 1 {
				t.Error("claimed although nothing can be settled")
			}
			return claim(ctx, limit, busy)
		}
		during := faultsAt(&h, time.Minute)
		time.AfterFunc(time.Hour, func() { open.Store(true) })
		_ = run(j, 90*time.Minute)
		if f := (<-during)["letters"]; f != "odd" || len(h.Faults()) > 0 {
			t.Errorf("faults %q, at the end %v", f, h.Faults())
		}
		for _, key := range b.keys {
			if r := b.rows[key]; r.settled != 1 || r.executed != 1 {
				t.Errorf("%s: %+v", key, *r)
			}
		}
	})
}

// What has ended is settled at the stop although the pause after a fault has not: the books take it again by then. The control: they
// do not, and it stays claimed.
func TestStopCutsThePauseShort(t *testing.T) {
	for name, mended := range map[string]bool{"mended": true, "control": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBooks(1)
				var down atomic.Bool
				down.Store(true)
				b.fault = func(_ context.Context, phase, _ string) error {
					if phase == "settle" && down.Load() {
						return Ground(errOdd)
					}
					return nil
				}
				time.AfterFunc(time.Second, func() { down.Store(!mended) })
				if err := run(b.jobs(nil), time.Second+time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				if settled := b.rows[b.keys[0]].state == "settled"; settled != mended {
					t.Errorf("it is %s", b.rows[b.keys[0]].state)
				}
			})
		})
	}
}

// At the stop the claims of what was not begun, and of what was interrupted, are given back. The control: what was settled is not.
func TestStopReleasesItsClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(10)
		j := b.jobs(nil)
		j.Workers = 2
		b.fault = func(ctx context.Context, phase, key string) error {
			if phase == "execute" && key > b.keys[3] {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		var released []string
		j.Release = func(ctx context.Context, list []string) error {
			released = list
			return ctx.Err()
		}
		if err := run(j, time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		slices.Sort(released)
		var claimed []string
		for _, key := range b.keys {
			if b.rows[key].state == "claimed" {
				claimed = append(claimed, key)
			}
		}
		if !slices.Equal(released, claimed) || len(claimed) < 2 || b.rows[b.keys[3]].state != "settled" {
			t.Errorf("released %q, claimed %q", released, claimed)
		}
	})
}

// What a worker receives after the stop it does not begin.
func TestNothingBeginsAfterTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if r := b.jobs(nil).execute(ctx, b.keys[0]); !errors.Is(r.err, context.Canceled) || b.rows[b.keys[0]].attempts != 0 {
			t.Errorf("%v, %+v", r.err, *b.rows[b.keys[0]])
		}
	})
}
