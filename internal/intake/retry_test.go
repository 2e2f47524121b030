package intake

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/store"
)

// records are the outcomes of all mails, and where these are.
func (d *desk) records() (out []string) {
	d.Helper()
	if err := d.in.View(d.Context(), func(b store.Books) error {
		return b.Mails.Each(func(u store.UID, s store.MailRecord) bool {
			out = append(out, u.Mark()+" "+s.Outcome+" "+s.Folder)
			return true
		})
	}); err != nil {
		d.Fatal(err)
	}
	return out
}

// held has the first mail of the inbox held, and moved to the folder for review.
func (d *desk) held(id string) store.UID {
	d.Helper()
	raw := fmt.Sprintf("From: orang@lain.example\r\nTo: %s\r\nSubject: seret\r\n%sDate: %s\r\n\r\nIsi.\r\n", inbox, id, d.now.Format(time.RFC1123Z))
	if err := errors.Join(d.post.Deliver(inbox, []byte(raw)), d.round()); err != nil {
		d.Fatal(err)
	}
	return d.review(1)
}

// review has a mail held, and moved to the folder for review.
func (d *desk) review(uid uint32) store.UID {
	d.Helper()
	u := store.UID{Validity: d.in.pos.UIDValidity, UID: uid}
	if err := d.in.Commit(d.Context(), 1, func(b store.Books) error {
		s, _, err := b.Mails.Get(u)
		s.Outcome, s.Folder = "held", "Periksa"
		return errors.Join(err, b.Mails.Put(u, s, "hash"))
	}); err != nil {
		d.Fatal(err)
	}
	if _, err := d.in.fileAway(d.Context()); err != nil {
		d.Fatal(err)
	}
	return u
}

func (d *desk) retry(u store.UID) {
	d.Helper()
	if err := d.in.Commit(d.Context(), 1, func(b store.Books) error { return b.Mails.Reopen(u) }); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) lies(folder string) int {
	d.Helper()
	all, err := d.post.Messages(inbox, folder)
	if err != nil {
		d.Fatal(err)
	}
	return len(all)
}

// settle lets the loops do what is due.
func (d *desk) settle() {
	d.Helper()
	for range 12 {
		if err := d.round(); err != nil {
			d.Log(err)
		}
		if _, err := d.in.bringBack(d.Context()); err != nil {
			d.Log(err)
		}
		d.later(20 * time.Minute)
	}
}

// TestRetryThenRenumbered (A3): a held mail is asked for again, and the server renumbers the inbox before it is missed there. It comes
// back and is judged, whatever its Message-ID. The control is an inbox that keeps its numbers.
func TestRetryThenRenumbered(t *testing.T) {
	for _, renumber := range []bool{false, true} {
		for name, id := range map[string]string{"short": "<pendek@x.example>", "none": "", "long": "<" + strings.Repeat("p", 5000) + "@x.example>",
			"bytes": "<\xe9\xe9@x.example>", "comment": "<pendek@x.example> (dari kami)", "words": "<pendek satu@x.example>"} {
			t.Run(fmt.Sprint(name, renumber), func(t *testing.T) {
				t.Parallel()
				d := newDesk(t)
				if id != "" {
					id = "Message-ID: " + id + "\r\n"
				}
				d.retry(d.held(id))
				if renumber {
					if err := d.post.Renumber(inbox, "INBOX"); err != nil {
						t.Fatal(err)
					}
					d.post.Cut()
				}
				d.settle()
				if got := d.records(); len(got) != 1 || !strings.Contains(got[0], "not-ours") || d.lies("INBOX") != 1 {
					t.Errorf("records %q; inbox %d, review %d", got, d.lies("INBOX"), d.lies("Periksa"))
				}
			})
		}
	}
}

// TestRetryInVain: a mail that is not to be found, or that the server does not give back, keeps the outcome that it had, and may be asked
// for again. The control is one that is there.
func TestRetryInVain(t *testing.T) {
	for _, how := range []string{"there", "taken away", "refused"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			u := d.held("Message-ID: <pendek@x.example>\r\n")
			was := d.records()
			switch how {
			case "taken away":
				if err := d.post.Discard(inbox, "Periksa", func(postoffice.Stored) bool { return true }); err != nil {
					t.Fatal(err)
				}
			case "refused":
				d.post.Refuse(inbox, "MOVE", 1, "CANNOT", -1)
			}
			d.retry(u)
			d.settle()
			got := d.records()
			if back := len(got) == 1 && got[0] == was[0]; back == (how == "there") || len(got) != 1 {
				t.Errorf("the records were %q and are %q", was, got)
			}
		})
	}
}

