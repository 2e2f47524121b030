package stage

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// fromNow begins at "now", as an office does.
func fromNow(post func(*postoffice.Options)) Options {
	return Options{Post: post, Change: func(c *config.Config) { c.IMAP.Start = config.Start{} }}
}

// overheard is a request as the mail server wrote it into another mailbox of the house.
func (x *play) overheard(b rehearsal.Bundle) []byte {
	x.t.Helper()
	id := fmt.Sprintf("<diseret-%d@%s>", x.next(), Domain)
	raw := b.Mail(rehearsal.Envelope{From: x.Cast.Staff, To: []sop.Person{x.Cast.Office}, Date: time.Now(), MessageID: id})
	x.do(x.Submit(x.Cast.Staff, raw, x.Cast.Operator))
	m, err := x.Post.Wait(x.ctx, x.Cast.Operator.Address, "INBOX", func(m postoffice.Stored) bool { return bytes.Contains(m.Raw, []byte(id)) })
	x.do(err)
	return m.Raw
}

// TestNewMailByUID (A6): after the first start every mail that comes is read, whatever its date: the server's clock is two hours
// behind, or a person drags an old mail into the inbox. The control is mail that lay there before: it is not answered, also
// after the server has renumbered the inbox.
func TestNewMailByUID(t *testing.T) {
	behind := func(o *postoffice.Options) { o.Now = func() time.Time { return time.Now().Add(-2 * time.Hour) } }
	for name, c := range map[string]struct {
		post func(*postoffice.Options)
		send func(x *play, b rehearsal.Bundle)
	}{
		"the server's clock is behind": {behind, func(x *play, b rehearsal.Bundle) { x.do(x.Request(b, false)) }},
		"dragged in": {nil, func(x *play, b rehearsal.Bundle) {
			x.do(x.Post.Drag(x.Cast.Office.Address, "INBOX", time.Now().AddDate(-1, 0, 0), x.overheard(b)))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, fresh := papersOf(t, 7, 3), papersOf(t, 8, 3)
			x := set(t, fromNow(c.post))
			x.do(x.Post.Drag(x.Cast.Office.Address, "INBOX", time.Now().Add(-3*time.Hour), x.overheard(old)))
			x.do(x.Start(x.ctx))
			c.send(x, fresh)
			first := x.await(x.Cast.Admin, sop.Persetujuan)
			x.do(x.Post.Renumber(x.Cast.Office.Address, "INBOX"))
			x.do(x.until(x.ctx, func() bool { return x.warned("renumbered") == 1 }))
			c.send(x, x.bundle)
			x.newest(x.Cast.Admin, sop.Persetujuan, first)
			x.quiet()
			if cases, err := x.Daemon.Control.Cases(x.ctx, false); err != nil || len(cases) != 2 {
				t.Errorf("%d cases, %v", len(cases), err)
			}
			if left := x.folder("INBOX"); len(left) != 1 || len(left[0].Flags) != 0 {
				t.Errorf("%d mails lie in the inbox", len(left))
			}
			x.sound()
		})
	}
}

// ask sends an operator's command.
func (x *play) ask(c control.Call) {
	x.t.Helper()
	_, err := x.Daemon.Control.Answer(x.ctx, c)
	x.do(err)
}

// record is the outcome of a mail of the present inbox; false: it has none.
func (x *play) record(uid uint32) (s store.MailRecord, ok bool) {
	x.t.Helper()
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
		pos, _, err := b.Mails.Position()
		if err != nil {
			return err
		}
		s, ok, err = b.Mails.Get(store.UID{Validity: pos.UIDValidity, UID: uid})
		return err
	}))
	return s, ok
}

