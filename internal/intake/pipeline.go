package intake

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/store"
)

const (
	maxChunk  = 64       // mails whose attempt is counted in one commit
	maxBatch  = 64       // mails decided in one commit
	maxAhead  = 96       // mails fetched and not decided
	heldBytes = 24 << 20 // raw mail being read at once; a larger mail is read alone
)

// ingest gives every mail its outcome, in order of UID. One whose reading was begun before and never ended may have ended the
// program: it is read alone, when all before it have been decided, so that only the culprit's attempts add up.
func (m *Intake) ingest(ctx context.Context, refs []mailbox.Ref) error {
	suspects, err := m.suspects(ctx, refs)
	if err != nil {
		return err
	}
	for len(refs) > 0 {
		n := slices.IndexFunc(refs, func(r mailbox.Ref) bool { return suspects[store.UID(r.UID)] })
		switch n {
		case 0:
			n = 1
		case -1:
			n = len(refs)
		}
		if err := m.run(ctx, refs[:n]); err != nil {
			return err
		}
		refs = refs[n:]
	}
	return nil
}

// suspects are mails whose reading was begun and never ended.
func (m *Intake) suspects(ctx context.Context, refs []mailbox.Ref) (map[store.UID]bool, error) {
	out := map[store.UID]bool{}
	err := m.View(ctx, func(b store.Books) error {
		for _, r := range refs {
			n, err := b.Mails.Attempts(store.UID(r.UID))
			if err != nil && !store.IsRow(err) {
				return err
			}
			if n > 0 || err != nil {
				out[store.UID(r.UID)] = true
			}
		}
		return nil
	})
	return out, err
}

// pipeline is one stream of mails: fetched in order, read in parallel, decided in order, all bounded. Each mail has a slot in
// the line before its reading begins, so none is decided before an earlier one.
type pipeline struct {
	*Intake
	line    chan slot
	unread  chan job
	read    chan Prepared // in the order of the line
	room    *semaphore.Weighted
	counted []store.UID // their attempt is counted
}

// slot is a place in the line; the reader puts the mail there.
type slot chan Prepared

type job struct {
	in   Incoming
	slot slot
}

// run reads and decides some mails. An end in order, whatever its cause, is not held against those that were being read.
func (m *Intake) run(ctx context.Context, refs []mailbox.Ref) error {
	if len(refs) > 1 {
		m.backlog.Add(1)
		defer m.backlog.Add(-1)
	}
	p := &pipeline{Intake: m, line: make(chan slot, maxAhead), unread: make(chan job), read: make(chan Prepared),
		room: semaphore.NewWeighted(heldBytes)}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(p.line)
		defer close(p.unread)
		return p.fetch(gctx, refs)
	})
	for range max(m.Readers, 1) {
		g.Go(func() error {
			for j := range p.unread {
				j.slot <- m.Read(gctx, j.in)
				p.room.Release(weight(j.in))
			}
			return nil
		})
	}
	g.Go(func() error { return p.inOrder(gctx) })
	g.Go(func() error { return p.decide(gctx) })
	err := g.Wait()
	if err != nil {
		err = errors.Join(err, m.resetAttempts(ctx, p.counted))
	}
	return err
}

