package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/intake"
	"ukpbjd/internal/office"
	"ukpbjd/internal/outbox"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/tasks"
	"ukpbjd/internal/timer"
)

// Difference is one decision that this version or configuration would make otherwise.
type Difference struct {
	Case string    `json:"case,omitempty"`
	At   time.Time `json:"at"`
	What string    `json:"what"` // the mail, or the case's journal
	Was  string    `json:"was"`
	Now  string    `json:"now"`
}

// Replayed is what a replay looked at.
type Replayed struct {
	Mails       int          `json:"mails"`
	Commands    int          `json:"commands"`
	Cases       int          `json:"cases"`
	Left        int          `json:"left_out"` // mails that are not kept as they came
	Differences []Difference `json:"differences"`
}

// Clock is the time of a replay: it stands until it is set.
type Clock struct{ at time.Time }

// Now is the time at which the replay has arrived.
func (c *Clock) Now() time.Time { return c.at }

// Replay plays a recording. New works on a scratch store and on Clock; nothing of it is sent.
type Replay struct {
	New       Rooms
	Recording *Recording
	Clock     *Clock

	due  []recordedDelivery
	keys recordedDNS
}

// Rooms are those that a replay works in.
type Rooms struct {
	Office *office.Clerk
	Intake *intake.Intake
	Outbox *outbox.Outbox
	Tasks  *tasks.Worker
	Timer  *timer.Timer

	Instruct func(ctx context.Context, number string, w sop.Instruct) error
}

// recordedDelivery is a letter of the scratch outbox with the moment at which its recorded twin was settled.
type recordedDelivery struct {
	at  time.Time
	row store.LetterRow
}

// freshNumbers begin the numbers of cases that were never opened: no recorded number is taken from its case.
const freshNumbers = 900_000

// Run plays everything and compares. told is called after each step.
func (r *Replay) Run(ctx context.Context, told func(done int)) (Replayed, error) {
	out := Replayed{Left: r.Recording.Left, Differences: []Difference{}}
	r.keys.today, r.New.Intake.Auth.Resolver = r.New.Intake.Auth.Resolver, &r.keys
	for i, x := range r.Recording.steps {
		if err := r.runUntil(ctx, x.at); err != nil {
			return out, err
		}
		var err error
		if x.verb != "" {
			out.Commands++
			err = r.New.Instruct(ctx, x.number, sop.Instruct{Verb: x.verb, Arg: x.arg})
			if errors.Is(err, office.ErrNoCase) {
				err = nil
			}
		} else {
			err = r.mail(ctx, x, &out)
		}
		if err != nil {
			return out, fmt.Errorf("replay what came at %s: %w", x.at.Format(time.RFC3339), err)
		}
		told(i + 1)
	}
	if err := r.runUntil(ctx, r.Recording.end); err != nil {
		return out, err
	}
	return out, r.compareCases(ctx, &out)
}

// mail lets the new version read, judge and decide one mail.
func (r *Replay) mail(ctx context.Context, x recorded, out *Replayed) error {
	raw := r.Recording.raw(x)
	if raw == nil {
		out.Left++
		return nil
	}
	out.Mails++
	if err := errors.Join(r.prepare(ctx, x), r.remember(ctx, x)); err != nil {
		return err
	}
	arrived := x.seen.Arrived
	if arrived.IsZero() {
		arrived = x.at
	}
	in := intake.Incoming{UID: x.uid, Arrived: arrived, Size: max(x.seen.Size, int64(len(raw))), Raw: raw}
	in.TooBig = r.New.Intake.MaxMessage > 0 && in.Size > r.New.Intake.MaxMessage
	if err := r.New.Intake.TakeIn(ctx, in); err != nil {
		return err
	}
	now, err := office.Read(ctx, r.New.Office, func(b store.Books) (now store.MailRecord, err error) {
		now, _, err = b.Mails.Get(x.uid)
		return now, err
	})
	if err != nil {
		return err
	}
	was, is := seenWords(x.seen), seenWords(now)
	if was != is {
		out.Differences = append(out.Differences, Difference{Case: x.seen.Case, At: x.at, What: fmt.Sprintf("mail UID %d of %s", x.uid.UID, x.seen.From), Was: was, Now: is})
	}
	return nil
}

func seenWords(s store.MailRecord) string {
	v := s.Outcome + ": " + s.Reason
	if s.Case != "" {
		v += " (" + s.Case + ")"
	}
	return v
}

