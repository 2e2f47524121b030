package daemon

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/store"
)

const (
	chunkMost = 64       // mails whose attempt is counted in one commit
	batchMost = 64       // mails decided in one commit
	heldBytes = 24 << 20 // raw mail being read at once; a larger mail is read alone
)

// takeIn gives every mail its outcome. One whose reading was begun before and never ended may have ended the program: such
// mails come last and each alone, so that only the culprit's attempts add up. left is the lowest UID to try again, or 0.
func (d *Daemon) takeIn(ctx context.Context, validity uint32, refs []mailbox.Ref) (left uint32, err error) {
	d.state.busy.Add(1)
	defer d.state.busy.Add(-1)
	suspects, err := d.Clerk.Suspects(ctx, uids(refs))
	if err != nil {
		return 0, err
	}
	suspect := func(r mailbox.Ref) bool { return slices.Contains(suspects, store.UID(r.UID)) }
	pours := [][]mailbox.Ref{slices.DeleteFunc(slices.Clone(refs), suspect)}
	if len(suspects) > 0 {
		for _, r := range refs {
			if suspect(r) {
				pours = append(pours, []mailbox.Ref{r})
			}
		}
	}
	for _, p := range pours {
		l, err := d.pour(ctx, validity, p)
		if err != nil {
			return left, err
		}
		left = lowest(left, l)
	}
	return left, nil
}

// lowest is the lower of two UIDs, of which 0 is none.
func lowest(a, b uint32) uint32 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// pour reads mails in parallel and decides them in batches, all bounded. An end in order, whatever its cause, is not held
// against the mails that were being read.
func (d *Daemon) pour(ctx context.Context, validity uint32, refs []mailbox.Ref) (left uint32, err error) {
	if len(refs) > 1 {
		d.state.backlog.Add(1)
		defer d.state.backlog.Add(-1)
	}
	p := &pouring{Daemon: d, validity: validity, alone: len(refs) == 1, raw: make(chan clerk.Incoming),
		read: make(chan clerk.Prepared, batchMost), room: semaphore.NewWeighted(heldBytes)}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(p.raw)
		return p.fetch(gctx, refs)
	})
	g.Go(func() error {
		defer close(p.read)
		return p.readers(gctx)
	})
	g.Go(func() error { return d.decide(gctx, p.read, &left) })
	if err = g.Wait(); err != nil {
		err = d.Clerk.Excuse(ctx, uids(p.begun), err)
	}
	return left, err
}

// pouring is one stream of mails through the readers.
type pouring struct {
	*Daemon
	validity uint32
	alone    bool // one mail, and nothing else
	raw      chan clerk.Incoming
	read     chan clerk.Prepared
	room     *semaphore.Weighted
	begun    []mailbox.Ref // their attempt is counted
}

