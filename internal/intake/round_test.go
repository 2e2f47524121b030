package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"crypto/rand"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
	"ukpbjd/templates"
)

// desk is an intake at a post office of its own, with real books. watch sees the books after every commit.
type desk struct {
	*testing.T
	post *postoffice.Office
	in   *Intake
	now  time.Time
	db   *watched

	mu    sync.Mutex
	skews time.Duration
}

// watched calls look after every commit, and fail before one.
type watched struct {
	store.DB
	look func(store.Books)
	fail func(store.Books) error
	mu   sync.Mutex
}

func (w *watched) Update(ctx context.Context, fn func(store.Tx) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.DB.Update(ctx, func(tx store.Tx) error {
		err := fn(tx)
		if err == nil && w.fail != nil {
			err = w.fail(store.In(tx))
		}
		return err
	})
	if err == nil && w.look != nil {
		err = w.View(context.WithoutCancel(ctx), func(tx store.Tx) error {
			w.look(store.In(tx))
			return nil
		})
	}
	return err
}

const inbox = "ukpbj@gov.example"

func newDesk(t *testing.T) *desk {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	word := secret.New([]byte("sandi"))
	post, err := postoffice.Start(postoffice.Options{Accounts: []postoffice.Account{{Address: inbox, Password: word}}})
	must(err)
	t.Cleanup(func() { must(post.Close()) })
	box := mailbox.New(mailbox.Options{Address: post.IMAPAddr(), Security: "none", Username: inbox, Password: word, Processed: "Diproses", Review: "Periksa",
		Retry: time.Millisecond, Timeout: 10 * time.Second})
	t.Cleanup(func() { must(box.Close()) })
	dir := t.TempDir()
	base, err := bolt.Open(filepath.Join(dir, "ukpbjd.db"), bolt.Options{NoSync: true})
	must(err)
	t.Cleanup(func() { must(base.Close()) })
	d := &desk{T: t, post: post, now: time.Now(), db: &watched{DB: base}}
	key := make([]byte, 32)
	_, err = rand.Read(key)
	must(err)
	master := secret.New(key)
	o := office.Options{DB: d.db, Log: slog.New(slog.DiscardHandler), Meter: silent{}, Now: d.clock, Office: attackOffice(sop.Standard),
		Requesters: []string{"*@gov.example"}}
	o.Vault, err = credential.OpenVault(filepath.Join(dir, "keys.db"), master, rand.Reader)
	must(err)
	t.Cleanup(func() { must(o.Vault.Close()) })
	o.Archive, err = archive.Open(filepath.Join(dir, "archive"))
	must(err)
	t.Cleanup(func() { must(o.Archive.Close()) })
	o.Codes, err = credential.NewKeys(master)
	must(err)
	o.Letters, err = letter.Parse(templates.FS, nil)
	must(err)
	clerk, err := office.New(t.Context(), o)
	must(err)
	d.in = New(Options{Clerk: clerk, Box: box, Archive: o.Archive, Extract: extract.New(extract.Options{OCR: "off"}), Limits: message.DefaultLimits(),
		Auth: msgauth.Options{AuthservID: mx, ReceivedBy: []string{mx}, Resolver: dns()}, MaxMessage: 40 << 20, Folders: Folders{"Diproses", "Periksa"},
		Start: Start{All: true}, Poll: time.Minute, Readers: 2, Health: &queue.Health{}})
	return d
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now.Add(d.skews)
}

// later lets time pass.
func (d *desk) later(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.skews += by
}

// deliver puts a mail of somebody into the inbox.
func (d *desk) deliver(from, subject string) {
	d.Helper()
	raw := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: %s\r\nDate: %s\r\n\r\nIsi.\r\n", from, inbox, subject, nextID(), d.now.Format(time.RFC1123Z))
	if err := d.post.Deliver(inbox, []byte(raw)); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) round() error {
	_, err := d.in.round(d.Context())
	return err
}

// outcome is what the books say of a mail; empty: nothing.
func (d *desk) outcome(uid uint32) (outcome string) {
	d.Helper()
	if err := d.in.View(d.Context(), func(b store.Books) error {
		pos, _, err := b.Mails.Position()
		if err != nil {
			return err
		}
		s, _, err := b.Mails.Get(store.UID{Validity: pos.UIDValidity, UID: uid})
		outcome = s.Outcome
		return err
	}); err != nil {
		d.Fatal(err)
	}
	return outcome
}

// passed are the mails of the first n that reading has passed, and that have neither an outcome nor a mark to be read again.
func passed(b store.Books, n uint32) (lost []uint32, err error) {
	pos, _, err := b.Mails.Position()
	if err != nil {
		return nil, err
	}
	again, err := b.Mails.Again(pos.UIDValidity, 0, func(store.UID) bool { return false })
	for uid := uint32(1); uid <= n && uid < pos.Next; uid++ {
		u := store.UID{Validity: pos.UIDValidity, UID: uid}
		_, done, bad := b.Mails.Get(u)
		err = errors.Join(err, bad)
		if !done && !slices.Contains(again, u) {
			lost = append(lost, uid)
		}
	}
	return lost, err
}

