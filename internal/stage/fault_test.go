package stage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ukpbjd/internal/daemon"
	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

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
	v, err := x.Daemon.Control.Show(x.ctx, "PKJ-"+time.Now().Format("2006")+"-0001")
	x.do(err)
	if v.Members[0].State != sop.MemberFailed {
		t.Errorf("the member is %s", v.Members[0].State)
	}
	x.whole()
}

// TestMailboxTrouble: connections cut in mid-fetch, logins refused, the whole office closed for a while.
func TestMailboxTrouble(t *testing.T) {
	for name, hurt := range map[string]func(*play){
		"dropped in mid-fetch": func(x *play) { x.Post.DropFetch(x.Cast.Office.Address, 0, 20_000, 2) },
		"logins refused":       func(x *play) { x.Post.RefuseLogins(2); x.Post.Cut() },
		"cut":                  func(x *play) { x.Post.Cut() },
		"closed and opened": func(x *play) {
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
	x := set(t, Options{Clerk: func(c *daemon.Parts) { c.Outbox.DoubtPause = time.Hour }}) // a stop in order leaves no doubt
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
	step := int64(5)
	if testing.Short() {
		step = 10
	}
	for _, after := range []bool{false, true} {
		for n := int64(2); n < 34; n += step {
			t.Run(fmt.Sprintf("commit %d, on disk %v", n, after), func(t *testing.T) {
				t.Parallel()
				var hits atomic.Int64
				first := true
				x := set(t, Options{Clerk: func(c *daemon.Parts) {
					if first {
						f := &failing{DB: c.Office.DB, after: after, hits: &hits}
						f.left.Store(n)
						c.Office.DB, first = f, false
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
func (x *play) playWithNurse() {
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
func (x *play) nurse(ctx context.Context) error {
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
			x := set(t, Options{Clerk: func(c *daemon.Parts) {
				if forgets {
					c.Office.DB = forgetful{c.Office.DB}
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

// forgetful drops what is written about the content of mails and of requests.
type forgetful struct{ store.DB }

type forgetfulTx struct{ store.Tx }

func (f forgetful) Update(ctx context.Context, fn func(store.Tx) error) error {
	return f.DB.Update(ctx, func(tx store.Tx) error { return fn(forgetfulTx{tx}) })
}

func (f forgetfulTx) Put(bucket string, key, value []byte) error {
	if bucket == "content" || bucket == "requests" {
		return nil
	}
	return f.Tx.Put(bucket, key, value)
}
