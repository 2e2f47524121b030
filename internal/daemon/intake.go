package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/store"
)

// pause is how long the first passing fault waits; each further one twice as long, to a minute.
const pause = 2 * time.Second

// intake takes in what the mailbox has, then waits for the bell or the poll. A passing fault is tried again; an unknown
// outcome of a commit ends the daemon, so that it reads the books anew.
func (d *Daemon) intake(ctx context.Context) error {
	var at reached
	defer func() { d.settlePosition(context.WithoutCancel(ctx), &at) }()
	for wait := pause; ; {
		err := d.round(ctx, &at)
		d.looked.ring()
		until := time.Now().Add(d.Poll)
		switch {
		case errors.Is(err, store.ErrUnknown):
			return err
		case err != nil && ctx.Err() == nil:
			d.state.fault("intake", err)
			d.Log.Warn("intake", "error", err)
			until = time.Now().Add(wait)
			wait = min(2*wait, time.Minute)
		default:
			d.state.fine("intake")
			wait = pause
		}
		if rung, err := d.restPosition(ctx, &at); err != nil || rung {
			if err != nil {
				return err
			}
			continue
		}
		if err := d.bell.mail.wait(ctx, until); err != nil {
			return err
		}
	}
}

// reached is the position in the inbox, and what of it is written down. Every mail has its own outcome, so a position that
// is behind costs a second look after a crash; it is written when the inbox is calm.
type reached struct{ pos, kept store.Mailbox }

const calm = time.Second

// restPosition writes the position once the inbox has been calm; rung says that it was not.
func (d *Daemon) restPosition(ctx context.Context, at *reached) (rung bool, err error) {
	if at.pos == at.kept {
		return false, nil
	}
	until := time.Now().Add(calm)
	if err := d.bell.mail.wait(ctx, until); err != nil {
		return false, err
	}
	if time.Now().Before(until) {
		return true, nil
	}
	d.settlePosition(ctx, at)
	return false, nil
}

func (d *Daemon) settlePosition(ctx context.Context, at *reached) {
	if at.pos == at.kept {
		return
	}
	if err := d.Clerk.PutMailbox(ctx, at.pos); err != nil {
		d.Log.Warn("write the position in the inbox", "error", err)
		return
	}
	at.kept = at.pos
}

// round takes in everything that has no outcome yet.
func (d *Daemon) round(ctx context.Context, at *reached) error {
	st, err := d.Box.State(ctx)
	if err != nil {
		return fmt.Errorf("look into the inbox: %w", err)
	}
	pos, err := d.position(ctx, st)
	if err != nil {
		return err
	}
	if at.pos.UIDValidity == st.UIDValidity {
		pos = at.pos
	} else {
		*at = reached{pos, pos}
	}
	d.looked.ring()
	refs, err := d.Box.Since(ctx, mailbox.UID{Validity: st.UIDValidity, UID: pos.Next})
	if err != nil || len(refs) == 0 {
		return err
	}
	left, err := d.takeIn(ctx, st.UIDValidity, d.arrivedSince(refs, pos.Since))
	if err != nil {
		return err
	}
	at.pos.Next = refs[len(refs)-1].UID.UID + 1
	if left == 0 {
		return nil
	}
	at.pos.Next = left
	return fmt.Errorf("mail UID %d could not be read now and is tried again", left)
}

// position is where reading goes on. At the first start it is "now"; after a change of UIDVALIDITY every mail that has
// arrived since then is looked at again and known by its content.
func (d *Daemon) position(ctx context.Context, st mailbox.State) (store.Mailbox, error) {
	pos, ok, err := d.Clerk.Mailbox(ctx)
	if err != nil || ok && pos.UIDValidity == st.UIDValidity {
		return pos, err
	}
	if ok {
		d.Log.Warn("the inbox was renumbered; mails are recognised by content", "uidvalidity", st.UIDValidity)
		pos = store.Mailbox{UIDValidity: st.UIDValidity, From: 1, Next: 1, Since: pos.Since}
	} else {
		pos = firstPosition(st, d.Start, time.Now())
	}
	return pos, d.Clerk.PutMailbox(ctx, pos)
}

// firstPosition obeys imap.start.
func firstPosition(st mailbox.State, start config.Start, now time.Time) store.Mailbox {
	pos := store.Mailbox{UIDValidity: st.UIDValidity, From: 1, Next: 1, Since: start.Since.UTC()}
	if !start.All && start.Since.IsZero() { // "now": an old inbox is not answered
		pos.From, pos.Next, pos.Since = st.UIDNext, st.UIDNext, now.UTC()
	}
	return pos
}

// arrivedSince leaves out what lay there before the first start. INTERNALDATE has whole seconds; a mail without one is taken.
func (d *Daemon) arrivedSince(refs []mailbox.Ref, since time.Time) []mailbox.Ref {
	out := refs[:0:0]
	for _, r := range refs {
		if since.IsZero() || r.Arrived.IsZero() || !r.Arrived.Before(since.Truncate(time.Second)) {
			out = append(out, r)
		}
	}
	return out
}
