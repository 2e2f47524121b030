package control

import (
	"context"
	"errors"
	"fmt"

	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Instruct carries an operator's hold, release or resend to a case. None of them can release a credential that no approver
// has released.
func (c *Control) Instruct(ctx context.Context, number string, w sop.Instruct) error {
	return c.Commit(ctx, 1, func(b store.Books) error {
		cs, err := office.Find(b, number)
		if err != nil {
			return err
		}
		now := c.Now().UTC()
		return c.Decide(b, cs, sop.Input{At: now, What: w}, now)
	})
}

// Retry forgets the outcome of a mail that was not obeyed: it is judged again by the same gates, in its place or back in the
// inbox.
func (c *Control) Retry(ctx context.Context, u store.UID) error {
	err := c.Commit(ctx, 1, func(b store.Books) error {
		s, ok, err := b.Mails.Get(u)
		switch {
		case err != nil:
			return err
		case !ok:
			return fmt.Errorf("UID %d: no mail of that number has an outcome", u.UID)
		case s.Outcome == "obeyed":
			return fmt.Errorf("UID %d is obeyed (%s); what was obeyed is not judged again", u.UID, s.Reason)
		}
		e := sop.Event{At: c.Now().UTC(), Kind: "retry", Actor: "operator", Reason: "retry", Text: fmt.Sprintf("UID %d", u.UID)}
		return errors.Join(b.Journal.Append(store.Office, []sop.Event{e}), b.Mails.Reopen(u))
	})
	if err == nil {
		c.Mail.Notify()
	}
	return err
}