// resetAttempts takes back the attempts of mails whose reading did not end, for a reason that was not theirs.
func (m *Intake) resetAttempts(ctx context.Context, uids []store.UID) error {
	return m.Update(context.WithoutCancel(ctx), func(b store.Books) error {
		for _, u := range uids {
			_, done, err := b.Mails.Get(u)
			if err == nil && !done {
				err = b.Mails.ResetAttempt(u)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// fetch counts each attempt, then brings the mails; it stops ahead of the readers when they hold enough.
func (p *pipeline) fetch(ctx context.Context, refs []mailbox.Ref) error {
	for chunk := range slices.Chunk(refs, maxChunk) {
		fit, err := p.countAttempts(ctx, chunk)
		for _, in := range fit {
			p.counted = append(p.counted, in.UID)
		}
		if err == nil {
			err = p.bring(ctx, fit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bring fetches one chunk. What the server does not hand over waits, each by itself; the others have been fetched. Before a later
// mail goes on, one that was passed over is marked in the books: reading may pass it at any moment from then on.
func (p *pipeline) bring(ctx context.Context, list []Incoming) error {
	var refs []mailbox.Ref
	for _, in := range list {
		refs = append(refs, mailbox.Ref{UID: mailbox.UID(in.UID), Size: in.Size, Arrived: in.Arrived})
	}
	rest := list
	err := p.Box.Fetch(ctx, refs, func(x mailbox.Mail) error {
		n := find(rest, x.UID)
		if n < 0 {
			return nil
		}
		in := rest[n]
		if err := p.passOver(ctx, rest[:n]); err != nil {
			return err
		}
		rest = rest[n+1:]
		in.Raw, in.TooBig = x.Raw, x.TooBig
		return p.give(ctx, in)
	})
	broken := mailbox.Broken(err)
	if len(broken) == 0 {
		return err
	}
	for _, e := range broken {
		if n := find(list, e.UID); n >= 0 {
			if err := p.unreadable(ctx, list[n], e); err != nil {
				return err
			}
		}
	}
	return nil
}

func find(list []Incoming, uid mailbox.UID) int {
	return slices.IndexFunc(list, func(in Incoming) bool { return in.UID == store.UID(uid) })
}

// passOver has mails read again that did not come in their turn. Who sent them nobody knows, so nobody's later word overtakes them.
func (p *pipeline) passOver(ctx context.Context, list []Incoming) error {
	if len(list) == 0 {
		return nil
	}
	for _, in := range list {
		p.waiting.add(in.UID, turn{sender: anybody}, p.Now())
	}
	return p.Update(ctx, func(b store.Books) error {
		return each(slices.Values(list), func(in Incoming) error { return b.Mails.ReadAgain(in.UID) })
	})
}

// each does it for all, and joins the errors.
func each[T any](all iter.Seq[T], do func(T) error) (err error) {
	for x := range all {
		err = errors.Join(err, do(x))
	}
	return err
}

// give takes a place in the line, and waits for room among the mails that are being read.
func (p *pipeline) give(ctx context.Context, in Incoming) error {
	if err := p.room.Acquire(ctx, weight(in)); err != nil {
		return err
	}
	s := make(slot, 1)
	select {
	case p.line <- s:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case p.unread <- job{in, s}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// weight is what one mail takes of the bytes that may be held at once.
func weight(in Incoming) int64 { return min(int64(cap(in.Raw)), heldBytes) }

// batchWait is how long a commit waits for more while many mails are taken in: each has its price, whatever it carries.
const batchWait = 100 * time.Millisecond

// inOrder hands on what has been read in the order of the line.
func (p *pipeline) inOrder(ctx context.Context) error {
	defer close(p.read)
	for s := range p.line {
		select {
		case x := <-s:
			select {
			case p.read <- x:
			case <-ctx.Done():
				return ctx.Err()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// decide commits what has been read, as many at once as are ready.
func (p *pipeline) decide(ctx context.Context) error {
	for {
		batch, open := queue.Batch(p.read, maxBatch, p.BatchWait, nil)
		if ctx.Err() == nil && len(batch) > 0 {
			if err := p.Receive(ctx, batch); err != nil {
				return err
			}
			p.progressed()
		}
		if !open {
			return ctx.Err()
		}
	}
}

// BatchWait is how long a commit may wait for company: not at all when mails come one by one.
func (m *Intake) BatchWait() time.Duration {
	if m.backlog.Load() > 0 {
		return batchWait
	}
	return 0
}

// Busy says that mails are being taken in.
func (m *Intake) Busy() bool { return m.busy.Load() > 0 }

func (m *Intake) progressed() {
	now := time.Now() // with its monotonic reading
	m.progress.Store(&now)
}

// Progress is when the mailbox last answered a round, or mails were decided; zero: not since the start.
func (m *Intake) Progress() (last time.Time) {
	if at := m.progress.Load(); at != nil {
		last = *at
	}
	return last
}

// TakeIn reads and decides one mail that comes by hand, as in a replay.
func (m *Intake) TakeIn(ctx context.Context, in Incoming) error {
	for range maxAttempts + 1 {
		p := m.Read(ctx, in)
		if p.err != nil {
			return p.err
		}
		if err := m.Receive(ctx, []Prepared{p}); err != nil {
			return err
		}
		done := false
		if err := m.View(ctx, func(b store.Books) (err error) {
			_, done, err = b.Mails.Get(in.UID)
			return err
		}); err != nil || done {
			return err
		}
	}
	return fmt.Errorf("%s cannot be decided", in.UID)
}
