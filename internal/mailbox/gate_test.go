package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ukpbjd/internal/postoffice"
)

func middle() float64 { return 0.5 }

// TestOneDialAStep (A9): lines that call without end, and one that waits, knock once a step together; the control is a server
// that is there, where nobody waits.
func TestOneDialAStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(time.Second, middle)
		refused := fmt.Errorf("sign in: %w", ErrLogin)
		var mu sync.Mutex
		var at []time.Duration
		dials := func() []time.Duration { mu.Lock(); defer mu.Unlock(); return slices.Clone(at) }
		began, up := time.Now(), atomic.Bool{}
		dial := func(ctx context.Context) (*session, error) {
			if up.Load() {
				return &session{}, nil
			}
			mu.Lock()
			at = append(at, time.Since(began))
			mu.Unlock()
			nap(ctx, 100*time.Millisecond) // others call meanwhile
			return nil, refused
		}
		ctx, cancel := context.WithCancel(t.Context())
		var lines sync.WaitGroup
		for i := range 3 {
			lines.Go(func() {
				for ctx.Err() == nil {
					asked := time.Now()
					_, err := g.pass(ctx, i == 0, dial)
					if i > 0 && time.Since(asked) > 200*time.Millisecond || err != nil && !errors.Is(err, ErrLogin) && ctx.Err() == nil {
						t.Errorf("line %d: %v after %v", i, err, time.Since(asked))
					}
					nap(ctx, 10*time.Millisecond)
				}
			})
		}
		nap(ctx, time.Minute)
		if at := dials(); fmt.Sprint(at[0], len(at)) != "0s 6" {
			t.Errorf("in one minute at %v", at)
		}
		nap(ctx, time.Hour)
		all := dials()
		if last := all[len(all)-1] - all[len(all)-2]; last < maxPause || last > maxPause+200*time.Millisecond {
			t.Errorf("later each %v", last)
		}
		up.Store(true)
		nap(ctx, maxPause+time.Second)
		if _, err := g.closed(); err != nil {
			t.Errorf("after it is there again: %v", err)
		}
		cancel()
		lines.Wait()
		if s, err := g.pass(t.Context(), false, dial); s == nil || err != nil {
			t.Error(err)
		}
	})
}

func TestWaitingAtTheGateEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(time.Second, middle)
		g.note(io.EOF)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := g.pass(ctx, true, func(ctx context.Context) (*session, error) { return nil, context.Cause(ctx) })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 100*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestBackoff(t *testing.T) {
	for random, want := range map[float64]string{0: "800ms 1.6s 3.2s", 0.5: "1s 2s 4s", 0.999999: "1.2s 2.4s 4.8s"} {
		b := backoff{first: time.Second, random: func() float64 { return random }}
		var got []string
		for range 3 {
			got = append(got, b.pause().Round(time.Millisecond).String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%v: %v, want %s", random, got, want)
		}
		for range 10 {
			b.pause()
		}
		if d := b.pause(); d > maxPause*6/5 || d < maxPause*4/5 {
			t.Errorf("at last %v", d)
		}
		if b.reset(); b.pause() > 2*time.Second {
			t.Error("not reset")
		}
	}
}

// TestRefusedLoginsAreFew (A9): against a server, with a watch and two busy callers.
func TestRefusedLoginsAreFew(t *testing.T) {
	o := office(t, postoffice.Options{})
	o.RefuseLogins(1 << 30)
	tap := tapped(t, o.IMAPAddr())
	b := boxAt(t, tap.addr, func(o *Options) { o.Retry, o.Random = 200*time.Millisecond, middle })
	if since, err := b.Down(); err != nil || !since.IsZero() {
		t.Errorf("down since %v, %v", since, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var lines sync.WaitGroup
	lines.Go(func() { b.Watch(ctx, func() { t.Error("woken") }, func(error) {}) }) //nolint:errcheck // it is always nil
	calls := atomic.Int32{}
	for _, call := range []func() error{
		func() error { _, err := b.State(ctx); return err },
		func() error { return b.File(ctx, []UID{{7, 1}}, "Lain") },
	} {
		lines.Go(func() {
			for ctx.Err() == nil {
				if err := call(); !errors.Is(err, ErrLogin) && ctx.Err() == nil {
					t.Error(err)
				}
				calls.Add(1)
				nap(ctx, time.Millisecond)
			}
		})
	}
	lines.Wait()
	if n := tap.heard("LOGIN"); n < 2 || n > 3 || calls.Load() < 50 { // at 0, 200 and 600 ms
		t.Errorf("%d logins for %d calls", n, calls.Load())
	}
	if since, err := b.Down(); !errors.Is(err, ErrLogin) || since.IsZero() || !Passing(err) {
		t.Errorf("down since %v, %v", since, err)
	}
	o.RefuseLogins(0)
	again(t, func() error { _, err := b.State(soon(t)); return err })
	if since, err := b.Down(); err != nil || !since.IsZero() {
		t.Errorf("down since %v, %v", since, err)
	}
}

// TestAwayIsAskedEachMinute (A13): a server that was away for hours is asked again within a minute. The control is one that refuses the
// login: it is asked each five.
func TestAwayIsAskedEachMinute(t *testing.T) {
	for why, most := range map[error]time.Duration{errors.New("connection refused"): time.Minute, ErrLogin: maxPause} {
		synctest.Test(t, func(t *testing.T) {
			g := newGate(time.Second, middle)
			var last, longest time.Duration
			began := time.Now()
			for time.Since(began) < 5*time.Hour {
				g.pass(t.Context(), true, func(context.Context) (*session, error) { //nolint:errcheck // it is why
					longest, last = max(longest, time.Since(began)-last), time.Since(began)
					return nil, why
				})
			}
			if longest != most {
				t.Errorf("%v: asked each %s", why, longest)
			}
		})
	}
}
