package tasks_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/office"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/tasks"
	"ukpbjd/templates"
)

// run lets workers work until the returned stop.
func run(t *testing.T, x *officetest.Office, health *queue.Health) (stop func()) {
	t.Helper()
	return runWith(t, x, health, tasks.Generator{Random: rand.Reader})
}

func runWith(t *testing.T, x *officetest.Office, health *queue.Health, source tasks.Source) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := tasks.New(tasks.Options{Clerk: x.Clerk, Health: health, Source: source, UserID: "{first}.{last}",
		Rounds: 1000, Passphrases: map[string]secret.Secret{officetest.Admin.Address: secret.New([]byte("frasa sandi lembar akun"))}})
	ended := make(chan error, 1)
	served := make(chan struct{})
	close(served)
	go func() { ended <- w.Run(ctx, served) }()
	return func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the workers ended: %v", err)
		}
	}
}

func waiting(x *officetest.Office) (ids []string) {
	x.Look(func(b store.Books) error {
		_, _, err := b.Tasks.Due(x.Now().AddDate(10, 0, 0), 1000, func(id string) bool { ids = append(ids, id); return true })
		return err
	})
	return ids
}

func aside(x *officetest.Office) (keys []string) {
	x.Look(func(b store.Books) error {
		list, err := b.State.Aside(100)
		for _, a := range list {
			keys = append(keys, a.Key)
		}
		return err
	})
	return keys
}

// TestTaskThatCannotBegin (A2): a task of an unknown case, one whose User ID belongs to somebody else, and one that cannot be read stop
// no other: accounts are made and keys destroyed beside them, at once. Each comes to an end that a person sees, and health is
// well again. The control: the case beside them goes its way.
func TestTaskThatCannotBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		good, err := x.Request(officetest.Staff, 2)
		x.Must(err)
		taken, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		shred := officetest.Member(1).NIP
		_, err = x.SealPassword("PKJ-2000-0777", shred, secret.New([]byte("Sandi-Lama-1!")))
		x.Must(err)
		x.Write(func(tx store.Tx) error {
			b := store.In(tx)
			cs, err := office.Find(b, taken)
			cs.Accounts = map[string]sop.Account{officetest.Member(1).NIP: {UserID: "milik.orang"}}
			return errors.Join(err, b.Cases.Put(cs), tx.Put("users", []byte("milik.orang"), []byte("196001011985011001")),
				b.Tasks.Put(store.TaskRow{Task: sop.Task{ID: "AAA-2000-0001/1/accounts", Kind: sop.TaskAccounts, Case: "AAA-2000-0001"}}),
				tx.Put("tasks", []byte("AAA-2000-0002/1/accounts"), []byte("{")),
				b.Tasks.Put(store.TaskRow{Task: sop.Task{ID: "PKJ-2000-0777/9/shred", Kind: sop.TaskShred, Case: "PKJ-2000-0777", NIP: shred}}))
		})
		var health queue.Health
		stop := run(t, x, &health)
		defer stop()
		officetest.Pass(5 * time.Second)
		if x.Get(good).Status != sop.AwaitingApproval {
			t.Errorf("control: the case beside them is %s", x.Get(good).Status)
		}
		if slices.Contains(x.Vault.IDs(), office.KeyID("PKJ-2000-0777", shred)) {
			t.Error("the key is not destroyed")
		}
		if !slices.Equal(aside(x), []string{"AAA-2000-0002/1/accounts"}) {
			t.Errorf("what cannot be read is not put aside at once: %v", aside(x))
		}
		if health.Faults()["tasks-begin"] == "" {
			t.Error("health does not say it")
		}
		officetest.Pass(3 * time.Hour)
		if ids := waiting(x); len(ids) > 0 {
			t.Errorf("without an end: %v", ids)
		}
		if keys := aside(x); !slices.Equal(keys, []string{"AAA-2000-0001/1/accounts", "AAA-2000-0002/1/accounts"}) {
			t.Errorf("put aside: %v", keys)
		}
		if cs := x.Get(taken); cs.Status != sop.NeedsReview {
			t.Errorf("the case whose User ID is taken is %s", cs.Status)
		}
		if n := len(x.LettersOf(store.Office, sop.PeringatanOperator)); n != 2 || len(health.Faults()) > 0 {
			t.Errorf("the operator has %d letters, health %v", n, health.Faults())
		}
	})
}

