// Package outbox sends letters: it claims what is due, hands each to the mail server once, and tells the case what became of
// it. An attempt is on disk before it is made. That its DATA has begun, and that the server took the letter, stands in the log of
// sending, for as long as this machine runs: after a kill only letters whose DATA had begun and had no answer are in doubt.
package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/office"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Options are the neighbours of the outbox and its pauses.
type Options struct {
	Clerk  *office.Clerk
	Post   *postman.Postman
	Box    *mailbox.Box // folders of sent mail are swept over it; nil: none is
	Health *queue.Health
	Log    *SendLog // nil: every letter that was on its way at the end of the program is in doubt

	Senders    int
	Poll       time.Duration        // between two looks at folders of sent mail
	Rand       func() float64       // for the jitter of pauses; nil: by chance
	BatchWait  func() time.Duration // how long a commit of results waits for more; nil: not at all
	DoubtPause time.Duration        // before the identical bytes go again; zero: ten minutes
	FirstRetry time.Duration        // zero: half a minute. Each further pause is twice as long
}

const (
	doubtPause = 10 * time.Minute // for a bounce or report to come
	firstRetry = 30 * time.Second
	maxRetry   = 2 * time.Hour
	giveUpDays = 5                // office days that a letter is tried, as mail servers do (RFC 5321 §4.5.4.1)
	minTries   = 12               // and not before: a clock that is wrong for a while ends nothing
	maxAhead   = 6 * time.Hour    // no letter waits longer; what does was put there by a clock that was wrong
	logLook    = time.Minute      // between two looks whether the log of sending can be written again
	maxReady   = 32               // letters that may stand ready for the senders
	maxBatch   = 64               // results written in one commit
	stopTime   = 10 * time.Second // a letter that is on its way when the daemon stops may take so long
)

// Outbox is safe for concurrent use.
type Outbox struct {
	*office.Clerk
	Options
	ready   sendQueue
	results *queue.Queue[Sent]
	wake    queue.Signal
	sending atomic.Int32
	mute    atomic.Bool // the log of sending could not be written

	down    queue.Signal // the mail server serves nobody
	telling sync.Mutex
	refused map[string]postman.Result // by letter that waits: how it was refused by policy, or could not be opened

	unsettled []Sent // of the run before: the server took them, and their cases could not be told yet

	unread *queue.Queue[store.Stuck]

	swept queue.Every // the folders of sent mail
}

// New puts letters that were being sent when the program ended in doubt, settles those that the server had taken, and puts those
// whose sending had not begun back into the queue.
func New(ctx context.Context, o Options) (*Outbox, error) {
	x := &Outbox{Clerk: o.Clerk, Options: o, wake: queue.NewSignal(), down: queue.NewSignal(), swept: queue.Every{Pause: minSweep},
		refused: map[string]postman.Result{}}
	x.DoubtPause, x.FirstRetry = cmp.Or(x.DoubtPause, doubtPause), cmp.Or(x.FirstRetry, firstRetry)
	x.Log = cmp.Or(o.Log, &SendLog{})
	if x.BatchWait == nil {
		x.BatchWait = func() time.Duration { return 0 }
	}
	x.results = queue.New(queue.Options[Sent]{Name: "outbox", Key: func(s Sent) string { return s.Row.ID() }, Aside: x.recordOnly,
		Fatal: office.Fatal, Policy: x.Policy, Health: o.Health, Now: x.Now})
	x.unread = queue.New(queue.Options[store.Stuck]{Name: "outbox-letters", Key: store.Stuck.ID, Aside: x.putAside,
		Fatal: office.Fatal, Policy: x.Policy, Health: o.Health, Now: x.Now})
	if x.Post != nil { // a command that only opens the books takes no letter out of anybody's hands
		if err := x.recover(ctx); err != nil {
			return nil, err
		}
	}
	if err := x.Log.Begin(x.unsettled...); err != nil {
		return nil, err
	}
	x.Take(x.ride)
	x.Listen(x.wake)
	return x, nil
}

// recover looks at letters that were on their way when the program ended.
func (x *Outbox) recover(ctx context.Context) error {
	var taken []Sent
	doubt := x.Now().Add(x.DoubtPause).UTC()
	err := x.Update(ctx, func(b store.Books) error {
		taken = nil
		rows, err := b.Letters.Sending()
		for _, r := range rows {
			if s, ok := x.Log.Accepted(r); ok {
				taken = append(taken, s)
			} else if r.Broken != nil { // claimDue sees what is wrong with it
				err = errors.Join(err, b.Letters.Doubt(r, doubt))
			} else if x.Log.NotBegun(r) {
				err = errors.Join(err, b.Letters.Unclaim(r))
			} else {
				r.PassIdle(x.Now())
				r.Doubts++
				r.State, r.Next, r.Answer = store.InDoubt, doubt, "the program ended while it was being sent"
				_, bad := b.Letters.Settle(r)
				if store.Refused(bad) {
					bad = b.Letters.Doubt(r, doubt)
				}
				err = errors.Join(err, bad)
			}
		}
		return err
	})
	if err == nil {
		x.unsettled, err = x.Settle(ctx, taken)
	}
	return err
}

