package stage

import (
	"errors"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// absence is an office with two approvers, of whom the first has a deputy.
func absence(t *testing.T, at *clock) (x *play, deputy, stranger sop.Person) {
	at2 := func(local string) sop.Person {
		return sop.Person{Name: "Wakil " + local, Address: local + "@" + Domain}
	}
	deputy, stranger = at2("wakil"), at2("lain")
	phrase, err := word(20)
	if err != nil {
		t.Fatal(err)
	}
	x = set(t, Options{Members: []sop.Person{deputy, stranger}, Post: func(o *postoffice.Options) { o.Now = at.now },
		Clerk: func(o *daemon.Parts) { o.Office.Now = at.now },
		Change: func(c *config.Config) {
			c.People.Approvers[0].Deputies = []config.Approver{{Person: deputy, SheetPassphrase: phrase}}
		}})
	return x, deputy, stranger
}

// TestAbsence: what an approver delegates in answer to one case holds for those that are open and those that come, until it
// ends; who is in no list gets nothing.
func TestAbsence(t *testing.T) {
	at := &clock{}
	at.set(time.Date(2026, 5, 4, 9, 0, 0, 0, time.FixedZone("WITA", 8*3600))) // a Monday
	x, deputy, stranger := absence(t, at)
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	first := x.newest(x.Cast.Admin, sop.Persetujuan)
	x.do(x.Request(forced(x.bundle), true))
	x.newest(x.Cast.Admin, sop.Persetujuan, first)

	x.do(x.Answer(first, "DELEGASI "+stranger.Address+" SAMPAI 8 Mei 2026", rehearsal.Plain)) // in no list
	x.newest(x.Cast.Admin, sop.TidakDikenali)
	x.do(x.Answer(first, "DELEGASI wakil@"+Domain+" SAMPAI 8 Mei 2026", rehearsal.Plain))
	var asked []Letter // the deputy, of each case
	all, err := x.Daemon.Control.Cases(x.ctx, true)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d cases, %v", len(all), err)
	}
	for _, c := range all {
		l, err := x.Await(x.ctx, deputy, c.Number, sop.Persetujuan)
		x.do(err)
		asked = append(asked, l)
		if v, err := x.Daemon.Control.Show(x.ctx, c.Number); err != nil || len(v.Delegations) != 1 || v.Delegations[0].To.Address != deputy.Address {
			t.Errorf("%s shows %v (%v)", c.Number, v.Delegations, err)
		}
	}
	if len(x.events(store.Office, "delegated")) != 1 {
		t.Error("the office's journal does not tell it once")
	}
	x.newest(x.Cast.Admin, sop.Pemberitahuan)
	x.do(x.Request(forced(x.bundle), true))
	asked = append(asked, x.newest(deputy, sop.Persetujuan, asked...)) // of a case that was opened since

	x.do(x.Answer(asked[1], "SETUJU", rehearsal.Outlook)) // of the one in which nobody delegated
	approved := func() (n int) {
		all, err := x.Daemon.Control.Cases(x.ctx, false)
		x.do(err)
		for _, c := range all {
			if c.Approval != nil {
				n++
				if c.Approval.By.Address != deputy.Address {
					t.Errorf("%s approved", c.Approval.By.Address)
				}
			}
		}
		return n
	}
	x.do(x.until(x.ctx, func() bool { return approved() == 1 }))

	x.do(errors.Join(x.Stop(), x.Start(x.ctx))) // it outlives the program
	at.set(time.Date(2026, 5, 9, 0, 0, 1, 0, time.FixedZone("WITA", 8*3600)))
	refused := func() (n int) {
		all, err := x.Daemon.Control.Cases(x.ctx, false)
		x.do(err)
		for _, c := range all {
			for _, e := range x.events(c.Number, "not-obeyed") {
				if e.Data["why"] == "wrong-role" {
					n++
				}
			}
		}
		return n
	}
	x.do(x.Answer(asked[2], "SETUJU", rehearsal.Outlook)) // a second late
	x.do(x.until(x.ctx, func() bool { return refused() == 1 }))
	if n := approved(); n != 1 {
		t.Errorf("%d are approved", n)
	}
	if l, err := x.Post.Messages(stranger.Address, "INBOX"); err != nil || len(l) > 0 {
		t.Errorf("who is in no list got %d letters (%v)", len(l), err)
	}
}

// TestRecall: the one who delegated ends it at once, in every case.
func TestRecall(t *testing.T) {
	at := &clock{}
	at.set(time.Date(2026, 5, 4, 9, 0, 0, 0, time.FixedZone("WITA", 8*3600)))
	x, deputy, _ := absence(t, at)
	x.do(x.Start(x.ctx))
	x.do(x.Request(forced(x.bundle), true))
	first := x.newest(x.Cast.Admin, sop.Persetujuan)
	x.do(x.Answer(first, "DELEGASI "+deputy.Name+" SAMPAI 2026-05-08", rehearsal.Plain))
	one := x.newest(deputy, sop.Persetujuan)
	at.set(at.now().Add(time.Minute))
	x.do(x.Answer(first, "DELEGASI SELESAI", rehearsal.Outlook))
	x.do(x.until(x.ctx, func() bool { return len(x.events(store.Office, "delegation-ended")) == 1 }))
	x.do(x.Answer(one, "SETUJU", rehearsal.Outlook))
	number := x.only().Number
	x.do(x.until(x.ctx, func() bool { return len(x.events(number, "not-obeyed")) == 1 }))
	if x.only().Approval != nil {
		t.Error("the former deputy approves")
	}
	last := x.newest(x.Cast.Admin, sop.Persetujuan, first)
	x.do(x.Answer(last, "SETUJU", rehearsal.Outlook))
	x.do(x.until(x.ctx, func() bool { return x.only().Approval != nil }))
}
