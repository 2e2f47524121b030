package postman

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"ukpbjd/internal/secret"
)

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
}

func (s *scripted) times(step string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[step]
}

// paced logs in by a clock of its own, without chance.
func paced(t *testing.T, s *scripted, c *clock) *Postman {
	return open(t, s, func(o *Options) {
		o.Username, o.Password = "ukpbj", secret.New([]byte("bukan-rahasia"))
		o.Now, o.Jitter = c.Now, func() float64 { return 0 }
	})
}

// Many letters must not try a wrong password many times: the office's account would be locked.
func TestRefusedLoginsAreSpaced(t *testing.T) {
	for _, answer := range []string{"535 5.7.8 wrong password", "454 4.7.0 later", "drop"} {
		s := serve(t, script{"auth": {answer}}, func(s *scripted) { s.offers = []string{"AUTH PLAIN"} })
		c := newClock()
		p := paced(t, s, c)
		pauses := []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute}
		for n, pause := range pauses {
			var wg sync.WaitGroup
			for i := range 5 {
				wg.Go(func() {
					if r := p.Send(context.Background(), item(i)); r.Outcome != Deferred || !strings.Contains(r.Text, "log") {
						t.Errorf("%s: %+v", answer, r)
					}
				})
			}
			wg.Wait()
			c.move(pause - time.Millisecond)
			p.Send(context.Background(), item(1))
			if got := s.times("auth"); got != n+1 {
				t.Fatalf("%s: %d logins after %d pauses", answer, got, n)
			}
			c.move(time.Millisecond)
		}
	}
}

// A login that succeeds ends the pauses; and chance lengthens them, so that several daemons do not return in step.
func TestLoginAfterRefusal(t *testing.T) {
	s := serve(t, script{"auth": {"454 4.7.0 later", "454 4.7.0 later", "", "454 4.7.0 later"}}, func(s *scripted) { s.offers = []string{"AUTH PLAIN"} })
	c := newClock()
	p := paced(t, s, c)
	p.o.Jitter = func() float64 { return 0.5 }
	for i, x := range []struct {
		after time.Duration
		want  Outcome
		auths int
	}{{0, Deferred, 1}, {6 * time.Second, Deferred, 1}, {250 * time.Millisecond, Deferred, 2}, {12500 * time.Millisecond, Accepted, 3}} {
		c.move(x.after)
		if r := p.Send(context.Background(), item(i)); r.Outcome != x.want || s.times("auth") != x.auths {
			t.Errorf("%d: %+v, %d logins", i, r, s.times("auth"))
		}
	}
	if p.health.refusals != 0 {
		t.Error("the refusals are remembered after a success")
	}
}

func TestDownIsSeenAndEnds(t *testing.T) {
	for step, lines := range map[string][]string{
		"auth":  {"535 5.7.8 no: bukan-rahasia", "535 5.7.8 no: bukan-rahasia", ""},
		"mail":  {"530 5.7.0 log in first", "530 5.7.0 log in first", ""},
		"greet": {"554 5.3.2 closed", "drop", ""},
		"ehlo":  {"421 4.3.2 going down", "drop", ""},
	} {
		t.Run(step, func(t *testing.T) {
			s := serve(t, script{step: lines}, func(s *scripted) { s.offers = []string{"AUTH PLAIN"} })
			c := newClock()
			p := paced(t, s, c)
			if since, err := p.Down(); err != nil || !since.IsZero() {
				t.Errorf("before anything is known: %v %v", since, err)
			}
			began := c.Now()
			for range 2 {
				p.Send(context.Background(), item(1))
				since, err := p.Down()
				if err == nil || !since.Equal(began) || strings.Contains(err.Error(), "rahasia") {
					t.Errorf("down since %v: %v", since, err)
				}
				c.move(time.Minute)
			}
			if r := p.Send(context.Background(), item(1)); r.Outcome != Accepted {
				t.Errorf("%+v", r)
			}
			if since, err := p.Down(); err != nil || !since.IsZero() {
				t.Errorf("after a success: %v %v", since, err)
			}
		})
	}
	t.Run("control: a letter that is refused, or a caller that stops, says nothing of the server", func(t *testing.T) {
		s := serve(t, script{"rcpt": {"550 5.1.1 unknown"}, "greet": {"", "silence"}}, nil)
		p := open(t, s, nil)
		p.Send(context.Background(), item(1))
		p.Close()
		p = open(t, s, nil)
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			until(t, "a second connection", func() bool { return s.times("greet") == 2 })
			cancel()
		}()
		p.Send(ctx, item(1))
		if _, err := p.Down(); err != nil {
			t.Error(err)
		}
	})
}

// A kept connection that still works must not open the way for a login that was refused a moment ago.
func TestKeptConnectionDoesNotEndThePause(t *testing.T) {
	go2 := make(chan struct{})
	s := serve(t, script{"auth": {"", "535 5.7.8 changed meanwhile"}}, func(s *scripted) { s.offers, s.limit = []string{"AUTH PLAIN"}, go2 })
	p := paced(t, s, newClock())
	done := make(chan Result)
	go func() { done <- p.Send(context.Background(), item(1)) }()
	until(t, "the letter", func() bool { return len(s.got()) == 1 })
	p.Send(context.Background(), item(2)) // refused
	close(go2)
	<-done
	if r := p.Send(context.Background(), item(3)); r.Outcome != Accepted {
		t.Fatalf("the kept connection: %+v", r)
	}
	if err := p.Check(context.Background()); err == nil || s.times("auth") != 2 {
		t.Errorf("%v, %d logins", err, s.times("auth"))
	}
}
