package clerk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Dispatch is a letter whose attempt is recorded: it may be sent, once.
type Dispatch struct {
	Row  store.LetterRow
	Item postman.Item
}

// doubtPause is how long a letter in doubt waits for a bounce or report before the identical bytes go again.
const doubtPause = 10 * time.Minute

// doubt settles letters that were on their way when the program ended: they may have been delivered.
func (c *Clerk) doubt(b store.Books) error {
	rows, err := b.Unsettled()
	for _, r := range rows {
		r.State, r.Next, r.Answer = store.InDoubt, c.Now().Add(c.DoubtPause).UTC(), "the program ended while it was being sent"
		err = errors.Join(err, b.Settle(r))
	}
	return err
}

// Claim puts letters that are due into the tray, as far as it has room, and gives the next moment.
func (c *Clerk) Claim(ctx context.Context) (next time.Time, err error) {
	if next, err = c.nextLetter(ctx); err != nil || next.IsZero() || next.After(c.Now()) {
		return next, err
	}
	if c.tray.full() {
		return time.Time{}, nil // a sender that takes one rings
	}
	if err := c.update(ctx, 0, func(store.Books) error { return nil }); err != nil {
		return next, err
	}
	if next, err = c.nextLetter(ctx); c.tray.full() {
		next = time.Time{}
	}
	return next, err
}

func (c *Clerk) nextLetter(ctx context.Context) (next time.Time, err error) {
	err = c.View(ctx, func(b store.Books) (err error) {
		next, _, err = b.NextLetter(1)
		return err
	})
	return next, err
}

// Unseal opens the bytes of a sealed letter just before it is sent.
func (c *Clerk) Unseal(d *Dispatch) error {
	if !d.Row.Sealed {
		return nil
	}
	plain, err := c.Vault.OpenLetter(sealedUnder(d.Row.Case, d.Row.Letter), d.Item.Bytes)
	if err != nil {
		return fmt.Errorf("open sealed letter %s: %w", d.Row.ID(), err)
	}
	d.Item.Bytes = plain
	return nil
}

// Sent is how one attempt ended, when, and how long it took.
type Sent struct {
	Row    store.LetterRow
	Result postman.Result
	At     time.Time
	Took   time.Duration
}

// Settle writes a batch of results and tells each case what became of its letter.
func (c *Clerk) Settle(ctx context.Context, batch []Sent) error {
	err := c.update(ctx, len(batch), func(b store.Books) error {
		for _, s := range batch {
			if err := c.settle(b, s); err != nil {
				return fmt.Errorf("letter %s: %w", s.Row.ID(), err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range batch {
		c.Meter.Letter(s.Row.Letter.Kind, s.Result.Outcome.String(), s.Took)
	}
	return nil
}

func (c *Clerk) settle(b store.Books, s Sent) error {
	now := c.Now().UTC()
	r := c.outcome(s, s.At.UTC())
	if err := b.Settle(r); err != nil || r.Case == store.Office {
		return err
	}
	var what sop.What
	switch r.State {
	case store.Accepted:
		what = sop.Accepted{Letter: r.Letter, Text: r.Answer}
	case store.Failed:
		what = sop.Undeliverable{Letter: r.Letter, Text: r.Answer}
	default:
		return nil
	}
	cs, ok, err := b.Case(r.Case)
	if err != nil || !ok {
		return errors.Join(err, fmt.Errorf("case %s of a letter is not in the books", r.Case))
	}
	return c.decide(b, cs, sop.Input{At: now, What: what}, now)
}

// outcome maps the postman's word to the state of the letter, with back-off where it is to be tried again.
func (c *Clerk) outcome(s Sent, now time.Time) store.LetterRow {
	r := s.Row
	r.Answer = s.Result.Text
	switch s.Result.Outcome {
	case postman.Accepted:
		r.State, r.Ended, r.Next = store.Accepted, now, time.Time{}
	case postman.Failed:
		r.State, r.Ended, r.Next = store.Failed, now, time.Time{}
	case postman.InDoubt:
		r.State, r.Next = store.InDoubt, now.Add(c.DoubtPause)
	default:
		r.State, r.Next = store.Deferred, now.Add(c.backOff(r.Attempts))
	}
	if r.State != store.Accepted && now.Sub(r.Made) > giveUp {
		r.State, r.Ended, r.Next = store.Failed, now, time.Time{}
	}
	return r
}

// giveUp is how long a letter is tried, as mail servers do (RFC 5321 §4.5.4.1).
const giveUp = 5 * 24 * time.Hour

// backOff doubles from FirstRetry to two hours.
func (c *Clerk) backOff(attempts int) time.Duration {
	return min(c.FirstRetry<<min(max(attempts-1, 0), 8), 2*time.Hour)
}

// Unsendable is the result for a sealed letter that cannot be opened any more.
func Unsendable(err error) postman.Result {
	if errors.Is(err, credential.ErrShredded) {
		return postman.Result{Outcome: postman.Failed, Text: "the key of this letter is destroyed"}
	}
	return postman.Result{Outcome: postman.Deferred, Text: err.Error()}
}
