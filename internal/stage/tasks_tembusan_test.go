package stage

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/doctor"
	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// inFull is an office that has chosen that Kepala LPSE's copy carries the passwords.
func inFull(o Options) Options {
	change := o.Change
	o.Change = func(c *config.Config) {
		c.Credentials.Tembusan = "full"
		if change != nil {
			change(c)
		}
	}
	return o
}

// TestFullTembusan: where the office chose so, Kepala LPSE's copy carries every password, each alone on its line. They are
// nowhere else: not in a file of the office, its log, an archived letter or another mailbox.
func TestFullTembusan(t *testing.T) {
	t.Parallel()
	x := open(t, papersOf(t, 1, 3), inFull(Options{}))
	x.do(x.Start(x.ctx))
	x.approve()
	x.finish()
	x.quiet()
	words, err := x.Passwords()
	x.do(err)
	l := x.await(x.Cast.KepalaLPSE, sop.Tembusan)
	if len(words) != 3 {
		t.Fatalf("%d passwords", len(words))
	}
	for w, owner := range words {
		if n := strings.Count("\n"+strings.ReplaceAll(l.Msg.Text, "\r", "")+"\n", "\n"+w+"\n"); n != 1 || !strings.Contains(html.UnescapeString(l.Msg.HTML), ">"+w+"<") {
			t.Errorf("the password of %s stands %d times in the copy", owner, n)
		}
	}
	if n := len(x.letters(x.Cast.KepalaLPSE, sop.Tembusan)); n != 1 {
		t.Errorf("%d letters tembusan", n)
	}
	x.sound()
	for kept := 0; kept == 0 && x.ctx.Err() == nil; {
		_, err := x.Daemon.Archiver.AllLetters(x.ctx)
		x.do(err)
		kept = lookAtLetters(t, x.Config.Storage.Path+"/archive", passwordsOf(words))["tembusan"]
	}
	x.onlyWithKepala(words)
}

func passwordsOf(words map[string]string) (out []string) {
	for w := range words {
		out = append(out, w)
	}
	return out
}

// onlyWithKepala wants that beside their members only Kepala LPSE has the passwords: in one letter, and in the mailbox.
func (x *play) onlyWithKepala(words map[string]string) {
	x.t.Helper()
	leaks, err := x.Leaks(words, x.log.bytes())
	x.do(err)
	kepala, there := x.Cast.KepalaLPSE.Address, map[string]int{}
	slices.Sort(leaks)
	for _, l := range slices.Compact(leaks) { // as it came, as text, as HTML
		where, _, _ := strings.Cut(l, ": ")
		if !strings.HasPrefix(where, "letter ") && !strings.HasPrefix(where, "INBOX of "+kepala) || !strings.Contains(where, kepala) {
			x.t.Error(l)
		}
		there[where]++
	}
	if len(there) != 2 { // this is the control, too: the search sees what it is to see
		x.t.Errorf("the passwords are with Kepala LPSE in %v; want one letter, as sent and as delivered", there)
	}
	for where, n := range there {
		if n != len(words) {
			x.t.Errorf("%s: %d of %d passwords", where, n, len(words))
		}
	}
}

// TestSummaryHoldsNothing is the same office as ever.
func TestSummaryHoldsNothing(t *testing.T) {
	t.Parallel()
	x := open(t, papersOf(t, 1, 3), Options{})
	x.do(x.Start(x.ctx))
	x.approve()
	x.finish()
	x.quiet()
	x.await(x.Cast.KepalaLPSE, sop.Tembusan)
	x.whole()
}

