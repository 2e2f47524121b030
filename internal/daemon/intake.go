package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/config"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/store"
)

const (
	chunkMost = 64       // mails whose attempt is counted in one commit
	batchMost = 64       // mails decided in one commit
	heldBytes = 24 << 20 // raw mail being read at once; a larger mail is read alone
	pause     = 2 * time.Second
)

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
	refs, err := d.Box.Since(ctx, pos.Next)
	if err != nil || len(refs) == 0 {
		return err
	}
	left, err := d.takeIn(ctx, st.UIDValidity, d.arrivedSince(refs, pos.Since))
	if err != nil {
		return err
	}
	at.pos.Next = refs[len(refs)-1].UID + 1
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

// takeIn reads in parallel and decides in batches, all bounded. It gives the lowest UID that must be tried again, or 0.
func (d *Daemon) takeIn(ctx context.Context, validity uint32, refs []mailbox.Ref) (left uint32, err error) {
	d.state.busy.Add(1)
	defer d.state.busy.Add(-1)
	g, ctx := errgroup.WithContext(ctx)
	raw := make(chan clerk.Incoming)
	read := make(chan clerk.Prepared, batchMost)
	room := semaphore.NewWeighted(heldBytes)
	g.Go(func() error {
		defer close(raw)
		return d.fetch(ctx, validity, refs, room, raw)
	})
	readers, rctx := errgroup.WithContext(ctx)
	for range d.Readers {
		readers.Go(func() error {
			for in := range raw {
				p := d.Clerk.Read(rctx, in)
				room.Release(weight(in))
				select {
				case read <- p:
				case <-rctx.Done():
					return rctx.Err()
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(read)
		return readers.Wait()
	})
	g.Go(func() error { return d.decide(ctx, read, &left) })
	return left, g.Wait()
}

// fetch counts each attempt, then brings the mails; it stops ahead of the readers when they hold enough. A mail that comes
// alone is brought while its attempt is being counted, and handed on when it is.
func (d *Daemon) fetch(ctx context.Context, validity uint32, refs []mailbox.Ref, room *semaphore.Weighted, out chan<- clerk.Incoming) error {
	alone := len(refs) == 1
	for len(refs) > 0 {
		chunk := refs[:min(chunkMost, len(refs))]
		refs = refs[len(chunk):]
		begun := sync.OnceValues(func() ([]mailbox.Ref, error) { return d.fit(ctx, validity, chunk) })
		var owner sync.WaitGroup
		owner.Go(func() { begun() }) //nolint:errcheck // asked again below
		if !alone {
			owner.Wait()
		}
		err := d.bring(ctx, chunk, begun, alone, func(in clerk.Incoming) error {
			in.UID.Validity = validity
			return give(ctx, in, room, out)
		})
		owner.Wait()
		fit, failed := begun()
		if failed != nil {
			return failed
		}
		if broken := mailbox.Broken(err); len(broken) > 0 { // the others have been fetched
			err = d.quarantine(ctx, validity, broken, fit)
		}
		if err != nil {
			return d.Clerk.Excuse(ctx, uids(validity, fit), err)
		}
	}
	return nil
}

// bring fetches what is fit to be read, and of mails over the limit the header only.
func (d *Daemon) bring(ctx context.Context, refs []mailbox.Ref, begun func() ([]mailbox.Ref, error), alone bool, out func(clerk.Incoming) error) error {
	if !alone {
		var err error
		if refs, err = begun(); err != nil {
			return err
		}
	}
	hand := func(r mailbox.Ref, raw []byte) error {
		if fit, err := begun(); err != nil || !slices.Contains(fit, r) {
			return err
		}
		return out(clerk.Incoming{UID: store.UID{UID: r.UID}, Arrived: r.Arrived, Size: r.Size, Raw: raw, TooBig: r.Size > d.MaxMessage, Alone: alone})
	}
	small, large := d.split(refs)
	if err := d.headers(ctx, large, hand); err != nil {
		return err
	}
	return d.Box.Fetch(ctx, small, hand)
}

// give waits for room among the mails that are being read.
func give(ctx context.Context, in clerk.Incoming, room *semaphore.Weighted, out chan<- clerk.Incoming) error {
	if err := room.Acquire(ctx, weight(in)); err != nil {
		return err
	}
	select {
	case out <- in:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// weight is what one mail takes of the bytes that may be held at once.
func weight(in clerk.Incoming) int64 { return min(int64(cap(in.Raw)), heldBytes) }

// split looks at sizes before anything is downloaded.
func (d *Daemon) split(refs []mailbox.Ref) (small, large []mailbox.Ref) {
	for _, r := range refs {
		if r.Size > d.MaxMessage {
			large = append(large, r)
		} else {
			small = append(small, r)
		}
	}
	return small, large
}

// headers brings only the header of what is over the limit: a known requester is answered with it.
func (d *Daemon) headers(ctx context.Context, refs []mailbox.Ref, hand func(mailbox.Ref, []byte) error) error {
	for _, r := range refs {
		raw, err := d.Box.Header(ctx, r.UID)
		if err == nil && raw != nil {
			err = hand(r, raw)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// quarantine gives up on messages that the server cannot hand over, so that they stop nobody else.
func (d *Daemon) quarantine(ctx context.Context, validity uint32, broken []*mailbox.MessageError, refs []mailbox.Ref) error {
	for _, b := range broken {
		in := clerk.Incoming{UID: store.UID{Validity: validity, UID: b.UID}}
		for _, r := range refs {
			if r.UID == b.UID {
				in.Arrived, in.Size = r.Arrived, r.Size
			}
		}
		if err := d.Clerk.Quarantine(ctx, in, "cannot-be-fetched"); err != nil {
			return err
		}
	}
	return nil
}

// fit leaves out mails that have their outcome, that are over the limit, or that have killed the reader before.
func (d *Daemon) fit(ctx context.Context, validity uint32, chunk []mailbox.Ref) ([]mailbox.Ref, error) {
	var mails []clerk.Incoming
	for _, r := range chunk {
		mails = append(mails, clerk.Incoming{UID: store.UID{Validity: validity, UID: r.UID}, Arrived: r.Arrived, Size: r.Size})
	}
	ok, err := d.Clerk.Begin(ctx, mails)
	var out []mailbox.Ref
	for _, in := range ok {
		out = append(out, mailbox.Ref{UID: in.UID.UID, Arrived: in.Arrived, Size: in.Size})
	}
	return out, err
}

func uids(validity uint32, refs []mailbox.Ref) []store.UID {
	var out []store.UID
	for _, r := range refs {
		out = append(out, store.UID{Validity: validity, UID: r.UID})
	}
	return out
}

// decide commits what has been read, as many at once as are ready.
func (d *Daemon) decide(ctx context.Context, read <-chan clerk.Prepared, left *uint32) error {
	for {
		batch, open := gather(ctx, read, batchMost)
		if len(batch) > 0 {
			undone, err := d.Clerk.Receive(ctx, batch)
			if err != nil {
				return err
			}
			for _, u := range undone {
				if *left == 0 || u.UID < *left {
					*left = u.UID
				}
			}
			d.state.progress(time.Now())
		}
		if !open {
			return ctx.Err()
		}
	}
}

// gather takes one item, waiting for it, and whatever else is ready.
func gather[T any](ctx context.Context, in <-chan T, most int) (batch []T, open bool) {
	select {
	case x, ok := <-in:
		if !ok {
			return nil, false
		}
		batch = append(batch, x)
	case <-ctx.Done():
		return nil, false
	}
	for len(batch) < most {
		select {
		case x, ok := <-in:
			if !ok {
				return batch, false
			}
			batch = append(batch, x)
		default:
			return batch, true
		}
	}
	return batch, true
}
