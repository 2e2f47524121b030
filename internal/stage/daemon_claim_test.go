package stage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/daemon"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// elsewhere runs a daemon of the same configuration with the books of another folder until it is ready, or ends. What it ends
// with can be read from the channel.
func (x *play) elsewhere(path string) (d *daemon.Daemon, ended <-chan error) {
	x.t.Helper()
	c := *x.Config
	c.Storage.Path = path
	d, err := daemon.Open(x.ctx, &c, x.Stage.log, x.clerk...)
	x.do(err)
	ctx, stop := context.WithCancel(x.ctx)
	done, said := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(said)
		done <- d.Run(ctx)
	}()
	x.t.Cleanup(func() {
		stop()
		<-said
		if err := d.Close(); err != nil && !errors.Is(err, os.ErrClosed) { // the test may have closed it
			x.t.Error(err)
		}
	})
	select {
	case <-d.Ready():
	case <-said:
	}
	return d, done
}

// TestSecondDaemon (A16): a daemon with books of its own finds that the mailbox is served, and answers nothing. The control is
// another one once a person has done what the error says: it serves, and the first one is refused.
func TestSecondDaemon(t *testing.T) {
	t.Parallel()
	x := set(t, Options{})
	x.do(x.Start(x.ctx))
	_, ended := x.elsewhere(t.TempDir())
	if err := <-ended; !errors.Is(err, mailbox.ErrServed) || !strings.Contains(err.Error(), "UKPBJ/Diproses") {
		t.Fatalf("the second daemon: %v", err)
	}
	x.do(x.Request(x.bundle, true))
	x.await(x.Cast.Admin, sop.Persetujuan)
	x.quiet()
	x.whole()
	x.do(x.Stop())
	x.do(x.Post.Discard(x.Cast.Office.Address, "UKPBJ/Diproses", isMark))
	d, ended := x.elsewhere(t.TempDir())
	select {
	case <-d.Ready():
	case err := <-ended:
		t.Fatalf("with the mark gone: %v", err)
	}
	if err := x.Start(x.ctx); !errors.Is(err, mailbox.ErrServed) {
		t.Errorf("the first one again: %v", err)
	}
}

// TestCopiedBooks (A16): of two copies of the same books that run at once the newer one serves, and the other finds that out and
// ends. The control is a second start of the same books, which is refused by nobody.
func TestCopiedBooks(t *testing.T) {
	t.Parallel()
	x := set(t, Options{Clerk: func(p *daemon.Parts) { p.ClaimEvery = 50 * time.Millisecond }})
	x.do(x.Start(x.ctx))
	x.do(x.Stop())
	older, newer := filepath.Join(t.TempDir(), "books"), filepath.Join(t.TempDir(), "books")
	x.do(os.CopyFS(older, os.DirFS(x.Config.Storage.Path)))
	x.do(x.Start(x.ctx)) // the control
	x.do(x.Stop())
	x.do(os.CopyFS(newer, os.DirFS(x.Config.Storage.Path)))
	x.do(x.Start(x.ctx))
	x.do(x.Stop())
	x.do(x.Start(x.ctx))
	if _, ended := x.elsewhere(older); !errors.Is(<-ended, mailbox.ErrServed) {
		t.Error("the older copy serves")
	}
	x.do(x.Stop())
	x.do(x.Post.Discard(x.Cast.Office.Address, "UKPBJ/Diproses", isMark)) // as if it had not been served since
	_, first := x.elsewhere(newer)
	x.do(x.Start(x.ctx))
	select {
	case err := <-first:
		if !errors.Is(err, mailbox.ErrServed) {
			t.Error(err)
		}
	case <-x.ctx.Done():
		t.Error("the one that has been overtaken goes on")
	}
}

// TestCopiedOnce (A16): the books are copied once and each copy is started once, so both have the same name and age. The later
// one is refused, and the earlier one goes on.
func TestCopiedOnce(t *testing.T) {
	t.Parallel()
	x := set(t, Options{Clerk: func(p *daemon.Parts) { p.ClaimEvery = 50 * time.Millisecond }})
	x.do(x.Start(x.ctx))
	x.do(x.Stop())
	copied := filepath.Join(t.TempDir(), "books")
	x.do(os.CopyFS(copied, os.DirFS(x.Config.Storage.Path)))
	x.do(x.Start(x.ctx))
	x.refused(copied)
	x.do(x.Request(x.bundle, true))
	x.await(x.Cast.Admin, sop.Persetujuan)
}

