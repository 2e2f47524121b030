package clerk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// taskTries is how often a task is begun before its failure goes back to the case. To destroy a key is never given up.
const taskTries = 5

// Work is a task that may be carried out now, with the case as it stood when the attempt was recorded.
type Work struct {
	Row   store.TaskRow
	Case  sop.Case
	users map[string]string // User IDs allotted for this task, by NIP
}

// Take records the attempt for at most limit tasks and gives them. Busy ones are passed over.
func (c *Clerk) Take(ctx context.Context, limit int, busy func(id string) bool) (out []Work, next time.Time, err error) {
	found := false
	if err := c.View(ctx, func(b store.Books) error {
		rows, n, err := b.Tasks(c.Now(), 1, busy)
		found, next = len(rows) > 0, n
		return err
	}); err != nil || !found {
		return nil, next, err
	}
	err = c.DB.Update(ctx, func(tx store.Tx) error {
		b := store.In(tx)
		rows, n, err := b.Tasks(c.Now(), limit, busy)
		if err != nil {
			return err
		}
		out, next = out[:0], n
		for _, r := range rows {
			w, err := c.begin(b, r)
			if err != nil {
				return fmt.Errorf("begin task %s: %w", r.Task.ID, err)
			}
			out = append(out, w)
		}
		return nil
	})
	return out, next, err
}

func (c *Clerk) begin(b store.Books, r store.TaskRow) (w Work, err error) {
	r.Attempts++
	r.Next = c.Now().Add(c.backOff(r.Attempts)).UTC() // if this attempt ends without a word
	w.Row = r
	if w.Case, _, err = b.Case(r.Task.Case); err != nil {
		return w, err
	}
	if r.Task.Kind == sop.TaskAccounts {
		if w.users, err = c.allot(b, w.Case); err != nil {
			return w, err
		}
	}
	return w, b.PutTask(r)
}

// Done commits the results of tasks: each is decided and its task ends in the same transaction.
func (c *Clerk) Done(ctx context.Context, batch []Result) error {
	err := c.update(ctx, len(batch), func(b store.Books) error {
		for _, r := range batch {
			if err := c.done(b, r); err != nil {
				return fmt.Errorf("task %s: %w", r.Row.Task.ID, err)
			}
		}
		return nil
	})
	for _, r := range batch {
		outcome := "done"
		if r.Err != nil || err != nil {
			outcome = "failed"
		}
		c.Meter.Task(r.Row.Task.Kind, outcome)
	}
	return err
}

// Result of one task; Err is a passing fault, after which the task is tried again.
type Result struct {
	Row  store.TaskRow
	What sop.What
	Err  error
}

func (c *Clerk) done(b store.Books, r Result) error {
	if r.Err != nil && (r.Row.Attempts < taskTries || r.Row.Task.Kind == sop.TaskShred) {
		r.Row.Why = r.Err.Error()
		return b.PutTask(r.Row)
	}
	if r.Err != nil {
		r.What = gaveUp(r.Row.Task, r.Err)
	}
	cs, ok, err := b.Case(r.Row.Task.Case)
	if err != nil || !ok {
		return errors.Join(err, fmt.Errorf("case %s is not in the books", r.Row.Task.Case))
	}
	now := c.Now().UTC()
	if err := c.decide(b, cs, sop.Input{At: now, What: r.What}, now); err != nil {
		return err
	}
	if _, shredded := r.What.(sop.KeyShredded); shredded {
		if err := c.cutSheets(b, cs.Number); err != nil {
			return err
		}
	}
	return b.EndTask(r.Row.Task.ID)
}

// gaveUp is the input that says to the case that a task cannot be carried out.
func gaveUp(o sop.Task, why error) sop.What {
	switch o.Kind {
	case sop.TaskCredential:
		return sop.CredentialSealed{NIP: o.NIP, Letter: o.Letter, Failed: why.Error()}
	case sop.TaskTembusan:
		return sop.TembusanSealed{Letter: o.Letter, Failed: why.Error()}
	}
	return sop.AccountsMade{Revision: o.Revision, Issue: o.Issue, Failed: why.Error()}
}

// Tick decides every case whose moment has come, and gives the next moment.
func (c *Clerk) Tick(ctx context.Context) (next time.Time, err error) {
	now := c.Now().UTC()
	if _, held, err := c.Restored(ctx); err != nil || held {
		return time.Time{}, err
	}
	mark, err := c.markTime(ctx, now)
	if err != nil {
		return mark, err
	}
	if next, err = c.tick(ctx, now); err != nil {
		return next, err
	}
	month, err := c.monthly(ctx, now)
	return earlier(earlier(next, mark), month), err
}

// tick decides the cases that are due.
func (c *Clerk) tick(ctx context.Context, now time.Time) (next time.Time, err error) {
	var due []string
	if err := c.View(ctx, func(b store.Books) error {
		due, next, err = b.Due(now, ticksMost)
		return err
	}); err != nil || len(due) == 0 {
		return next, err
	}
	err = c.update(ctx, len(due), func(b store.Books) error {
		for _, number := range due {
			cs, _, err := b.Case(number)
			if err != nil {
				return err
			}
			if err := c.decide(b, cs, sop.Input{At: now, What: sop.Tick{}}, now); err != nil {
				return err
			}
		}
		_, next, err = b.Due(now, 1)
		return err
	})
	if len(due) == ticksMost {
		next = now
	}
	return next, err
}

// ticksMost bounds one transaction of deadlines.
const ticksMost = 200
