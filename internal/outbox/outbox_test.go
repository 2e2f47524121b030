package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/office"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
	"ukpbjd/internal/workday"
	"ukpbjd/templates"
)

const (
	inbox  = "ukpbj@gov.example"
	member = "anggota@gov.example"
)

type silent struct{}

func (silent) Message(string)                               {}
func (silent) Letter(sop.LetterKind, string, time.Duration) {}
func (silent) Task(sop.TaskKind, string)                    {}
func (silent) Deviation(string)                             {}
func (silent) Commit(time.Duration, int)                    {}

// counter is an outbox at a post office of its own, with real books.
type counter struct {
	*testing.T
	*Outbox
	post *postoffice.Office
	db   *failing

	mu  sync.Mutex
	now time.Time
}

// failing lets a test fail commits, and panic in them.
type failing struct {
	store.DB
	mu   sync.Mutex
	fail func(store.Books) error
	scan func(bucket string)
}

func (f *failing) Update(ctx context.Context, fn func(store.Tx) error) error {
	return f.DB.Update(ctx, func(tx store.Tx) error {
		f.mu.Lock()
		fail, scan := f.fail, f.scan
		f.mu.Unlock()
		if scan != nil {
			tx = scanned{tx, scan}
		}
		err := fn(tx)
		if err == nil && fail != nil {
			err = fail(store.In(tx))
		}
		return err
	})
}

func (f *failing) set(fail func(store.Books) error, scan func(string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail, f.scan = fail, scan
}

type scanned struct {
	store.Tx
	look func(string)
}

func (s scanned) Scan(bucket string, from, to []byte, fn func(k, v []byte) bool) error {
	s.look(bucket)
	return s.Tx.Scan(bucket, from, to, fn)
}

func newCounter(t *testing.T, changes ...func(*office.Options)) *counter {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	word := secret.New([]byte("sandi"))
	c := &counter{T: t, now: time.Now().UTC()}
	var err error
	c.post, err = postoffice.Start(postoffice.Options{Accounts: []postoffice.Account{{Address: inbox, Password: word}, {Address: member, Password: word}}})
	must(err)
	t.Cleanup(func() { must(c.post.Close()) })
	post := postman.New(postman.Options{Address: c.post.SMTPAddr(), Security: "none", Username: inbox, Password: word})
	t.Cleanup(func() { must(post.Close()) })
	dir := t.TempDir()
	base, err := bolt.Open(filepath.Join(dir, "ukpbjd.db"), bolt.Options{NoSync: true})
	must(err)
	t.Cleanup(func() { must(base.Close()) })
	c.db = &failing{DB: base}
	key := make([]byte, 32)
	_, err = rand.Read(key)
	must(err)
	o := office.Options{DB: c.db, Log: slog.New(slog.DiscardHandler), Meter: silent{}, Now: c.clock, Office: sop.Office{Name: "Bagian PBJ", CasePrefix: "PKJ",
		Mailbox: sop.Person{Address: inbox}, Calendar: workday.Standard(time.UTC)}}
	o.Codes, err = credential.NewKeys(secret.New(key))
	must(err)
	o.Letters, err = letter.Parse(templates.FS, nil)
	must(err)
	for _, change := range changes {
		change(&o)
	}
	clerk, err := office.New(t.Context(), o)
	must(err)
	c.Outbox, err = New(t.Context(), Options{Clerk: clerk, Post: post, Health: &queue.Health{}, Senders: 2})
	must(err)
	return c
}

func (c *counter) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// put queues letters n to the member.
func (c *counter) put(n ...int) {
	c.Helper()
	if err := c.DB.Update(c.Context(), func(tx store.Tx) (err error) {
		for _, i := range n {
			l := sop.Letter{Key: fmt.Sprintf("surat/%03d", i), Kind: sop.Pemberitahuan, To: sop.Person{Address: member}}
			id := fmt.Sprintf("<%d@gov.example>", i)
			raw := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: surat %d\r\nMessage-ID: %s\r\n\r\nIsi.\r\n", inbox, member, i, id)
			err = errors.Join(err, store.In(tx).Letters.Put(store.LetterRow{Case: store.Office, Letter: l, MessageID: id, Made: c.now, Next: c.now}, []byte(raw)))
		}
		return err
	}); err != nil {
		c.Fatal(err)
	}
}

// states counts letters.
func states(b store.Books) map[store.LetterState]int {
	out := map[store.LetterState]int{}
	rows, err := b.Letters.Of(store.Office)
	for _, r := range rows {
		out[r.State]++
	}
	if err != nil {
		out[store.LetterState(err.Error())]++
	}
	return out
}

func (c *counter) until(what string, ok func() bool) {
	c.Helper()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	end := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-look.C:
		case <-end:
			c.Fatalf("no end of waiting until %s", what)
		}
	}
}