// A crash may come after any commit: what reading has passed must have its outcome, or be owed another reading, in the books.
func TestPositionNeverPassesAMail(t *testing.T) {
	const n = 40
	for name, broken := range map[string][]uint32{"none": nil, "in the middle": {4, 17}, "near the end": {39}, "the last": {n}} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			for i := range n {
				d.deliver(fmt.Sprintf("orang%d@lain.example", i), "kabar")
			}
			for _, uid := range broken {
				d.post.Refuse(inbox, "FETCH", uid, "-", -1)
			}
			told := map[uint32]bool{}
			d.db.look = func(b store.Books) {
				lost, err := passed(b, n)
				if err != nil {
					t.Error(err)
				}
				for _, uid := range lost {
					if !told[uid] {
						told[uid] = true
						t.Errorf("a crash here would lose UID %d", uid)
					}
				}
			}
			if err := d.round(); err != nil {
				t.Fatal(err)
			}
			for uid := uint32(1); uid <= n; uid++ {
				if got := d.outcome(uid); (got == "") != slices.Contains(broken, uid) {
					t.Errorf("UID %d: %q", uid, got)
				}
			}
			for _, uid := range broken {
				d.post.Refuse(inbox, "FETCH", uid, "-", 0)
			}
			d.later(time.Minute)
			if err := d.round(); err != nil {
				t.Fatal(err)
			}
			for _, uid := range broken {
				if d.outcome(uid) == "" {
					t.Errorf("UID %d is not read when the server hands it over", uid)
				}
			}
		})
	}
}

// A server that calls a NO its own fault, however long it says so today, says nothing of the mail. A NO without a reason, while
// others come, is the mail's after a while.
func TestPassingNoIsNotTheMailsFault(t *testing.T) {
	for code, want := range map[string]string{"SERVERBUG": "", "INUSE": "", "-": "quarantined"} {
		t.Run(code, func(t *testing.T) {
			d := newDesk(t)
			for range 3 {
				d.deliver("orang@lain.example", "kabar")
			}
			d.post.Refuse(inbox, "FETCH", 2, code, -1)
			for range 12 {
				if err := d.round(); err != nil {
					t.Fatal(err)
				}
				d.later(11 * time.Minute)
			}
			if got := d.outcome(2); got != want {
				t.Fatalf("after two hours: %q, want %q", got, want)
			}
			if want != "" {
				return
			}
			d.post.Refuse(inbox, "FETCH", 2, code, 0)
			if err := d.round(); err != nil {
				t.Fatal(err)
			}
			if d.outcome(2) == "" || len(d.in.Health.Faults()) > 0 {
				t.Errorf("the server is well again: %q, %v", d.outcome(2), d.in.Health.Faults())
			}
		})
	}
}

// A folder that is full fills no list of things that nobody can file: it is emptied one day.
func TestFilingOutlastsAFullFolder(t *testing.T) {
	for code, stays := range map[string]bool{"OVERQUOTA": true, "NOPERM": false} {
		t.Run(code, func(t *testing.T) {
			d := newDesk(t)
			d.deliver("orang@lain.example", "kabar")
			if err := d.round(); err != nil {
				t.Fatal(err)
			}
			if err := d.in.Commit(t.Context(), 1, func(b store.Books) error {
				u := store.UID{Validity: d.in.pos.UIDValidity, UID: 1}
				return b.Mails.Put(u, store.MailRecord{Outcome: "held", Reason: "test", Folder: "Periksa"}, "")
			}); err != nil {
				t.Fatal(err)
			}
			for _, command := range []string{"MOVE", "COPY"} {
				d.post.Refuse(inbox, command, 0, code, -1)
			}
			for range 12 {
				if _, err := d.in.fileAway(t.Context()); err != nil {
					t.Fatal(err)
				}
				d.later(11 * time.Minute)
			}
			var owed []store.Filing
			if err := d.in.View(t.Context(), func(b store.Books) (err error) {
				owed, err = b.Mails.ToFile(d.in.pos.UIDValidity, 10, func(store.UID) bool { return false })
				return err
			}); err != nil || (len(owed) == 1) != stays {
				t.Errorf("after two hours %d are owed, %v", len(owed), err)
			}
		})
	}
}

// refuse lets no commit pass that gives this mail its outcome.
func (d *desk) refuse(uid uint32) {
	d.db.fail = func(b store.Books) error {
		pos, _, err := b.Mails.Position()
		if err != nil {
			return err
		}
		if _, done, err := b.Mails.Get(store.UID{Validity: pos.UIDValidity, UID: uid}); err != nil || done {
			return errors.Join(err, errors.New("a row that cannot be written"))
		}
		return nil
	}
}