// TestManyAgainAfterRestart (A7): more mails are to be read again than one round takes, and the first word of somebody is beyond these.
// Their second word, which reading has not reached yet, is not heard before it. The control is as many as a round takes.
func TestManyAgainAfterRestart(t *testing.T) {
	for _, n := range []uint32{20, maxAgain} {
		d := newDesk(t)
		for range n {
			d.deliver("orang@lain.example", "kabar")
		}
		d.deliver("admin@gov.example", "satu")
		d.deliver("admin@gov.example", "dua")
		if err := d.in.locate(t.Context()); err != nil {
			t.Fatal(err)
		}
		u := func(uid uint32) store.UID { return store.UID{Validity: d.in.pos.UIDValidity, UID: uid} }
		if err := d.db.DB.Update(t.Context(), func(tx store.Tx) (err error) {
			b := store.In(tx)
			for uid := uint32(1); uid <= n+1; uid++ {
				err = errors.Join(err, b.Mails.ReadAgain(u(uid)))
			}
			d.in.pos.Next = n + 2
			return errors.Join(err, b.Mails.PutPosition(d.in.pos))
		}); err != nil {
			t.Fatal(err)
		}
		overtaken := false
		d.db.look = func(b store.Books) {
			_, one, bad := b.Mails.Get(u(n + 1))
			_, two, worse := b.Mails.Get(u(n + 2))
			overtaken = overtaken || two && !one || errors.Join(bad, worse) != nil
		}
		for range 2 {
			if err := d.round(); err != nil {
				t.Fatal(err)
			}
		}
		if overtaken || d.outcome(n+2) == "" {
			t.Errorf("behind %d: the second word is decided before the first (%t), or not at all: %q", n, overtaken, d.outcome(n+2))
		}
	}
}

// TestLineCutsALargeMail (A4): the line breaks during one large mail for two hours, and the others come. It is read when the line holds.
// The control is a server that says that this mail is broken.
func TestLineCutsALargeMail(t *testing.T) {
	for _, said := range []string{"", "CORRUPTION"} {
		d := newDesk(t)
		for _, size := range []int{1, 100_000, 1} {
			raw := fmt.Sprintf("From: orang@lain.example\r\nTo: %s\r\nSubject: kabar\r\nMessage-ID: %s\r\nDate: %s\r\n\r\n%s", inbox, nextID(),
				d.now.Format(time.RFC1123Z), strings.Repeat("Isi isi isi isi\r\n", size))
			if err := d.post.Deliver(inbox, []byte(raw)); err != nil {
				t.Fatal(err)
			}
		}
		if said == "" {
			d.post.DropFetch(inbox, 2, 400_000, -1)
		} else {
			d.post.Refuse(inbox, "FETCH", 2, said, -1)
		}
		for range 12 {
			if err := d.round(); err != nil {
				t.Log(err)
			}
			d.later(11 * time.Minute)
		}
		if d.outcome(1) == "" || d.outcome(3) == "" || (d.outcome(2) == "") != (said == "") {
			t.Errorf("%q: after two hours the three are %q, %q, %q", said, d.outcome(1), d.outcome(2), d.outcome(3))
		}
		if said != "" {
			continue
		}
		d.post.DropFetch(inbox, 2, 400_000, 0)
		d.later(2 * time.Hour)
		if err := d.round(); err != nil {
			t.Error(err)
		}
		if d.outcome(2) != "not-ours" {
			t.Errorf("when the line holds, it is %q", d.outcome(2))
		}
	}
}

