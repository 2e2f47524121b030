package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/config"
	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// trouble is one office in which something goes wrong.
type trouble struct {
	*Stage
	t      *testing.T
	ctx    context.Context
	bundle rehearsal.Bundle
	log    *journal
}

// journal keeps what the daemon logs.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) bytes() []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return bytes.Clone(j.b.Bytes())
}

// set opens an office whose waits are short; o may bring the trouble.
func set(t *testing.T, o Options) *trouble {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	t.Cleanup(cancel)
	b, err := rehearsal.Papers(3, 3, rehearsal.Office{Domain: Domain})
	if err != nil {
		t.Fatal(err)
	}
	x := &trouble{t: t, ctx: ctx, bundle: b, log: &journal{}}
	o.Dir, o.Members, o.Log = t.TempDir(), append(o.Members, People(b)...), slog.New(slog.NewJSONHandler(x.log, nil))
	own, change := o.Clerk, o.Change
	o.Clerk = func(c *clerk.Options) {
		c.DoubtPause, c.FirstRetry = 200*time.Millisecond, 50*time.Millisecond
		if own != nil {
			own(c)
		}
	}
	o.Change = func(c *config.Config) {
		c.IMAP.Start.All, c.IMAP.Poll = true, 200*time.Millisecond
		if change != nil {
			change(c)
		}
	}
	if x.Stage, err = Open(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			said := x.log.bytes()
			t.Logf("the daemon said:\n%s", said[max(0, len(said)-3000):])
		}
	})
	return x
}

func (x *trouble) do(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *trouble) await(to sop.Person, kind sop.LetterKind) Letter {
	x.t.Helper()
	l, err := x.Await(x.ctx, to, "", kind)
	x.do(err)
	return l
}

// approve plays until the approver has answered.
func (x *trouble) approve() {
	x.t.Helper()
	x.do(x.Request(x.bundle, true))
	x.do(x.Answer(x.await(x.Cast.Admin, sop.Persetujuan), "SETUJU", rehearsal.Outlook))
}

// finish plays from the credential letters to the end.
func (x *trouble) finish() {
	x.t.Helper()
	for _, m := range People(x.bundle) {
		x.do(x.Answer(x.await(m, sop.Kredensial), "TERIMA", rehearsal.Plain))
	}
	for _, p := range append(People(x.bundle), x.Cast.Staff, x.Cast.KepalaLPSE) {
		x.await(p, sop.Selesai)
	}
}

// quiet waits until every letter is final, so that nothing can follow.
func (x *trouble) quiet() {
	x.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for last := ""; ; {
		if last = x.open(); last == "" {
			return
		}
		select {
		case <-tick.C:
		case <-x.ctx.Done():
			x.t.Fatal("still open: ", last)
		}
	}
}

func (x *trouble) open() string {
	cases, err := x.Daemon.Clerk.Cases(x.ctx, false)
	if err != nil {
		return err.Error()
	}
	for _, c := range cases {
		v, err := x.Daemon.Clerk.Show(x.ctx, c.Number)
		if err != nil {
			return err.Error()
		}
		for _, l := range v.Letters {
			if l.State != store.Accepted && l.State != store.Failed {
				return fmt.Sprintf("%s to %s: %s %s", l.Kind, l.To, l.State, l.Answer)
			}
		}
	}
	return ""
}

// whole holds what must hold at the end of every play: the invariants, one password a member, no letter in two forms, no
// second letter of a kind, and no password where it must not be.
func (x *trouble) whole() {
	x.t.Helper()
	for _, w := range x.wrong() {
		x.t.Error(w)
	}
}

func (x *trouble) wrong() (out []string) {
	r, err := x.Daemon.Clerk.Verify(x.ctx)
	if err != nil {
		out = append(out, "verify: "+err.Error())
	}
	for _, f := range r.Findings {
		out = append(out, "verify: "+f.Where+": "+f.What)
	}
	bodies, kinds := map[string][]byte{}, map[string]string{}
	for _, t := range x.Post.Journal() {
		if t.From != x.Cast.Office.Address {
			continue
		}
		m := message.Parse(t.Raw, message.DefaultLimits(), nil)
		if had, again := bodies[m.MessageID]; again && !bytes.Equal(had, t.Raw) {
			out = append(out, "resent in other words: "+m.Subject)
		}
		bodies[m.MessageID] = t.Raw
		key := string(KindOf(m)) + " to " + strings.Join(t.To, " ")
		if other, had := kinds[key]; had && other != m.MessageID {
			out = append(out, "a second letter "+key)
		}
		kinds[key] = m.MessageID
	}
	words, err := x.Passwords()
	if err != nil {
		out = append(out, err.Error())
	}
	owners := map[string]bool{}
	for _, o := range words {
		if owners[o] {
			out = append(out, "two passwords for "+o)
		}
		owners[o] = true
	}
	leaks, err := x.Leaks(words, x.log.bytes())
	if err != nil {
		out = append(out, err.Error())
	}
	return append(out, leaks...)
}