// TestResultOfTaskThatCannotBeDecided: a case that cannot be written keeps its task and ends no worker; others are decided beside
// it. When it can be written, it goes on, and health is well again. The control is the case beside it.
func TestResultOfTaskThatCannotBeDecided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		bad, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		good, err := x.Request(officetest.Person("lain"), 1)
		x.Must(err)
		x.DB.Fail(func(op, bucket, key string) error {
			if op == "put" && bucket == "cases" && strings.HasSuffix(key, "00000001") {
				return syscall.EIO
			}
			return nil
		})
		var health queue.Health
		stop := run(t, x, &health)
		defer stop()
		officetest.Pass(time.Minute)
		if x.Get(good).Status != sop.AwaitingApproval {
			t.Errorf("control: %s is %s", good, x.Get(good).Status)
		}
		officetest.Pass(2 * time.Hour)
		if !strings.Contains(health.Faults()["tasks"], bad) || len(aside(x)) > 0 {
			t.Errorf("health %v, aside %v", health.Faults(), aside(x))
		}
		x.DB.Fail(nil)
		officetest.Pass(time.Hour)
		if x.Get(bad).Status != sop.AwaitingApproval || len(health.Faults()) > 0 {
			t.Errorf("mended: %s, health %v", x.Get(bad).Status, health.Faults())
		}
	})
}

// TestTaskOfYearsAhead (A11): a task that a clock in another year put off is carried out within the hour. The control: one that is to
// be done tomorrow is not.
func TestTaskOfYearsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		number, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		x.Write(func(tx store.Tx) error {
			b := store.In(tx)
			rows, _, err := b.Tasks.Due(x.Now(), 10, func(string) bool { return false })
			for _, r := range rows {
				r.Next = x.Now().AddDate(4, 0, 0)
				err = errors.Join(err, b.Tasks.Put(r))
			}
			return errors.Join(err, b.Tasks.Put(store.TaskRow{Next: x.Now().Add(24 * time.Hour),
				Task: sop.Task{ID: "PKJ-2000-0777/9/shred", Kind: sop.TaskShred, Case: "PKJ-2000-0777", NIP: "1"}}))
		})
		stop := run(t, x, nil)
		defer stop()
		officetest.Pass(time.Hour)
		if x.Get(number).Status != sop.AwaitingApproval {
			t.Error("it waits for its year")
		}
		if ids := waiting(x); len(ids) != 1 {
			t.Errorf("control: %v wait", ids)
		}
		officetest.Pass(24 * time.Hour)
		if ids := waiting(x); len(ids) != 0 {
			t.Errorf("control: a day later %v wait", ids)
		}
	})
}

// hangs is a program of the office that never answers.
type hangs struct{}

func (hangs) Make(ctx context.Context, _ string, _ []tasks.Wanted) (map[string]credential.Issued, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute) // as tasks.Command
	defer cancel()
	<-ctx.Done()
	return nil, ctx.Err()
}

func toShred(x *officetest.Office) (key string) {
	nip := officetest.Member(1).NIP
	_, err := x.SealPassword("PKJ-9000-0777", nip, secret.New([]byte("Sandi-Lama-1!")))
	x.Must(err)
	x.Write(func(tx store.Tx) error {
		return store.In(tx).Tasks.Put(store.TaskRow{Task: sop.Task{ID: "PKJ-9000-0777/9/shred", Kind: sop.TaskShred, Case: "PKJ-9000-0777", NIP: nip}})
	})
	return office.KeyID("PKJ-9000-0777", nip)
}

// TestShreddingWaitsBehindNoProgram: the program that makes accounts hangs for twenty cases; a key is destroyed at once all the same.
// The control: the accounts are still not made then.
func TestShreddingWaitsBehindNoProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		for range 20 {
			_, err := x.Request(officetest.Staff, 1)
			x.Must(err)
		}
		key := toShred(x)
		stop := runWith(t, x, nil, hangs{})
		defer stop()
		officetest.Pass(time.Second)
		if slices.Contains(x.Vault.IDs(), key) {
			t.Error("the key is not destroyed")
		}
		if n := len(waiting(x)); n != 20 {
			t.Errorf("control: %d tasks wait", n)
		}
	})
}

func taskOf(x *officetest.Office, id string) (r store.TaskRow, waits bool) {
	x.Look(func(b store.Books) (err error) {
		r, waits, err = b.Tasks.Get(id)
		return err
	})
	return r, waits
}

