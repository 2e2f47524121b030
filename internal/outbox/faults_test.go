package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/office"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

var monday = time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone)

// opened is an office and its outbox, without senders: the test takes letters and says what became of them.
func opened(t *testing.T, health *queue.Health, changes ...func(*office.Options)) (*officetest.Office, *Outbox) {
	t.Helper()
	x := officetest.New(t, templates.FS, changes...)
	x.Set(monday)
	o, err := New(t.Context(), Options{Clerk: x.Clerk, Health: health, Post: postman.New(postman.Options{Address: "127.0.0.1:1", Security: "none"}), Rand: func() float64 { return 0 }})
	x.Must(err)
	o.ready.open(maxReady)
	return x, o
}

// due are the letters that are claimed now, all of them.
func due(t *testing.T, o *Outbox) (out []store.Claimed) {
	t.Helper()
	for {
		if _, err := o.claimDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !o.ready.waiting() {
			return out
		}
		for o.ready.waiting() {
			c, _, _ := o.ready.take(t.Context())
			out = append(out, c)
		}
	}
}

func unclaim(x *officetest.Office, list []store.Claimed) {
	x.Write(func(tx store.Tx) (err error) {
		for _, c := range list {
			err = errors.Join(err, store.In(tx).Letters.Unclaim(c.Row))
		}
		return err
	})
}

// end says what became of letters.
func end(t *testing.T, o *Outbox, outcome postman.Outcome, list ...store.Claimed) {
	t.Helper()
	var sent []Sent
	for _, c := range list {
		sent = append(sent, Sent{Row: c.Row, Result: postman.Result{Outcome: outcome, Text: "450 4.2.0 try again"}, At: o.Now()})
	}
	if again, err := o.Settle(t.Context(), sent); err != nil || len(again) > 0 {
		t.Fatal(again, err)
	}
}

// TestHeldThenGreylisted (A12): a letter that an operator held back for six days and that is then greylisted once is still sent. The
// control: one that is tried for six office days, often enough, is given up.
func TestHeldThenGreylisted(t *testing.T) {
	x, o := opened(t, nil)
	number, err := x.Request(officetest.Staff, 1)
	x.Must(err)
	unclaim(x, due(t, o)) // the commit took it along; nobody has begun to send it
	x.Must(x.Tell(number, sop.Person{}, sop.Instruct{Verb: "hold", Arg: "operator"}))
	if list := due(t, o); slices.ContainsFunc(list, func(c store.Claimed) bool { return c.Row.Case == number }) {
		t.Fatal("a held letter is sent")
	}
	x.Set(monday.AddDate(0, 0, 8))
	x.Must(x.Tell(number, sop.Person{}, sop.Instruct{Verb: "release"}))
	receipt := func(list []store.Claimed) (store.Claimed, bool) {
		i := slices.IndexFunc(list, func(c store.Claimed) bool { return c.Row.Letter.Kind == sop.TandaTerima })
		if i < 0 {
			return store.Claimed{}, false
		}
		return list[i], true
	}
	l, ok := receipt(due(t, o))
	if !ok {
		t.Fatal("the letter does not go after the hold")
	}
	end(t, o, postman.Deferred, l)
	if row := x.LettersOf(number, sop.TandaTerima)[0]; row.State != store.Deferred {
		t.Fatalf("greylisted once: %s", row.State)
	}
	tries := 1
	for now := o.Now(); ; now = now.Add(12 * time.Hour) {
		x.Set(now)
		l, ok := receipt(due(t, o))
		if !ok {
			if row := x.LettersOf(number, sop.TandaTerima)[0]; row.State == store.Failed {
				break
			} else if tries > 100 {
				t.Fatalf("control: after %d tries until %s it is %s", tries, now, row.State)
			}
			continue
		}
		tries++
		end(t, o, postman.Deferred, l)
	}
	if tries < minTries || o.Now().Before(monday.AddDate(0, 0, 13)) {
		t.Errorf("given up after %d tries at %s", tries, o.Now())
	}
}

