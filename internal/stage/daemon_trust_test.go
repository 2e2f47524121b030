package stage

import (
	"errors"
	"strings"
	"testing"

	"ukpbjd/internal/config"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestLoosenedTrust: a code that was open when the configuration became looser opens nothing any more, and everybody is told;
// a change that is not looser leaves it good.
func TestLoosenedTrust(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*config.Config)
		looser bool
	}{
		"requester added":    {func(c *config.Config) { c.People.Requesters = append(c.People.Requesters, "orang@lain.example") }, true},
		"level lowered":      {func(c *config.Config) { c.Trust.Assurance = sop.Basic }, true},
		"window got longer":  {func(c *config.Config) { c.Approval.UndoWindow = 1 }, false},
		"nothing of concern": {func(c *config.Config) { c.Deadlines.Approval = 2 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := set(t, Options{})
			o.do(o.Start(o.ctx))
			o.do(o.Request(o.bundle, true))
			old := o.await(o.Cast.Admin, sop.Persetujuan)
			o.do(o.Stop())
			x.change(o.Config)
			o.do(o.Start(o.ctx))
			o.do(o.Answer(old, "SETUJU", rehearsal.Outlook))
			if !x.looser {
				o.finish()
				if n := len(o.events(store.Office, "trust-loosened")); n != 0 {
					t.Errorf("%d times called looser", n)
				}
				return
			}
			number := o.only().Number
			fresh := o.newest(o.Cast.Admin, sop.Persetujuan, old)
			o.do(o.until(o.ctx, func() bool { return len(o.events(number, "not-obeyed")) > 0 }))
			if v := o.only(); v.Approval != nil {
				t.Fatal("the old code approves")
			}
			if len(o.events(number, "codes-void")) != 1 || len(o.events(store.Office, "trust-loosened")) != 1 {
				t.Error("the journal does not tell it once")
			}
			for _, p := range []sop.Person{o.Cast.Admin, o.Cast.KepalaLPSE, o.Cast.KepalaBagian, o.Cast.Operator} {
				if l := o.newest(p, sop.Pemberitahuan); !strings.Contains(l.Msg.Text, "kepercayaan") && !strings.Contains(l.Msg.Text, "pembuktian") {
					t.Errorf("%s is told something else:\n%s", p.Address, l.Msg.Text)
				}
			}
			o.do(errors.Join(o.Stop(), o.Start(o.ctx))) // the same once more is no news
			o.do(o.Answer(fresh, "SETUJU", rehearsal.Outlook))
			o.finish()
		})
	}
}
