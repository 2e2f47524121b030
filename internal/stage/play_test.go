package stage

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// clock is set by hand; zero is the real time.
type clock struct{ at atomic.Pointer[time.Time] }

func (c *clock) now() time.Time {
	if at := c.at.Load(); at != nil {
		return *at
	}
	return time.Now()
}

func (c *clock) set(at time.Time) { c.at.Store(&at) }

// play is one office and what a test does in it.
type play struct {
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

// papersOf is a request for so many members.
func papersOf(t *testing.T, seed int64, members int) rehearsal.Bundle {
	t.Helper()
	b, err := rehearsal.Papers(seed, members, rehearsal.Office{Domain: Domain})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// open sets up an office in which the members of the request have mailboxes, and ends it with the test.
func open(t *testing.T, b rehearsal.Bundle, o Options) *play {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // a report with its charts takes two under load and the race detector
	t.Cleanup(cancel)
	x := &play{t: t, ctx: ctx, bundle: b, log: &journal{}}
	change := o.Clerk
	o.Clerk = func(c *daemon.Parts) {
		c.Tasks.Rounds = 1000 // whoever guesses is not here
		if change != nil {
			change(c)
		}
	}
	o.Dir, o.Members, o.Log = t.TempDir(), append(o.Members, People(b)...), slog.New(slog.NewJSONHandler(x.log, nil))
	var err error
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

// set opens an office whose waits are short; o may bring trouble.
func set(t *testing.T, o Options) *play {
	t.Helper()
	own, change := o.Clerk, o.Change
	o.Clerk = func(c *daemon.Parts) {
		c.Outbox.DoubtPause, c.Outbox.FirstRetry, c.Tasks.FirstRetry = 200*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
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
	return open(t, papersOf(t, 3, 3), o)
}

// clocked gives the clerk of every start a clock that is set by hand.
func clocked(c *clock) Options {
	return Options{Clerk: func(o *daemon.Parts) { o.Office.Now = c.now }}
}

func (x *play) do(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *play) await(to sop.Person, kind sop.LetterKind) Letter {
	x.t.Helper()
	l, err := x.Await(x.ctx, to, "", kind)
	x.do(err)
	return l
}

// approve plays until the approver has answered.
func (x *play) approve() {
	x.t.Helper()
	x.do(x.Request(x.bundle, true))
	x.do(x.Answer(x.await(x.Cast.Admin, sop.Persetujuan), "SETUJU", rehearsal.Outlook))
}

// finish plays from the credential letters to the end.
func (x *play) finish() {
	x.t.Helper()
	for _, m := range People(x.bundle) {
		x.do(x.Answer(x.await(m, sop.Kredensial), "TERIMA", rehearsal.Plain))
	}
	for _, p := range append(People(x.bundle), x.Cast.Staff, x.Cast.KepalaLPSE) {
		x.await(p, sop.Selesai)
	}
}

// quiet waits until every letter is final, so that nothing can follow.
func (x *play) quiet() {
	x.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for last := ""; ; {
		if last = x.unsettled(); last == "" {
			return
		}
		select {
		case <-tick.C:
		case <-x.ctx.Done():
			x.t.Fatal("still open: ", last)
		}
	}
}

func (x *play) unsettled() string {
	cases, err := x.Daemon.Control.Cases(x.ctx, false)
	if err != nil {
		return err.Error()
	}
	for _, c := range cases {
		v, err := x.Daemon.Control.Show(x.ctx, c.Number)
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

// sound wants the books in order.
func (x *play) sound() {
	x.t.Helper()
	r, err := x.Daemon.Audit.Verify(x.ctx)
	if err != nil || len(r.Findings) > 0 {
		x.t.Errorf("verify: %+v %v", r.Findings, err)
	}
}

// whole holds what must hold at the end of every play: the invariants, one password a member, no letter in two forms, no
// second letter of a kind, and no password where it must not be.
func (x *play) whole() {
	x.t.Helper()
	for _, w := range x.wrong() {
		x.t.Error(w)
	}
}

// sort tells the notices of one case to one person apart, of its opening and its closing.
func sort(m *message.Message) string {
	if k := KindOf(m); k != sop.Pemberitahuan {
		return string(k)
	}
	return string(sop.Pemberitahuan) + ", " + m.Subject + ","
}

func (x *play) wrong() (out []string) {
	r, err := x.Daemon.Audit.Verify(x.ctx)
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
		key := sort(m) + " to " + strings.Join(t.To, " ")
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

// letters of a kind in somebody's inbox, the oldest first.
func (x *play) letters(to sop.Person, kind sop.LetterKind) (out []Letter) {
	x.t.Helper()
	all, err := x.Post.Messages(to.Address, "INBOX")
	x.do(err)
	for _, m := range all {
		if l := (Letter{to, m.Raw, message.Parse(m.Raw, message.DefaultLimits(), nil)}); KindOf(l.Msg) == kind {
			out = append(out, l)
		}
	}
	return out
}

// newest waits for a letter of that kind that is another than those in seen.
func (x *play) newest(to sop.Person, kind sop.LetterKind, seen ...Letter) (l Letter) {
	x.t.Helper()
	x.do(x.until(x.ctx, func() bool {
		all := x.letters(to, kind)
		for _, l = range slices.Backward(all) {
			if !slices.ContainsFunc(seen, func(s Letter) bool { return s.Msg.MessageID == l.Msg.MessageID }) {
				return true
			}
		}
		return false
	}))
	return l
}

// folder is what lies in a folder of the office, but for the mark that says who serves it.
func (x *play) folder(name string) []postoffice.Stored {
	x.t.Helper()
	all, err := x.Post.Messages(x.Cast.Office.Address, name)
	x.do(err)
	return slices.DeleteFunc(all, isMark)
}

func isMark(m postoffice.Stored) bool { return bytes.HasPrefix(m.Raw, []byte("X-UKPBJ-Pemilik: ")) }

// events of the journal, of one case or of the office.
func (x *play) events(number, kind string) (out []store.Record) {
	x.t.Helper()
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
		all, err := b.Journal.Of(number)
		for _, e := range all {
			if e.Kind == kind {
				out = append(out, e)
			}
		}
		return err
	}))
	return out
}

func (x *play) only() control.CaseView {
	x.t.Helper()
	all, err := x.Daemon.Control.Cases(x.ctx, false)
	if err != nil || len(all) != 1 {
		x.t.Fatalf("%d cases, %v", len(all), err)
	}
	return all[0]
}

// until waits for something that a loop of the daemon brings about.
func (s *Stage) until(ctx context.Context, done func() bool) error {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !done() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
