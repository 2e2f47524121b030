package stage

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// owed are the filings that the books still owe.
func (x *play) owed() (list []store.Filing) {
	x.t.Helper()
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
		pos, _, err := b.Mails.Position()
		if err != nil {
			return err
		}
		list, err = b.Mails.ToFile(pos.UIDValidity, 1000, func(store.UID) bool { return false })
		return err
	}))
	return list
}

func private(i int) []byte {
	return fmt.Appendf(nil, "From: ibu@rumah.example\r\nTo: ukpbj@%s\r\nSubject: Arisan %d\r\nDate: %s\r\nMessage-ID: <arisan-%d@rumah.example>\r\n\r\nSampai nanti.\r\n",
		Domain, i, time.Now().Format(time.RFC1123Z), i)
}

func isPrivate(m postoffice.Stored) bool { return strings.Contains(string(m.Raw), "@rumah.example>") }

// TestRenumberedWhileOwed (A3): the server renumbers the inbox while answers are still to be moved and a mail with a password is
// still to be replaced. The numbers that were owed name private mails now; these stay, unmoved and unflagged, and what was owed
// is found again by its content. The control is the same without the renumbering: it shows that all that was owed.
func TestRenumberedWhileOwed(t *testing.T) {
	for _, renumbered := range []bool{false, true} {
		t.Run(fmt.Sprintf("renumbered %v", renumbered), func(t *testing.T) {
			t.Parallel()
			x := set(t, Options{})
			number, word, words := x.released()
			office := x.Cast.Office.Address
			x.do(x.until(x.ctx, func() bool { return len(x.owed()) == 0 }))
			for _, command := range []string{"MOVE", "COPY", "APPEND"} {
				x.Post.Refuse(office, command, 0, "UNAVAILABLE", -1)
			}
			member := People(x.bundle)[1]
			x.do(x.Answer(x.await(member, sop.Kredensial), "STATUS", rehearsal.Plain)) // quotes the password
			x.do(x.Post.Deliver(office, bares(t, word)[0].raw("orang@luar.example", office, 1)))
			x.do(x.Request(x.bundle, false)) // the same again
			x.do(x.until(x.ctx, func() bool { return len(x.owed()) == 3 && len(x.events(number, "incident")) > 0 }))
			x.do(x.Stop())
			owed := map[uint32]bool{}
			x.do(x.Start(x.ctx))
			for _, f := range x.owed() {
				owed[f.UID.UID] = true
			}
			x.do(x.Stop())
			kept, err := x.Post.Messages(office, "INBOX")
			x.do(err)
			if renumbered {
				x.do(x.Post.Discard(office, "INBOX", func(postoffice.Stored) bool { return true }))
				x.do(x.Post.Renumber(office, "INBOX"))
			}
			for i := range 30 {
				x.do(x.Post.Put(office, "INBOX", private(i)))
			}
			if renumbered {
				for _, m := range kept {
					x.do(x.Post.Drag(office, "INBOX", m.Arrived, m.Raw))
				}
				for _, m := range x.folder("INBOX") {
					if isPrivate(m) {
						delete(owed, m.UID)
					}
				}
				if len(owed) > 0 {
					t.Fatalf("the numbers %v name no private mail", owed)
				}
			}
			for _, command := range []string{"MOVE", "COPY", "APPEND"} {
				x.Post.Refuse(office, command, 0, "UNAVAILABLE", 0)
			}
			x.do(x.Start(x.ctx))
			x.do(x.until(x.ctx, func() bool { return len(x.folder("INBOX")) == 30 && len(x.owed()) == 0 }))
			for _, m := range x.folder("INBOX") {
				if !isPrivate(m) || len(m.Flags) > 0 {
					t.Errorf("UID %d is no private mail, or has flags %q", m.UID, m.Flags)
				}
			}
			x.sound()
			leaks, err := x.Leaks(words, x.log.bytes())
			if err != nil || len(leaks) > 0 {
				t.Errorf("%q %v", leaks, err)
			}
		})
	}
}

// TestRemovalRefused (A9): where the server does not let a mail with a password go, one notice stands in its place, and it is asked
// again with growing pauses. Health says so until it is over. The control is the same mail once the server obeys.
func TestRemovalRefused(t *testing.T) {
	t.Parallel()
	x := set(t, Options{})
	number, word, words := x.released()
	office := x.Cast.Office.Address
	x.do(x.until(x.ctx, func() bool { return len(x.owed()) == 0 }))
	x.Post.Refuse(office, "EXPUNGE", 0, "-", -1)
	_, before := x.Post.Tried()
	began := time.Now()
	x.do(x.Post.Deliver(office, bares(t, word)[0].raw("orang@luar.example", office, 1)))
	tries := func() int { _, n := x.Post.Tried(); return n - before }
	x.do(x.until(x.ctx, func() bool { return tries() >= 3 }))
	if took := time.Since(began); took < 4*time.Second { // pauses of two and four seconds, less a fifth at most
		t.Errorf("asked %d times in %s", tries(), took)
	}
	if why := x.Daemon.Faults()["filing"]; !strings.Contains(why, "expunge") {
		t.Errorf("health says %q of filing", why)
	}
	notices := func() (n int) {
		for _, f := range x.Post.Folders(office) {
			for _, m := range x.folder(f) {
				if strings.HasPrefix(string(m.Raw), "X-UKPBJ-Pengganti: ") {
					n++
				}
			}
		}
		return n
	}
	if n := notices(); n != 1 {
		t.Errorf("%d notices after %d tries", n, tries())
	}
	x.Post.Refuse(office, "EXPUNGE", 0, "-", 0)
	x.do(x.until(x.ctx, func() bool { return len(x.folder("INBOX")) == 0 && x.Daemon.Faults()["filing"] == "" }))
	if n := notices(); n != 1 || len(x.events(number, "incident")) != 1 {
		t.Errorf("%d notices, %d incidents in the end", n, len(x.events(number, "incident")))
	}
	x.sound()
	leaks, err := x.Leaks(words, x.log.bytes())
	if err != nil || len(leaks) > 0 {
		t.Errorf("%q %v", leaks, err)
	}
}

// TestFewLogins (A9): where the server refuses the login, all connections together try it with growing pauses, five times in no
// less than eleven seconds. The control is the login that works: one a connection, and the office goes on.
func TestFewLogins(t *testing.T) {
	t.Parallel()
	x := set(t, Options{})
	x.do(x.Start(x.ctx))
	if n, _ := x.Post.Tried(); n > 3 {
		t.Errorf("%d logins to begin with", n)
	}
	x.Post.RefuseLogins(1 << 30)
	x.Post.Cut()
	before, _ := x.Post.Tried()
	began := time.Now()
	tries := func() int { n, _ := x.Post.Tried(); return n - before }
	x.do(x.until(x.ctx, func() bool { return tries() >= 5 }))
	if took := time.Since(began); took < 11*time.Second { // 1, 2, 4 and 8 seconds, less a fifth at most
		t.Errorf("%d logins in %s", tries(), took)
	}
	if len(x.Daemon.Faults()) == 0 {
		t.Error("health says nothing of it")
	}
	x.Post.RefuseLogins(0)
	x.do(x.Request(x.bundle, true))
	x.await(x.Cast.Admin, sop.Persetujuan)
	x.do(x.until(x.ctx, func() bool { return len(x.Daemon.Faults()) == 0 }))
	x.sound()
}
