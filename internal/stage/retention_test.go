package stage

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestRetention: without a schedule nothing is ever deleted; with one, a refused case goes when its years are over, and the
// journal says so.
func TestRetention(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	b, err := rehearsal.Papers(1, 3, rehearsal.Office{Domain: Domain})
	if err != nil {
		t.Fatal(err)
	}
	var c clock
	dir := t.TempDir()
	s, err := Open(Options{Dir: dir, Members: People(b), Clerk: func(o *clerk.Options) { o.Now = c.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Request(b, true); err != nil {
		t.Fatal(err)
	}
	l, err := s.Await(ctx, s.Cast.Admin, "", sop.Persetujuan)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Answer(l, "TOLAK SK belum ditetapkan", rehearsal.Plain); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Await(ctx, s.Cast.Staff, "", sop.Penolakan); err != nil {
		t.Fatal(err)
	}
	desk := s.Daemon.Clerk
	list, err := desk.Cases(ctx, false)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	number := list[0].Number
	folder := filepath.Join(dir, "office", "archive", number[4:8], number)
	present := func() bool {
		_, err := os.Stat(folder)
		return err == nil
	}
	shredAll(ctx, t, s, &c, number)
	expire := func(years, after int) int {
		t.Helper()
		desk.Retention = years
		c.set(time.Now().AddDate(after, 0, 0))
		n, err := desk.ExpireCases(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := expire(0, 50); n != 0 || !present() {
		t.Fatalf("without a schedule %d cases are deleted", n)
	}
	if n := expire(10, 10); n != 0 || !present() {
		t.Fatalf("%d cases are deleted too early", n)
	}
	n := 0
	for n == 0 && ctx.Err() == nil { // the worker may still be telling of the keys
		n = expire(10, 11)
	}
	if n != 1 || present() {
		t.Fatalf("%d cases are deleted, folder there: %v; want it gone", n, present())
	}
	if n := expire(10, 11); n != 0 {
		t.Errorf("%d cases are deleted twice", n)
	}
	checkStub(ctx, t, desk, number)
}

// shredAll lets the keys of the case be destroyed and every letter end: until then nothing of it may be deleted.
func shredAll(ctx context.Context, t *testing.T, s *Stage, c *clock, number string) {
	t.Helper()
	for ctx.Err() == nil {
		c.set(time.Now().Add(48 * time.Hour))
		if _, err := s.Daemon.Clerk.Tick(ctx); err != nil {
			t.Fatal(err)
		}
		v, err := s.Daemon.Clerk.Show(ctx, number)
		if err != nil {
			t.Fatal(err)
		}
		open := false
		for _, m := range v.Members {
			open = open || !m.Shredded
		}
		for _, l := range v.Letters {
			open = open || l.State != "accepted" && l.State != "failed"
		}
		if !open {
			return
		}
	}
	t.Fatal(ctx.Err())
}

func checkStub(ctx context.Context, t *testing.T, desk *clerk.Clerk, number string) {
	t.Helper()
	v, err := desk.Show(ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Members) != 0 || v.Requester.Address != "" || len(v.Letters) != 0 || v.Status != sop.Rejected.Label() || v.Closed.IsZero() {
		t.Errorf("the stub: %+v", v)
	}
	last := v.Events[len(v.Events)-1]
	if last.Kind != "retention-deleted" || len(last.Data["manifest"]) != 64 || last.Data["files"] == "0" {
		t.Errorf("the journal says %+v", last)
	}
	r, err := desk.Verify(ctx)
	if err != nil || len(r.Findings) > 0 {
		t.Errorf("verify: %v %v", r.Findings, err)
	}
}
