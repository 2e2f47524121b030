// Package tasks carries out what needs chance, time or a program: it makes accounts, seals letters, destroys keys. A task is a
// row of the commit that asked for it; its result is decided in the commit that takes the row away.
package tasks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"golang.org/x/sync/errgroup"

	"ukpbjd/internal/extract"
	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Options are the neighbours of the workers.
type Options struct {
	Clerk   *office.Clerk
	Extract *extract.Reader
	Health  *queue.Health

	Source      Source                   // makes the accounts: generate or command
	Passphrases map[string]secret.Secret // of the account sheet, by approver address
	MemberKeys  MemberKeys               // whose letters with a password are encrypted
	LockedPages bool                     // passwords travel in locked pages: credentials.delivery: pdf
	UserID      string                   // pattern for members whose papers name none
	Rounds      int                      // of the hash behind the passphrase of an account sheet; zero: as many as Office takes
	FirstRetry  time.Duration            // zero: half a minute. Each further pause is twice as long
	Workers     int                      // zero: two
	// Behind waits until what is more urgent than account sheets has been done, for a bounded time; nil: nothing is.
	Behind func(context.Context)
}

const (
	firstRetry = 30 * time.Second
	maxRetry   = 2 * time.Hour
	maxTries   = 5                // before the failure of a task goes back to the case. To destroy a key is never given up
	maxLost    = 20               // claims after which the program ended without a word: it may be the task that ends it
	maxTime    = 10 * time.Minute // of one task
)

// Worker is safe for concurrent use.
type Worker struct {
	*office.Clerk
	Options
	name    string
	begun   *queue.Queue[store.TaskRow]
	ended   *queue.Queue[Result]
	wake    queue.Signal
	lasting *Worker // for what is never given up, so that it waits behind no program that hangs
}

// New takes the options; nothing runs yet.
func New(o Options) *Worker {
	o.FirstRetry, o.Workers = cmp.Or(o.FirstRetry, firstRetry), cmp.Or(o.Workers, 2)
	w := newWorker(o, "tasks")
	w.lasting = newWorker(o, "lasting-tasks")
	return w
}

func newWorker(o Options, name string) *Worker {
	w := &Worker{Clerk: o.Clerk, Options: o, name: name, wake: queue.NewSignal()}
	w.begun = queue.New(queue.Options[store.TaskRow]{Name: name + "-begin", Key: func(r store.TaskRow) string { return r.Task.ID }, Aside: w.cannotBegin,
		Fatal: office.Fatal, Policy: w.Policy, Health: o.Health, Now: w.Now})
	w.ended = queue.New(queue.Options[Result]{Name: name + "-end", Key: func(r Result) string { return r.Row.Task.ID }, Aside: w.cannotEnd,
		Fatal: office.Fatal, Policy: w.Policy, Health: o.Health, Now: w.Now})
	w.Listen(w.wake)
	return w
}

// Job is a task that may be carried out now, with the case as it stood when the attempt was recorded.
type Job struct {
	Row   store.TaskRow
	Case  sop.Case
	users map[string]string        // User IDs allotted for this task, by NIP
	kept  map[string]store.Account // accounts that members have already
}

// Result of one task; Err is a passing fault, after which the task is tried again.
type Result struct {
	Row  store.TaskRow
	What sop.What
	Err  error
}

// Run carries out tasks until ctx ends. Before served is closed only what lasts: accounts are made, perhaps by a program of the
// office, by nobody of whom the mailbox does not know that they serve it.
func (w *Worker) Run(ctx context.Context, served <-chan struct{}) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		select {
		case <-served:
			return w.run(ctx, false)
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	g.Go(func() error { return w.lasting.run(ctx, true) })
	return g.Wait()
}