// TestRetryInPlace (A5): `retry UID` of a mail that lies in the inbox makes the running intake judge it again, far behind what it
// has read. The control is its neighbour, which nobody asked for.
func TestRetryInPlace(t *testing.T) {
	t.Parallel()
	x := set(t, Options{})
	for i := range 3 {
		x.do(x.Post.Deliver(x.Cast.Office.Address, fmt.Appendf(nil, "From: orang@luar.example\r\nTo: %s\r\nSubject: Rapat %d\r\nDate: %s\r\nMessage-ID: <rapat-%d@luar.example>\r\n\r\nSenin.\r\n",
			x.Cast.Office.Address, i, time.Now().Format(time.RFC1123Z), i)))
	}
	x.do(x.Start(x.ctx))
	x.do(x.until(x.ctx, func() bool { return x.looked("orang@luar.example") == 3 }))
	all := x.folder("INBOX")
	first, _ := x.record(all[0].UID)
	second, _ := x.record(all[1].UID)
	x.ask(control.Call{Command: "retry", UID: all[0].UID})
	x.do(x.until(x.ctx, func() bool {
		s, ok := x.record(all[0].UID)
		return ok && s.At.After(first.At)
	}))
	if s, ok := x.record(all[1].UID); !ok || !s.At.Equal(second.At) {
		t.Error("its neighbour was judged again, too")
	}
	x.sound()
}

// TestGapIsRead (A5): a mail without an outcome behind what has been read is an alarm, and the running intake reads it. The control
// is the same start without a gap.
func TestGapIsRead(t *testing.T) {
	t.Parallel()
	x := set(t, Options{})
	for i := range 3 {
		x.do(x.Post.Deliver(x.Cast.Office.Address, fmt.Appendf(nil, "From: orang@luar.example\r\nTo: %s\r\nSubject: Rapat %d\r\nDate: %s\r\nMessage-ID: <sela-%d@luar.example>\r\n\r\nSenin.\r\n",
			x.Cast.Office.Address, i, time.Now().Format(time.RFC1123Z), i)))
	}
	x.do(x.Start(x.ctx))
	x.do(x.until(x.ctx, func() bool { return x.looked("orang@luar.example") == 3 }))
	x.do(x.Stop())
	x.do(x.Start(x.ctx)) // the control
	uid := x.folder("INBOX")[1].UID
	x.do(x.Daemon.Office.DB.Update(x.ctx, func(tx store.Tx) error { // as no program of ours leaves it
		var key []byte
		err := tx.Scan("seen", nil, nil, func(k, _ []byte) bool {
			key = bytes.Clone(k)
			return !bytes.HasSuffix(k, fmt.Appendf(nil, "/%08x", uid))
		})
		if err != nil {
			return err
		}
		return tx.Delete("seen", key)
	}))
	if n := x.warned("gap"); n != 0 {
		t.Errorf("%d gaps are told of before there is one", n)
	}
	x.do(x.Stop())
	x.do(x.Start(x.ctx))
	x.do(x.until(x.ctx, func() bool {
		_, ok := x.record(uid)
		return ok && x.warned("gap") == 1
	}))
	x.sound()
}

// warned counts what the operator was told of, of one kind.
func (x *play) warned(topic string) (n int) {
	x.t.Helper()
	for _, e := range x.events(store.Office, "warning") {
		if e.Reason == topic {
			n++
		}
	}
	return n
}

// faultyDNS knows one key, and cannot be asked while it is down.
type faultyDNS struct{ down atomic.Bool }

func (d *faultyDNS) LookupTXT(_ context.Context, name string) ([]string, error) {
	switch {
	case d.down.Load():
		return nil, &net.DNSError{Err: "i/o timeout", Name: name, IsTimeout: true, IsTemporary: true}
	case strings.TrimSuffix(name, ".") != selector:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(testKey().Public().(ed25519.PublicKey))}, nil
}