// While a mail cannot be decided, what the same person sent after it waits, in the same batch too; other people's mail does not.
func TestLaterWordWaitsForTheEarlier(t *testing.T) {
	d := newDesk(t)
	for _, from := range []string{"satu@lain.example", "satu@lain.example", "dua@lain.example"} {
		d.deliver(from, "kabar")
	}
	d.refuse(1)
	d.db.look = func(b store.Books) {
		if d.in.pos.UIDValidity == 0 {
			return
		}
		u := store.UID{Validity: d.in.pos.UIDValidity, UID: 1}
		_, first, err := b.Mails.Get(u)
		u.UID = 2
		if _, second, bad := b.Mails.Get(u); errors.Join(err, bad) != nil || second && !first {
			t.Errorf("the second mail of a person is decided before the first: %v, %v", err, bad)
		}
	}
	for range 3 {
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
	}
	if d.outcome(2) != "" || d.outcome(3) == "" {
		t.Errorf("second mail %q, somebody else's %q", d.outcome(2), d.outcome(3))
	}
	d.db.fail = nil
	d.later(time.Minute)
	for range 2 {
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
	}
	if d.outcome(1) == "" || d.outcome(2) == "" {
		t.Errorf("the fault is over: %q, then %q", d.outcome(1), d.outcome(2))
	}
}

// A person takes the mail out of the inbox that could not be decided: their next mails are not held back for it.
func TestNobodyWaitsBehindAMailThatIsGone(t *testing.T) {
	d := newDesk(t)
	d.deliver("satu@lain.example", "kabar")
	d.deliver("satu@lain.example", "kabar lagi")
	d.refuse(1)
	if err := d.round(); err != nil {
		t.Fatal(err)
	}
	if err := d.in.Box.Remove(t.Context(), mailbox.UID{Validity: d.in.pos.UIDValidity, UID: 1}); err != nil {
		t.Fatal(err)
	}
	d.later(time.Minute)
	d.deliver("satu@lain.example", "dan lagi")
	for range 3 {
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
	}
	if d.outcome(2) == "" || d.outcome(3) == "" || len(d.in.Health.Faults()) > 0 {
		t.Errorf("after the mail is gone: %q, %q, %v", d.outcome(2), d.outcome(3), d.in.Health.Faults())
	}
}