// run leaves to the other worker what it claims. An ID ends in its kind; the wrong worker would do it as well.
func (w *Worker) run(ctx context.Context, lasting bool) error {
	claim := func(ctx context.Context, limit int, busy func(id string) bool) ([]Job, time.Time, error) {
		return w.Claim(ctx, limit, func(id string) bool {
			return busy(id) || sop.Task{Kind: sop.TaskKind(path.Base(id))}.Lasts() != lasting
		})
	}
	jobs := queue.Jobs[Job, Result]{
		Loop: queue.Loop{Name: w.name, Wake: w.wake, Health: w.Health, Fatal: office.Fatal, Pause: w.Policy.Pause, Now: w.Now,
			Warn: func(err error) { w.Log.Warn(w.name, "error", err) }},
		Key:   func(j Job) string { return j.Row.Task.ID },
		Claim: claim, Release: w.release,
		Execute: func(ctx context.Context, j Job) (Result, error) {
			if j.Row.Task.Kind == sop.TaskAccounts && w.Behind != nil {
				w.Behind(ctx)
			}
			r := w.Execute(ctx, j)
			return r, ctx.Err() // what a stop interrupted says nothing of the task
		},
		Failed: func(j Job, err error) Result { return Result{Row: j.Row, Err: err} },
		Settle: func(ctx context.Context, batch []Result) error { return w.commit(ctx, batch) },
		Aside:  func(ctx context.Context, _ Job, r Result, why error) error { return w.cannotEnd(ctx, r, why) },
		Policy: w.Policy, Workers: w.Workers, Limit: maxTime,
	}
	return jobs.Run(ctx)
}

// Claim records the attempt for at most limit tasks and returns them, passing over busy ones. One that cannot be begun stops no
// other.
func (w *Worker) Claim(ctx context.Context, limit int, busy func(id string) bool) (out []Job, next time.Time, err error) {
	var rows []store.TaskRow
	if err := w.View(ctx, func(b store.Books) (err error) {
		rows, next, err = b.Tasks.Due(w.Now(), limit, func(id string) bool { return busy(id) || w.begun.Waits(id) })
		return err
	}); err != nil || len(rows) == 0 {
		return nil, queue.Earlier(next, w.begun.Next()), err
	}
	_, err = w.begun.Commit(ctx, rows, func(ctx context.Context, some []store.TaskRow) error {
		var begun []Job
		err := w.Update(ctx, func(b store.Books) error {
			begun = begun[:0]
			for _, r := range some {
				j, err := w.begin(b, r)
				if err != nil {
					return fmt.Errorf("begin task %s: %w", r.Task.ID, err)
				}
				if j.Row.Task.ID != "" {
					begun = append(begun, j)
				}
			}
			return nil
		})
		if err == nil {
			out = append(out, begun...)
		}
		return err
	})
	return out, queue.Earlier(next, w.begun.Next()), err
}

func (w *Worker) begin(b store.Books, r store.TaskRow) (j Job, err error) {
	r, waits, err := b.Tasks.Get(r.Task.ID) // an input of its case may have ended it since, or a later word have replaced it (office.CatchUp)
	if store.IsRow(err) {
		return j, queue.Permanent(err)
	}
	if err != nil || !waits {
		return j, err
	}
	if lost := r.Attempts - r.Failures; lost >= maxLost && !r.Task.Lasts() {
		return j, queue.Permanent(fmt.Errorf("it was begun %d times, and nothing was heard of it again", lost))
	}
	r.Attempts++
	r.Next = w.Now().Add(w.pause(r.Attempts)).UTC() // if this attempt ends without a word
	j.Row = r
	j.Case, err = office.Find(b, r.Task.Case)
	if err != nil && !ownerless(r.Task, err) {
		return j, err
	}
	if r.Task.Kind == sop.TaskAccounts {
		if j.users, j.kept, err = w.allot(b, j.Case); err != nil {
			return j, err
		}
	}
	return j, b.Tasks.Put(r)
}

// release takes back the claims of what a stop has kept from its end, as if it had not been begun.
func (w *Worker) release(ctx context.Context, list []Job) error {
	return w.Update(ctx, func(b store.Books) (err error) {
		for _, j := range list {
			if r, ok, bad := b.Tasks.Get(j.Row.Task.ID); ok && bad == nil { // else it stays as it is
				r.Attempts, r.Next = max(r.Attempts-1, 0), time.Time{}
				err = errors.Join(err, b.Tasks.Put(r))
			}
		}
		return err
	})
}

func (w *Worker) pause(attempts int) time.Duration {
	return queue.Backoff{First: w.FirstRetry, Most: maxRetry}.After(attempts, nil)
}

