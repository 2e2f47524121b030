package timer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ukpbjd/internal/office"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/timer"
	"ukpbjd/templates"
)

// run lets the timer work on an office until the returned stop, which waits for it.
func run(t *testing.T, x *officetest.Office, health *queue.Health) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := timer.New(timer.Options{Clerk: x.Clerk, Health: health})
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// toOfficeHours lets time pass until the office is open on a Monday late in June: nothing else falls due then.
func toOfficeHours() {
	at := time.Date(time.Now().Year(), 6, 19, 9, 0, 0, 0, officetest.Zone)
	for at.Weekday() != time.Monday {
		at = at.AddDate(0, 0, 1)
	}
	officetest.Pass(time.Until(at))
}

func released(x *officetest.Office, number string) (at time.Time) {
	x.Look(func(b store.Books) error {
		events, err := b.Journal.Of(number)
		for _, e := range events {
			if e.Kind == "released" {
				at = e.At
			}
		}
		return err
	})
	if cs := x.Get(number); cs.Approval != nil && cs.Approval.Released && at.IsZero() {
		at = cs.Updated
	}
	return at
}

// unlucky approves a case with an undo window, and has the ticks of the timer meet inputs and ticks of others at the worst
// moments: before the end, at its very nanosecond, after it. usedUp: a tick that found nothing takes the wake-up away. It
// returns when the case was released, and when it should have been.
func unlucky(t *testing.T, seed uint64, usedUp bool) (at, end time.Time) {
	synctest.Test(t, func(t *testing.T) {
		const window = 20 * time.Minute
		x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.UndoWindow = window })
		toOfficeHours()
		number := x.Ask(2)
		stop := run(t, x, nil)
		defer stop()
		x.Approve(number)
		end = x.Get(number).Approval.Release
		other := timer.New(timer.Options{Clerk: x.Clerk})
		var others sync.WaitGroup
		for n := range 3 {
			r := rand.New(rand.NewPCG(seed, uint64(n)))
			moments := []time.Time{end.Add(-1), end, end.Add(1)}
			for range 4 {
				moments = append(moments, end.Add(time.Duration(r.Int64N(int64(2*window)))-window))
			}
			slices.SortFunc(moments, time.Time.Compare)
			others.Go(func() {
				for _, at := range moments {
					if usedUp && !at.Before(end) {
						return
					}
					officetest.Pass(time.Until(at))
					var err error
					switch r.IntN(3) {
					case 0:
						err = x.Tell(number, officetest.Staff, sop.Command{Verb: sop.TanyaStatus})
					case 1:
						err = x.Tell(number, officetest.Admin, sop.Unclear{Why: "not-a-command"})
					default: // by a clock that is a little ahead or behind
						_, err = other.Deadlines(context.Background(), at.Add(time.Duration(r.IntN(3)-1)).UTC())
					}
					if err != nil {
						t.Error(err)
					}
					if usedUp {
						x.Write(func(tx store.Tx) error { return tx.Delete("wake", wakeKey(x.Get(number))) })
					}
				}
			})
		}
		others.Wait()
		officetest.Pass(time.Until(end) + time.Hour)
		if at = released(x, number); at.IsZero() {
			officetest.Pass(30 * 24 * time.Hour)
			at = released(x, number)
		}
		if n := len(x.EndTasks(number)); !usedUp && n < 2 {
			t.Errorf("%d letters were ordered for 2 members", n)
		}
	})
	return at, end
}

func wakeKey(cs sop.Case) []byte { return fmt.Appendf(nil, "%020d/%s", cs.Wake.UnixNano(), cs.Number) }

// TestApprovedCaseIsReleased (A8): an approval is released at the end of its undo window, whatever ticks and inputs come in between.
// The control: a tick that found nothing and uses up the wake-up leaves the case where it is for 30 days.
func TestApprovedCaseIsReleased(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for seed := range uint64(12) {
		at, end := unlucky(t, seed, false)
		if at.IsZero() || at.Before(end) || at.After(end.Add(time.Minute)) {
			t.Errorf("seed %d: the window ends at %s, released at %s", seed, end, at)
		}
	}
	stood := false
	for seed := range uint64(6) {
		if at, _ := unlucky(t, seed, true); at.IsZero() {
			stood = true
			break
		}
	}
	if !stood {
		t.Error("control: nothing is lost with a wake-up that is used up")
	}
}

