package store

import (
	"errors"
	"fmt"

	"ukpbjd/internal/sop"
)

// Expire takes the letters of a case out of the books, and leaves the stub in its place. The journal stays whole, and so do the
// verdicts that it vouches for. Expiring names the case until its files are gone too.
func (b Books) Expire(stub sop.Case) error {
	rows, err := b.Letters(stub.Number)
	if err != nil {
		return err
	}
	for _, r := range rows {
		id := r.ID()
		for _, bucket := range []string{bLetters, bBodies, bCopies, bUnkept} {
			err = errors.Join(err, b.erase(bucket, id))
		}
		err = errors.Join(err, b.erase(bMsgIDs, r.MessageID))
	}
	return errors.Join(err, b.PutCase(stub), b.erase(bCaps, stub.Number), b.mark(bMeta, "expiring/"+stub.Number))
}

// Expiring gives the cases whose files are still to be removed.
func (b Books) Expiring(limit int) ([]string, error) {
	const p = "expiring/"
	keys, err := b.keys(bMeta, p, prefixEnd(p), limit)
	for i := range keys {
		keys[i] = keys[i][len(p):]
	}
	return keys, err
}

// Expired ends it.
func (b Books) Expired(number string) error { return b.erase(bMeta, "expiring/"+number) }

// Expirable says that a case is closed, has something left to delete, and nothing of it is on its way.
func (b Books) Expirable(c sop.Case) (bool, error) {
	if !c.Status.Closed() || c.Closed.IsZero() || len(c.Mails) == 0 || !c.Wake.IsZero() {
		return false, nil
	}
	p := c.Number + "/"
	if tasks, err := b.keys(bTasks, p, prefixEnd(p), 1); err != nil || len(tasks) > 0 {
		return false, err
	}
	rows, err := b.Letters(c.Number)
	for _, r := range rows {
		if r.State != Accepted && r.State != Failed {
			return false, err
		}
	}
	if err != nil {
		return false, fmt.Errorf("look at the letters of %s: %w", c.Number, err)
	}
	return true, nil
}
