package daemon

import (
	"context"
	"fmt"
	"time"

	"ukpbjd/internal/mailbox"
)

// reconcileEvery is how often the inbox is held against the books.
const reconcileEvery = 6 * time.Hour

// reconcile makes sure that every mail since the start has its one outcome. A gap is an alarm: the operator is warned, and
// reading begins again at the gap.
func (d *Daemon) reconcile(ctx context.Context) error {
	t := time.NewTicker(reconcileEvery)
	defer t.Stop()
	for {
		if err := d.reconcileOnce(ctx); err != nil && ctx.Err() == nil {
			d.state.fault("reconcile", err)
			d.Log.Error("reconcile the inbox with the books", "error", err)
		} else {
			d.state.fine("reconcile")
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *Daemon) reconcileOnce(ctx context.Context) error {
	pos, ok, err := d.Clerk.Mailbox(ctx)
	if err != nil || !ok || pos.From == pos.Next {
		return err
	}
	refs, err := d.Box.Since(ctx, mailbox.UID{Validity: pos.UIDValidity, UID: pos.From})
	if err != nil {
		return err
	}
	var uids []uint32
	for _, r := range d.arrivedSince(refs, pos.Since) {
		if r.UID.UID < pos.Next {
			uids = append(uids, r.UID.UID)
		}
	}
	gap, err := d.Clerk.Gap(ctx, pos, uids)
	if err != nil || gap == 0 {
		return err
	}
	d.bell.mail.ring()
	return fmt.Errorf("mail UID %d lies in the inbox without an outcome; it is read again", gap)
}