// TestRowsThatCannotBeClaimed (A2): an outbox row without its letter, one whose letter has no bytes, and one that cannot be read stop
// no commit and no other letter; a person hears of each once. The control: the letter beside them has nothing wrong and goes.
func TestRowsThatCannotBeClaimed(t *testing.T) {
	x, o := opened(t, nil)
	number, err := x.Request(officetest.Staff, 1)
	x.Must(err)
	x.Write(func(tx store.Tx) error {
		row := func(key string) error {
			return tx.Put("outbox", fmt.Appendf(nil, "%020d/%s", monday.UnixNano(), key), nil)
		}
		b := store.In(tx)
		return errors.Join(row(number+"/99/selesai"), row(number+"/97/selesai"), tx.Put("letters", []byte(number+"/97/selesai"), []byte("{")),
			b.Letters.Put(store.LetterRow{Case: number, Letter: sop.Letter{Key: "98/selesai", To: officetest.Staff}, Next: monday}, nil))
	})
	list := due(t, o)
	if !slices.ContainsFunc(list, func(c store.Claimed) bool { return c.Row.Letter.Kind == sop.TandaTerima }) {
		t.Error("control: the letter beside them does not go")
	}
	aside := asides(x)
	for _, key := range []string{"97/selesai", "98/selesai", "99/selesai"} {
		if aside["letters "+number+"/"+key] == "" {
			t.Errorf("%s is not put aside: %v", key, aside)
		}
	}
	if n := len(x.LettersOf(store.Office, sop.PeringatanOperator)); n != 3 || len(aside) != 3 {
		t.Errorf("the operator has %d letters, %d are put aside", n, len(aside))
	}
	x.Must(x.Tell(number, officetest.Staff, sop.Command{Verb: sop.TanyaStatus}))
}

func asides(x *officetest.Office) map[string]string {
	out := map[string]string{}
	x.Look(func(b store.Books) error {
		list, err := b.State.Aside(100)
		for _, a := range list {
			out[a.Queue+" "+a.Key] = a.Why
		}
		return err
	})
	return out
}

// TestClaimOnFailingDisk: a disk that cannot be read for a while puts no letter aside; health says so, and it is claimed when the disk is
// well. The control is TestRowsThatCannotBeClaimed: what is wrong with the row itself does.
func TestClaimOnFailingDisk(t *testing.T) {
	for _, bucket := range []string{"letters", "bodies", "outbox"} {
		var health queue.Health
		x, o := opened(t, &health)
		number, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		left := due(t, o) // what went with the commit itself
		unclaim(x, left)
		x.DB.Fail(func(op, in, _ string) error {
			if op != "put" && in == bucket {
				return syscall.EIO
			}
			return nil
		})
		for range 20 {
			_, err = o.claimDue(t.Context())
			x.Set(o.Now().Add(time.Hour))
		}
		if text := health.Faults()["outbox-letters"]; !errors.Is(err, syscall.EIO) && !strings.Contains(text, syscall.EIO.Error()) {
			t.Errorf("%s: the claim says %v, health %q", bucket, err, text)
		}
		x.DB.Fail(nil)
		if aside := asides(x); len(aside) > 0 {
			t.Errorf("%s: put aside: %v", bucket, aside)
		}
		if list := due(t, o); len(list) != len(left) || len(list) == 0 {
			t.Errorf("%s: of %s %d letters go, of %d", bucket, number, len(list), len(left))
		}
		_, err = o.claimDue(t.Context())
		x.Must(err)
		if faults := health.Faults(); len(faults) > 0 {
			t.Errorf("%s: the disk is well, and health says %v", bucket, faults)
		}
	}
}

