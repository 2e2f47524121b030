// Package intake is the way of a mail: it is fetched, its attempt counted, read with its papers, decided in order of arrival,
// and moved to the folder where it belongs. The inbox is the queue: a mail is done only after the commit that holds its
// outcome, and no mail that is not ours is touched.
package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
)

// Options are the neighbours of the intake and how it reads.
type Options struct {
	Clerk   *office.Clerk
	Box     *mailbox.Box // nil: mails come by hand, as in a replay
	Extract *extract.Reader
	Archive *archive.Archive
	Health  *queue.Health

	Auth       msgauth.Options
	Senders    []string // see triage.Triage
	Limits     message.Limits
	Banners    []string
	MaxMessage int64
	Folders    Folders
	Start      Start
	Poll       time.Duration
	Readers    int
}

// Folders are where mail is filed.
type Folders struct{ Processed, Review string }

// Start says which of the mails that lie in the inbox at the first start are read: none, all, or those since a day.
type Start struct {
	All   bool
	Since time.Time
}

// Intake reads one mailbox. Its methods may be called from several goroutines, but one round runs at a time.
type Intake struct {
	*office.Clerk
	Options
	Mail queue.Signal // there may be new mail

	triage  triage.Triage
	mails   *queue.Queue[*Prepared]
	filings *queue.Queue[store.Filing]
	returns *queue.Queue[store.Requeue]
	file    queue.Signal // something may have to be moved
	looked  queue.Signal // the inbox was looked at, or could not be
	pos     store.Mailbox
	resume  uint32 // of the mails that are to be read again, where the next round begins
	waiting waiting

	busy, backlog atomic.Int32              // rounds under way, and those of several mails
	progress      atomic.Pointer[time.Time] // when a round last began, or decided mails, by the machine's clock that nobody sets

	reconciled queue.Every
	damaged    store.UID // a mail whose row could not be decoded then
}

// New takes the options; nothing runs yet.
func New(o Options) *Intake {
	m := &Intake{Clerk: o.Clerk, Options: o, reconciled: queue.Every{Pause: reconcileEvery}, Mail: queue.NewSignal(), file: queue.NewSignal(), looked: queue.NewSignal(),
		triage: triage.Triage{Office: o.Clerk.Office, Requesters: o.Clerk.Requesters, Senders: o.Senders, Codes: o.Clerk.Codes}}
	m.mails = queue.New(queue.Options[*Prepared]{Name: "intake", Key: func(p *Prepared) string { return p.UID.String() }, Aside: m.quarantineFailed,
		Fatal: office.Fatal, Policy: m.Policy, Health: o.Health, Now: m.Now})
	m.filings = queue.New(queue.Options[store.Filing]{Name: "filing", Key: func(f store.Filing) string { return f.UID.String() }, Aside: m.leaveInPlace,
		Fatal: office.Fatal, Policy: m.Policy, Health: o.Health, Now: m.Now})
	m.returns = queue.New(queue.Options[store.Requeue]{Name: "requeue", Key: func(r store.Requeue) string { return r.Key }, Aside: m.giveUpReturn,
		Fatal: office.Fatal, Policy: m.Policy, Health: o.Health, Now: m.Now})
	m.waiting.reset()
	m.Listen(m.file)
	return m
}

// ofServer says of an error that it is the server's or the line's, where it is: no mail is blamed for it.
func ofServer(err error) error {
	switch {
	case errors.Is(err, mailbox.ErrUIDValidity) || mailbox.Unreachable(err):
		return queue.Ground(err)
	case mailbox.Passing(err):
		return passing{err}
	}
	return err
}

// passing is a NO that may be a yes tomorrow.
type passing struct{ error }

func (p passing) Unwrap() error { return p.error }

// Passing serves the queue.
func (p passing) Passing() bool { return true }

// Looked is notified once the inbox was looked at, or could not be.
func (m *Intake) Looked() queue.Signal { return m.looked }

