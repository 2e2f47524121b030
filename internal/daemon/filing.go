package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/store"
)

// filing moves decided mails to their folder, again and again until it holds.
func (d *Daemon) filing(ctx context.Context) error {
	for {
		again, err := d.fileOnce(ctx)
		if err == nil {
			err = d.bringBack(ctx)
		}
		until := time.Time{}
		if err != nil && ctx.Err() == nil {
			d.state.fault("filing", err)
			d.Log.Warn("file mail away", "error", err)
			until = time.Now().Add(pause)
		} else {
			d.state.fine("filing")
		}
		if again && err == nil {
			continue
		}
		if err := d.bell.file.wait(ctx, until); err != nil {
			return err
		}
	}
}

// filingMost is how many mails one MOVE takes.
const filingMost = 500

func (d *Daemon) fileOnce(ctx context.Context) (again bool, err error) {
	pos, ok, err := d.Clerk.Mailbox(ctx)
	if err != nil || !ok {
		return false, err
	}
	work, err := d.Clerk.ToFile(ctx, pos.UIDValidity, filingMost)
	for folder, list := range work {
		if err != nil {
			return false, err
		}
		if list, err = d.replaceSecrets(ctx, pos.UIDValidity, list, folder); err == nil {
			err = d.Box.File(ctx, whole(pos.UIDValidity, list), folder)
		}
		if err == nil {
			err = d.Clerk.Filed(ctx, pos.UIDValidity, list)
		}
	}
	return len(work) > 0, err
}

func whole(validity uint32, list []uint32) (uids []mailbox.UID) {
	for _, u := range list {
		uids = append(uids, mailbox.UID{Validity: validity, UID: u})
	}
	return uids
}

// replaceSecrets puts a redacted copy in the place of each mail that holds a live secret, and gives the other mails.
func (d *Daemon) replaceSecrets(ctx context.Context, validity uint32, list []uint32, folder string) (rest []uint32, err error) {
	for _, uid := range list {
		raw, err := d.Clerk.Replacement(ctx, store.UID{Validity: validity, UID: uid})
		if err != nil {
			return nil, err
		}
		if raw == nil {
			rest = append(rest, uid)
			continue
		}
		whole := mailbox.UID{Validity: validity, UID: uid}
		err = d.Box.Replace(ctx, whole, folder, raw, fmt.Sprintf("%d-%d", validity, uid))
		if err != nil && !errors.Is(err, mailbox.ErrCannotRemove) {
			return nil, err
		}
		if err := d.Clerk.Filed(ctx, validity, []uint32{uid}); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// bringBack moves what the operator wants judged again to the inbox; the watch sees it there as new mail.
func (d *Daemon) bringBack(ctx context.Context) error {
	work, err := d.Clerk.Returns(ctx)
	if err != nil {
		return err
	}
	for key, r := range work {
		found, err := d.Box.Return(ctx, r.Folder, mailbox.Wanted{Arrived: r.Arrived, Size: r.Size})
		if err != nil {
			return err
		}
		if !found {
			d.Log.Warn("a mail to be judged again is no longer in its folder", "folder", r.Folder, "size", r.Size)
		}
		if err := d.Clerk.Returned(ctx, key); err != nil {
			return err
		}
		d.bell.mail.ring()
	}
	return nil
}