// TestUnreadableLetterStopsNoCommit: one letter whose bytes cannot be read, for good, stops no commit and no other letter. Of a failing disk
// health says so; of a damaged page a person hears in the end. The control is the letter beside it, which goes.
func TestUnreadableLetterStopsNoCommit(t *testing.T) {
	for _, sick := range []error{syscall.EIO, errors.New("the file is damaged: runtime error: invalid memory address")} {
		var health queue.Health
		x, o := opened(t, &health)
		number, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		left := due(t, o)
		unclaim(x, left)
		bad := left[0].Row.ID()
		x.DB.Fail(func(op, in, key string) error {
			if op == "get" && in == "bodies" && key == bad {
				return sick
			}
			return nil
		})
		x.Must(x.Tell(number, officetest.Staff, sop.Command{Verb: sop.TanyaStatus}))
		other, err := x.Request(officetest.Person("lain"), 1)
		x.Must(err)
		if list := due(t, o); !slices.ContainsFunc(list, func(c store.Claimed) bool { return c.Row.Case == other }) {
			t.Errorf("%v: the letters beside it do not go", sick)
		}
		if text := health.Faults()["outbox-letters"]; !strings.Contains(text, bad) {
			t.Errorf("%v: health says %q", sick, text)
		}
		for range 20 {
			x.Set(o.Now().Add(time.Hour))
			due(t, o)
		}
		aside, told := len(asides(x)), len(x.LettersOf(store.Office, sop.PeringatanOperator))
		if machine := errors.Is(sick, syscall.EIO); machine && aside+told > 0 || !machine && (aside != 1 || told != 1 || len(health.Faults()) > 0) {
			t.Errorf("%v: %d put aside, the operator has %d letters, health %v", sick, aside, told, health.Faults())
		}
	}
}