// What was read before the books moved on is read again, and the same person's next mail is not decided before it.
func TestMovedBooksKeepTheOrder(t *testing.T) {
	for _, gone := range []bool{true, false} {
		d := newDesk(t)
		d.deliver("staf@gov.example", "Permohonan user ID dan password SPSE untuk Pokja")
		d.deliver("staf@gov.example", "kabar")
		if err := d.in.locate(t.Context()); err != nil {
			t.Fatal(err)
		}
		refs, err := d.in.pending(t.Context())
		if err != nil || len(refs) != 2 {
			t.Fatalf("%v, %v", refs, err)
		}
		var batch []Prepared
		if err := d.in.Box.Fetch(t.Context(), refs, func(x mailbox.Mail) error {
			p := d.in.Read(t.Context(), Incoming{UID: store.UID(x.UID), Arrived: x.Arrived, Size: x.Size, Raw: x.Raw})
			batch = append(batch, p)
			return p.err
		}); err != nil {
			t.Fatal(err)
		}
		if batch[0].sha == "" {
			t.Fatal("the first mail is none that is kept")
		}
		if gone {
			batch[0].sha = ""
		}
		if err := d.in.Receive(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if (d.outcome(1) == "") != gone || (d.outcome(2) == "") != gone {
			t.Errorf("moved on: %t; %q, %q", gone, d.outcome(1), d.outcome(2))
		}
		for range 2 {
			if err := d.round(); err != nil {
				t.Fatal(err)
			}
		}
		if d.outcome(1) == "" || d.outcome(2) == "" {
			t.Errorf("read again: %q, %q", d.outcome(1), d.outcome(2))
		}
	}
}

// A mail in whose papers the program has a fault of its own ends neither the program nor the others.
func TestPanicIsOneMailsFault(t *testing.T) {
	d := newDesk(t)
	d.in.Extract = nil // whoever reads a paper with it panics
	raw := "From: staf@gov.example\r\nTo: " + inbox + "\r\nSubject: Permohonan user ID SPSE Pokja\r\nMessage-ID: " + nextID() +
		"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nTerlampir.\r\n--b\r\nContent-Type: application/pdf\r\n" +
		"Content-Disposition: attachment; filename=sk.pdf\r\n\r\n%PDF-1.4\r\n--b--\r\n"
	if err := d.post.Deliver(inbox, []byte("Authentication-Results: "+mx+"; dmarc=pass header.from=gov.example\r\n"+took+"\r\n"+raw)); err != nil {
		t.Fatal(err)
	}
	d.deliver("orang@lain.example", "kabar")
	for range 12 {
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
		d.later(11 * time.Minute)
	}
	if d.outcome(1) != "quarantined" || d.outcome(2) != "not-ours" || len(d.in.Health.Faults()) > 0 {
		t.Errorf("%q, %q, %v", d.outcome(1), d.outcome(2), d.in.Health.Faults())
	}
}

// The inbox is listed from its first mail on every six hours, however often the loop turns; a clock that went back delays nothing.
func TestReconcileIsSeldom(t *testing.T) {
	d := newDesk(t)
	d.deliver("orang@lain.example", "kabar")
	if err := d.round(); err != nil {
		t.Fatal(err)
	}
	lost := func() bool { // somebody has taken its outcome out of the books
		if err := d.in.DB.Update(t.Context(), func(tx store.Tx) error {
			return tx.Delete("seen", fmt.Appendf(nil, "%08x/%08x", d.in.pos.UIDValidity, 1))
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.in.reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
		return d.outcome(1) == ""
	}
	if lost() {
		t.Error("not found at the start")
	}
	d.later(time.Minute)
	if !lost() {
		t.Error("looked again after a minute")
	}
	if d.later(-time.Hour); lost() {
		t.Error("not looked after the clock went back")
	}
	if d.later(7 * time.Hour); lost() {
		t.Error("not looked after seven hours")
	}
}

// An operator asks for a mail again while it is being moved: it comes back from the folder and is judged.
func TestRetryWhileAMailIsMoved(t *testing.T) {
	for _, moved := range []bool{true, false} {
		d := newDesk(t)
		d.deliver("orang@lain.example", "kabar")
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
		u := store.UID{Validity: d.in.pos.UIDValidity, UID: 1}
		if err := d.in.Commit(t.Context(), 1, func(b store.Books) error {
			s, _, err := b.Mails.Get(u)
			s.Outcome, s.Folder = "held", "Periksa"
			return errors.Join(err, b.Mails.Put(u, s, "hash"))
		}); err != nil {
			t.Fatal(err)
		}
		if moved {
			if err := d.in.Box.File(t.Context(), []mailbox.UID{mailbox.UID(u)}, "Periksa"); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.in.Commit(t.Context(), 1, func(b store.Books) error { return b.Mails.Reopen(u) }); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.round(); err != nil {
				t.Fatal(err)
			}
			if _, err := d.in.bringBack(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		uid := map[bool]uint32{true: 2, false: 1}[moved]
		if d.outcome(uid) == "" {
			t.Errorf("moved: %t; UID %d is not judged again", moved, uid)
		}
	}
}

// TestDatesBeyondJSON (A2): whoever puts a mail into the inbox may give it an INTERNALDATE that, in UTC, no record can hold. It has its
// outcome like the mails beside it, and is filed and brought back. The control is a date of 1999.
func TestDatesBeyondJSON(t *testing.T) {
	east, west := time.FixedZone("", 14*3600), time.FixedZone("", -12*3600)
	for name, at := range map[string]time.Time{"control": time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), "10000": time.Date(9999, 12, 31, 23, 0, 0, 0, west),
		"-1": time.Date(0, 1, 1, 0, 0, 0, 0, east)} {
		for _, start := range []Start{{}, {All: true}} {
			t.Run(fmt.Sprint(name, start.All), func(t *testing.T) {
				d := newDesk(t)
				d.in.Start = start
				if err := d.round(); err != nil {
					t.Fatal(err)
				}
				d.deliver("lain@lain.example", "kabar")
				raw := fmt.Sprintf("From: orang@lain.example\r\nTo: %s\r\nSubject: seret\r\nMessage-ID: %s\r\n\r\nIsi.\r\n", inbox, nextID())
				if err := d.post.Drag(inbox, "INBOX", at, []byte(raw)); err != nil {
					t.Fatal(err)
				}
				d.deliver("lain@lain.example", "kabar")
				if err := d.round(); err != nil {
					t.Error(err)
				}
				if d.outcome(1) != "not-ours" || d.outcome(2) != "not-ours" || d.outcome(3) != "not-ours" || len(d.in.Health.Faults()) > 0 {
					t.Errorf("%q %q %q; health %v", d.outcome(1), d.outcome(2), d.outcome(3), d.in.Health.Faults())
				}
				d.review(2)
				d.retry(store.UID{Validity: d.in.pos.UIDValidity, UID: 2})
				d.settle()
				if len(d.records()) != 3 || d.lies("INBOX") != 3 {
					t.Errorf("%q; inbox %d, review %d", d.records(), d.lies("INBOX"), d.lies("Periksa"))
				}
			})
		}
	}
}