// TestMailServerTrouble: whatever the mail server does to one member's letter, it arrives in the end, in one form.
func TestMailServerTrouble(t *testing.T) {
	for name, how := range map[string]postoffice.Behaviour{
		"4xx three times":        {Code: 451, Text: "greylisted", Times: 3},
		"dropped, not taken":     {Ending: postoffice.DropLost, Times: 1},
		"dropped, but taken":     {Ending: postoffice.DropAccepted, Times: 1},
		"dropped, taken, thrice": {Ending: postoffice.DropAccepted, Times: 3},
		"slow":                   {Delay: 300 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			victim := ""
			x := set(t, Options{Rules: func(_, to string) postoffice.Behaviour {
				if to == victim {
					return how
				}
				return postoffice.Behaviour{}
			}})
			victim = x.bundle.Roster[1].Email
			x.do(x.Start(x.ctx))
			x.approve()
			x.finish()
			x.quiet()
			x.whole()
			taken := 0
			for _, j := range x.Post.Journal() {
				if strings.EqualFold(j.To[0], victim) && KindOf(message.Parse(j.Raw, message.DefaultLimits(), nil)) == sop.Kredensial {
					taken++
				}
			}
			least, most := 1, 1
			if how.Ending == postoffice.DropAccepted { // further letters to the same address use up the fault, too
				least, most = 2, how.Times+1
			}
			if taken < least || taken > most {
				t.Errorf("the letter was taken %d times, want %d to %d", taken, least, most)
			}
		})
	}
}

// TestSilentMailServer: the server takes a letter and says nothing until it is restarted. The same bytes go again.
func TestSilentMailServer(t *testing.T) {
	for name, ending := range map[string]postoffice.Ending{"taken": postoffice.HangAccepted, "not taken": postoffice.HangLost} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			victim, asked := "", make(chan struct{})
			var once sync.Once
			x := set(t, Options{Rules: func(_, to string) postoffice.Behaviour {
				if to != victim {
					return postoffice.Behaviour{}
				}
				once.Do(func() { close(asked) })
				return postoffice.Behaviour{Ending: ending, Times: 1}
			}})
			victim = x.bundle.Roster[2].Email
			x.do(x.Start(x.ctx))
			x.approve()
			<-asked
			for _, m := range People(x.bundle)[:2] {
				x.await(m, sop.Kredensial)
			}
			x.do(x.Post.Stop())
			x.do(x.Post.Open())
			x.finish()
			x.quiet()
			x.whole()
		})
	}
}

// TestRefusedForGood: 5xx ends in a failed row, and in letters to those who must know.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	victim := ""
	x := set(t, Options{Rules: func(_, to string) postoffice.Behaviour {
		if to == victim {
			return postoffice.Behaviour{Code: 550, Text: "no such user"}
		}
		return postoffice.Behaviour{}
	}})
	victim = x.bundle.Roster[0].Email
	x.do(x.Start(x.ctx))
	x.approve()
	x.await(x.Cast.Staff, sop.GagalKirim)
	x.await(x.Cast.Admin, sop.GagalKirim)
	x.await(x.Cast.KepalaLPSE, sop.Tembusan)
	x.quiet()
	v, err := x.Daemon.Clerk.Show(x.ctx, "PKJ-"+time.Now().Format("2006")+"-0001")
	x.do(err)
	if v.Members[0].State != sop.MemberFailed {
		t.Errorf("the member is %s", v.Members[0].State)
	}
	x.whole()
}

// TestMailboxTrouble: connections cut in mid-fetch, logins refused, the whole office closed for a while.
func TestMailboxTrouble(t *testing.T) {
	for name, hurt := range map[string]func(*trouble){
		"dropped in mid-fetch": func(x *trouble) { x.Post.DropFetch(x.Cast.Office.Address, 0, 20_000, 2) },
		"logins refused":       func(x *trouble) { x.Post.RefuseLogins(2); x.Post.Cut() },
		"cut":                  func(x *trouble) { x.Post.Cut() },
		"closed and opened": func(x *trouble) {
			x.do(x.Post.Stop())
			x.do(x.Post.Open())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := set(t, Options{})
			x.do(x.Start(x.ctx))
			hurt(x)
			x.approve()
			hurt(x)
			x.finish()
			hurt(x)
			x.quiet()
			x.whole()
		})
	}
}