func (p *pouring) readers(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for range p.Readers {
		g.Go(func() error {
			for in := range p.raw {
				done := p.Clerk.Read(ctx, in)
				p.room.Release(weight(in))
				select {
				case p.read <- done:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// begun gives the mails of a chunk whose attempt has been counted; it waits for that.
type begun func() ([]mailbox.Ref, error)

// fetch counts each attempt, then brings the mails; it stops ahead of the readers when they hold enough. While one chunk is
// brought, the attempts of the next are being counted. A mail that comes alone is brought meanwhile, and handed on after.
func (p *pouring) fetch(ctx context.Context, refs []mailbox.Ref) error {
	chunks := slices.Collect(slices.Chunk(refs, chunkMost))
	var owner sync.WaitGroup
	var ahead []begun
	begin := func() {
		if n := len(ahead); n < len(chunks) {
			counted := sync.OnceValues(func() ([]mailbox.Ref, error) { return p.fit(ctx, p.validity, chunks[n]) })
			owner.Go(func() { counted() }) //nolint:errcheck // asked again where it is needed
			ahead = append(ahead, counted)
		}
	}
	defer func() {
		owner.Wait()
		for _, b := range ahead {
			fit, _ := b()
			p.begun = append(p.begun, fit...)
		}
	}()
	begin()
	for i, chunk := range chunks {
		if !p.alone {
			if _, err := ahead[i](); err != nil {
				return err
			}
		}
		begin()
		if err := p.chunk(ctx, chunk, ahead[i]); err != nil {
			return err
		}
	}
	return nil
}

// chunk brings one chunk, and gives up on what the server cannot hand over.
func (p *pouring) chunk(ctx context.Context, refs []mailbox.Ref, begun begun) error {
	err := p.bring(ctx, refs, begun)
	fit, failed := begun()
	if failed != nil {
		return failed
	}
	if broken := mailbox.Broken(err); len(broken) > 0 { // the others have been fetched
		return p.quarantine(ctx, p.validity, broken, fit)
	}
	return err
}

// bring fetches what is fit to be read, and of mails over the limit the header only.
func (p *pouring) bring(ctx context.Context, refs []mailbox.Ref, begun begun) error {
	if !p.alone {
		var err error
		if refs, err = begun(); err != nil {
			return err
		}
	}
	return p.Box.Fetch(ctx, refs, func(m mailbox.Mail) error {
		if fit, err := begun(); err != nil || !slices.Contains(fit, m.Ref) {
			return err
		}
		return p.give(ctx, clerk.Incoming{UID: store.UID(m.UID), Arrived: m.Arrived, Size: m.Size, Raw: m.Raw, TooBig: m.TooBig, Alone: p.alone})
	})
}

// give waits for room among the mails that are being read.
func (p *pouring) give(ctx context.Context, in clerk.Incoming) error {
	if err := p.room.Acquire(ctx, weight(in)); err != nil {
		return err
	}
	select {
	case p.raw <- in:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// weight is what one mail takes of the bytes that may be held at once.
func weight(in clerk.Incoming) int64 { return min(int64(cap(in.Raw)), heldBytes) }

// quarantine gives up on messages that the server cannot hand over, so that they stop nobody else.
func (d *Daemon) quarantine(ctx context.Context, validity uint32, broken []*mailbox.MessageError, refs []mailbox.Ref) error {
	var passing error
	for _, b := range broken {
		if b.Passing() {
			passing = b
			continue
		}
		in := clerk.Incoming{UID: store.UID(b.UID)}
		for _, r := range refs {
			if r.UID == b.UID {
				in.Arrived, in.Size = r.Arrived, r.Size
			}
		}
		if err := d.Clerk.Quarantine(ctx, in, "cannot-be-fetched"); err != nil {
			return err
		}
	}
	return passing
}

// fit leaves out mails that have their outcome, that are over the limit, or that have killed the reader before.
func (d *Daemon) fit(ctx context.Context, validity uint32, chunk []mailbox.Ref) ([]mailbox.Ref, error) {
	var mails []clerk.Incoming
	for _, r := range chunk {
		mails = append(mails, clerk.Incoming{UID: store.UID(r.UID), Arrived: r.Arrived, Size: r.Size})
	}
	ok, err := d.Clerk.Begin(ctx, mails)
	var out []mailbox.Ref
	for _, in := range ok {
		out = append(out, mailbox.Ref{UID: mailbox.UID(in.UID), Arrived: in.Arrived, Size: in.Size})
	}
	return out, err
}

func uids(refs []mailbox.Ref) []store.UID {
	var out []store.UID
	for _, r := range refs {
		out = append(out, store.UID(r.UID))
	}
	return out
}

// decide commits what has been read, as many at once as are ready.
func (d *Daemon) decide(ctx context.Context, read <-chan clerk.Prepared, left *uint32) error {
	for {
		batch, open := gather(ctx, read, batchMost, d.patience)
		if len(batch) > 0 {
			undone, err := d.Clerk.Receive(ctx, batch)
			if err != nil {
				return err
			}
			for _, u := range undone {
				*left = lowest(*left, u.UID)
			}
			d.state.progress(time.Now())
		}
		if !open {
			return ctx.Err()
		}
	}
}

// company is how long a commit waits for more while many mails are taken in: each has its price, whatever it carries.
const company = 100 * time.Millisecond

// patience is company while there is a backlog, and nothing when mails come one by one.
func (d *Daemon) patience() time.Duration {
	if d.state.backlog.Load() > 0 {
		return company
	}
	return 0
}

// gather takes one item, waiting for it, and whatever else is ready or comes before patience ends.
func gather[T any](ctx context.Context, in <-chan T, most int, patience func() time.Duration) (batch []T, open bool) {
	var enough <-chan time.Time
	for len(batch) < most {
		var x T
		var ok bool
		select {
		case x, ok = <-in:
		default:
			if len(batch) > 0 && enough == nil {
				enough = time.After(patience())
			}
			select {
			case x, ok = <-in:
			case <-enough:
				return batch, true
			case <-ctx.Done():
				return batch, len(batch) > 0
			}
		}
		if !ok {
			return batch, false
		}
		batch = append(batch, x)
	}
	return batch, true
}