// Run owns the loops around the mailbox until ctx ends.
func (m *Intake) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	var firm []queue.Signal
	loop := func(name string, wake queue.Signal, step func(context.Context) (time.Time, error)) {
		l := queue.Loop{Name: name, Wake: wake, Firm: queue.NewSignal(), Health: m.Health, Fatal: office.Fatal, Pause: m.Policy.Pause, Now: m.Now,
			Warn: func(err error) { m.Log.Warn(name, "error", err) }}
		firm = append(firm, l.Firm)
		g.Go(func() error { return l.Run(ctx, step) })
	}
	loop("intake", m.Mail, m.round)
	loop("filing", m.file, m.fileAway)
	back := queue.NewSignal() // after every commit, as an operator may have asked for a mail to be brought back
	m.Listen(back)
	loop("requeue", back, m.bringBack)
	mended := queue.NewSignal()
	m.Listen(mended)
	loop("reconcile", mended, m.reconcile)
	g.Go(func() error {
		return m.Box.Watch(ctx, m.Mail.Notify, func(err error) {
			if err != nil {
				m.Health.Set("intake", "connection", err.Error())
				return
			}
			m.Health.Set("intake", "connection", "")
			for _, s := range firm { // they wait for the mail server to be there again
				s.Notify()
			}
		})
	})
	return g.Wait()
}

// round takes in everything that has no outcome yet, and returns when to look again.
func (m *Intake) round(ctx context.Context) (next time.Time, err error) {
	defer m.looked.Notify()
	if err := m.locate(ctx); err != nil {
		return next, err
	}
	m.looked.Notify()
	refs, err := m.pending(ctx)
	if err != nil {
		return next, err
	}
	m.progressed()
	if m.Policy.Without.Arrival {
		slices.SortFunc(refs, func(a, b mailbox.Ref) int { return cmp.Compare(a.Size, b.Size) })
	}
	if len(refs) > 0 {
		m.busy.Add(1)
		defer m.busy.Add(-1)
		if err = m.ingest(ctx, refs); err != nil {
			m.resume = 0 // of some nothing is known
		}
	}
	return queue.Earlier(m.Now().Add(m.Poll), m.mails.Next()), err
}

// locate looks at the inbox and says where reading goes on.
func (m *Intake) locate(ctx context.Context) error {
	st, err := m.Box.State(ctx)
	if err != nil {
		return fmt.Errorf("look into the inbox: %w", err)
	}
	if m.pos.UIDValidity == st.UIDValidity {
		return nil
	}
	var known bool
	if err := m.View(ctx, func(b store.Books) (err error) {
		m.pos, known, err = b.Mails.Position()
		return err
	}); err != nil || known && m.pos.UIDValidity == st.UIDValidity {
		return err
	}
	old := m.pos
	m.pos = store.Mailbox{}
	// Where the inbox was renumbered, every mail is looked at again that is not older than the first start: what was decided is
	// known by its content.
	pos := store.Mailbox{UIDValidity: st.UIDValidity, From: 1, Next: 1, Base: st.UIDNext, Since: old.Since, Dragged: old.Dragged}
	if known {
		m.Log.Warn("the inbox was renumbered; mails are recognised by content", "uidvalidity", st.UIDValidity)
	} else if pos, err = m.first(ctx, st); err != nil {
		return err
	}
	err = m.Commit(ctx, 0, func(b store.Books) error {
		owed, err := b.Mails.Renumbered(st.UIDValidity)
		if err != nil || !known {
			return errors.Join(err, b.Mails.PutPosition(pos))
		}
		note := fmt.Sprintf("UIDVALIDITY %d → %d; %d", old.UIDValidity, st.UIDValidity, owed)
		return errors.Join(b.Mails.PutPosition(pos), m.Warn(b, fmt.Sprintf("renumbered-%d", st.UIDValidity), "renumbered", note))
	})
	if err == nil {
		m.pos = pos
		m.waiting.reset()
		m.mails.Forget(func(string) bool { return false })
		m.filings.Forget(func(string) bool { return false })
	}
	return err
}