// TestOneDeadlineFails (A2): of 200 cases that are due, one cannot be decided. The others are, at once; the operator hears of the
// one, it is tried again slowly, and health says so until it can be decided. The control: no case fails, nobody hears.
func TestOneDeadlineFails(t *testing.T) {
	for name, broken := range map[string]bool{"one fails": true, "control": false} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { oneDeadline(t, broken) }) })
	}
}

func oneDeadline(t *testing.T, broken bool) {
	const cases = 200 // what one transaction takes
	x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.UndoWindow = 20 * time.Minute })
	toOfficeHours()
	var numbers []string
	for range cases {
		number := x.Ask(1)
		x.Approve(number)
		numbers = append(numbers, number)
	}
	bad := numbers[77]
	if broken {
		x.DB.Fail(func(op, bucket, key string) error {
			if op == "put" && bucket == "cases" && strings.HasSuffix(key, fmt.Sprintf("%08d", 78)) {
				return errors.New("a row that cannot be written")
			}
			return nil
		})
	}
	var health queue.Health
	stop := run(t, x, &health)
	defer stop()
	officetest.Pass(21 * time.Minute)
	for _, number := range numbers {
		if at := released(x, number); at.IsZero() != (broken && number == bad) {
			t.Errorf("%s: released %s", number, at)
		}
	}
	officetest.Pass(time.Hour)
	if told := len(x.LettersOf(store.Office, sop.PeringatanOperator)); (told == 1) != broken {
		t.Errorf("the operator has %d letters", told)
	}
	if fault := health.Faults()["deadlines"]; strings.Contains(fault, bad) != broken {
		t.Errorf("health says %q", fault)
	}
	x.DB.Fail(nil)
	officetest.Pass(2 * time.Hour)
	if released(x, bad).IsZero() || len(health.Faults()) > 0 {
		t.Errorf("mended: released %s, health %v", released(x, bad), health.Faults())
	}
}

// TestReportThatFailsIsNotScannedForEver (A2): a monthly report that cannot be made is tried less and less often, and goes out once
// it can. The control is the pause of two seconds that it had.
func TestReportThatFailsIsNotScannedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		toOfficeHours()
		var health queue.Health
		stop := run(t, x, &health)
		defer stop()
		officetest.Pass(time.Minute)
		x.DB.Fail(func(op, bucket, _ string) error {
			if op == "scan" && bucket == "open" {
				return errors.New("input/output error")
			}
			return nil
		})
		due := x.Clerk.Office.Calendar.NextOpen(time.Date(time.Now().Year(), 7, 1, 0, 0, 0, 0, officetest.Zone))
		officetest.Pass(time.Until(due) - time.Second)
		before := x.DB.Views.Load()
		officetest.Pass(time.Hour)
		if n := x.DB.Views.Load() - before; n > 1000 {
			t.Errorf("%d readings of the books in an hour", n)
		}
		if health.Faults()["month"] == "" {
			t.Error("health does not say it")
		}
		before = x.DB.Views.Load()
		for end := time.Now().Add(time.Hour); time.Now().Before(end); officetest.Pass(2 * time.Second) { // of which each time nothing is known
			if _, err := timer.New(timer.Options{Clerk: x.Clerk}).Tick(t.Context()); err != nil && !strings.Contains(err.Error(), "input/output error") { // of the digest, which reads the same
				t.Fatal(err)
			}
		}
		if n := x.DB.Views.Load() - before; n < 3000 {
			t.Errorf("control: only %d readings", n)
		}
		x.DB.Fail(nil)
		officetest.Pass(time.Hour)
		if len(x.LettersOf(store.Office, sop.LaporanBulanan)) == 0 || len(health.Faults()) > 0 {
			t.Errorf("mended: %d reports, health %v", len(x.LettersOf(store.Office, sop.LaporanBulanan)), health.Faults())
		}
	})
}