// TestFullTembusanQuoted: Kepala LPSE quotes the copy, or a mail server gives it back. What comes in is sealed and redacted, and
// every password of it is an incident.
func TestFullTembusanQuoted(t *testing.T) {
	for name, how := range map[string]func(*play, Letter) error{
		"quoted": func(x *play, l Letter) error {
			return x.Answer(l, "Terima kasih, sudah saya catat.", rehearsal.Outlook)
		},
		"returned": func(x *play, l Letter) error {
			return x.Post.Deliver(x.Cast.Office.Address, fmt.Appendf(nil, "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.%s\r\nTo: %s\r\nSubject: Undelivered Mail Returned to Sender\r\n"+
				"Date: %s\r\nMessage-ID: <kembali@mx.%s>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=kembali\r\n\r\n"+
				"--kembali\r\nContent-Type: text/plain\r\n\r\nuser unknown\r\n--kembali\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.%s\r\n\r\n"+
				"Final-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--kembali\r\nContent-Type: message/rfc822\r\n\r\n%s\r\n--kembali--\r\n",
				Domain, x.Cast.Office.Address, time.Now().Format(time.RFC1123Z), Domain, Domain, l.To.Address, l.Raw))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := open(t, papersOf(t, 1, 3), inFull(Options{}))
			x.do(x.Start(x.ctx))
			x.approve()
			l := x.await(x.Cast.KepalaLPSE, sop.Tembusan)
			words, err := x.Passwords()
			x.do(err)
			x.do(how(x, l))
			number := x.only().Number
			x.do(x.until(x.ctx, func() bool { return len(x.events(number, "incident")) == len(words) }))
			x.do(x.until(x.ctx, func() bool { // filed, and its redacted copy in its place
				left, err := x.Post.Messages(x.Cast.Office.Address, "INBOX")
				return err == nil && len(left) == 0
			}))
			x.quiet()
			x.sound()
			x.onlyWithKepala(words)
		})
	}
}

// TestFullTembusanTooLate: Kepala LPSE's mail server takes no mail until a key is destroyed. The copy in the outbox opens no more,
// though the other keys are there; a summary goes instead.
func TestFullTembusanTooLate(t *testing.T) {
	t.Parallel()
	var closed atomic.Bool
	var c clock
	o := inFull(Options{})
	o.Clerk = func(o *daemon.Parts) { o.Office.Now, o.Outbox.FirstRetry = c.now, 50*time.Millisecond }
	o.Rules = func(_, to string) (b postoffice.Behaviour) {
		if closed.Load() && strings.HasPrefix(to, "kepala.lpse@") {
			b.Code, b.Text = 451, "try later"
		}
		return b
	}
	x := open(t, papersOf(t, 1, 3), o)
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	approval := x.await(x.Cast.Admin, sop.Persetujuan)
	closed.Store(true)
	x.do(x.Answer(approval, "SETUJU", rehearsal.Outlook))
	people := People(x.bundle)
	for i, m := range people {
		if l := x.await(m, sop.Kredensial); i == 0 {
			x.do(x.Answer(l, "TERIMA", rehearsal.Plain))
		}
	}
	number := x.only().Number
	row, sealed := x.copyOf(number, store.Deferred)
	x.do(x.until(x.ctx, func() bool { return len(x.events(number, "receipt-confirmed")) == 1 }))
	var ids []string
	for _, nip := range row.Letter.Of {
		ids = append(ids, number+"/"+nip)
	}
	words, err := x.Passwords()
	x.do(err)
	vault := x.Daemon.Office.Vault
	plain, err := vault.OpenLetter(ids, sealed)
	if err != nil || len(ids) != 3 {
		t.Fatalf("the copy under %d keys: %v", len(ids), err)
	}
	for w := range words {
		if !strings.Contains(message.Parse(plain, message.DefaultLimits(), nil).Text, "\n"+w+"\n") || bytes.Contains(sealed, []byte(w)) {
			t.Error("the copy does not hold a password, or holds it in the clear")
		}
	}
	c.set(time.Now().Add(25 * time.Hour))
	_, err = x.Daemon.Timer.Tick(x.ctx)
	x.do(err)
	x.do(x.until(x.ctx, func() bool { return len(vault.IDs()) == 2 }))
	tembusan := func(full bool, state store.LetterState) func() bool {
		return func() (found bool) {
			x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
				rows, err := b.Letters.Of(number)
				found = slices.ContainsFunc(rows, func(r store.LetterRow) bool {
					return r.Letter.Kind == sop.Tembusan && (len(r.Letter.Of) > 0) == full && r.State == state
				})
				return err
			}))
			return found
		}
	}
	x.later(&c, tembusan(true, store.Failed))
	_, left := x.copyOf(number, store.Failed) // an attempt that had opened it before the key went has ended, too
	if !bytes.Equal(left, sealed) {
		t.Error("the books hold another copy")
	}
	closed.Store(false)
	x.later(&c, tembusan(false, store.Accepted))
	l := x.await(x.Cast.KepalaLPSE, sop.Tembusan)
	for w := range words {
		if bytes.Contains(l.Raw, []byte(w)) || !strings.Contains(strings.Join(strings.Fields(l.Msg.Text), " "), "tidak memuat password") {
			t.Error("what goes instead is no summary")
		}
	}
	if _, err := vault.OpenLetter(ids, sealed); !errors.Is(err, credential.ErrShredded) {
		t.Errorf("the copy opens: %v", err)
	}
	if left := vault.IDs(); len(left) != 2 || slices.Contains(left, ids[0]) {
		t.Errorf("keys that are left: %q", left)
	}
	x.sound()
	leaks, err := x.Leaks(words, x.log.bytes())
	if err != nil || len(leaks) > 0 {
		t.Errorf("%q %v", leaks, err)
	}
}

