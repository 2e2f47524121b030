package stage

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestRetention: without a schedule nothing is ever deleted; with one, a refused case goes when its years are over, and the
// journal says so.
func TestRetention(t *testing.T) {
	t.Parallel()
	var c clock
	x := open(t, papersOf(t, 1, 3), clocked(&c))
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	x.do(x.Answer(x.await(x.Cast.Admin, sop.Persetujuan), "TOLAK SK belum ditetapkan", rehearsal.Plain))
	x.await(x.Cast.Staff, sop.Penolakan)
	room, number := x.Daemon.Archiver, x.only().Number
	folder := filepath.Join(x.Config.Storage.Path, "archive", number[4:8], number)
	present := func() bool {
		_, err := os.Stat(folder)
		return err == nil
	}
	x.shredAll(&c, number)
	expire := func(years, after int) int {
		t.Helper()
		room.Retention = years
		c.set(time.Now().AddDate(after, 0, 0))
		n, err := room.Expire(x.ctx)
		x.do(err)
		return n
	}
	if n := expire(0, 50); n != 0 || !present() {
		t.Fatalf("without a schedule %d cases are deleted", n)
	}
	if n := expire(10, 10); n != 0 || !present() {
		t.Fatalf("%d cases are deleted too early", n)
	}
	n := 0
	for n == 0 && x.ctx.Err() == nil { // the worker may still be telling of the keys
		n = expire(10, 11)
	}
	if n != 1 || present() {
		t.Fatalf("%d cases are deleted, folder there: %v; want it gone", n, present())
	}
	if n := expire(10, 11); n != 0 {
		t.Errorf("%d cases are deleted twice", n)
	}
	x.checkStub(number)
}

// shredAll lets the keys of the case be destroyed and every letter end: until then nothing of it may be deleted.
func (x *play) shredAll(c *clock, number string) {
	x.t.Helper()
	for x.ctx.Err() == nil {
		c.set(time.Now().Add(25 * time.Hour)) // what lies more than a day back would wait for another
		_, err := x.Daemon.Timer.Tick(x.ctx)
		x.do(err)
		v, err := x.Daemon.Control.Show(x.ctx, number)
		x.do(err)
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
	x.t.Fatal(x.ctx.Err())
}

func (x *play) checkStub(number string) {
	x.t.Helper()
	v, err := x.Daemon.Control.Show(x.ctx, number)
	x.do(err)
	if len(v.Members) != 0 || v.Requester.Address != "" || len(v.Letters) != 0 || v.Status != sop.Rejected.Label() || v.Closed.IsZero() {
		x.t.Errorf("the stub: %+v", v)
	}
	last := v.Events[len(v.Events)-1]
	if last.Kind != "retention-deleted" || len(last.Data["manifest"]) != 64 || last.Data["files"] == "0" {
		x.t.Errorf("the journal says %+v", last)
	}
	x.sound()
}