// TestRefusedCopyAgain (A16): a copy that was refused is refused again, however often it is started: a start that does not serve leaves
// the books as they were. The control: they are served from once the other has stopped and its mark is gone.
func TestRefusedCopyAgain(t *testing.T) {
	t.Parallel()
	x := set(t, Options{})
	x.do(x.Start(x.ctx))
	x.do(x.Stop())
	copied := filepath.Join(t.TempDir(), "books")
	x.do(os.CopyFS(copied, os.DirFS(x.Config.Storage.Path)))
	x.do(x.Start(x.ctx))
	for range 3 {
		d, ended := x.elsewhere(copied)
		select {
		case err := <-ended:
			if !errors.Is(err, mailbox.ErrServed) {
				t.Error(err)
			}
		default: // it is ready
			t.Fatal("both serve")
		}
		x.do(d.Close())
	}
	x.do(x.Request(x.bundle, true))
	x.await(x.Cast.Admin, sop.Persetujuan)
	x.do(x.Stop())
	x.do(x.Post.Discard(x.Cast.Office.Address, "UKPBJ/Diproses", isMark))
	if _, ended := x.elsewhere(copied); len(ended) > 0 {
		t.Errorf("control: %v", <-ended)
	}
}

// TestNewerCopyWaits (A16): a newer copy that takes the mailbox from one that serves reads nothing before that one has ended, not even
// when it is stopped while it waits and started again. The control: a daemon that starts again where it ran waits for nobody.
func TestNewerCopyWaits(t *testing.T) {
	t.Parallel()
	every := time.Hour
	x := set(t, Options{Clerk: func(p *daemon.Parts) { p.ClaimEvery = every }})
	looked := func() {
		t.Helper()
		x.do(x.Daemon.Intake.Looked().Wait(x.ctx, time.Time{}, time.Now))
	}
	x.do(x.Start(x.ctx))
	x.do(x.Stop())
	older := filepath.Join(t.TempDir(), "books")
	x.do(os.CopyFS(older, os.DirFS(x.Config.Storage.Path)))
	x.do(x.Start(x.ctx))
	looked() // the control
	x.do(x.Stop())
	x.do(x.Post.Discard(x.Cast.Office.Address, "UKPBJ/Diproses", isMark)) // as if it had not been served since
	every = 2 * time.Second
	_, first := x.elsewhere(older)
	x.do(x.Start(x.ctx))
	x.do(x.Stop())
	x.do(x.Start(x.ctx))
	looked()
	select {
	case err := <-first:
		if !errors.Is(err, mailbox.ErrServed) {
			t.Error(err)
		}
	default:
		t.Error("both serve")
	}
	x.do(x.Request(x.bundle, true))
	x.await(x.Cast.Admin, sop.Persetujuan)
}

// refused starts a second daemon, which must end because the mailbox is served.
func (x *play) refused(path string) {
	x.t.Helper()
	_, ended := x.elsewhere(path)
	select {
	case err := <-ended:
		if !errors.Is(err, mailbox.ErrServed) {
			x.t.Error(err)
		}
	default: // it is ready
		x.t.Error("both serve")
	}
}

// TestOtherFolders (A16): the second daemon's folders are named otherwise. The control is the same books with their folders renamed.
func TestOtherFolders(t *testing.T) {
	t.Parallel()
	x := set(t, Options{})
	x.do(x.Start(x.ctx))
	x.Config.IMAP.Processed, x.Config.IMAP.Review = "Arsip/Diproses", "Arsip/Periksa"
	x.refused(t.TempDir())
	x.do(x.Stop())
	x.do(x.Start(x.ctx))
}

// TestFullAtStart: nothing can be appended to a mailbox over quota, our mark neither. The office works, health says it, and it ends.
func TestFullAtStart(t *testing.T) {
	t.Parallel()
	x := set(t, Options{Page: "127.0.0.1:0"})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	l := x.await(x.Cast.Admin, sop.Persetujuan)
	x.do(x.Stop())
	x.Post.Refuse(x.Cast.Office.Address, "APPEND", 0, "OVERQUOTA", -1)
	x.do(x.Start(x.ctx))
	x.do(x.Answer(l, "SETUJU", rehearsal.Outlook))
	x.wait(func() bool { return x.only().Approval != nil })
	x.ailing("claim", "mark")
	x.Post.Refuse(x.Cast.Office.Address, "APPEND", 0, "OVERQUOTA", 0)
	x.well()
}
