package clerk

import (
	"context"
	"errors"
	"fmt"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// ErrNoCase says that a number names no case.
var ErrNoCase = errors.New("there is no such case; `ukpbjd cases` lists them")

// Instruct carries an operator's hold, release or resend to a case. None of them can release a credential that no approver
// has released.
func (c *Clerk) Instruct(ctx context.Context, number string, w sop.Instruct) error {
	return c.update(ctx, 1, func(b store.Books) error {
		cs, ok, err := b.Case(number)
		if err != nil || !ok {
			return errors.Join(err, fmt.Errorf("%s: %w", number, ErrNoCase))
		}
		now := c.Now().UTC()
		return c.decide(b, cs, sop.Input{At: now, What: w}, now)
	})
}

// Retry forgets the outcome of a quarantined or held mail: it comes back to the inbox and is judged again by the same gates.
func (c *Clerk) Retry(ctx context.Context, u store.UID) error {
	return c.update(ctx, 1, func(b store.Books) error {
		s, ok, err := b.Seen(u)
		switch {
		case err != nil:
			return err
		case !ok:
			return fmt.Errorf("UID %d: no mail of that number has an outcome", u.UID)
		case s.Outcome != "quarantined" && s.Outcome != "held":
			return fmt.Errorf("UID %d is %s (%s); only held or quarantined mail is read again", u.UID, s.Outcome, s.Reason)
		}
		e := sop.Event{At: c.Now().UTC(), Kind: "retry", Actor: "operator", Reason: "retry", Text: fmt.Sprintf("UID %d", u.UID)}
		return errors.Join(b.Journal(store.Office, []sop.Event{e}), b.Reopen(u))
	})
}