// TestClockThatWasAhead (A11): two seconds in another year left wake-ups, the next checkpoint and the reported month there. All are
// right again within the hour. The control: without the timer they stay.
func TestClockThatWasAhead(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for name, works := range map[string]bool{"recovers": true, "control": false} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { ahead(t, works) }) })
	}
}

func ahead(t *testing.T, works bool) {
	x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.UndoWindow = 20 * time.Minute })
	toOfficeHours()
	var health queue.Health
	stop := run(t, x, &health)
	defer stop()
	number, gone, moved := x.Ask(1), "PKJ-2000-0999", x.Ask(1)
	x.Approve(number)
	officetest.Pass(10 * time.Minute)
	if !works {
		stop()
	}
	far := time.Now().AddDate(4, 0, 0).UTC()
	x.Write(func(tx store.Tx) error {
		b := store.In(tx)
		cs, err := office.Find(b, number)
		cs.Wake = far
		row := func(number string) error { return tx.Put("wake", wakeKey(sop.Case{Number: number, Wake: far}), nil) }
		return errors.Join(err, b.Cases.Put(cs), row(gone), row(moved), b.Journal.CheckpointDue(far), b.State.PutReported(far.Format("2006-01")))
	})
	officetest.Pass(61 * time.Minute)
	if at := released(x, number); at.IsZero() == works {
		t.Errorf("the case was released at %s", at)
	}
	var next time.Time
	var strays []string
	x.Look(func(b store.Books) (err error) {
		if next, err = b.Journal.NextCheckpoint(); err == nil {
			strays, err = b.Cases.WakingAfter(time.Now().AddDate(1, 0, 0), 10, func(string) bool { return false })
		}
		return err
	})
	if next.Before(time.Now().AddDate(0, 0, 2)) != works || (len(strays) == 0) != works {
		t.Errorf("the next checkpoint is due at %s, wake-ups ahead: %v", next, strays)
	}
	officetest.Pass(16 * 24 * time.Hour)
	reports, checkpoints := len(x.LettersOf(store.Office, sop.LaporanBulanan)), len(x.LettersOf(store.Office, sop.TitikPeriksa))
	if (reports > 0) != works || (checkpoints >= 10) != works {
		t.Errorf("in 16 days: %d letters of reports, %d of checkpoints", reports, checkpoints)
	}
	if faults := health.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
}

// TestDeadlineThatFailsIsToldOnce: a case whose deadline fails for a day has one line in the journal and one letter, and is tried no more
// than once an hour after that; when it can be written again, the deadline is kept.
func TestDeadlineThatFailsIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.UndoWindow = 20 * time.Minute })
		toOfficeHours()
		number := x.Ask(1)
		x.Approve(number)
		var last time.Time
		tries := 0
		x.DB.Fail(func(op, bucket, key string) error {
			if op != "put" || bucket != "cases" || !strings.HasSuffix(key, "00000001") {
				return nil
			}
			if now := time.Now(); now.Sub(last) > time.Second { // with others, and alone
				last = now
				tries++
			}
			return errors.New("a row that cannot be written")
		})
		var health queue.Health
		stop := run(t, x, &health)
		defer stop()
		officetest.Pass(24 * time.Hour)
		lines := 0
		x.Look(func(b store.Books) error {
			return b.Journal.Each(store.Office, func(e store.Record) bool {
				if e.Kind == "warning" {
					lines++
				}
				return true
			})
		})
		told := len(x.LettersOf(store.Office, sop.PeringatanOperator))
		if lines != 1 || told != 1 || tries > 40 || !strings.Contains(health.Faults()["deadlines"], number) {
			t.Errorf("in a day: %d lines in the journal, %d letters, %d tries; health %v", lines, told, tries, health.Faults())
		}
		x.DB.Fail(nil)
		officetest.Pass(2 * time.Hour)
		if released(x, number).IsZero() || len(health.Faults()) > 0 {
			t.Errorf("it can be written, and the deadline is not kept; health %v", health.Faults())
		}
	})
}