// TestClaimsAreNoTries: a task was claimed five times and the daemon killed each time; then its first attempt that is made meets a
// passing fault, and it goes on. The control: five attempts that were made are enough.
func TestClaimsAreNoTries(t *testing.T) {
	for name, failures := range map[string]int{"killed": 1, "control": 5} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
			_, err := x.Request(officetest.Staff, 1)
			x.Must(err)
			w := tasks.New(tasks.Options{Clerk: x.Clerk})
			var j tasks.Job
			for i := range 5 {
				list, _, err := w.Claim(t.Context(), 10, func(string) bool { return false })
				x.Must(err)
				if len(list) != 1 {
					t.Fatalf("claim %d: %d tasks", i, len(list))
				}
				if j = list[0]; i >= 5-failures {
					_, err := w.Settle(t.Context(), []tasks.Result{{Row: j.Row, Err: errors.New("the program did not answer in time")}})
					x.Must(err)
				}
				x.Set(x.Now().Add(3 * time.Hour))
			}
			if _, waits := taskOf(x, j.Row.Task.ID); waits != (failures < 5) {
				t.Errorf("after %d attempts that were made it waits: %v", failures, waits)
			}
		})
	}
}

// TestStopTakesBackItsClaims: what was claimed and not begun, or begun and interrupted, is as new after an orderly stop: it is carried
// out at once at the next start, and counts no try. The control is a task that has failed: that stays.
func TestStopTakesBackItsClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		for range 6 {
			_, err := x.Request(officetest.Staff, 1)
			x.Must(err)
		}
		ids := waiting(x)
		stop := runWith(t, x, nil, hangs{})
		officetest.Pass(2*time.Minute + time.Second) // two have failed; two are with the program, and two are claimed
		stop()
		failed, back := 0, 0
		for _, id := range ids {
			switch r, _ := taskOf(x, id); {
			case r.Attempts == 1 && r.Failures == 1:
				failed++
			case r.Attempts == 0 && r.Failures == 0 && r.Next.IsZero():
				back++
			}
		}
		if failed != 2 || back != 4 {
			t.Errorf("%d have failed and %d are as new", failed, back)
		}
		stop = run(t, x, nil)
		defer stop()
		officetest.Pass(10 * time.Second)
		if n := len(waiting(x)); n > 2 {
			t.Errorf("%d wait after the next start", n)
		}
	})
}

// TestTaskThatEndsTheProgram: a task at which the program ends each time goes back to its case, after a day. The control: to destroy a
// key is never given up.
func TestTaskThatEndsTheProgram(t *testing.T) {
	x := officetest.New(t, templates.FS)
	x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
	number, err := x.Request(officetest.Staff, 1)
	x.Must(err)
	toShred(x)
	start := x.Now()
	for x.Get(number).Status != sop.NeedsReview && x.Now().Sub(start) < 7*24*time.Hour {
		_, _, err := tasks.New(tasks.Options{Clerk: x.Clerk}).Claim(t.Context(), 10, func(string) bool { return false }) // and that was all
		x.Must(err)
		x.Set(x.Now().Add(2 * time.Hour))
	}
	if took := x.Now().Sub(start); took < 24*time.Hour || took > 3*24*time.Hour || len(waiting(x)) != 1 {
		t.Errorf("given back after %s; %v wait", took, waiting(x))
	}
}

// TestWordThatChangesWhileItIsClaimed: a case hears a word, or the word is replaced by a later one, between the moment at which it is
// seen to be due and its claim. What was heard is not told again, and the later word stands. The control: what stays as it is is claimed.
func TestWordThatChangesWhileItIsClaimed(t *testing.T) {
	for name, meanwhile := range map[string]func(b store.Books, number string) error{
		"heard": func(b store.Books, number string) error { return b.Tasks.End(number + "/told/void") },
		"replaced": func(b store.Books, number string) error {
			return b.Tasks.Tell(number, sop.Task{Kind: sop.TaskVoid, Note: "kedua"})
		},
		"control": func(store.Books, string) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
			number := x.Ask(1)
			x.Write(func(tx store.Tx) error {
				return store.In(tx).Tasks.Tell(number, sop.Task{Kind: sop.TaskVoid, Note: "pertama"})
			})
			list, _, err := tasks.New(tasks.Options{Clerk: x.Clerk}).Claim(t.Context(), 10, func(string) bool {
				x.Write(func(tx store.Tx) error { return meanwhile(store.In(tx), number) })
				return false
			})
			x.Must(err)
			r, waits := taskOf(x, number+"/told/void")
			if heard := name == "heard"; waits == heard || (len(list) == 0) != heard {
				t.Errorf("claimed %d, waits %v", len(list), waits)
			}
			if name == "replaced" && (r.Task.Note != "kedua" || list[0].Row.Task.Note != "kedua") {
				t.Errorf("the word is %q", r.Task.Note)
			}
		})
	}
}
