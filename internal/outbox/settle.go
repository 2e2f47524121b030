package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"ukpbjd/internal/office"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Sent is how one attempt ended, when, and how long it took.
type Sent struct {
	Row    store.LetterRow
	Result postman.Result
	At     time.Time
	Took   time.Duration
}

// settleAll writes results until the senders have ended. A result is never dropped: one that cannot be told to its case now
// waits beside the others, and holds nobody up.
func (x *Outbox) settleAll(ctx context.Context, back <-chan Sent) error {
	kept := x.unsettled
	failures := 0
	for open := true; open; {
		var pause <-chan time.Time
		if failures > 0 {
			pause = time.After(x.Policy.Pause.After(failures, nil))
		} else if len(kept) > 0 {
			pause = time.After(max(x.results.Next().Sub(x.Now()), 0))
		}
		var batch []Sent
		batch, open = queue.Batch(back, maxBatch, x.BatchWait, pause)
		batch = append(batch, kept...)
		kept = nil
		if !open { // their last try
			x.results.Forget(func(string) bool { return false })
		}
		var due []Sent
		for _, s := range batch {
			if x.results.Waits(s.Row.ID()) {
				kept = append(kept, s)
			} else {
				due = append(due, s)
			}
		}
		again, err := x.Settle(ctx, due)
		switch {
		case err == nil:
			failures, kept = 0, append(kept, again...)
			x.Health.Set("outbox", "results", "")
		case store.Unknown(err):
			return err
		default:
			failures, kept = failures+1, append(kept, due...) // what is settled is not settled twice
			x.Health.Set("outbox", "results", err.Error())
			x.Clerk.Log.Warn("record what became of letters", "error", err)
		}
	}
	return nil // what is left is found Sending at the next start
}

// Settle writes results and tells each case what became of its letter. It returns those that are to be tried again.
func (x *Outbox) Settle(ctx context.Context, batch []Sent) (again []Sent, err error) {
	failed, err := x.results.Commit(ctx, batch, func(ctx context.Context, some []Sent) error {
		return x.Commit(ctx, len(some), func(b store.Books) error {
			for _, s := range some {
				if err := x.settle(b, s); err != nil {
					return fmt.Errorf("letter %s: %w", s.Row.ID(), err)
				}
			}
			return nil
		})
	})
	for _, f := range failed {
		if !f.Aside {
			again = append(again, f.Item)
		}
	}
	if err == nil {
		for _, s := range batch {
			x.Meter.Letter(s.Row.Letter.Kind, s.Result.Outcome.String(), s.Took)
			if !slices.ContainsFunc(again, func(a Sent) bool { return a.Row.ID() == s.Row.ID() }) {
				x.Log.Settled(s.Row)
			}
		}
		x.tellPolicy(ctx, batch...)
	}
	return again, err
}

// tellPolicy shows which letters the mail server refuses by policy, each while it waits to be tried again: that the server takes another
// says nothing of them. That it refuses the office itself is the postman's to say.
func (x *Outbox) tellPolicy(ctx context.Context, batch ...Sent) {
	x.telling.Lock()
	defer x.telling.Unlock()
	for _, s := range batch {
		delete(x.refused, s.Row.ID())
		if s.Result.Policy && !s.Result.Away && x.outcome(s, s.At.UTC()).State == store.Deferred {
			x.refused[s.Row.ID()] = s.Result
		}
	}
	if len(x.refused) > 0 {
		_ = x.View(ctx, func(b store.Books) error { // of what cannot be read now it is said again
			maps.DeleteFunc(x.refused, func(id string, _ postman.Result) bool {
				waits, err := b.Letters.Waits(id)
				return err == nil && !waits
			})
			return nil
		})
	}
	text := ""
	for _, id := range slices.Sorted(maps.Keys(x.refused))[:min(len(x.refused), 1)] {
		what := "the mail server refuses letters"
		if x.refused[id].Code == 0 { // it was not asked
			what = "letters cannot be opened"
		}
		text = fmt.Sprintf("%s (%d): %s: %s", what, len(x.refused), id, x.refused[id].Text)
	}
	x.Health.Set("outbox", "policy", text)
}

// record writes the state of the letter.
func (x *Outbox) record(b store.Books, s Sent) (r store.LetterRow, settled bool, err error) {
	if s.Row.Broken != nil { // when it was claimed
		was, ok, err := b.Letters.Get(s.Row.Case, s.Row.Letter.Key)
		if err != nil || !ok {
			return x.outcome(s, s.At.UTC()), false, cmp.Or(err, s.Row.Broken)
		}
		s.Row = was
	}
	r = x.outcome(s, s.At.UTC())
	settled, err = b.Letters.Settle(r)
	return r, settled, err
}

