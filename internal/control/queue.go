package control

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/store"
)

// queueCall lists what waits for a person; with an argument it takes that one off the list first.
func queueCall(c *Control, ctx context.Context, x Call) (any, error) {
	if x.Arg != "" {
		if err := c.Looked(ctx, x.Arg); err != nil {
			return nil, err
		}
	}
	all, err := c.WaitingForPerson(ctx)
	return append([]letter.Waiting{}, all...), err
}

// ErrNotWaiting says that nothing of that name waits.
var ErrNotWaiting = errors.New("nothing of that name waits; `ukpbjd queue` lists what does")

var mailMark = regexp.MustCompile(`^(?:UID )?(\d{1,10})-(\d{1,10})$`)

// Looked takes a mail, or what was put aside, off the list: a person has dealt with it. Nothing is decided by that, and a case stays.
func (c *Control) Looked(ctx context.Context, id string) error {
	return c.Update(ctx, func(b store.Books) error {
		found := false
		if m := mailMark.FindStringSubmatch(id); m != nil {
			validity, bad := strconv.ParseUint(m[1], 10, 32)
			n, worse := strconv.ParseUint(m[2], 10, 32)
			u := store.UID{Validity: uint32(validity), UID: uint32(n)}
			err := b.Mails.Review(0, func(x store.UID, _ store.MailRecord) { found = found || x == u })
			if _, err = store.Damaged(err); errors.Join(err, bad, worse) != nil {
				return errors.Join(err, bad, worse)
			}
			if err := b.Mails.Reviewed(u); err != nil {
				return err
			}
		} else if queue, key, ok := strings.Cut(id, "/"); ok {
			aside, err := b.State.Aside(0)
			if _, err = store.Damaged(err); err != nil {
				return err
			}
			for _, x := range aside {
				found = found || x.Queue == queue && x.Key == key
			}
			if err := b.State.EndAside(queue, key); err != nil {
				return err
			}
		}
		if !found {
			return fmt.Errorf("%s: %w", id, ErrNotWaiting)
		}
		return c.journal(b, "operator", "looked-at", "queue", id)
	})
}