// Run sends until ctx ends. A letter that is on its way then is given the time to end, so that it is not left in doubt.
func (x *Outbox) Run(ctx context.Context) error {
	calm, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(stopTime, cancel) })
	defer stop()
	g, gctx := errgroup.WithContext(calm)
	taking, enough := context.WithCancel(ctx)
	defer enough()
	defer context.AfterFunc(gctx, enough)()
	x.ready.open(maxReady)
	back := make(chan Sent, x.Senders)
	g.Go(func() error {
		return x.loop(taking, queue.Loop{Name: "outbox", Wake: x.wake, Health: x.Health}, x.claimDue)
	})
	g.Go(func() error { return x.loop(taking, queue.Loop{Name: "smtp", Wake: x.down}, x.checkServer) })
	senders, sctx := errgroup.WithContext(gctx)
	for range max(x.Senders, 1) {
		senders.Go(func() error {
			for {
				c, low, ok := x.ready.take(taking)
				if !ok {
					return nil
				}
				if low {
					x.wake.Notify()
				}
				back <- x.send(sctx, c)
			}
		})
	}
	g.Go(func() error {
		defer close(back)
		return senders.Wait()
	})
	g.Go(func() error {
		err := x.settleAll(context.WithoutCancel(calm), back)
		enough()
		for range back { // after a fatal error nobody writes what the senders still bring
		}
		return err
	})
	err := g.Wait()
	return errors.Join(err, x.giveBack(context.WithoutCancel(ctx)))
}

