package stage

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// checkpoints are the files that somebody was mailed.
func checkpoints(t *testing.T, s *Stage, to sop.Person) (out [][]byte) {
	t.Helper()
	mails, err := s.Post.Messages(to.Address, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range mails {
		m := message.Parse(x.Raw, message.DefaultLimits(), nil)
		if KindOf(m) != sop.TitikPeriksa {
			continue
		}
		if len(m.Files) != 1 || !strings.HasPrefix(m.Files[0].Name, "titik-periksa-2031-") {
			t.Fatalf("files %v", m.Files)
		}
		out = append(out, m.Files[0].Bytes)
	}
	return out
}

// TestCheckpointEachOfficeDay: one a day to each, when the office opens, however often the daemon begins anew.
func TestCheckpointEachOfficeDay(t *testing.T) {
	t.Parallel()
	var c clock
	zone := time.FixedZone("WITA", 8*3600)
	at := func(day, hour, minute int) { c.set(time.Date(2031, 5, day, hour, minute, 0, 0, zone)) } // 2031-05-05 is a Monday
	at(8, 20, 0)                                                                                   // Thursday evening
	s := open(t, rehearsal.Bundle{}, clocked(&c))
	ctx := s.ctx
	tick := func() {
		t.Helper()
		for range 3 {
			_, err := s.Daemon.Timer.Tick(ctx)
			s.do(err)
		}
		s.do(s.Stop())
		s.do(s.Start(ctx))
		_, err := s.Daemon.Timer.Tick(ctx)
		s.do(err)
	}
	s.do(s.Start(ctx))
	kept := 0
	for _, x := range []struct{ day, hour, minute, sent int }{
		{8, 20, 1, 0}, {9, 6, 0, 0}, {9, 9, 0, 1}, {9, 15, 0, 1}, {10, 9, 0, 1}, {11, 12, 0, 1}, {12, 23, 0, 2}, {20, 9, 0, 3},
	} {
		at(x.day, x.hour, x.minute)
		tick()
		for _, p := range []sop.Person{s.Cast.KepalaLPSE, s.Cast.KepalaBagian} {
			if x.sent > kept {
				if err := s.until(ctx, func() bool { return len(checkpoints(t, s.Stage, p)) >= x.sent }); err != nil {
					t.Fatalf("%+v: %v", x, err)
				}
			}
			if got := checkpoints(t, s.Stage, p); len(got) != x.sent {
				t.Fatalf("%+v: %s has %d", x, p.Address, len(got))
			}
		}
		kept = x.sent
	}
	for _, f := range checkpoints(t, s.Stage, s.Cast.KepalaLPSE) {
		r, err := s.Daemon.Audit.VerifyAgainst(ctx, f, "")
		if err != nil || len(r.Findings) > 0 || r.Against == nil {
			t.Errorf("%+v %v", r, err)
		}
		forged := bytes.Replace(f, []byte("\n1\n"), []byte("\n0\n"), 1)
		if r, err := s.Daemon.Audit.VerifyAgainst(ctx, append([]byte("x"), forged...), ""); err != nil || len(r.Findings) == 0 {
			t.Errorf("a forged checkpoint passes: %+v %v", r, err)
		}
	}
}
