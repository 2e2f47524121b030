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
	u := store.UID{Validity: d.in.pos.UIDValidity, UID: 1}
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