// lasts is Task.Lasts, also of an order to destroy a key of which only the ID can be read: nothing would order it again.
func lasts(t sop.Task) bool { return t.Lasts() || path.Base(t.ID) == string(sop.TaskShred) }

// cannotBegin gives a task that cannot be begun back to its case, or puts its row aside where there is none.
func (w *Worker) cannotBegin(ctx context.Context, r store.TaskRow, why error) error {
	r.Failures = maxTries
	if !lasts(r.Task) {
		if err := w.commit(ctx, []Result{{Row: r, Err: why}}); err == nil || office.Fatal(err) {
			return err
		}
	}
	return w.cannotEnd(ctx, Result{Row: r, Err: why}, why)
}

// cannotEnd puts aside a task whose result its case cannot be told of; a person looks. What lasts is repeated for ever, slowly.
func (w *Worker) cannotEnd(ctx context.Context, r Result, why error) error {
	if lasts(r.Row.Task) {
		return errors.New("this is never given up")
	}
	id := r.Row.Task.ID
	return w.Commit(ctx, 1, func(b store.Books) error {
		a := store.Aside{Queue: "tasks", Key: id, At: w.Now().UTC(), Why: why.Error()}
		return errors.Join(b.Tasks.End(id), b.State.PutAside(a), w.Warn(b, "task-"+id, "task-aside", id+": "+a.Why))
	})
}

// Settle writes the results of tasks: each is decided and its task ends in the same transaction. It returns those that failed.
func (w *Worker) Settle(ctx context.Context, batch []Result) ([]queue.Failed[Result], error) {
	return w.ended.Commit(ctx, batch, w.commit)
}

func (w *Worker) commit(ctx context.Context, batch []Result) error {
	err := w.Commit(ctx, len(batch), func(b store.Books) error {
		for _, r := range batch {
			if err := w.settle(b, r); err != nil {
				return fmt.Errorf("task %s: %w", r.Row.Task.ID, err)
			}
		}
		return nil
	})
	if err == nil {
		for _, r := range batch {
			outcome := "done"
			if r.Err != nil {
				outcome = "failed"
			}
			w.Meter.Task(r.Row.Task.Kind, outcome)
		}
	}
	return err
}

func (w *Worker) settle(b store.Books, r Result) error {
	if _, waits, err := b.Tasks.Get(r.Row.Task.ID); err != nil || !waits {
		return err // its result has been decided
	}
	if r.Err != nil {
		r.Row.Failures++
	}
	if r.Err != nil && (r.Row.Failures < maxTries || r.Row.Task.Lasts()) {
		r.Row.Why = r.Err.Error()
		return b.Tasks.Put(r.Row)
	}
	if r.Err != nil {
		r.What = gaveUp(r.Row.Task, r.Err)
	}
	cs, err := office.Find(b, r.Row.Task.Case)
	if ownerless(r.Row.Task, err) { // there is nobody to tell
		return b.Tasks.End(r.Row.Task.ID)
	}
	if err != nil {
		return err
	}
	now := w.Now().UTC()
	if _, told := r.Row.Task.Told(); told {
		_, err = w.CatchUp(b, cs, now)
		return err
	}
	if err := w.Decide(b, cs, sop.Input{At: now, What: r.What}, now); err != nil {
		return err
	}
	return b.Tasks.End(r.Row.Task.ID)
}

// ownerless is a key that is to be destroyed, or a word to hear, although its case is not in the books.
func ownerless(t sop.Task, err error) bool {
	return t.Lasts() && errors.Is(err, office.ErrNoCase)
}

// gaveUp is the input that says to the case that a task cannot be carried out.
func gaveUp(t sop.Task, why error) sop.What {
	switch t.Kind {
	case sop.TaskCredential:
		return sop.CredentialSealed{NIP: t.NIP, Letter: t.Letter, Failed: why.Error()}
	case sop.TaskTembusan:
		return sop.TembusanSealed{Letter: t.Letter, Failed: why.Error()}
	case sop.TaskPictures:
		return sop.Pictured{Revision: t.Revision, Failed: why.Error()}
	}
	return sop.AccountsMade{Revision: t.Revision, Issue: t.Issue, NIP: t.NIP, Failed: why.Error()}
}
