package stage

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// stuck lets the server file nothing, or file again.
func (x *play) stuck(yes bool) {
	times := 0
	if yes {
		times = -1
	}
	for _, command := range []string{"MOVE", "COPY", "APPEND"} {
		x.Post.Refuse(x.Cast.Office.Address, command, 0, "UNAVAILABLE", times)
	}
}

// afresh has the server renumber the inbox while nobody reads: n private mails stand first in it, then what lay there before.
func (x *play) afresh(n int) {
	x.t.Helper()
	office := x.Cast.Office.Address
	x.do(x.Stop())
	kept := x.folder("INBOX")
	x.do(x.Post.Discard(office, "INBOX", func(postoffice.Stored) bool { return true }))
	x.do(x.Post.Renumber(office, "INBOX"))
	for i := range n {
		x.do(x.Post.Put(office, "INBOX", private(x.next()+i)))
	}
	for _, m := range kept {
		x.do(x.Post.Drag(office, "INBOX", m.Arrived, m.Raw))
	}
	x.do(x.Start(x.ctx))
}

// named are the outcomes of the mails of a Message-ID.
func (x *play) named(id string) (out map[store.UID]store.MailRecord) {
	x.t.Helper()
	out = map[store.UID]store.MailRecord{}
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
		return b.Mails.Each(func(u store.UID, s store.MailRecord) bool {
			if strings.Trim(s.MessageID, "<>") == id {
				out[u] = s
			}
			return true
		})
	}))
	return out
}

// lies says in which folder a mail lies.
func (x *play) lies(id string) (folder string) {
	x.t.Helper()
	for _, f := range x.Post.Folders(x.Cast.Office.Address) {
		for _, m := range x.folder(f) {
			if bytes.Contains(m.Raw, []byte(id)) {
				folder += f
			}
		}
	}
	return folder
}

// TestHeldMailMetAgain (A3, A5): a held mail is met again under another number before or after it was moved: it is filed where its first
// meeting decided, and `retry` has it judged again, by the name in the operator's letter as by the new one. The control is a mail that
// lies in its folder when the server renumbers the inbox.
func TestHeldMailMetAgain(t *testing.T) {
	for name, c := range map[string]struct {
		again func(x *play, id string) // what happens to the mail
		first bool                     // retry by its first name
	}{
		"moved (control)":               {func(x *play, _ string) { x.afresh(12) }, true},
		"owed, by the first name":       {owedAfresh, true},
		"owed, by the new name":         {owedAfresh, false},
		"owed, retried before it moves": {func(x *play, _ string) { x.stuck(true) }, true},
		"renumbered twice": {func(x *play, id string) {
			x.stuck(true)
			owedAfresh(x, id)
			x.stuck(true)
			x.afresh(20)
		}, true},
		"put back by a person": {func(x *play, id string) {
			office, review := x.Cast.Office.Address, x.Config.IMAP.Review
			is := func(m postoffice.Stored) bool { return bytes.Contains(m.Raw, []byte(id)) }
			for _, m := range x.folder(review) {
				if is(m) {
					x.do(x.Post.Discard(office, review, is))
					x.do(x.Post.Drag(office, "INBOX", m.Arrived, m.Raw))
				}
			}
			x.do(x.until(x.ctx, func() bool { return len(x.named(id)) == 2 && x.lies(id) == review }))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := lawful(t, nil, Options{})
			id := fmt.Sprintf("tahan-%d@luar.example", x.next())
			x.do(x.Start(x.ctx))
			for i := range 3 {
				x.stranger(fmt.Sprintf("orang%d", i))
			}
			owed := name != "moved (control)" && name != "put back by a person"
			x.stuck(owed)
			x.do(x.Post.Deliver(x.Cast.Office.Address, fmt.Appendf(nil, "Sender: lain@luar.example\r\nFrom: %s\r\nTo: %s\r\nSubject: Permohonan akun SPSE Pokja\r\nDate: %s\r\nMessage-ID: <%s>\r\n\r\nMohon.\r\n",
				x.Cast.Staff.Address, x.Cast.Office.Address, time.Now().Format(time.RFC1123Z), id)))
			x.wait(func() bool { return len(x.named(id)) == 1 && (owed || x.lies(id) == x.Config.IMAP.Review) })
			var first, last store.UID
			for u := range x.named(id) {
				first, last = u, u
			}
			c.again(x, id)
			all := x.named(id)
			for u, s := range all {
				if u.Validity > last.Validity || u.Validity == last.Validity && u.UID > last.UID {
					last = u
				}
				if s.Folder != x.Config.IMAP.Review {
					t.Errorf("%s is %s (%s), and goes to %s", u, s.Outcome, s.Reason, s.Folder)
				}
			}
			if all[first].Outcome != "held" {
				t.Fatalf("it is %+v", all[first])
			}
			call := control.Call{Command: "retry", UID: last.UID}
			if c.first {
				call.UID, call.Validity = first.UID, first.Validity
			}
			x.ask(call)
			x.stuck(false)
			x.wait(func() (again bool) {
				for _, s := range x.named(id) {
					again = again || s.Outcome == "held" && s.At.After(all[first].At)
				}
				return again && x.lies(id) == x.Config.IMAP.Review
			})
			if n := x.warned("cannot-requeue"); n > 0 {
				t.Errorf("the operator is told %d times that it cannot be brought back", n)
			}
			x.sound()
		})
	}
}