func (c *counter) sent(n int) func() bool {
	return func() (all bool) {
		if err := c.View(context.Background(), func(b store.Books) error {
			all = states(b)[store.Accepted] == n
			return nil
		}); err != nil {
			c.Error(err)
		}
		return all
	}
}

// The outcome of a commit is unknown while the senders have results that nobody takes any more: everything ends all the same, as the
// books can only be opened anew.
func TestUnknownOutcomeEndsTheSenders(t *testing.T) {
	c := newCounter(t)
	c.put(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	c.db.set(func(b store.Books) error {
		if states(b)[store.Accepted] == 0 {
			return nil
		}
		c.until("the senders have more results than room for them", func() bool { return len(c.post.Journal()) >= 5 })
		return store.ErrUnknown
	}, nil)
	ended := make(chan error, 1)
	go func() { ended <- c.Outbox.Run(t.Context()) }()
	select {
	case err := <-ended:
		if !store.Unknown(err) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the outbox does not end")
	}
}

// A commit in which claiming panics, or that is rolled back, leaves room for the letters of the next, and the outbox can end.
func TestClaimThatPanicsLeavesRoom(t *testing.T) {
	c := newCounter(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Outbox.Run(ctx) }()
	c.until("it is open", func() bool { return !c.ready.full() })
	var once sync.Once
	c.db.set(nil, func(bucket string) {
		if bucket == "outbox" {
			once.Do(func() { panic("a page of the store") })
		}
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("nothing panicked")
			}
		}()
		c.Commit(t.Context(), 1, func(store.Books) error { return nil }) //nolint:errcheck // it panics
	}()
	c.put(1)
	if err := c.Commit(t.Context(), 1, func(store.Books) error { return nil }); err != nil {
		t.Fatal(err)
	}
	c.until("the letter is sent", c.sent(1))
	cancel()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the outbox does not end")
	}
}

// A clock that is wrong for a moment ends no letter; time that has really been tried does.
func TestWrongClockGivesNoLetterUp(t *testing.T) {
	c := newCounter(t)
	s := Sent{Row: store.LetterRow{State: store.Sending, Attempts: 1, First: c.now}, Result: postman.Result{Outcome: postman.Deferred}}
	if r := c.outcome(s, c.now.AddDate(4, 0, 0)); r.State != store.Deferred {
		t.Errorf("greylisted once, four years ahead: %s", r.State)
	}
	s.Row.Attempts = 60
	if r := c.outcome(s, c.now.AddDate(0, 0, 10)); r.State != store.Failed {
		t.Errorf("tried for ten days: %s", r.State)
	}
	if r := c.outcome(s, c.now.Add(time.Hour)); r.State != store.Deferred {
		t.Errorf("tried for an hour: %s", r.State)
	}
}

// TestServerIsCheckedWithoutLetters: that the mail server cannot be reached, or refuses the login, is in health from the start, and its end,
// although no letter goes.
func TestServerIsCheckedWithoutLetters(t *testing.T) {
	for name, x := range map[string]struct{ break_, mend func(*counter) error }{
		"away":  {func(c *counter) error { return c.post.Stop() }, func(c *counter) error { return c.post.Open() }},
		"login": {func(c *counter) error { c.post.RefuseSubmission(inbox); return nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			c.Policy.Pause = queue.Backoff{First: 10 * time.Millisecond, Most: 50 * time.Millisecond}
			if err := x.break_(c); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- c.Outbox.Run(ctx) }()
			c.until("the fault is seen", func() bool { return c.Options.Health.Faults()["smtp"] != "" })
			if x.mend != nil {
				if err := x.mend(c); err != nil {
					t.Error(err)
				}
				c.until("the fault has an end", func() bool { return c.Options.Health.Faults()["smtp"] == "" })
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
