package control_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/control"
	"ukpbjd/internal/office"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/tasks"
	"ukpbjd/templates"
)

// unwritable lets no write of one case pass.
func unwritable(x *officetest.Office, number string) {
	x.DB.Fail(func(op, bucket, key string) error {
		if op == "put" && bucket == "cases" && strings.HasSuffix(key, number[len(number)-4:]) {
			return errors.New("a row that cannot be written")
		}
		return nil
	})
}

// work lets workers work for some time.
func work(t *testing.T, x *officetest.Office, health *queue.Health, some time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), some)
	defer cancel()
	served := make(chan struct{})
	close(served)
	if err := tasks.New(tasks.Options{Clerk: x.Clerk, Health: health}).Run(ctx, served); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the workers ended: %v", err)
	}
}

func loosen(t *testing.T, x *officetest.Office) error {
	t.Helper()
	c := &control.Control{Clerk: x.Clerk, Audit: &audit.Audit{Clerk: x.Clerk}}
	now := store.Trust{Level: sop.Strict, Quorum: 1}
	_, err := c.UpdateTrustPolicy(t.Context(), now)
	x.Must(err)
	now.Level = sop.Standard
	_, err = c.UpdateTrustPolicy(t.Context(), now)
	return err
}

func setuju(cs sop.Case, by sop.Person) sop.Command {
	return sop.Command{Verb: sop.Setuju, Ref: sop.Ref{Via: "message-id", Kind: sop.Persetujuan, Revision: cs.Revision, Issue: cs.Issue, To: by.Address}}
}

// TestLoosenedTrustBesideABadCase: trust becomes looser at a start, and one of two open cases cannot be written. The daemon starts,
// and the other's code is void; the bad one's code releases nothing, and is void when it can be written again, however late. The
// control: an answer to the code that is open then releases.
func TestLoosenedTrustBesideABadCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		bad, good := x.Ask(1), x.Ask(1)
		open := map[string]sop.Case{bad: x.Get(bad), good: x.Get(good)}
		unwritable(x, bad)
		if err := loosen(t, x); err != nil {
			t.Fatalf("the daemon does not start: %v", err)
		}
		var health queue.Health
		work(t, x, &health, 24*time.Hour)
		if x.Get(good).Issue == open[good].Issue {
			t.Errorf("the open code of %s is not void", good)
		}
		if !strings.Contains(health.Faults()["lasting-tasks"], bad) {
			t.Errorf("health does not name %s: %v", bad, health.Faults())
		}
		x.DB.Fail(nil)
		x.Must(x.Tell(bad, officetest.Admin, setuju(open[bad], officetest.Admin)))
		if cs := x.Get(bad); cs.Approval != nil || cs.Issue == open[bad].Issue {
			t.Errorf("a code of before the trust was loosened: approval %v, issue %d", cs.Approval, cs.Issue)
		}
		x.Approve(good)
		if x.Get(good).Approval == nil {
			t.Error("control: the new code releases nothing")
		}
		work(t, x, &health, time.Hour)
		if len(health.Faults()) > 0 {
			t.Errorf("health of today: %v", health.Faults())
		}
	})
}

// TestVoidCodeReleasesNothingBeforeTheWorkers: an answer that is decided before any worker has told its case of the looser trust is
// decided on the case as it is then. The control: without the change it releases.
func TestVoidCodeReleasesNothingBeforeTheWorkers(t *testing.T) {
	for name, loose := range map[string]bool{"loosened": true, "control": false} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
			cs := x.Get(x.Ask(1))
			if loose {
				x.Must(loosen(t, x))
			}
			x.Must(x.Tell(cs.Number, officetest.Admin, setuju(cs, officetest.Admin)))
			if released := x.Get(cs.Number).Approval != nil; released == loose {
				t.Errorf("released: %v", released)
			}
		})
	}
}

// TestDelegationBesideABadCase: an approver delegates while one open case cannot be written, and another cannot be read. It holds in
// the office and in every other case, and in the first as soon as it can be written; the end of it is heard before an answer of the
// deputy. The control: before the end, the deputy approves.
func TestDelegationBesideABadCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deputy := officetest.Person("wakil")
		x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.Approvers[0].Deputies = []sop.Approver{{Person: deputy}} })
		said, bad, unreadable, good, last := x.Ask(1), x.Ask(1), x.Ask(1), x.Ask(1), x.Ask(1)
		delegate := func(words string) error {
			cs := x.Get(said)
			w := setuju(cs, officetest.Admin)
			w.Verb, w.Arg = sop.Delegasi, words
			return x.Tell(said, officetest.Admin, w)
		}
		unwritable(x, bad)
		x.Write(func(tx store.Tx) error {
			return tx.Put("cases", []byte("2000/0000"+unreadable[len("PKJ-2000-"):]), []byte("{"))
		})
		x.Must(delegate("wakil SAMPAI " + x.Now().AddDate(0, 0, 9).Format("2006-01-02")))
		var health queue.Health
		work(t, x, &health, time.Hour)
		for _, number := range []string{good, last} {
			if len(x.Get(number).Delegations) != 1 || len(x.LettersOf(number, sop.Persetujuan)) < 2 {
				t.Errorf("%s: the deputy is not asked", number)
			}
		}
		x.DB.Fail(nil)
		work(t, x, &health, 2*time.Hour)
		if len(x.Get(bad).Delegations) != 1 || len(health.Faults()) > 0 {
			t.Errorf("%s can be written again: %v, health %v", bad, x.Get(bad).Delegations, health.Faults())
		}
		x.Must(x.Tell(good, deputy, setuju(x.Get(good), deputy)))
		if x.Get(good).Approval == nil {
			t.Error("control: the deputy cannot approve")
		}
		x.Must(delegate("SELESAI"))
		x.Must(x.Tell(last, deputy, setuju(x.Get(last), deputy)))
		if x.Get(last).Approval != nil {
			t.Error("the former deputy approves")
		}
	})
}
