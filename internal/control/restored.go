package control

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// ErrNoSnapshot says that the engine cannot copy itself while it works.
var ErrNoSnapshot = errors.New("this engine is backed up by its own means")

// Snapshot writes the books as they stand at one moment, while work goes on. It is journalled first.
func (c *Control) Snapshot(ctx context.Context, w io.Writer) error {
	db, ok := c.DB.(interface {
		Backup(context.Context, io.Writer) error
	})
	if !ok {
		return ErrNoSnapshot
	}
	e := sop.Event{At: c.Now().UTC(), Kind: "operator-command", Actor: "operator", Reason: "backup", Text: "backup"}
	if err := c.Update(ctx, func(b store.Books) error { return b.Journal.Append(store.Office, []sop.Event{e}) }); err != nil {
		return err
	}
	return db.Backup(ctx, w)
}

// Reconcile lets letters go again: the operator has compared the books with the mailbox.
func (c *Control) Reconcile(ctx context.Context) (r store.Restored, err error) {
	err = c.Commit(ctx, 1, func(b store.Books) error {
		var held bool
		if r, held, err = b.State.Restored(); err != nil {
			return err
		}
		if !held {
			return fmt.Errorf("nothing is held: %w", ErrNotHeld)
		}
		e := sop.Event{At: c.Now().UTC(), Kind: "reconciled", Actor: "operator", Reason: "release", Text: "Operator mencocokkan buku yang dipulihkan; surat dikirim kembali."}
		return errors.Join(b.Journal.Append(store.Office, []sop.Event{e}), b.State.Reconciled())
	})
	return r, err
}

// ErrNotHeld says that there is no hold of the whole office to end.
var ErrNotHeld = errors.New("the books do not come out of a backup, or have been reconciled")