// first obeys imap.start. What is new is said by UIDs alone: a clock that is behind, or a mail that somebody drags into the
// inbox, is no reason to pass it over.
func (m *Intake) first(ctx context.Context, st mailbox.State) (store.Mailbox, error) {
	pos := store.Mailbox{UIDValidity: st.UIDValidity, From: 1, Next: 1, Base: st.UIDNext}
	switch {
	case m.Start.All:
		pos.Base = 1
	case !m.Start.Since.IsZero():
		pos.Since = m.Start.Since.UTC()
	default: // an old inbox is not answered
		pos.From, pos.Next = st.UIDNext, st.UIDNext
		newest, err := m.newest(ctx, st)
		if err != nil {
			return pos, err
		}
		pos.Since = newest.Add(time.Second)
	}
	return pos, nil
}

// newest is the date, by the server's clock, of the newest mail in the inbox. A date far ahead is nobody's clock: somebody's
// program set it.
func (m *Intake) newest(ctx context.Context, st mailbox.State) (at time.Time, err error) {
	refs, err := m.Box.Since(ctx, mailbox.UID{Validity: st.UIDValidity, UID: 1})
	for _, r := range refs {
		if r.Arrived.After(at) && r.Arrived.Before(m.Now().Add(clockAhead)) {
			at = r.Arrived
		}
	}
	return at.UTC(), err
}

// clockAhead is how far a server's clock may be ahead of ours.
const clockAhead = 48 * time.Hour

// ours leaves out what lay there before the first start.
func ours(pos store.Mailbox, r mailbox.Ref) bool {
	return r.UID.UID >= pos.Base || !old(pos, r) || slices.ContainsFunc(pos.Dragged, r.Arrived.Equal)
}

// old says that a mail bears a date before the first start.
func old(pos store.Mailbox, r mailbox.Ref) bool {
	return !pos.Since.IsZero() && !r.Arrived.IsZero() && r.Arrived.Before(pos.Since)
}

// maxDragged bounds how many mails that somebody dragged in are known again after a renumbering.
const maxDragged = 200

// dragged remembers mails that were put into the inbox with an old date, before anything can happen to them.
func (m *Intake) dragged(ctx context.Context, refs []mailbox.Ref) error {
	pos := m.pos
	for _, r := range refs {
		if r.UID.UID >= pos.Base && old(pos, r) && !slices.ContainsFunc(pos.Dragged, r.Arrived.Equal) {
			pos.Dragged = append(slices.Clone(pos.Dragged), r.Arrived.UTC())
		}
	}
	if len(pos.Dragged) == len(m.pos.Dragged) {
		return nil
	}
	pos.Dragged = pos.Dragged[max(len(pos.Dragged)-maxDragged, 0):]
	m.pos.Dragged = pos.Dragged
	return m.Update(ctx, func(b store.Books) error {
		kept, _, err := b.Mails.Position() // ours may be ahead of it
		kept.Dragged = pos.Dragged
		return errors.Join(err, b.Mails.PutPosition(kept))
	})
}

// pending are the mails to read now, in order of UID: what reading has not reached, and what is to be read again.
func (m *Intake) pending(ctx context.Context) ([]mailbox.Ref, error) {
	again := map[store.UID]bool{}
	from := m.pos.Next
	var list []store.UID
	if err := m.View(ctx, func(b store.Books) (err error) {
		list, err = b.Mails.Again(m.pos.UIDValidity, maxAgain, func(u store.UID) bool { return u.UID < m.resume || m.waits(u) })
		return err
	}); err != nil {
		return nil, err
	}
	m.resume = 0
	last := uint32(math.MaxUint32)
	if len(list) == maxAgain { // the others have their turn next: these may all be due again by then; what came after them waits
		last = list[maxAgain-1].UID
		m.resume = last + 1
		m.Mail.Notify()
	}
	for _, u := range list {
		again[u] = true
		from = min(from, u.UID)
	}
	refs, err := m.Box.Since(ctx, mailbox.UID{Validity: m.pos.UIDValidity, UID: from})
	if err != nil {
		return nil, err
	}
	var out []mailbox.Ref
	for _, r := range refs {
		u := store.UID(r.UID)
		if again[u] || u.UID >= m.pos.Next && u.UID <= last && ours(m.pos, r) && !m.waits(u) {
			out = append(out, r)
		}
		delete(again, u)
	}
	if err := m.dragged(ctx, out); err != nil || len(again) == 0 {
		return out, err
	}
	return out, m.forget(ctx, again)
}