// TestRetryHeldApproval (A5): an approval that was held, because DNS could not be asked at level strict, is obeyed once it is
// retried: the letters go, and the evidence of both times stands. The control is a retry while DNS is still away.
func TestRetryHeldApproval(t *testing.T) {
	t.Parallel()
	var dns faultyDNS
	x := set(t, Options{Change: func(c *config.Config) { c.Trust.Assurance = sop.Strict },
		Clerk: func(p *daemon.Parts) { p.Intake.Auth.Resolver = &dns }})
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	raw, err := x.Reply(x.await(x.Cast.Admin, sop.Persetujuan), "SETUJU", rehearsal.Outlook)
	x.do(err)
	dns.down.Store(true)
	x.do(x.Submit(x.Cast.Admin, signed(t, raw), x.Cast.Office))
	held := func() (uids []uint32) {
		for _, m := range x.mailsOf(x.Cast.Admin.Address) {
			if m.Outcome == "held" {
				uids = append(uids, m.uid)
			}
		}
		return uids
	}
	retry := func(seen []uint32) (now []uint32) {
		x.do(x.until(x.ctx, func() bool {
			now = held()
			return len(now) == 1 && !slices.Equal(now, seen) && len(x.folder("INBOX")) == 0
		}))
		return now
	}
	first := retry(nil)
	x.ask(control.Call{Command: "retry", UID: first[0]})
	second := retry(first) // the control: still held, under its new UID
	if x.only().Approval != nil {
		t.Error("approved without a proof")
	}
	dns.down.Store(false)
	x.ask(control.Call{Command: "retry", UID: second[0]})
	x.finish()
	x.quiet()
	x.whole()
	n := 0
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
		all, err := b.Journal.Evidence(x.only().Number)
		n = len(all)
		return err
	}))
	if n < 2 {
		t.Errorf("%d pieces of evidence, want that of the first time, too", n)
	}
}

// TestRetryAfterRenumbering (A3, A5): the operator was told of a held mail; the server renumbers the inbox, and the same number names
// another mail. A bare number is refused then, also one that names none; the name in the letter brings back the mail it speaks of.
func TestRetryAfterRenumbering(t *testing.T) {
	t.Parallel()
	x := set(t, Options{})
	office := x.Cast.Office.Address
	mail := func(id, from, subject string) []byte {
		return fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@luar.example>\r\n\r\nSenin.\r\n", from, office, subject,
			time.Now().Format(time.RFC1123Z), id)
	}
	x.do(x.Post.Deliver(office, append([]byte("Sender: lain@luar.example\r\n"), mail("tahan", x.Cast.Staff.Address, "Permohonan akun SPSE Pokja")...)))
	x.do(x.Post.Deliver(office, mail("biasa", "orang@luar.example", "Rapat")))
	x.do(x.Start(x.ctx))
	x.do(x.until(x.ctx, func() bool { return x.looked("orang@luar.example") == 1 && len(x.folder("INBOX")) == 1 }))
	var held store.UID
	each := func(fn func(store.UID, store.MailRecord)) {
		x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
			return b.Mails.Each(func(u store.UID, s store.MailRecord) bool { fn(u, s); return true })
		}))
	}
	each(func(u store.UID, s store.MailRecord) {
		if s.Outcome == "held" {
			held = u
		}
	})
	x.do(x.Stop())
	x.do(x.Post.Renumber(office, "INBOX"))
	x.do(x.Start(x.ctx))
	x.do(x.until(x.ctx, func() bool { _, ok := x.record(1); return ok }))
	other, _ := x.record(1)
	for _, number := range []uint32{held.UID, 4711} {
		if said, err := x.Daemon.Control.Answer(x.ctx, control.Call{Command: "retry", UID: number}); err == nil {
			t.Errorf("retry %d: %v", number, said)
		} else if number == held.UID && !strings.Contains(err.Error(), held.String()) {
			t.Error(err)
		}
	}
	if _, err := x.Daemon.Control.Answer(x.ctx, control.Call{Command: "retry", UID: 2, Validity: held.Validity}); err == nil {
		t.Error("a mail that stays in the inbox is owed a reading under a number that it no longer has")
	}
	x.ask(control.Call{Command: "retry", UID: held.UID, Validity: held.Validity})
	x.do(x.until(x.ctx, func() (again bool) {
		each(func(u store.UID, s store.MailRecord) { again = again || s.Outcome == "held" && s.At.After(other.At) })
		return again
	}))
	if s, _ := x.record(1); !s.At.Equal(other.At) {
		t.Errorf("the mail of %s is judged again, too", s.From)
	}
}