// TestWakeUpThatIsNone: a key of the wake-ups that is none, before or behind all others, stops no deadline and is gone in the end.
func TestWakeUpThatIsNone(t *testing.T) {
	for _, key := range []string{"0", "x", "00000000000000000000", "/"} {
		synctest.Test(t, func(t *testing.T) {
			x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.UndoWindow = 20 * time.Minute })
			toOfficeHours()
			number := x.Ask(1)
			x.Approve(number)
			x.Write(func(tx store.Tx) error { return tx.Put("wake", []byte(key), nil) })
			var health queue.Health
			stop := run(t, x, &health)
			defer stop()
			officetest.Pass(3 * time.Hour)
			if released(x, number).IsZero() || len(health.Faults()) > 0 {
				t.Errorf("%q: no deadline is kept; health %v", key, health.Faults())
			}
			x.Write(func(tx store.Tx) error {
				left, err := tx.Get("wake", []byte(key))
				if left != nil {
					t.Errorf("%q is still there", key)
				}
				return err
			})
		})
	}
}

// TestMonthThatCannotBeReported: of two months that are due, the letters of the first cannot be written. The second is reported at once, the
// first when it can be. The control: where the fault of one is everybody's, neither is.
func TestMonthThatCannotBeReported(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for name, oneFate := range map[string]bool{"apart": false, "control": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := officetest.New(t, templates.FS, func(o *office.Options) { o.Policy.Without.OneFate = oneFate })
				toOfficeHours()
				stop := run(t, x, nil)
				officetest.Pass(time.Minute) // the month of the first start
				stop()
				year := time.Now().Year()
				officetest.Pass(time.Until(time.Date(year, 8, 15, 9, 0, 0, 0, officetest.Zone)))
				x.DB.Fail(func(op, bucket, key string) error {
					if op == "put" && bucket == "letters" && strings.Contains(key, fmt.Sprintf("/%d-06/", year)) {
						return errors.New("a row that cannot be written")
					}
					return nil
				})
				var health queue.Health
				stop = run(t, x, &health)
				defer stop()
				reported := func() (months []string) {
					for _, r := range x.LettersOf(store.Office, sop.LaporanBulanan) {
						months = append(months, r.Letter.Key[5:7])
					}
					slices.Sort(months)
					return slices.Compact(months)
				}
				officetest.Pass(time.Minute)
				if got := reported(); slices.Equal(got, []string{"07"}) == oneFate || health.Faults()["month"] == "" {
					t.Errorf("reported: %q, health %v", got, health.Faults())
				}
				x.DB.Fail(nil)
				officetest.Pass(2 * time.Hour)
				if got := reported(); !slices.Equal(got, []string{"06", "07"}) || len(health.Faults()) > 0 {
					t.Errorf("mended: %q, health %v", got, health.Faults())
				}
			})
		})
	}
}

// TestStraysThatFail (A11): more cases that a wrong clock put to sleep cannot be read than are looked at at once; the one behind them all wakes
// within the hour. The control: as long as the timer does not work it sleeps.
func TestStraysThatFail(t *testing.T) {
	for name, works := range map[string]bool{"recovers": true, "control": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.UndoWindow = 20 * time.Minute })
				toOfficeHours()
				number := x.Ask(1)
				x.Approve(number)
				far := time.Now().AddDate(4, 0, 0).UTC()
				x.Write(func(tx store.Tx) error {
					b := store.In(tx)
					cs, err := office.Find(b, number)
					cs.Wake = far.Add(time.Hour)
					err = errors.Join(err, b.Cases.Put(cs))
					for i := range 201 {
						bad := sop.Case{Number: fmt.Sprintf("PKJ-1999-%04d", i+1), Wake: far}
						err = errors.Join(err, tx.Put("wake", wakeKey(bad), nil), tx.Put("cases", fmt.Appendf(nil, "1999/%08d", i+1), []byte("{")))
					}
					return err
				})
				if works {
					var health queue.Health
					stop := run(t, x, &health)
					defer stop()
				}
				officetest.Pass(61 * time.Minute)
				if at := released(x, number); at.IsZero() == works {
					t.Errorf("released at %s", at)
				}
			})
		})
	}
}