// later lets ten seconds of the office's time pass at each look until it holds, so that pauses of letters end whenever they began.
func (x *play) later(c *clock, holds func() bool) {
	x.t.Helper()
	x.do(x.until(x.ctx, func() bool {
		if holds() {
			return true
		}
		c.set(c.now().Add(10 * time.Second))
		x.do(x.Daemon.Office.Commit(x.ctx, 0, func(store.Books) error { return nil })) // letters ride on it
		return false
	}))
}

// copyOf waits until the tembusan with passwords is in that state, and gives it as the books have it.
func (x *play) copyOf(number string, state store.LetterState) (row store.LetterRow, body []byte) {
	x.t.Helper()
	x.do(x.until(x.ctx, func() bool {
		x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
			rows, err := b.Letters.Of(number)
			for _, r := range rows {
				if err == nil && r.Letter.Kind == sop.Tembusan && len(r.Letter.Of) > 0 {
					row = r
					body, err = b.Letters.Body(r.ID())
				}
			}
			return err
		}))
		return row.State == state
	}))
	return row, body
}

// TestFullTembusanEncrypted: a certificate registered for Kepala LPSE is used as a member's is.
func TestFullTembusanEncrypted(t *testing.T) {
	t.Parallel()
	cert, key := certified(t, "Kepala LPSE")
	x := open(t, papersOf(t, 1, 2), inFull(Options{Change: func(c *config.Config) {
		c.People.MemberKeys = []config.MemberKey{{Address: c.People.KepalaLPSE.Address, Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})}}
	}}))
	x.do(x.Start(x.ctx))
	x.approve()
	l := x.await(x.Cast.KepalaLPSE, sop.Tembusan)
	words, err := x.Passwords()
	x.do(err)
	inner := message.Parse(append([]byte("From: "+x.Cast.Office.Address+"\r\n"), opened(t, l.Raw, cert, key)...), message.DefaultLimits(), nil)
	for w := range words {
		if bytes.Contains(l.Raw, []byte(w)) || !strings.Contains(strings.ReplaceAll(inner.Text, "\r", ""), "\n"+w+"\n") {
			t.Error("a password can be read without the key, or not with it")
		}
	}
	x.quiet()
	x.whole() // nobody but a member has a password that can be read
}

// TestFullTembusanLeavesSent: at a provider that keeps copies of sent mail, the copy with passwords does not stay among them; a
// summary does.
func TestFullTembusanLeavesSent(t *testing.T) {
	for _, choice := range []string{"full", "summary"} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			o := Options{Post: func(o *postoffice.Options) { o.SaveSent = true }, Change: func(c *config.Config) { c.Credentials.Tembusan = choice }}
			x := set(t, o)
			desk, err := daemon.OpenRooms(x.ctx, x.Config)
			x.do(err)
			folders := []string{"Sent"}
			_, err = desk.Control.Answer(x.ctx, control.Call{Command: "ground", Arg: doctor.Sound, Folders: &folders})
			x.do(errors.Join(err, desk.Close()))
			x.do(x.Start(x.ctx))
			x.approve()
			x.finish()
			x.await(x.Cast.KepalaLPSE, sop.Tembusan)
			x.quiet()
			x.do(x.until(x.ctx, func() bool {
				kinds := sentKinds(x)
				return !slices.Contains(kinds, sop.Kredensial) && slices.Contains(kinds, sop.Selesai) && slices.Contains(kinds, sop.Tembusan) == (choice == "summary")
			}))
			words, err := x.Passwords()
			x.do(err)
			if choice == "full" {
				x.onlyWithKepala(words)
			}
		})
	}
}
