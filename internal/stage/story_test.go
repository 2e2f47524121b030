package stage

import (
	"context"
	"testing"
	"time"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestSunnyDay plays the story of the main job once, from the request to the closing letter.
func TestSunnyDay(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	b, err := rehearsal.Papers(1, 3, rehearsal.Office{Domain: Domain})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Dir: t.TempDir(), Members: People(b)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Request(b, false); err != nil {
		t.Fatal(err)
	}
	await := func(l Letter, err error) Letter {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	await(s.Await(ctx, s.Cast.Staff, "PKJ-", sop.TandaTerima))
	approval := await(s.Await(ctx, s.Cast.Admin, "", sop.Persetujuan))
	if err := s.Answer(approval, "SETUJU", rehearsal.Outlook); err != nil {
		t.Fatal(err)
	}
	for _, m := range People(b) {
		l := await(s.Await(ctx, m, "", sop.Kredensial))
		if PasswordIn(l.Msg) == "" {
			t.Errorf("the letter of %s holds no password", m.Address)
		}
		if err := s.Answer(l, "TERIMA", rehearsal.Plain); err != nil {
			t.Fatal(err)
		}
	}
	await(s.Await(ctx, s.Cast.KepalaLPSE, "", sop.Tembusan))
	await(s.Await(ctx, s.Cast.Staff, "", sop.Selesai))
	r, err := s.Daemon.Clerk.Verify(ctx)
	if err != nil || len(r.Findings) > 0 {
		t.Errorf("verify: %v %v", r.Findings, err)
	}
}