// TestWarningThatCannotBeWritten: where the office's own template fails as it is to tell of a letter that cannot be read, the commits of
// others go on, and health says so.
func TestWarningThatCannotBeWritten(t *testing.T) {
	raw, err := templates.FS.ReadFile("peringatan-operator.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	raw = bytes.Replace(raw, []byte(`{{define "p1"}}`), []byte(`{{define "p1"}}{{if eq .Topic "letter-aside"}}{{index .Members 9999}}{{end}}`), 1)
	set, err := letter.Parse(templates.FS, fstest.MapFS{"peringatan-operator.tmpl": {Data: raw}})
	if err != nil {
		t.Fatal(err)
	}
	var health queue.Health
	x, o := opened(t, &health, func(o *office.Options) { o.Letters = set })
	number, err := x.Request(officetest.Staff, 1)
	x.Must(err)
	putOutboxRow(x, number+"/99/selesai")
	x.Must(x.Tell(number, officetest.Staff, sop.Command{Verb: sop.TanyaStatus}))
	due(t, o)
	x.Must(x.Tell(number, officetest.Staff, sop.Command{Verb: sop.TanyaStatus}))
	if text := health.Faults()["outbox-letters"]; !strings.Contains(text, "/99/selesai") || len(asides(x)) > 0 {
		t.Errorf("health says %q, put aside: %v", text, asides(x))
	}
}

func putOutboxRow(x *officetest.Office, id string) {
	x.Write(func(tx store.Tx) error {
		return tx.Put("outbox", fmt.Appendf(nil, "%020d/%s", monday.UnixNano(), id), nil)
	})
}

// TestLongOutboxRowWithoutItsLetter: however long the key of a row is, it is put aside and told of, and stops no commit.
func TestLongOutboxRowWithoutItsLetter(t *testing.T) {
	for _, n := range []int{20, 900, 990, store.MaxKey - 21} {
		x, o := opened(t, nil)
		putOutboxRow(x, "PKJ-2026-0001/"+strings.Repeat("x", n-14))
		_, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		due(t, o)
		if aside, told := len(asides(x)), len(x.LettersOf(store.Office, sop.PeringatanOperator)); aside != 1 || told != 1 {
			t.Errorf("%d: %d put aside, the operator has %d letters", n, aside, told)
		}
	}
}

// TestLongSendingRow: a row of what was being sent whose key is as long as a key can be keeps no daemon from starting; a person hears.
func TestLongSendingRow(t *testing.T) {
	x, o := opened(t, nil)
	x.Write(func(tx store.Tx) error {
		return tx.Put("sending", []byte("PKJ-2026-0001/"+strings.Repeat("x", store.MaxKey-14)), nil)
	})
	o, err := New(t.Context(), Options{Clerk: x.Clerk, Post: o.Post})
	x.Must(err)
	o.ready.open(maxReady)
	x.Set(o.Now().Add(doubtPause))
	due(t, o)
	if aside, told := len(asides(x)), len(x.LettersOf(store.Office, sop.PeringatanOperator)); aside != 1 || told != 1 {
		t.Errorf("%d put aside, the operator has %d letters", aside, told)
	}
}

// TestLetterLostInSending: a letter that was on its way when the program ended, and cannot be read, is put aside, and a person hears. The
// control is a disk that cannot be read: the program starts, health says so, and the letter goes when the disk is well.
func TestLetterLostInSending(t *testing.T) {
	for _, machine := range []bool{false, true} {
		var health queue.Health
		x, o := opened(t, &health)
		_, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		id := due(t, o)[0].Row.ID()
		if machine {
			x.DB.Fail(func(op, in, key string) error {
				if op == "get" && in == "letters" && key == id {
					return syscall.EIO
				}
				return nil
			})
		} else {
			x.Write(func(tx store.Tx) error { return tx.Put("letters", []byte(id), []byte("{")) })
		}
		o, err = New(t.Context(), Options{Clerk: x.Clerk, Health: &health, Post: o.Post})
		x.Must(err)
		o.ready.open(maxReady)
		x.Set(o.Now().Add(doubtPause)) // it may have gone
		due(t, o)
		aside, told := len(asides(x)), len(x.LettersOf(store.Office, sop.PeringatanOperator))
		if machine {
			if faults := health.Faults(); !strings.Contains(faults["outbox-letters"], id) || aside+told > 0 {
				t.Errorf("health says %v; %d put aside, %d letters", faults, aside, told)
			}
			x.DB.Fail(nil)
			x.Set(o.Now().Add(time.Minute))
			if list := due(t, o); !slices.ContainsFunc(list, func(c store.Claimed) bool { return c.Row.ID() == id }) || len(health.Faults()) > 0 {
				t.Errorf("the disk is well, %d letters go, health says %v", len(list), health.Faults())
			}
		} else if aside != 1 || told != 1 {
			t.Errorf("%d put aside, the operator has %d letters", aside, told)
		}
	}
}

// TestResultThatCannotBeDecided (A2): of many results one cannot be told to its case. The others are; the one keeps its state, is not
// sent again, and a person looks; while it waits, health says so. The control: a result of a whole case needs nobody.
func TestResultThatCannotBeDecided(t *testing.T) {
	var health queue.Health
	x, o := opened(t, &health)
	var numbers []string
	for range 5 {
		number, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		numbers = append(numbers, number)
	}
	list := due(t, o)
	bad := numbers[2]
	x.Write(func(tx store.Tx) error { return tx.Put("cases", []byte("2026/00000003"), []byte("{")) })
	var sent []Sent
	for _, c := range list {
		sent = append(sent, Sent{Row: c.Row, Result: postman.Result{Outcome: postman.Accepted, Text: "250"}, At: o.Now()})
	}
	waits := 0
	for ; len(sent) > 0 && waits < 100; waits++ {
		again, err := o.Settle(t.Context(), sent)
		x.Must(err)
		for _, s := range again {
			if s.Row.Case != bad {
				t.Fatalf("%s is to be tried again", s.Row.ID())
			}
		}
		if len(again) > 0 != (health.Faults()["outbox"] != "") {
			t.Errorf("%d wait, health says %v", len(again), health.Faults())
		}
		sent = again
		x.Set(o.Now().Add(10 * time.Minute))
	}
	if waits == 1 {
		t.Error("control: nothing failed")
	}
	for _, number := range numbers {
		for _, r := range x.LettersOf(number, "") {
			if r.State != store.Accepted {
				t.Errorf("%s is %s", r.ID(), r.State)
			}
		}
	}
	aside := asides(x)
	for key := range aside {
		if !strings.Contains(key, bad) {
			t.Errorf("put aside: %s", key)
		}
	}
	if len(aside) != len(x.LettersOf(bad, "")) || len(x.LettersOf(store.Office, sop.PeringatanOperator)) != len(aside) || len(health.Faults()) > 0 {
		t.Errorf("aside %v, health %v", aside, health.Faults())
	}
}

// TestLettersOfYearsAhead (A11): letters that a clock in another year left in the outbox go within the hour. The control: one that is
// due in two hours by right waits for them.
func TestLettersOfYearsAhead(t *testing.T) {
	x, o := opened(t, nil)
	for i, next := range []time.Time{monday.AddDate(4, 0, 0), monday.Add(2 * time.Hour)} {
		x.Write(func(tx store.Tx) error {
			l := sop.Letter{Key: fmt.Sprintf("%d/pemberitahuan", i), Kind: sop.Pemberitahuan, To: officetest.Staff}
			return store.In(tx).Letters.Put(store.LetterRow{Case: store.Office, Letter: l, Next: next}, []byte("Subject: x\r\n\r\n"))
		})
	}
	x.Set(monday.Add(time.Hour))
	list := due(t, o)
	if len(list) != 1 || list[0].Row.Letter.Key != "0/pemberitahuan" {
		t.Errorf("%d letters go", len(list))
	}
	x.Set(monday.Add(2 * time.Hour))
	if list := due(t, o); len(list) != 1 {
		t.Errorf("control: %d letters go at their time", len(list))
	}
}

// TestRunOutlivesBadResults (A2): the outbox goes on while one result cannot be written: the others are settled, health names the one, it is
// settled when it can be, and the outbox ends when it is told to. The control: where the fault of one is everybody's, all are sent and none
// is settled.
func TestRunOutlivesBadResults(t *testing.T) {
	for name, oneFate := range map[string]bool{"as it is": false, "control": true} {
		t.Run(name, func(t *testing.T) {
			const letters = 12
			c := newCounter(t, func(o *office.Options) {
				o.Policy.Pause = queue.Backoff{First: 5 * time.Millisecond, Most: 20 * time.Millisecond}
				o.Policy.Without.OneFate = oneFate
			})
			for i := range letters {
				c.put(i)
			}
			bad := ""              // the first result
			var since atomic.Int64 // how often it failed since all letters were sent
			c.db.set(func(b store.Books) error {
				rows, err := b.Letters.Of(store.Office)
				for _, r := range rows {
					if r.State == store.Accepted && (bad == "" || bad == r.ID()) {
						if bad = r.ID(); len(c.post.Journal()) == letters {
							since.Add(1)
						}
						return errors.New("a row that cannot be written")
					}
				}
				return err
			}, nil)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- c.Outbox.Run(ctx) }()
			var settled int
			c.until("the others are settled, or all have failed again", func() bool {
				if err := c.View(ctx, func(b store.Books) error {
					settled = states(b)[store.Accepted]
					return nil
				}); err != nil {
					t.Error(err)
				}
				return since.Load() > 3 || settled == letters-1
			})
			if (settled == letters-1) == oneFate || c.Outbox.Options.Health.Faults()["outbox"] == "" {
				t.Errorf("%d are settled, health %v", settled, c.Outbox.Options.Health.Faults())
			}
			c.db.set(nil, nil)
			c.mu.Lock()
			c.now = c.now.Add(time.Minute)
			c.mu.Unlock()
			c.until("the last is settled", c.sent(letters))
			cancel()
			if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("the outbox ended: %v", err)
			}
		})
	}
}