// TestStopped: stopped in order at every step of the story and started again, the daemon loses nothing and repeats nothing.
func TestStopped(t *testing.T) {
	t.Parallel()
	x := set(t, Options{Clerk: func(c *clerk.Options) { c.DoubtPause = time.Hour }}) // a stop in order leaves no doubt
	again := func() {
		t.Helper()
		x.do(x.Stop())
		x.do(x.Start(x.ctx))
	}
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	again()
	l := x.await(x.Cast.Admin, sop.Persetujuan)
	again()
	x.do(x.Answer(l, "SETUJU", rehearsal.Gmail))
	again()
	for _, m := range People(x.bundle) {
		l := x.await(m, sop.Kredensial)
		again()
		x.do(x.Answer(l, "TERIMA", rehearsal.Plain))
		again()
	}
	for _, p := range append(People(x.bundle), x.Cast.Staff, x.Cast.KepalaLPSE) {
		x.await(p, sop.Selesai)
	}
	x.quiet()
	x.whole()
}

// failing is a store whose nth commit from now on fails: as a full disk does before it, or with the word "unknown" after it.
type failing struct {
	store.DB
	left  atomic.Int64 // commits until the fault
	after bool
	hits  *atomic.Int64
}

func (f *failing) Update(ctx context.Context, fn func(store.Tx) error) error {
	if f.left.Add(-1) != 0 {
		return f.DB.Update(ctx, fn)
	}
	f.hits.Add(1)
	if !f.after {
		return fmt.Errorf("commit: %w: %w", store.ErrUnknown, syscall.ENOSPC)
	}
	if err := f.DB.Update(ctx, fn); err != nil {
		return err
	}
	return fmt.Errorf("commit: %w: %w", store.ErrUnknown, errors.New("input/output error"))
}

// TestFullDisk: a commit fails, on disk or not. The daemon ends with "unknown"; opened again it reads what is there.
func TestFullDisk(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := int64(2); n < 34; n += 5 {
			t.Run(fmt.Sprintf("commit %d, on disk %v", n, after), func(t *testing.T) {
				t.Parallel()
				var hits atomic.Int64
				first := true
				x := set(t, Options{Clerk: func(c *clerk.Options) {
					if first {
						f := &failing{DB: c.DB, after: after, hits: &hits}
						f.left.Store(n)
						c.DB, first = f, false
					}
				}})
				x.playWithNurse()
				if hits.Load() == 0 {
					t.Skip("the story needs fewer commits")
				}
				x.whole()
			})
		}
	}
}

// playWithNurse plays the whole story; a daemon that ends is opened again, as `ukpbjd serve` does.
func (x *trouble) playWithNurse() {
	ctx, cancel := context.WithCancel(x.ctx)
	defer cancel()
	nurse := make(chan error, 1)
	go func() { nurse <- x.nurse(ctx) }()
	x.approve()
	x.finish()
	cancel()
	x.do(<-nurse)
	x.quiet()
}

// nurse keeps a daemon running until ctx ends; then one runs.
func (x *trouble) nurse(ctx context.Context) error {
	for {
		if err := x.Start(x.ctx); err != nil && !errors.Is(err, store.ErrUnknown) {
			return err
		} else if err != nil {
			continue
		}
		select {
		case err := <-x.ended:
			x.stop = nil
			if !errors.Is(err, store.ErrUnknown) {
				return fmt.Errorf("the daemon ended with %w", err)
			}
			if err := x.Daemon.Close(); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// TestTwoDeliveries: one mail that arrives twice is one request. The control is a store that forgets what it has read: the
// same checks find it out.
func TestTwoDeliveries(t *testing.T) {
	for _, forgets := range []bool{false, true} {
		t.Run(fmt.Sprintf("forgets %v", forgets), func(t *testing.T) {
			t.Parallel()
			x := set(t, Options{Clerk: func(c *clerk.Options) {
				if forgets {
					c.DB = forgetful{c.DB}
				}
			}})
			raw := x.bundle.Mail(rehearsal.Envelope{From: x.Cast.Staff, To: []sop.Person{x.Cast.Office}, Date: time.Now()})
			x.do(x.Submit(x.Cast.Staff, raw, x.Cast.Office))
			x.do(x.Submit(x.Cast.Staff, raw, x.Cast.Office))
			x.do(x.Start(x.ctx))
			x.await(x.Cast.Admin, sop.Persetujuan)
			if forgets {
				_, err := x.Await(x.ctx, x.Cast.Admin, "0002", sop.Persetujuan)
				x.do(err)
			}
			x.quiet()
			if noticed := len(x.wrong()) > 0; noticed != forgets {
				t.Errorf("noticed: %v", x.wrong())
			}
		})
	}
}

// forgetful drops what is written about the content of mails.
type forgetful struct{ store.DB }

type forgetfulTx struct{ store.Tx }

func (f forgetful) Update(ctx context.Context, fn func(store.Tx) error) error {
	return f.DB.Update(ctx, func(tx store.Tx) error { return fn(forgetfulTx{tx}) })
}

func (f forgetfulTx) Put(bucket string, key, value []byte) error {
	if bucket == "content" {
		return nil
	}
	return f.Tx.Put(bucket, key, value)
}