// owedAfresh renumbers the inbox before the mail is moved, and lets it be.
func owedAfresh(x *play, id string) {
	n := len(x.named(id))
	x.afresh(12)
	x.stuck(false)
	x.wait(func() bool { return len(x.named(id)) == n+1 && x.lies(id) == x.Config.IMAP.Review })
}

// TestRedactionOwedForADeadPassword (A3, A5): a password was seen before the release, so the account is made anew, and nothing of ours
// knows the old one any more. The mail in which it stands is redacted all the same, whatever happens before it can be: a renumbering, a
// `retry`, both, or a server that lets nothing go. The control is that the search sees it as long as it lies there.
func TestRedactionOwedForADeadPassword(t *testing.T) {
	retry := func(x *play, id string) {
		for u, s := range x.named(id) {
			x.ask(control.Call{Command: "retry", UID: u.UID, Validity: u.Validity})
			x.wait(func() bool {
				now, ok := x.named(id)[u]
				return ok && now.At.After(s.At)
			})
		}
	}
	for name, between := range map[string]func(x *play, id string){
		"nothing":             func(*play, string) {},
		"renumbered":          func(x *play, _ string) { x.afresh(5) },
		"retried":             retry,
		"held, retried":       retry,
		"retried, renumbered": func(x *play, id string) { retry(x, id); x.afresh(5) },
		"held, renumbered, retried": func(x *play, id string) {
			n := len(x.named(id))
			x.afresh(5)
			x.wait(func() bool { return len(x.named(id)) > n })
			for u := range x.named(id) {
				x.ask(control.Call{Command: "retry", UID: u.UID, Validity: u.Validity})
				return
			}
		},
		"given up, renumbered": func(x *play, id string) {
			x.stuck(false)
			x.Post.Refuse(x.Cast.Office.Address, "EXPUNGE", 0, "NOPERM", -1)
			x.wait(func() bool { return x.warned("cannot-remove") == 1 })
			x.Post.Refuse(x.Cast.Office.Address, "EXPUNGE", 0, "-", 0)
			x.afresh(5)
		},
		"held, given up, retried": func(x *play, id string) {
			x.stuck(false)
			x.Post.Refuse(x.Cast.Office.Address, "EXPUNGE", 0, "NOPERM", -1)
			x.wait(func() bool { return x.warned("cannot-remove") == 1 })
			x.Post.Refuse(x.Cast.Office.Address, "EXPUNGE", 0, "-", 0)
			retry(x, id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := lawful(t, nil, Options{Change: func(c *config.Config) { c.Approval.UndoWindow = time.Hour }})
			x.do(x.Start(x.ctx))
			x.do(x.Request(x.bundle, true))
			old := x.await(x.Cast.Admin, sop.Persetujuan)
			number := x.only().Number
			words, err := x.Passwords()
			x.do(err)
			var word string
			for word = range words {
				break
			}
			x.wait(func() bool { return len(x.owed()) == 0 })
			x.stuck(true)
			id := fmt.Sprintf("bocor-%d@luar.example", x.next())
			from, head := "orang@luar.example", ""
			if strings.HasPrefix(name, "held") {
				from, head = x.Cast.Staff.Address, "Sender: lain@luar.example\r\n"
			}
			x.do(x.Post.Deliver(x.Cast.Office.Address, fmt.Appendf(nil, "%sFrom: %s\r\nTo: %s\r\nSubject: Permohonan akun SPSE Pokja\r\nDate: %s\r\nMessage-ID: <%s>\r\n\r\nSandi %s ada pada saya.\r\n",
				head, from, x.Cast.Office.Address, time.Now().Format(time.RFC1123Z), id, word)))
			x.wait(func() bool { return len(x.events(number, "incident")) == 1 })
			x.newest(x.Cast.Admin, sop.Persetujuan, old) // made anew
			x.quiet()
			if leaks, err := x.Leaks(words, x.log.bytes()); err != nil || len(leaks) != 1 {
				t.Fatalf("control: %q %v", leaks, err)
			}
			between(x, id)
			x.stuck(false)
			x.wait(func() bool { return len(x.owed()) == 0 && x.lies(id) == "" && x.notices() > 0 })
			leaks, err := x.Leaks(words, x.log.bytes())
			if err != nil || len(leaks) > 0 {
				t.Errorf("%q %v", leaks, err)
			}
			if n := len(x.events(number, "incident")); n != 1 {
				t.Errorf("%d incidents", n)
			}
			x.sound()
		})
	}
}

