package stage

import (
	"errors"
	"io"
	"net"
	"testing"

	"ukpbjd/internal/config"
	"ukpbjd/internal/extract/clamdtest"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// slowScanner is a clamd that tells asked of every file and says nothing until healthy is closed.
func slowScanner(t *testing.T, asked chan<- struct{}, healthy <-chan struct{}) string {
	t.Helper()
	return clamdtest.Listen(t, func(conn *net.UnixConn, _ []byte) string {
		select {
		case <-healthy:
			return clamdtest.Clean
		default:
		}
		select {
		case asked <- struct{}{}:
		default:
		}
		io.Copy(io.Discard, conn) //nolint:errcheck // until the daemon hangs up
		return ""
	})
}

// TestStoppedWhileReading: a daemon stopped in order while it reads a mail, as often as you like, reads it in the end. Only
// an end without warning counts against a mail.
func TestStoppedWhileReading(t *testing.T) {
	t.Parallel()
	asked, healthy := make(chan struct{}), make(chan struct{})
	socket := slowScanner(t, asked, healthy)
	x := set(t, Options{Change: func(c *config.Config) { c.Extract.Clamd = socket }})
	x.do(x.Request(x.bundle, true))
	for range 5 {
		x.do(x.Start(x.ctx))
		x.heard(asked)
		x.do(x.Stop())
	}
	close(healthy)
	x.do(x.Start(x.ctx))
	x.await(x.Cast.Admin, sop.Persetujuan)
	x.whole()
}

// TestSuspectsAreReadAlone: three mails were being read when the program was killed. The next start reads them one by one, so
// that only the one that kills it comes nearer to quarantine.
func TestSuspectsAreReadAlone(t *testing.T) {
	t.Parallel()
	asked, healthy := make(chan struct{}), make(chan struct{})
	socket := slowScanner(t, asked, healthy)
	x := set(t, Options{Change: func(c *config.Config) { c.Extract.Clamd = socket }})
	for range 3 {
		x.do(x.Request(forced(x.bundle), true))
	}
	x.do(x.Start(x.ctx))
	x.heard(asked)
	uids := x.beginAll()
	x.do(x.Stop()) // takes its own attempts back, not those of the killed program

	x.do(x.Start(x.ctx))
	x.heard(asked)
	attempts := x.attempts(uids)
	if attempts[0] != 2 || attempts[1] != 1 || attempts[2] != 1 {
		t.Errorf("attempts %v while the first mail is read, want 2 1 1", attempts)
	}
	close(healthy)
	x.do(x.Stop())
	x.do(x.Start(x.ctx))
	x.do(x.until(x.ctx, func() bool {
		cases, err := x.Daemon.Control.Cases(x.ctx, false)
		return err == nil && len(cases) == 3
	}))
	r, err := x.Daemon.Audit.Verify(x.ctx)
	x.do(err)
	for _, f := range r.Findings {
		t.Error(f.Where, f.What)
	}
}

// heard waits for the reader of papers to ask.
func (x *play) heard(asked <-chan struct{}) {
	x.t.Helper()
	select {
	case <-asked:
	case <-x.ctx.Done():
		x.t.Fatal("no mail is being read")
	}
}

// beginAll counts an attempt for every mail in the inbox, as a program does that is killed right after.
func (x *play) beginAll() (out []store.UID) {
	x.t.Helper()
	var pos store.Mailbox
	var known bool
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) (err error) {
		pos, known, err = b.Mails.Position()
		return err
	}))
	if !known {
		x.t.Fatal("the inbox has not been looked at")
	}
	for uid := uint32(1); uid <= 3; uid++ {
		out = append(out, store.UID{Validity: pos.UIDValidity, UID: uid})
	}
	x.do(x.Daemon.Office.DB.Update(x.ctx, func(tx store.Tx) (err error) {
		for _, u := range out {
			_, e := store.In(tx).Mails.CountAttempt(u)
			err = errors.Join(err, e)
		}
		return err
	}))
	return out
}

func (x *play) attempts(uids []store.UID) (out []int) {
	x.t.Helper()
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) (err error) {
		for _, u := range uids {
			n, e := b.Mails.Attempts(u)
			out, err = append(out, n), errors.Join(err, e)
		}
		return err
	}))
	return out
}