// prepare gives the scratch books the number that this mail took, and the letters that could be answered by then.
func (r *Replay) prepare(ctx context.Context, x recorded) error {
	letters, err := office.Read(ctx, r.Recording.from.Clerk, func(b store.Books) ([]store.LetterRow, error) { return b.Letters.Of(x.seen.Case) })
	if err != nil {
		return err
	}
	return r.New.Office.Update(ctx, func(b store.Books) error {
		year, seq, ok := store.Number(x.opened)
		if ok {
			seq--
		} else {
			year, seq = x.at.In(r.New.Office.Zone()).Year(), freshNumbers+int(x.uid.UID)
		}
		err := b.Cases.SetNumber(year, seq)
		for _, l := range letters {
			if err == nil && !l.Made.After(x.at) {
				err = b.Letters.PutRecorded(l)
			}
		}
		return err
	})
}

// runUntil lets the time pass up to the given moment: tasks are carried out, letters meet their recorded fate, deadlines fall.
func (r *Replay) runUntil(ctx context.Context, to time.Time) error {
	for {
		if err := errors.Join(ctx.Err(), r.work(ctx)); err != nil {
			return err
		}
		if err := r.drainOutbox(ctx); err != nil {
			return err
		}
		wake, err := r.New.Timer.Deadlines(ctx, r.Clock.at)
		if err != nil {
			return err
		}
		next := wake
		if len(r.due) > 0 {
			next = queue.Earlier(next, r.due[0].at)
		}
		if next.IsZero() || next.After(to) {
			break
		}
		r.Clock.at = latest(r.Clock.at, next)
		if err := r.settleDue(ctx); err != nil {
			return err
		}
	}
	r.Clock.at = latest(r.Clock.at, to)
	return nil
}

func latest(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }

// work carries out every task that is due.
func (r *Replay) work(ctx context.Context) error {
	for {
		list, _, err := r.New.Tasks.Claim(ctx, maxTasks, func(string) bool { return false })
		if err != nil || len(list) == 0 {
			return err
		}
		var done []tasks.Result
		for _, j := range list {
			x := r.New.Tasks.Execute(ctx, j)
			if x.Err != nil {
				return fmt.Errorf("carry out %s: %w", j.Row.Task.ID, x.Err)
			}
			done = append(done, x)
		}
		failed, err := r.New.Tasks.Settle(ctx, done)
		if err != nil || len(failed) > 0 {
			return errors.Join(err, fmt.Errorf("%d results of tasks could not be decided", len(failed)))
		}
	}
}

const maxTasks = 64

// drainOutbox takes every letter out of the scratch outbox and looks its fate up: the recorded one, or arrival at once.
func (r *Replay) drainOutbox(ctx context.Context) error {
	for {
		var list []store.Claimed
		err := r.New.Office.Update(ctx, func(b store.Books) (err error) {
			if list, _, err = b.Letters.Claimable(r.Clock.at, maxTasks, nil); err != nil {
				return err
			}
			list, _, err = b.Letters.Claim(list, r.Clock.at, "")
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, c := range list {
			row := c.Row
			f := recordedDelivery{r.Clock.at, row}
			var twin store.LetterRow
			err := r.Recording.from.View(ctx, func(b store.Books) (err error) {
				twin, _, err = b.Letters.Get(row.Case, row.Letter.Key)
				return err
			})
			if err != nil {
				return err
			}
			f.row.State, f.row.Answer = store.Accepted, "replay"
			if !twin.Ended.IsZero() && twin.Letter.To == row.Letter.To {
				f.at, f.row.State, f.row.Answer = latest(f.at, twin.Ended), twin.State, twin.Answer
			}
			at, _ := slices.BinarySearchFunc(r.due, f, func(a, b recordedDelivery) int { return a.at.Compare(b.at) })
			r.due = slices.Insert(r.due, at, f)
		}
	}
}

// settleDue tells the cases what became of their letters.
func (r *Replay) settleDue(ctx context.Context) error {
	for len(r.due) > 0 && !r.due[0].at.After(r.Clock.at) {
		row := r.due[0].row
		r.due = r.due[1:]
		result := postman.Result{Outcome: postman.Accepted, Text: row.Answer}
		if row.State == store.Failed {
			result.Outcome = postman.Failed
		}
		if again, err := r.New.Outbox.Settle(ctx, []outbox.Sent{{Row: row, Result: result, At: r.Clock.at}}); err != nil || len(again) > 0 {
			return errors.Join(fmt.Errorf("settle %s", row.ID()), err)
		}
	}
	return nil
}