// TestPolicyFaultHasAnEnd: that the mail server refuses a letter by policy stands in health until this letter is taken, or given up; that it
// takes another meanwhile says nothing. The controls: a letter that is greylisted says nothing of the server, and a server that cannot be
// reached nothing of the letter.
func TestPolicyFaultHasAnEnd(t *testing.T) {
	for _, last := range []postman.Result{{Outcome: postman.Accepted, Code: 250, Text: "250 ok"}, {Outcome: postman.Deferred, Policy: true, Code: 550}} {
		var health queue.Health
		x, o := opened(t, &health)
		for range 2 {
			_, err := x.Request(officetest.Staff, 1)
			x.Must(err)
		}
		list := due(t, o)
		say := func(c store.Claimed, r postman.Result) {
			t.Helper()
			if _, err := o.Settle(t.Context(), []Sent{{Row: c.Row, Result: r, At: o.Now()}}); err != nil {
				t.Fatal(err)
			}
		}
		say(list[0], postman.Result{Outcome: postman.Deferred, Code: 450, Text: "450 4.2.0 try again"})
		say(list[1], postman.Result{Outcome: postman.Deferred, Policy: true, Away: true, Code: 535, Text: "535 5.7.8 who are you"})
		if faults := health.Faults(); len(faults) > 0 {
			t.Errorf("controls: %v", faults)
		}
		x.Set(o.Now().Add(3 * time.Hour))
		list = due(t, o)
		say(list[0], postman.Result{Outcome: postman.Deferred, Policy: true, Code: 550, Text: "550 5.7.1 blocked"})
		say(list[1], postman.Result{Outcome: postman.Accepted, Code: 250, Text: "250 ok"})
		if !strings.Contains(health.Faults()["outbox"], list[0].Row.ID()+": 550 5.7.1 blocked") {
			t.Errorf("health says %v", health.Faults())
		}
		list[0].Row.Attempts = minTries // for days
		x.Write(func(tx store.Tx) error {
			return errors.Join(tx.Put("letters", []byte(list[0].Row.ID()), encoded(t, list[0].Row)), tx.Put("sending", []byte(list[0].Row.ID()), nil))
		})
		x.Set(o.Now().AddDate(0, 0, 20))
		say(list[0], last)
		if faults := health.Faults(); len(faults) > 0 {
			t.Errorf("%s: it has its end, and health says %v", last.Outcome, faults)
		}
	}
}

