package clerk

import (
	"context"
	"errors"
	"fmt"

	"ukpbjd/internal/store"
)

// Mailbox gives the position in the inbox; false before the first start.
func (c *Clerk) Mailbox(ctx context.Context) (m store.Mailbox, ok bool, err error) {
	err = c.View(ctx, func(b store.Books) error {
		m, ok, err = b.Mails.Position()
		return err
	})
	return m, ok, err
}

// PutMailbox records the position, when it has changed.
func (c *Clerk) PutMailbox(ctx context.Context, m store.Mailbox) error {
	old, ok, err := c.Mailbox(ctx)
	if err != nil || ok && old == m {
		return err
	}
	return c.DB.Update(ctx, func(tx store.Tx) error { return store.In(tx).Mails.PutPosition(m) })
}

// ToFile gives decided mails that still lie in the inbox, by folder.
func (c *Clerk) ToFile(ctx context.Context, validity uint32, limit int) (out map[string][]uint32, err error) {
	err = c.View(ctx, func(b store.Books) error {
		out, err = b.Mails.ToFile(validity, limit)
		return err
	})
	return out, err
}

// Replacement gives the redacted copy of a mail that held a live secret, with the time of its arrival; nil for any other.
func (c *Clerk) Replacement(ctx context.Context, u store.UID) (raw []byte, err error) {
	err = c.View(ctx, func(b store.Books) error {
		raw, err = b.Mails.Replacement(u)
		return err
	})
	return raw, err
}

// Returns gives mails that are to be brought back to the inbox.
func (c *Clerk) Returns(ctx context.Context) (out map[string]store.Returning, err error) {
	err = c.View(ctx, func(b store.Books) error {
		out, err = b.Mails.ToRequeue()
		return err
	})
	return out, err
}

// Returned records that one has been brought back.
func (c *Clerk) Returned(ctx context.Context, key string) error {
	return c.DB.Update(ctx, func(tx store.Tx) error { return store.In(tx).Mails.MarkRequeued(key) })
}

// Filed records that mails have been moved.
func (c *Clerk) Filed(ctx context.Context, validity uint32, uids []uint32) error {
	return c.DB.Update(ctx, func(tx store.Tx) error { return store.In(tx).Mails.Filed(validity, uids) })
}

// Suspects are those of uids whose reading was begun and never ended: one of them may have ended the program.
func (c *Clerk) Suspects(ctx context.Context, uids []store.UID) (out []store.UID, err error) {
	err = c.View(ctx, func(b store.Books) error {
		for _, u := range uids {
			n, err := b.Mails.Attempts(u)
			if err != nil {
				return err
			}
			if n > 0 {
				out = append(out, u)
			}
		}
		return nil
	})
	return out, err
}

// Excuse takes back the attempts of mails whose reading did not end, for a reason that was not theirs, and gives why again.
func (c *Clerk) Excuse(ctx context.Context, uids []store.UID, why error) error {
	err := c.DB.Update(context.WithoutCancel(ctx), func(tx store.Tx) error {
		b := store.In(tx)
		for _, u := range uids {
			if _, seen, err := b.Mails.Get(u); err != nil || seen {
				continue
			}
			if err := b.Mails.ResetAttempt(u); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(why, err)
}

// Gap finds the lowest of these UIDs that has no outcome although it was passed. Reading goes back to it, and the operator is
// told. Zero: there is none.
func (c *Clerk) Gap(ctx context.Context, pos store.Mailbox, uids []uint32) (gap uint32, err error) {
	err = c.View(ctx, func(b store.Books) error {
		for _, u := range uids {
			if _, seen, err := b.Mails.Get(store.UID{Validity: pos.UIDValidity, UID: u}); err != nil {
				return err
			} else if !seen && (gap == 0 || u < gap) {
				gap = u
			}
		}
		return nil
	})
	if err != nil || gap == 0 {
		return 0, err
	}
	return gap, c.update(ctx, 1, func(b store.Books) error {
		now, ok, err := b.Mails.Position()
		if err != nil || !ok || now.UIDValidity != pos.UIDValidity {
			return err
		}
		now.Next = min(now.Next, gap)
		if err := b.Mails.PutPosition(now); err != nil {
			return err
		}
		return c.warn(b, fmt.Sprintf("gap-%d-%d", pos.UIDValidity, gap), "gap", fmt.Sprintf("UID %d", gap))
	})
}
