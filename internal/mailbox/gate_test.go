package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
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
	if _, err := b.gate.closed(); !errors.Is(err, ErrLogin) || !Passing(err) {
		t.Error(err)
	}
	o.RefuseLogins(0)
	again(t, func() error { _, err := b.State(soon(t)); return err })
	if _, err := b.gate.closed(); err != nil {
		t.Error(err)
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

// TestDyingConnectionsAreFew (A9): a server that lets us in, and cuts the line at each FETCH of one mail, is not knocked at without
// end, by however eager callers. The control is the same mail handed over, after which a line that dies costs no pause.
func TestDyingConnectionsAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cuts atomic.Int32
		cuts.Store(1 << 20)
		began := time.Now()
		var mu sync.Mutex
		var at []time.Duration
		script := map[string]script{
			"LOGIN": func(w io.Writer, tag, _ string) bool {
				mu.Lock()
				at = append(at, time.Since(began))
				mu.Unlock()
				return ordinary("LOGIN")(w, tag, "")
			},
			"UID FETCH": func(w io.Writer, tag, args string) bool {
				set, what, _ := strings.Cut(args, " ")
				for i := 1; i <= 5; i++ {
					switch {
					case !asked(set, i):
					case !strings.Contains(what, "BODY"):
						io.WriteString(w, about(i)) //nolint:errcheck // the client sees it
					case i == 3 && cuts.Add(-1) >= 0:
						return true
					default:
						fmt.Fprintf(w, "* %d FETCH (UID %d BODY[] {4}\r\nmail)\r\n", i, i)
					}
				}
				fmt.Fprintf(w, "%s OK done\r\n", tag)
				return false
			}}
		b := New(Options{Address: "127.0.0.1:143", Security: "none", Random: middle})
		var serving sync.WaitGroup
		b.opt.Dial = func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			serving.Go(func() { defer server.Close(); converse(server, welcome, script) })
			return client, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		var lines sync.WaitGroup
		lines.Go(func() { b.Watch(ctx, func() {}, func(error) {}) }) //nolint:errcheck // it is always nil
		taken := map[uint32]bool{}
		round := func() time.Duration {
			began := time.Now()
			refs, err := b.Since(ctx, UID{7, 1})
			if err != nil {
				t.Error(err)
			}
			refs = slices.DeleteFunc(refs, func(r Ref) bool { return taken[r.UID.UID] })
			err = b.Fetch(ctx, refs, func(m Mail) error { taken[m.UID.UID] = true; return nil })
			if broken := Broken(err); err != nil && (len(broken) != 1 || broken[0].UID.UID != 3 || !broken[0].Alone) {
				t.Error(err)
			}
			return time.Since(began)
		}
		for time.Since(began) < time.Hour {
			round()
			nap(ctx, time.Second)
		}
		mu.Lock()
		for i, t0 := range at {
			if n := slices.IndexFunc(at[i:], func(d time.Duration) bool { return d >= t0+time.Minute }); t0 > time.Minute && n > 6 {
				t.Errorf("%d logins in the minute after %v", n, t0)
			}
		}
		if len(at) < 200 {
			t.Errorf("%d logins in an hour", len(at))
		}
		mu.Unlock()
		if cuts.Store(0); len(taken) != 4 {
			t.Errorf("%d of the other 4 came", len(taken))
		}
		round()
		delete(taken, 3)
		cuts.Store(1)
		if d := round(); d > 0 || !taken[3] || cuts.Load() >= 0 {
			t.Errorf("after all is well a line that dies costs %v", d)
		}
		cancel()
		lines.Wait()
		b.Close()
		serving.Wait()
	})
}