// TestPolicyFaultEndsWithItsLetter (A13): what the mail server refuses by policy stands in health only while it waits to be tried again:
// not when its case is held, its row is put aside or gone, or its result could not be written and a person looks. The control is a letter that
// waits, and one whose case is held and let go: when it is refused once more, health says so.
func TestPolicyFaultEndsWithItsLetter(t *testing.T) {
	for _, end := range []string{"waits", "held", "let go", "put aside", "expired", "no disk"} {
		var health queue.Health
		x, o := opened(t, &health)
		number, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		refuse := func() {
			t.Helper()
			list := due(t, o)
			i := slices.IndexFunc(list, func(c store.Claimed) bool { return c.Row.Case == number && c.Row.Letter.Kind == sop.TandaTerima })
			if _, err := o.Settle(t.Context(), []Sent{{Row: list[i].Row, At: o.Now(), Result: postman.Result{Outcome: postman.Deferred, Policy: true, Code: 550, Text: "550 5.7.1 blocked"}}}); err != nil {
				t.Fatal(err)
			}
		}
		refuse()
		if !strings.Contains(health.Faults()["outbox"], "blocked") {
			t.Errorf("control: health says %v", health.Faults())
		}
		id := x.LettersOf(number, sop.TandaTerima)[0].ID()
		switch end {
		case "held", "let go":
			x.Must(x.Tell(number, sop.Person{}, sop.Instruct{Verb: "hold", Arg: "operator"}))
		case "put aside":
			x.Write(func(tx store.Tx) error { return tx.Put("letters", []byte(id), []byte("{")) })
			x.Set(o.Now().Add(time.Hour))
		case "expired":
			x.Write(func(tx store.Tx) error { return tx.Delete("letters", []byte(id)) })
		case "no disk":
			x.DB.Fail(func(op, bucket, _ string) error {
				if op == "get" && bucket == "letters" {
					return syscall.EIO
				}
				return nil
			})
		}
		due(t, o)
		due(t, o)
		if said := strings.Contains(health.Faults()["outbox"], "blocked"); said != (end == "waits" || end == "no disk") {
			t.Errorf("%s: health says %v", end, health.Faults())
		}
		if end == "let go" {
			x.Must(x.Tell(number, sop.Person{}, sop.Instruct{Verb: "release"}))
			x.Set(o.Now().Add(time.Hour))
			refuse()
			if !strings.Contains(health.Faults()["outbox"], "blocked") {
				t.Errorf("%s: health says %v", end, health.Faults())
			}
		}
	}
}

