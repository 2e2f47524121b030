package queue

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// turns runs a loop in virtual time for d, and returns when each step began.
func turns(t *testing.T, l Loop, d time.Duration, step func(n int) (time.Time, error)) (at []time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	start := time.Now()
	err = l.Run(ctx, func(context.Context) (time.Time, error) {
		at = append(at, time.Since(start))
		return step(len(at))
	})
	return at, err
}

func TestSignalDuringStepIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Loop{Name: "mails", Wake: NewSignal()}
		at, err := turns(t, l, time.Hour, func(n int) (time.Time, error) {
			<-time.After(time.Second)
			if n <= 3 {
				l.Wake.Notify()
				l.Wake.Notify()
			}
			return time.Time{}, nil
		})
		if len(at) != 4 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("steps at %v, %v", at, err)
		}
		// negative control: a signal that keeps nothing
		l.Wake = make(Signal)
		if at, _ := turns(t, l, time.Hour, func(int) (time.Time, error) { l.Wake.Notify(); return time.Time{}, nil }); len(at) != 1 {
			t.Errorf("steps at %v", at)
		}
	})
}

// A fault's pause grows whatever the signals do, a signal during it is kept, and health and log show the fault and its end.
func TestLoopPausesAfterFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Health
		var said []error
		l := Loop{Name: "mails", Wake: NewSignal(), Health: &h, Rand: most, Warn: func(err error) { said = append(said, err) }}
		other := errors.New("other")
		at, err := turns(t, l, 24*time.Hour, func(n int) (time.Time, error) {
			if n > 1 && n <= 6 && len(h.Faults()) != 1 {
				t.Errorf("step %d: health says %v", n, h.Faults())
			}
			switch {
			case n <= 3:
				l.Wake.Notify()
				return time.Now(), errOdd
			case n == 4:
				return time.Now(), other
			case n == 5:
				panic("secret")
			}
			return time.Time{}, nil
		})
		want := []time.Duration{0, 2 * time.Second, 6 * time.Second, 14 * time.Second, 30 * time.Second, 62 * time.Second, 62 * time.Second}
		if len(at) != len(want) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("steps at %v, %v", at, err)
		}
		for i := range at {
			if at[i] != want[i] {
				t.Errorf("step %d at %s, want %s", i, at[i], want[i])
			}
		}
		if len(h.Faults()) != 0 || len(said) != 3 || said[2].Error() != "a fault of the program (panic, string)" {
			t.Errorf("health %v, said %q", h.Faults(), said)
		}
	})
}

// After a success the next fault is a first one: said again, and a short pause.
func TestLoopForgetsAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := 0
		l := Loop{Rand: most, Warn: func(error) { said++ }}
		at, _ := turns(t, l, time.Hour, func(n int) (time.Time, error) {
			if n <= 5 || n == 7 {
				return time.Time{}, errOdd
			}
			return map[bool]time.Time{true: time.Now()}[n == 6], nil
		})
		if len(at) != 8 || at[7]-at[6] != 2*time.Second || said != 2 {
			t.Errorf("steps at %v, said %d times", at, said)
		}
	})
}

// TestLoopOnFirmGround: when what was away is back, nobody waits for the end of a long pause. Without that word, as control, it lasts;
// a word from before the fault is none.
func TestLoopOnFirmGround(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, says := range []bool{true, false} {
			l := Loop{Rand: most, Firm: NewSignal()}
			l.Firm.Notify()
			at, _ := turns(t, l, 6*time.Minute, func(n int) (time.Time, error) {
				if says && n == 7 {
					time.AfterFunc(time.Second, l.Firm.Notify)
				}
				return time.Time{}, errOdd
			})
			if got := at[7] - at[6]; says && got != time.Second || !says && got < time.Minute || at[1]-at[0] < time.Second {
				t.Errorf("told %v: steps at %v", says, at)
			}
		}
	})
}

func TestLoopPauseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at, _ := turns(t, Loop{}, 24*time.Hour, func(int) (time.Time, error) { return time.Time{}, errOdd })
		if len(at) < 150 || len(at) > 200 {
			t.Errorf("%d steps in 24 hours", len(at))
		}
	})
}

func TestLoopEndsAtFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at, err := turns(t, Loop{Fatal: isUnknown}, time.Hour, func(n int) (time.Time, error) {
			return time.Now(), map[bool]error{true: errUnknown}[n == 3]
		})
		if len(at) != 3 || !isUnknown(err) {
			t.Errorf("%d steps, %v", len(at), err)
		}
		// also in the moment of a stop: what follows must know that it has to read first
		ctx, cancel := context.WithCancel(t.Context())
		err = Loop{Fatal: isUnknown}.Run(ctx, func(context.Context) (time.Time, error) { cancel(); return time.Time{}, errUnknown })
		if !isUnknown(err) {
			t.Error(err)
		}
	})
}

// A step that always says "now" is a fault of its user; it costs no whole processor.
func TestLoopIsNeverHot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, next := range map[string]time.Duration{"now": 0, "long ago": -4 * 365 * 24 * time.Hour} {
			at, _ := turns(t, Loop{}, time.Second, func(int) (time.Time, error) { return time.Now().Add(next), nil })
			if len(at) > 201 {
				t.Errorf("%s: %d steps in a second", name, len(at))
			}
		}
	})
}

// A moment that the clock seems to have put years ahead is looked at again soon.
func TestLoopSurvivesTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var off atomic.Int64
		l := Loop{Now: func() time.Time { return time.Now().Round(0).Add(time.Duration(off.Load())) }}
		due := l.Now().Add(10 * time.Minute)
		var done []time.Duration
		start := time.Now()
		off.Store(-int64(time.Hour)) // wrong at first
		time.AfterFunc(10*time.Minute+time.Second, func() { off.Store(0) })
		_, _ = turns(t, l, time.Hour, func(int) (time.Time, error) {
			if !l.Now().Before(due) && len(done) == 0 {
				done = append(done, time.Since(start))
				return time.Time{}, nil
			}
			return due, nil
		})
		if len(done) != 1 || done[0] > 12*time.Minute {
			t.Errorf("done after %v", done)
		}
	})
}

func TestStepsStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, step := range map[string]func(context.Context) (time.Time, error){
			"in a step":  func(ctx context.Context) (time.Time, error) { <-ctx.Done(); return time.Time{}, ctx.Err() },
			"in a wait":  func(context.Context) (time.Time, error) { return time.Time{}, nil },
			"in a pause": func(context.Context) (time.Time, error) { return time.Time{}, errOdd },
		} {
			var h Health
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second/2, cancel)
			start := time.Now()
			err := Loop{Name: "x", Health: &h}.Run(ctx, step)
			if !errors.Is(err, context.Canceled) || time.Since(start) != time.Second/2 {
				t.Errorf("%s: %v after %s", name, err, time.Since(start))
			}
			if f := h.Faults(); name == "in a step" && len(f) > 0 {
				t.Errorf("%s: the stop is shown as a fault: %v", name, f)
			}
		}
	})
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSignal()
		start := time.Now()
		if err := s.Wait(t.Context(), start.Add(time.Second), time.Now); err != nil || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		s.Notify()
		if err := s.Wait(t.Context(), time.Time{}, time.Now); err != nil || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Wait(ctx, time.Time{}, time.Now); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		Signal(nil).Notify()
	})
}

func TestEarlier(t *testing.T) {
	a, b := time.Unix(1, 0), time.Unix(2, 0)
	if Earlier(a, b) != a || Earlier(b, a) != a || Earlier(time.Time{}, b) != b || Earlier(b, time.Time{}) != b || !Earlier(time.Time{}, time.Time{}).IsZero() {
		t.Error("not the earlier")
	}
}
