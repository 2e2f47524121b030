package stage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/tasks"
)

// counting is a source that counts how often it is asked, and makes nothing.
type counting struct {
	tasks.Source
	made *atomic.Int64
}

func (c counting) Make(context.Context, string, []tasks.Wanted) (map[string]credential.Issued, error) {
	c.made.Add(1)
	return nil, errors.New("not now")
}

// TestRefusedCopyRunsNoProgram (A16): a copy of the books of which the mailbox does not know yet makes no accounts, while its logins are
// refused. The control is the daemon that serves.
func TestRefusedCopyRunsNoProgram(t *testing.T) {
	t.Parallel()
	var made [3]atomic.Int64
	n := 0
	x := set(t, Options{Clerk: func(p *daemon.Parts) {
		p.Tasks.Source, p.Tasks.FirstRetry = counting{p.Tasks.Source, &made[n]}, 50*time.Millisecond
		n++
	}})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	x.wait(func() bool { return made[0].Load() > 0 })
	x.do(x.Stop())
	copied := filepath.Join(t.TempDir(), "books")
	x.do(os.CopyFS(copied, os.DirFS(x.Config.Storage.Path)))
	x.do(x.Start(x.ctx))
	x.wait(func() bool { return made[1].Load() > 0 })
	x.Post.RefuseLogins(2)
	_, ended := x.elsewhere(copied)
	if err := <-ended; !errors.Is(err, mailbox.ErrServed) {
		t.Error(err)
	}
	if made[2].Load() > 0 {
		t.Errorf("the refused copy made accounts %d times", made[2].Load())
	}
}