func encoded(t *testing.T, r store.LetterRow) []byte {
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestRestoreOverABrokenRow: a broken outbox row keeps no backup from being restored; the letters beside it go into doubt. The
// control: a disk that cannot be read does.
func TestRestoreOverABrokenRow(t *testing.T) {
	x, o := opened(t, nil)
	number, err := x.Request(officetest.Staff, 1)
	x.Must(err)
	unclaim(x, due(t, o))
	x.Write(func(tx store.Tx) error {
		row := func(key string) error {
			return tx.Put("outbox", fmt.Appendf(nil, "%020d/%s", monday.UnixNano(), key), nil)
		}
		return errors.Join(row(number+"/99/selesai"), row(number+"/97/selesai"), tx.Put("letters", []byte(number+"/97/selesai"), []byte("{")))
	})
	restore := func() error {
		return x.DB.Update(t.Context(), func(tx store.Tx) error {
			_, err := store.In(tx).State.Restore(store.Restored{At: monday})
			return err
		})
	}
	x.DB.Fail(func(op, bucket, _ string) error {
		if op == "get" && bucket == "letters" {
			return syscall.EIO
		}
		return nil
	})
	if err := restore(); !errors.Is(err, syscall.EIO) {
		t.Errorf("control: %v", err)
	}
	x.DB.Fail(nil)
	x.Must(restore())
	x.Look(func(b store.Books) error {
		row, ok, err := b.Letters.Get(number, "1/tanda-terima")
		if !ok || row.State != store.InDoubt {
			t.Errorf("the letter beside them is %s", row.State)
		}
		return err
	})
}

// TestTriedThenHeldThenGreylisted (A12): a letter that was tried as often as it takes, then held for days, is not given up at its first
// greylisting after the hold.
func TestTriedThenHeldThenGreylisted(t *testing.T) {
	x, o := opened(t, nil)
	number, err := x.Request(officetest.Staff, 1)
	x.Must(err)
	pick := func(list []store.Claimed) (store.Claimed, bool) {
		i := slices.IndexFunc(list, func(c store.Claimed) bool { return c.Row.Case == number && c.Row.Letter.Kind == sop.TandaTerima })
		if i < 0 {
			return store.Claimed{}, false
		}
		return list[i], true
	}
	for n := 0; n < minTries; {
		if l, ok := pick(due(t, o)); ok {
			n++
			end(t, o, postman.Deferred, l)
		}
		x.Set(o.Now().Add(30 * time.Minute))
	}
	t.Logf("tried %d times until %s", minTries, o.Now())
	x.Must(x.Tell(number, sop.Person{}, sop.Instruct{Verb: "hold", Arg: "operator"}))
	x.Set(monday.AddDate(0, 0, 9))
	x.Must(x.Tell(number, sop.Person{}, sop.Instruct{Verb: "release"}))
	l, ok := pick(due(t, o))
	if !ok {
		t.Fatal("it does not go after the hold")
	}
	end(t, o, postman.Deferred, l)
	if row := x.LettersOf(number, sop.TandaTerima)[0]; row.State != store.Deferred {
		t.Errorf("greylisted once after the hold: %s", row.State)
	}
}

// TestIdleTimeIsNotTried (A12): a letter that was tried as often as it takes, then waited nine days because the machine was off, or the
// books were restored, is not given up at its first greylisting after it; nor one that was on its way when the machine went off. The control
// is one that was tried all the time.
func TestIdleTimeIsNotTried(t *testing.T) {
	for _, why := range []string{"control", "off", "off while it was sent", "restored", "control, in doubt"} {
		x, o := opened(t, nil)
		number, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		try := func(outcome postman.Outcome) (tried bool) {
			for _, c := range due(t, o) {
				if c.Row.Case == number && c.Row.Letter.Kind == sop.TandaTerima {
					if tried = true; outcome >= 0 {
						end(t, o, outcome, c)
					}
				}
			}
			return tried
		}
		step, days := 30*time.Minute, 0
		if strings.HasPrefix(why, "control") {
			step, days = 4*time.Hour, 9
		}
		for n := 0; n < minTries || o.Now().Before(monday.AddDate(0, 0, days)); x.Set(o.Now().Add(step)) {
			last := !o.Now().Add(step).Before(monday.AddDate(0, 0, days)) && why == "control, in doubt"
			outcome := postman.Deferred
			if last || why == "control, in doubt" && n >= minTries {
				outcome = postman.InDoubt
			}
			if try(outcome) {
				n++
			}
			if x.LettersOf(number, sop.TandaTerima)[0].State == store.Failed {
				break
			}
		}
		switch why {
		case "off while it was sent":
			x.Set(o.Now().Add(3 * time.Hour))
			if !try(-1) {
				t.Fatal("not due")
			}
			x.Set(monday.AddDate(0, 0, 9))
			x.Must(o.recover(t.Context()))
			x.Set(o.Now().Add(time.Hour))
		case "restored":
			x.Set(monday.AddDate(0, 0, 9))
			x.Write(func(tx store.Tx) error {
				_, err := store.In(tx).State.Restore(store.Restored{At: o.Now()})
				return errors.Join(err, store.In(tx).State.Reconciled())
			})
		case "off":
			x.Set(monday.AddDate(0, 0, 9))
		}
		if !strings.HasPrefix(why, "control") && !try(postman.Deferred) {
			t.Fatalf("%s: not due", why)
		}
		want := map[string]store.LetterState{"control": store.Failed, "control, in doubt": store.Failed}[why]
		if want == "" {
			want = store.Deferred
		}
		row := x.LettersOf(number, sop.TandaTerima)[0]
		if unknown := strings.HasPrefix(row.Answer, "Tidak diketahui"); row.State != want || unknown != (why == "control, in doubt") {
			t.Errorf("%s: %s, %s", why, row.State, row.Answer)
		}
	}
}

// TestLogFaultHasAnEnd (A13): that the log of sending cannot be written stands in health until it can, although no letter goes. The control is
// a disk that still takes nothing.
func TestLogFaultHasAnEnd(t *testing.T) {
	for _, well := range []bool{true, false} {
		var health queue.Health
		x, o := opened(t, &health)
		l, err := OpenSendLog(filepath.Join(t.TempDir(), "sending.log"), "boot")
		x.Must(err)
		x.Must(l.Begin())
		o.Log = l
		x.Must(l.file.Close())
		if o.begin(store.LetterRow{Case: store.Office}) == nil || health.Faults()["outbox"] == "" {
			t.Fatal("no fault")
		}
		l.file = nil
		if !well {
			l.path = filepath.Join(l.path, "none")
		}
		next, err := o.claimDue(t.Context())
		x.Must(err)
		if told := health.Faults()["outbox"] != ""; told == well || told && next.After(o.Now().Add(logLook)) {
			t.Errorf("well %v: health says %v, next look %s", well, health.Faults(), next)
		}
	}
}
