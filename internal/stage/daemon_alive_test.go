package stage

import (
	"sync/atomic"
	"testing"
	"time"

	"ukpbjd/internal/daemon"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/sop"
)

// TestAliveAfterIdle: the inbox was idle for an hour, then a mail comes that takes long to read: a round that has just begun is alive
// for systemd, whatever the office takes for the time. The control is the idle daemon.
func TestAliveAfterIdle(t *testing.T) {
	t.Parallel()
	var slow atomic.Bool
	c := &clock{}
	o := clocked(c)
	own := o.Clerk
	entered, leave := make(chan struct{}, 1), make(chan struct{})
	o.Clerk = func(p *daemon.Parts) {
		own(p)
		db := &officetest.DB{DB: p.Office.DB}
		db.Fail(func(op, bucket, _ string) error {
			if op == "put" && bucket == "attempts" && slow.CompareAndSwap(true, false) {
				entered <- struct{}{}
				<-leave
			}
			return nil
		})
		p.Office.DB = db
	}
	x := set(t, o)
	c.set(time.Now().Add(-time.Hour)) // an hour ago
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	x.await(x.Cast.Admin, sop.Persetujuan)
	x.wait(func() bool { return !x.Daemon.Intake.Busy() })
	c.set(time.Now())
	if !x.Daemon.Alive() {
		t.Error("idle, and not alive")
	}
	slow.Store(true)
	x.do(x.Request(papersOf(t, 9, 2), true))
	<-entered
	if last := x.Daemon.Intake.Progress(); !x.Daemon.Alive() || time.Since(last) > time.Minute {
		t.Errorf("a round that began this moment: busy %v, last progress %s ago", x.Daemon.Intake.Busy(), time.Since(last).Round(time.Second))
	}
	close(leave)
	x.wait(func() bool { return !x.Daemon.Intake.Busy() })
}
