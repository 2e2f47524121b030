package postman

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// DATA is written only after the caller has recorded that it comes, and only after the recipient was taken.
func TestBeginComesBeforeDATA(t *testing.T) {
	s := serve(t, nil, nil)
	it, calls := item(1), 0
	it.Begin = func() error {
		calls++
		if said := s.said(); !strings.Contains(said, "RCPT TO") || strings.Contains(said, "DATA") {
			t.Errorf("recorded after\n%s", said)
		}
		return nil
	}
	if r := open(t, s, nil).Send(context.Background(), it); r.Outcome != Accepted || !r.Begun || calls != 1 {
		t.Errorf("%+v, recorded %d times", r, calls)
	}
}

func TestBeginThatFailsAbandons(t *testing.T) {
	s := serve(t, nil, nil)
	p := open(t, s, nil)
	it := item(1)
	it.Begin = func() error { return errors.New("record attempt 3: the disk is full") }
	if r := p.Send(context.Background(), it); r.Outcome != Deferred || r.Begun || r.Policy || r.Text != "record attempt 3: the disk is full" {
		t.Errorf("%+v", r)
	}
	if said := s.said(); strings.Contains(said, "DATA") || !strings.HasSuffix(said, "RSET") {
		t.Errorf("the transaction was not taken back:\n%s", said)
	}
	if r := p.Send(context.Background(), item(2)); r.Outcome != Accepted || !r.Begun {
		t.Errorf("control: %+v", r)
	}
	if dials, _ := s.count(); dials != 1 || len(s.got()) != 1 {
		t.Errorf("%d connections, %d letters", dials, len(s.got()))
	}
}

// Nothing is recorded for a letter that the server does not want to begin, nor twice where a kept connection was stale.
func TestBegunSaysWhatWasWritten(t *testing.T) {
	for step, x := range map[string]struct {
		answers []string
		begins  int
		begun   bool
	}{
		"greet": {[]string{"drop"}, 0, false},
		"mail":  {[]string{"451 4.3.0 later"}, 0, false},
		"rcpt":  {[]string{"550 5.1.1 unknown"}, 0, false},
		"data":  {[]string{"drop"}, 1, true},
		"dot":   {[]string{"drop"}, 1, true},
	} {
		s := serve(t, script{step: x.answers}, nil)
		it, begins := item(1), 0
		it.Begin = func() error { begins++; return nil }
		if r := open(t, s, nil).Send(context.Background(), it); r.Begun != x.begun || begins != x.begins {
			t.Errorf("%s: %+v, recorded %d times", step, r, begins)
		}
	}
	for _, step := range []string{"mail", "rcpt", "data"} {
		s := serve(t, script{step: {"", "drop", ""}}, nil)
		p := open(t, s, nil)
		p.Send(context.Background(), item(1))
		it, begins := item(2), 0
		it.Begin = func() error { begins++; return nil }
		r := p.Send(context.Background(), it)
		if step == "mail" && (r.Outcome != Accepted || begins != 1) || step != "mail" && r.Outcome != Deferred || begins > 1 || r.Begun != (begins == 1) {
			t.Errorf("stale at %s: %+v, recorded %d times", step, r, begins)
		}
	}
}

func TestNothingBeginsForACallerThatHasStopped(t *testing.T) {
	s := serve(t, nil, nil)
	ctx, cancel := context.WithCancel(context.Background())
	sess, err := open(t, s, nil).connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer sess.drop()
	cancel()
	it := item(1)
	it.Begin = func() error { t.Error("recorded"); return nil }
	if r := sess.deliver(ctx, it).result("1", ctx.Err()); r.Outcome != Deferred || r.Begun {
		t.Errorf("%+v", r)
	}
}