// waits says that a mail is not to be read now: its pause has not ended, or an earlier one's.
func (m *Intake) waits(u store.UID) bool {
	return m.mails.Waits(u.String()) || m.waiting.behind(u, m.Now())
}

// forget is for mails that were to be read again and that somebody has taken away. Nobody waits behind them any more.
func (m *Intake) forget(ctx context.Context, gone map[store.UID]bool) error {
	if err := m.Commit(ctx, 0, func(b store.Books) error { return each(maps.Keys(gone), b.Mails.Gone) }); err != nil {
		return err
	}
	names := map[string]bool{}
	for u := range gone {
		names[u.String()] = true
		m.ended(u, "")
	}
	m.mails.Forget(func(key string) bool { return !names[key] })
	return nil
}

// maxAgain bounds how many mails are read again in one round.
const maxAgain = 1000

// reconcileEvery is how often the inbox is held against the books.
const reconcileEvery = 6 * time.Hour

// reconcile makes sure that every mail since the start has its one outcome. A gap is an alarm: the operator is told, and the
// mail is read.
func (m *Intake) reconcile(ctx context.Context) (next time.Time, err error) {
	next, due := m.reconciled.Due(m.Now())
	if !due && m.damaged != (store.UID{}) { // an operator may have mended it
		bad := m.View(ctx, func(b store.Books) error { _, _, err := b.Mails.Get(m.damaged); return err })
		due = bad == nil
	}
	if !due {
		return next, nil
	}
	if err = m.reconcileNow(ctx); err == nil {
		next = m.reconciled.Done(m.Now())
	}
	return next, err
}

func (m *Intake) reconcileNow(ctx context.Context) error {
	var pos store.Mailbox
	var known bool
	if err := m.View(ctx, func(b store.Books) (err error) {
		pos, known, err = b.Mails.Position()
		return err
	}); err != nil || !known || pos.From == pos.Next {
		return err
	}
	refs, err := m.Box.Since(ctx, mailbox.UID{Validity: pos.UIDValidity, UID: pos.From})
	if errors.Is(err, mailbox.ErrUIDValidity) { // the intake will find it renumbered
		return nil
	} else if err != nil {
		return err
	}
	var gaps []store.UID
	damaged := "" // it had an outcome, so it is no gap
	m.damaged = store.UID{}
	if err := m.View(ctx, func(b store.Books) error {
		again, err := b.Mails.Again(pos.UIDValidity, 0, func(store.UID) bool { return false })
		owed := map[store.UID]bool{}
		for _, u := range again {
			owed[u] = true
		}
		for _, r := range refs {
			u := store.UID{Validity: pos.UIDValidity, UID: r.UID.UID}
			if u.UID >= pos.Next || !ours(pos, r) || owed[u] {
				continue
			}
			if _, done, bad := b.Mails.Get(u); store.IsRow(bad) {
				damaged, m.damaged = bad.Error(), u
			} else if bad != nil {
				return bad
			} else if !done {
				gaps = append(gaps, u)
			}
		}
		return err
	}); err != nil {
		return err
	}
	if m.Health.Set("reconcile", "outcomes", damaged); len(gaps) == 0 {
		return nil
	}
	m.Log.Error("mails lie in the inbox without an outcome; they are read", "first", gaps[0].UID, "count", len(gaps))
	err = m.Commit(ctx, 1, func(b store.Books) error {
		return errors.Join(each(slices.Values(gaps), b.Mails.ReadAgain),
			m.Warn(b, fmt.Sprintf("gap-%d-%d", pos.UIDValidity, gaps[0].UID), "gap", fmt.Sprintf("%s (%d)", gaps[0], len(gaps))))
	})
	m.Mail.Notify()
	return err
}
