package stage

import (
	"testing"
	"time"

	"ukpbjd/internal/daemon"
	"ukpbjd/internal/sop"
)

// TestStartedIn2030: credentials are out and not yet confirmed, and the daemon is started with a clock in 2030. No deadline passes and
// no mail is read before the clock has been steady; health says why. The control is an office that believes it.
func TestStartedIn2030(t *testing.T) {
	t.Parallel()
	for _, believes := range []bool{true, false} {
		c := &clock{}
		x := set(t, Options{Page: "127.0.0.1:0", Clerk: func(p *daemon.Parts) {
			if p.Machine = c.now; believes {
				p.Office.Now = c.now
			}
		}})
		x.do(x.Start(x.ctx))
		x.approve()
		for _, p := range People(x.bundle) {
			x.await(p, sop.Kredensial)
		}
		x.quiet()
		number := x.only().Number
		x.do(x.Stop())
		c.set(time.Now().AddDate(4, 0, 0))
		x.do(x.Start(x.ctx))
		if believes {
			x.wait(func() bool { return len(x.events(number, "moment-missed")) > 0 })
			continue
		}
		x.ailing("clock", "steady")
		x.do(x.Request(papersOf(t, 9, 2), true))
		if _, err := x.Daemon.Timer.Tick(x.ctx); err != nil {
			t.Error(err)
		}
		if off := time.Until(x.Daemon.Office.Now()); off.Abs() > time.Hour || len(x.events(number, "moment-missed")) > 0 || x.only().Number != number {
			t.Errorf("the office lives %s ahead: %+v", off, x.only())
		}
		c.set(time.Now())
		x.well()
		x.await(x.Cast.Admin, sop.Persetujuan)
	}
}
