package stage

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// readyz asks the status page.
func (x *play) readyz() (status int, body string) {
	x.t.Helper()
	r, err := http.Get("http://" + x.Daemon.PageAddr() + "/readyz") //nolint:noctx // on loopback
	x.do(err)
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	x.do(err)
	return r.StatusCode, string(raw)
}

// well waits until /readyz has no fault left.
func (x *play) well() {
	x.t.Helper()
	if err := x.until(x.ctx, func() bool { status, _ := x.readyz(); return status == http.StatusOK }); err != nil {
		_, body := x.readyz()
		x.t.Fatal(body)
	}
}

// ailing waits until /readyz names a queue with that reason.
func (x *play) ailing(name, why string) {
	x.t.Helper()
	if err := x.until(x.ctx, func() bool {
		status, body := x.readyz()
		if status == http.StatusOK {
			return false
		}
		for line := range strings.Lines(body) {
			if strings.Contains(line, name) && strings.Contains(line, why) {
				return true
			}
		}
		return false
	}); err != nil {
		_, body := x.readyz()
		x.t.Fatalf("%s is not shown: %s", name, body)
	}
}

// TestHealthOfEachQueue (A13): where an item of a queue cannot be settled, /readyz shows that while it lasts, and its end; the story
// goes on and loses nothing. The control is the same office before and after: it is ready.
func TestHealthOfEachQueue(t *testing.T) {
	t.Parallel()
	var trouble atomic.Value // what cannot be done with the store: an operation and its bucket
	trouble.Store("")
	refused := errors.New("trouble on request")
	x := set(t, Options{Page: "127.0.0.1:0", Change: func(c *config.Config) { c.Approval.UndoWindow = 3 * time.Second },
		Clerk: func(p *daemon.Parts) {
			db := &officetest.DB{DB: p.Office.DB}
			db.Fail(func(op, bucket, _ string) error {
				if op+" "+bucket == trouble.Load() {
					return refused
				}
				return nil
			})
			p.Office.DB = db
		}})
	x.do(x.Start(x.ctx))
	during := func(name, what string, act, done func()) {
		t.Helper()
		x.well()
		trouble.Store(what)
		act()
		x.ailing(name, refused.Error())
		trouble.Store("")
		done()
	}
	raw := x.bundle.Mail(rehearsal.Envelope{From: x.Cast.Staff, To: []sop.Person{x.Cast.Office}, Cc: []sop.Person{x.Cast.KepalaLPSE}, Date: time.Now(), MessageID: "<satu@" + Domain + ">"})
	send := func() { x.do(x.Submit(x.Cast.Staff, raw, x.Cast.Office)) }
	var approval Letter
	during("tasks", "delete tasks", send, func() { approval = x.await(x.Cast.Admin, sop.Persetujuan) })
	during("intake", "put seen", func() { x.do(x.Answer(approval, "STATUS", rehearsal.Plain)) }, func() { x.await(x.Cast.Admin, sop.StatusKasus) })
	during("outbox", "delete sending", func() { x.do(x.Answer(approval, "BANTUAN", rehearsal.Plain)) }, func() { x.await(x.Cast.Admin, sop.Bantuan) })
	during("filing", "delete tofile", send, func() {})
	x.well()
	again := x.mailsOf(x.Cast.Staff.Address)[1]
	during("requeue", "delete return", func() { x.ask(control.Call{Command: "retry", UID: again.uid}) },
		func() { x.do(x.until(x.ctx, func() bool { return len(x.mailsOf(x.Cast.Staff.Address)) == 2 })) })
	x.do(x.Answer(approval, "SETUJU", rehearsal.Plain))
	during("deadlines", "delete wake", func() { x.do(x.until(x.ctx, func() bool { return x.only().Approval != nil })) }, func() {})
	var first Letter
	during("archive", "delete unarchived", func() {
		first = x.await(People(x.bundle)[0], sop.Kredensial)
		x.do(x.Answer(first, "STATUS", rehearsal.Plain)) // TERIMA comes in the end, and would be answered twice
	}, func() {})
	x.finish()
	x.quiet()
	x.well()
	x.whole()
	for _, e := range x.events(store.Office, "warning") {
		t.Errorf("the operator hears of %s: %s", e.Reason, e.Text)
	}
}

// TestReadyWhenServerIsBack (A13): the machine boots before the mail server. /readyz says that the mailbox is away, and once it is
// there nothing of that is left; the same when it goes away in the middle.
func TestReadyWhenServerIsBack(t *testing.T) {
	t.Parallel()
	x := set(t, Options{Page: "127.0.0.1:0"})
	x.do(x.Post.Stop())
	x.do(x.Start(x.ctx))
	x.ailing("claim", "connect")
	x.do(x.Post.Open())
	x.well()
	x.do(x.Post.Stop())
	x.ailing("intake", "connect")
	x.do(x.Post.Open())
	x.do(x.Request(x.bundle, true))
	x.await(x.Cast.Admin, sop.Persetujuan)
	x.well()
	x.sound()
}

// TestSMTPLoginIsSeen (A13): the mail server refuses the login of the office over SMTP. /readyz says so, and no longer when the
// letters go.
func TestSMTPLoginIsSeen(t *testing.T) {
	t.Parallel()
	x := set(t, Options{Page: "127.0.0.1:0"})
	x.do(x.Start(x.ctx))
	x.well()
	x.Post.RefuseSubmission(x.Cast.Office.Address)
	x.do(x.Request(x.bundle, true))
	x.ailing("smtp", "login")
	x.Post.RefuseSubmission("")
	x.await(x.Cast.Admin, sop.Persetujuan)
	x.well()
	x.quiet()
	x.whole()
}