// notices are what lies in the folders in the place of mails that held a live secret.
func (x *play) notices() (n int) {
	for _, m := range slices.Concat(x.folder(x.Config.IMAP.Processed), x.folder(x.Config.IMAP.Review)) {
		if bytes.Contains(m.Raw, []byte("Subject: Surel diganti: memuat kata sandi")) {
			n++
		}
	}
	return n
}

// TestLoosenedTrustIsHeardFirst (A7): SETUJU comes before the open cases have heard that trust became looser: it is judged by what they
// hear, so its record says that it was not obeyed, and why. So is one that itself brings about that the account is made anew, because a
// password stands in it. The control is the same SETUJU with neither.
func TestLoosenedTrustIsHeardFirst(t *testing.T) {
	for name, c := range map[string]struct{ looser, leaks bool }{"control": {}, "trust became looser": {looser: true}, "a password stands in it": {leaks: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := lawful(t, nil, Options{})
			x.do(x.Start(x.ctx))
			x.do(x.Request(x.bundle, true))
			l := x.await(x.Cast.Admin, sop.Persetujuan)
			number := x.only().Number
			text := "SETUJU"
			words, err := x.Passwords()
			x.do(err)
			for w := range words {
				if c.leaks {
					text += "\r\n\r\nSandi " + w
				}
				break
			}
			x.quiet()
			if c.looser { // no task begins before the mail is here
				x.do(x.Daemon.Office.Update(x.ctx, func(b store.Books) error {
					return b.Tasks.Tell(number, sop.Task{Kind: sop.TaskVoid, Note: "uji", NotBefore: time.Now().Add(time.Hour).UTC()})
				}))
			}
			x.do(x.Answer(l, text, rehearsal.Plain))
			x.wait(func() bool { return len(x.mailsOf(x.Cast.Admin.Address)) == 1 })
			s, approved := x.mailsOf(x.Cast.Admin.Address)[0], len(x.events(number, "approved"))
			if void := c.looser || c.leaks; (s.Outcome == "obeyed") == void || (approved == 0) != void {
				t.Errorf("it is %s (%s), approved %d times", s.Outcome, s.Reason, approved)
			}
			x.sound()
		})
	}
}