// TestRetryOfADamagedRow (A2): what the books hold of a mail cannot be decoded. An operator has it read anew, and health is well at once;
// what was obeyed is not obeyed twice. The control is a row that nobody mends.
func TestRetryOfADamagedRow(t *testing.T) {
	for _, c := range []struct {
		outcome string
		mend    bool
	}{{"not-ours", true}, {"obeyed", true}, {"held", true}, {"not-ours", false}} {
		d := newDesk(t)
		u := d.held("Message-ID: <pendek@x.example>\r\n")
		if c.outcome != "held" {
			d = newDesk(t)
			d.deliver("orang@lain.example", "kabar")
			if err := d.round(); err != nil {
				t.Fatal(err)
			}
			u.Validity = d.in.pos.UIDValidity
			if err := d.in.Commit(t.Context(), 1, func(b store.Books) error {
				s, _, err := b.Mails.Get(u)
				s.Outcome = c.outcome
				return errors.Join(err, b.Mails.Put(u, s, "hash"))
			}); err != nil {
				t.Fatal(err)
			}
		}
		d.deliver("orang@lain.example", "kabar")
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
		d.damage("seen", 1)
		reconcile := func() string {
			if _, err := d.in.reconcile(t.Context()); err != nil {
				t.Error(err)
			}
			return d.in.Health.Faults()["reconcile"]
		}
		if fault := reconcile(); (fault != "") != (c.outcome != "held") { // that one lies elsewhere
			t.Errorf("%s: health says %q", c.outcome, fault)
		}
		if c.mend {
			if err := d.in.Commit(t.Context(), 1, func(b store.Books) error { return b.Mails.Mend(u) }); err != nil {
				t.Fatal(err)
			}
		}
		if fault := reconcile(); (fault == "") != c.mend {
			t.Errorf("%s, mended %t: health says %q", c.outcome, c.mend, fault)
		}
		if !c.mend {
			continue
		}
		d.settle()
		want := map[string]string{"not-ours": "1 not-ours ", "obeyed": "1 obeyed ", "held": "3 not-ours "}[c.outcome]
		if got := d.records(); len(got) != 2 || !strings.Contains(strings.Join(got, "|")+"|", "-"+want+"|") {
			t.Errorf("%s: the records are %q", c.outcome, got)
		}
	}
}

// TestRetryOfADamagedQuarantine (A5): of a mail that nobody could read the books have no content. It lies in the folder for review, its row
// is damaged, and the operator asks for it again: it is brought back and read; where nothing says where it is, the operator hears of it.
// The control is a row in order.
func TestRetryOfADamagedQuarantine(t *testing.T) {
	for _, how := range []string{"in order", "damaged", "damaged, by an older version"} {
		t.Run(how, func(t *testing.T) {
			d := newDesk(t)
			u := d.held("Message-ID: <pendek@x.example>\r\n")
			if err := d.in.Commit(t.Context(), 1, func(b store.Books) error {
				s, _, err := b.Mails.Get(u)
				return errors.Join(err, b.Mails.Reopen(u), d.in.quarantine(b, Incoming{UID: u, Arrived: s.Arrived, Size: s.Size}, "cannot-be-decided", ""))
			}); err != nil {
				t.Fatal(err)
			}
			if how == "damaged, by an older version" {
				if err := d.in.DB.Update(t.Context(), func(tx store.Tx) error {
					return tx.Delete("content", fmt.Appendf(nil, "uid/%08x/%08x", u.Validity, u.UID))
				}); err != nil {
					t.Fatal(err)
				}
			}
			if how == "in order" {
				d.retry(u)
			} else {
				d.damage("seen", 1)
				if err := d.in.Commit(t.Context(), 1, func(b store.Books) error { return b.Mails.Mend(u) }); err != nil {
					t.Fatal(err)
				}
			}
			d.settle()
			lost := len(d.records()) == 0
			if lost != (how == "damaged, by an older version") || lost != d.warned("cannot-requeue") || len(d.in.Health.Faults()) > 0 {
				t.Errorf("records %q; inbox %d, review %d; warned %t; health %v", d.records(), d.lies("INBOX"), d.lies("Periksa"), d.warned("cannot-requeue"), d.in.Health.Faults())
			}
		})
	}
}

// warned says that the operator was warned of a topic.
func (d *desk) warned(topic string) (yes bool) {
	d.Helper()
	if err := d.in.View(d.Context(), func(b store.Books) error {
		all, err := b.Journal.Of(store.Office)
		for _, e := range all {
			yes = yes || e.Kind == "warning" && e.Reason == topic
		}
		return err
	}); err != nil {
		d.Fatal(err)
	}
	return yes
}