func (x *Outbox) loop(ctx context.Context, l queue.Loop, step func(context.Context) (time.Time, error)) error {
	l.Fatal, l.Pause, l.Now, l.Warn = office.Fatal, x.Policy.Pause, x.Now, func(err error) { x.Clerk.Log.Warn(l.Name, "error", err) }
	err := l.Run(ctx, step)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// checkServer asks the mail server whether it would take letters: at the start, and while it is down, however long no letter goes. The
// postman minds how often a login may be tried.
func (x *Outbox) checkServer(ctx context.Context) (next time.Time, err error) {
	x.Post.Check(ctx) //nolint:errcheck // Down says it
	x.tellHealth()
	_, err = x.Post.Down()
	return next, err
}

// claimDue fetches letters whose time comes without a commit, and those for which there was no room.
func (x *Outbox) claimDue(ctx context.Context) (next time.Time, err error) {
	x.tellHealth()
	x.tellPolicy(ctx)
	if x.mute.Load() {
		x.tellLog(x.Log.Begin())
		defer func() {
			if x.mute.Load() {
				next = queue.Earlier(next, x.Now().Add(logLook))
			}
		}()
	}
	now := x.Now()
	late, err := office.Read(ctx, x.Clerk, func(b store.Books) (bool, error) { return b.Letters.DueAfter(now.Add(maxAhead)) })
	if late {
		err = x.Update(ctx, func(b store.Books) error { return b.Letters.Recall(now.Add(maxAhead), now) })
	}
	if err != nil {
		return next, err
	}
	if next, err = x.next(ctx); err != nil || next.IsZero() || next.After(now) {
		return next, err
	}
	if x.ready.full() {
		return time.Time{}, nil // a sender that takes one wakes us
	}
	if err := x.Commit(ctx, 0, func(store.Books) error { return nil }); err != nil {
		return next, err
	}
	next, err = x.next(ctx)
	if x.ready.full() {
		return time.Time{}, err
	}
	if err == nil && !next.IsZero() && !next.After(now) { // there was room, and it was not taken along
		err = x.apart(ctx)
	}
	return next, err
}

var errTrial = errors.New("a claim on trial")

// apart blames each letter that is due and cannot be claimed: one that never will be is put aside, any other waits.
func (x *Outbox) apart(ctx context.Context) error {
	var all []store.Stuck
	if err := x.Update(ctx, func(b store.Books) error {
		list, stuck, err := b.Letters.Claimable(x.Now(), maxReady, x.unread.Waits)
		_, refused, bad := b.Letters.Claim(list, x.Now(), "")
		all = append(stuck, refused...)
		return cmp.Or(err, bad, errTrial)
	}); !errors.Is(err, errTrial) {
		return err
	}
	for _, s := range all {
		if store.IsRow(s.Err) {
			s.Err = queue.Permanent(s.Err)
		}
		if _, err := x.unread.Blame(ctx, s, s.Err); err != nil {
			return err
		}
	}
	return nil
}

// putAside ends a row that cannot be read. The warning is written in this commit and no other: one that cannot be written stops nobody.
func (x *Outbox) putAside(ctx context.Context, s store.Stuck, why error) error {
	return x.Commit(ctx, 1, func(b store.Books) error {
		return errors.Join(b.Letters.PutAside(s, x.Now(), why), x.Warn(b, warningID("aside", s.ID()), "letter-aside", s.ID()+": "+why.Error()))
	})
}

// warningID makes one warning a letter. An ID may be as long as a key can be, and a letter has to be named by it.
func warningID(what, id string) string { return what + "-" + office.Sum([]byte(id))[:16] }

func (x *Outbox) next(ctx context.Context) (next time.Time, err error) {
	err = x.View(ctx, func(b store.Books) (err error) {
		next, _, err = b.Letters.NextBut(1, x.unread.Waits)
		return err
	})
	return queue.Earlier(next, x.unread.Next()), err
}

// tellHealth shows that the mail server cannot be reached or refuses the login, and the end of it.
func (x *Outbox) tellHealth() {
	x.telling.Lock() // lest an older word overtake a newer one
	defer x.telling.Unlock()
	text := ""
	if since, err := x.Post.Down(); err != nil {
		text = fmt.Sprintf("the mail server takes no letters since %s: %v", since.UTC().Format(time.RFC3339), err)
		x.down.Notify()
	}
	x.Health.Set("smtp", "loop", text)
}

func (x *Outbox) send(ctx context.Context, c store.Claimed) Sent {
	x.sending.Add(1)
	defer x.sending.Add(-1)
	began := x.Now()
	body, err := x.unseal(ctx, c)
	if err != nil {
		return Sent{Row: c.Row, Result: unsendable(err), At: began}
	}
	begun := false
	item := postman.Item{ID: c.Row.ID(), From: x.Office.Mailbox.Address, To: c.Row.Letter.To.Address, Bytes: body, Begin: func() error {
		begun = true
		return x.begin(c.Row)
	}, Taken: func(answer string) { x.taken(c.Row, answer) }}
	var r postman.Result
	if err := queue.Guard(func() error {
		r = x.Post.Send(ctx, item)
		return nil
	}); err != nil {
		r = postman.Result{Outcome: postman.Deferred, Text: err.Error()}
		if begun {
			r.Outcome = postman.InDoubt
		}
	}
	x.tellHealth()
	ended := x.Now()
	return Sent{Row: c.Row, Result: r, At: ended, Took: ended.Sub(began)}
}

// begin notes that DATA comes. A letter of which that cannot be noted waits, and health says why.
func (x *Outbox) begin(r store.LetterRow) error {
	err := x.Log.Begun(r)
	x.tellLog(err)
	return err
}

func (x *Outbox) tellLog(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if x.mute.Swap(err != nil) != (err != nil) {
		x.wake.Notify()
	}
	x.Health.Set("outbox", "log", text)
}

// taken notes that the server has the letter, before anything else can happen.
func (x *Outbox) taken(r store.LetterRow, answer string) {
	if err := x.Log.Took(r, x.Now(), answer); err != nil {
		x.Clerk.Log.Warn("a letter was taken; a kill now would put it in doubt", "letter", r.ID(), "error", err)
	}
}

// unseal opens the bytes of a sealed letter just before it is sent, and fills in the papers that it encloses.
func (x *Outbox) unseal(ctx context.Context, c store.Claimed) (body []byte, err error) {
	body = c.Body
	if c.Row.Sealed {
		if body, err = x.Vault.OpenLetter(office.SealedUnder(c.Row.Case, c.Row.Letter), body); err != nil {
			return nil, fmt.Errorf("open sealed letter %s: %w", c.Row.ID(), err)
		}
	}
	if k := c.Row.Letter.Kind; k != sop.Persetujuan && k != sop.Selesai {
		return body, nil
	}
	return x.Enclose(ctx, c.Row.Case, body)
}

// unsendable is the result for a sealed letter that cannot be opened any more.
func unsendable(err error) postman.Result {
	if errors.Is(err, credential.ErrShredded) {
		return postman.Result{Outcome: postman.Failed, Text: "the key of this letter is destroyed"}
	}
	return postman.Result{Outcome: postman.Deferred, Policy: true, Text: err.Error()} // health says it as long as it waits
}

// Busy says that letters stand ready or are on their way.
func (x *Outbox) Busy() bool { return x.sending.Load() > 0 || x.ready.waiting() }

// ride claims, in the commit of somebody else, what is due as far as the senders have room. What cannot be read, or written, is left as
// it is and lets the commit go: claimDue sees to it.
func (x *Outbox) ride(b store.Books) (done func(committed bool), err error) {
	room := x.ready.reserve()
	var claimed []store.Claimed
	done = func(committed bool) {
		if !committed {
			claimed = nil
		}
		x.unread.Forget(func(id string) bool { // it could be read
			return !slices.ContainsFunc(claimed, func(c store.Claimed) bool { return c.Row.ID() == id })
		})
		x.ready.release(room, claimed)
		if !committed && room > 0 { // claim may have found no room meanwhile
			x.wake.Notify()
		}
	}
	panicked := true
	defer func() {
		if panicked {
			done(false)
		}
	}()
	if claimed, _, err = b.Letters.Claimable(x.Now(), room, x.unread.Waits); err != nil {
		claimed = nil // claimDue reads the same, and says so
	}
	claimed, _, err = b.Letters.Claim(claimed, x.Now(), x.Log.Run())
	panicked = false
	return done, err
}