func (x *Outbox) settle(b store.Books, s Sent) error {
	now := x.Now().UTC()
	r, settled, err := x.record(b, s)
	if err != nil || !settled {
		return err
	}
	if r.Case == store.Office {
		if r.State != store.Failed || !unsure(r) || r.Letter.Role == sop.RoleOperator {
			return nil
		}
		return x.Warn(b, warningID("doubt", r.ID()), "letter-returned", r.Letter.To.Address+": "+r.Answer)
	}
	var what sop.What
	switch r.State {
	case store.Accepted:
		what = sop.Accepted{Letter: r.Letter, Text: r.Answer}
	case store.Failed:
		what = sop.Undeliverable{Letter: r.Letter, Text: r.Answer, Unsure: unsure(r)}
	default:
		return nil
	}
	cs, err := office.Find(b, r.Case)
	if err != nil {
		return err
	}
	return x.Decide(b, cs, sop.Input{At: now, What: what}, now)
}

// recordOnly keeps a result that the case cannot be told of: the letter has its state, and is not sent again because of it. A
// person looks. Where its row can be neither read nor written, that it is over is all that is kept.
func (x *Outbox) recordOnly(ctx context.Context, s Sent, why error) error {
	return x.Commit(ctx, 1, func(b store.Books) error {
		r, settled, err := x.record(b, s)
		a := store.Aside{Queue: "outbox", Key: r.ID(), At: x.Now().UTC(), Why: string(r.State) + ": " + why.Error()}
		tell := func() error { return x.Warn(b, warningID("result", r.ID()), "result-aside", r.ID()+": "+a.Why) }
		switch {
		case store.IsRow(err) || queue.IsPermanent(err):
			return errors.Join(b.Letters.PutAside(store.Stuck{Key: "/" + r.ID()}, a.At, errors.New(a.Why)), tell())
		case err != nil || !settled:
			return err
		}
		return errors.Join(b.State.PutAside(a), tell())
	})
}

// outcome maps the postman's word to the state of the letter, with back-off where it is to be tried again.
func (x *Outbox) outcome(s Sent, now time.Time) store.LetterRow {
	r := s.Row
	r.Answer = s.Result.Text
	if s.Result.Policy && x.Policy.Without.Passing {
		s.Result.Outcome = postman.Failed
	}
	pause := queue.Backoff{First: x.FirstRetry, Most: maxRetry}.After(r.Attempts, x.Rand)
	switch s.Result.Outcome {
	case postman.Accepted:
		r.State, r.Ended, r.Next = store.Accepted, now, time.Time{}
	case postman.Failed:
		r.State, r.Ended, r.Next = store.Failed, now, time.Time{}
	case postman.InDoubt:
		r.State, r.Next = store.InDoubt, now.Add(max(x.DoubtPause, pause))
		if r.Doubts++; unsure(r) {
			r.State, r.Ended, r.Next = store.Failed, now, time.Time{}
			r.Answer = fmt.Sprintf("Tidak diketahui apakah surat ini sampai: setelah %d kali dikirim, server surat tidak pernah memastikannya, dan surat ini tidak dikirim lagi. "+
				"Mohon tanyakan kepada penerimanya. (%s)", r.Doubts, s.Result.Text)
		}
	default:
		r.State, r.Next = store.Deferred, now.Add(pause)
		if s.Result.Away && !r.First.IsZero() { // nobody was asked to take it: that time is not its own
			r.First = r.First.Add(pause)
		}
	}
	// What is in doubt may have arrived: nobody is told that it did not.
	if r.State == store.Deferred && r.Attempts >= minTries && !r.First.IsZero() && now.After(x.Office.Calendar.Deadline(r.First, giveUpDays)) {
		r.State, r.Ended, r.Next = store.Failed, now, time.Time{}
	}
	return r
}

// maxDoubts is how often a letter goes again of which nobody knows whether it arrived; then a person asks its addressee.
const maxDoubts = 4

func unsure(r store.LetterRow) bool { return r.Doubts > maxDoubts }

// giveBack returns letters that no sender has taken into the outbox: their sending was never begun.
func (x *Outbox) giveBack(ctx context.Context) error {
	left := x.ready.close()
	if len(left) == 0 {
		return nil
	}
	return x.Update(ctx, func(b store.Books) (err error) {
		for _, c := range left {
			err = errors.Join(err, b.Letters.Unclaim(c.Row))
		}
		return err
	})
}
