package outbox

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// killed is a log as a program leaves it that was killed after what it did: row 1 had only been claimed, the DATA of row 2 had
// begun, row 3 was taken, row 4 was taken and is in the books.
func killed(t *testing.T, path, boot string) (rows [5]store.LetterRow) {
	t.Helper()
	l, err := OpenSendLog(path, boot)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Begin(); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		rows[i] = store.LetterRow{Case: "PKJ-2026-0001", Letter: sop.Letter{Key: "1/kredensial \n" + string(rune('0'+i))}, Attempts: 2, Run: l.Run()}
	}
	for i, r := range rows {
		if i >= 2 {
			err = l.Begun(r)
		}
		if i >= 3 && err == nil {
			err = l.Took(r, time.Unix(1780000000, 0).UTC(), "250 2.0.0 Ok")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	l.Settled(rows[4])
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func reopened(t *testing.T, path, boot string) *SendLog {
	t.Helper()
	l, err := OpenSendLog(path, boot)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// TestSendLogTellsWhatHadBegun (A15): after a kill only those letters are in doubt whose DATA had begun and of which no answer was
// noted; all others go back to the outbox, or count as taken.
func TestSendLogTellsWhatHadBegun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sending.log")
	rows := killed(t, path, "boot-1")
	l := reopened(t, path, "boot-1")
	for i, want := range map[int]struct{ notBegun, accepted bool }{1: {true, false}, 2: {false, false}, 3: {false, true}} {
		s, accepted := l.Accepted(rows[i])
		if l.NotBegun(rows[i]) != want.notBegun || accepted != want.accepted {
			t.Errorf("row %d: not begun %v, accepted %v", i, l.NotBegun(rows[i]), accepted)
		}
		if accepted && (s.Result.Text != "250 2.0.0 Ok" || s.At.Unix() != 1780000000) {
			t.Errorf("row %d: %+v", i, s)
		}
	}
	if err := l.Begin(); err != nil {
		t.Fatal(err)
	}
	if l.NotBegun(rows[1]) {
		t.Error("a log that has begun anew vouches for the run before")
	}
}

// TestSendLogVouchesOnlyForItsRun: what it does not know for certain is in doubt.
func TestSendLogVouchesOnlyForItsRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sending.log")
	rows := killed(t, path, "boot-1")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := rows[1]
	other.Run = "another run"
	earlier := rows[2] // of books that are older than the log
	earlier.Attempts = 1
	for name, x := range map[string]struct {
		boot, text string
		row        store.LetterRow
	}{
		"another boot of the machine": {"boot-2", string(raw), rows[1]},
		"a boot that nobody knows":    {"", string(raw), rows[1]},
		"another run":                 {"boot-1", string(raw), other},
		"an older attempt":            {"boot-1", string(raw), earlier},
		"an empty log":                {"boot-1", "", rows[1]},
		"a log cut off above":         {"boot-1", string(raw[strings.IndexByte(string(raw), '\n'):]), rows[1]},
		"no run in it":                {"boot-1", "boot-1", rows[1]},
	} {
		if err := os.WriteFile(path, []byte(x.text), 0o600); err != nil {
			t.Fatal(err)
		}
		l := reopened(t, path, x.boot)
		if _, accepted := l.Accepted(x.row); l.NotBegun(x.row) || accepted {
			t.Errorf("%s: it vouches", name)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if reopened(t, path, "boot-1").NotBegun(rows[1]) {
		t.Error("no log: it vouches")
	}
	if (*SendLog)(nil).NotBegun(rows[1]) {
		t.Error("nil: it vouches")
	}
}

// TestSendLogCutShort: a note that a full disk cut short spoils neither the next one nor what stood before.
func TestSendLogCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sending.log")
	l, err := OpenSendLog(path, "boot-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Begin(); err != nil {
		t.Fatal(err)
	}
	first := store.LetterRow{Case: "PKJ-2026-0001", Letter: sop.Letter{Key: "1"}, Attempts: 1, Run: l.Run()}
	next := first
	next.Letter.Key = "2"
	line := sendNote{ID: first.ID(), Attempt: 1}.line()
	if _, err := l.file.Write(line[:len(line)/2]); err != nil {
		t.Fatal(err)
	}
	if err := l.Begun(next); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = reopened(t, path, "boot-1")
	if l.NotBegun(next) {
		t.Error("a letter whose DATA had begun counts as not begun")
	}
	if !l.NotBegun(first) {
		t.Error("DATA was never announced where the note failed")
	}
	if err := l.Begun(first); err == nil {
		t.Error("a log that was not begun takes notes")
	}
}

// TestSendLogIsBounded: what is in the books leaves it, what is not stays.
func TestSendLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sending.log")
	l, err := OpenSendLog(path, "boot-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Begin(); err != nil {
		t.Fatal(err)
	}
	waits := store.LetterRow{Case: "PKJ-2026-0001", Letter: sop.Letter{Key: "waits"}, Attempts: 1, Run: l.Run()}
	if err := l.Begun(waits); err != nil {
		t.Fatal(err)
	}
	r := waits
	for n := range 3 * maxSendLog / 200 {
		r.Letter.Key, r.Attempts = strings.Repeat("k", 180), n+1
		if err := l.Begun(r); err != nil {
			t.Fatal(err)
		}
		l.Settled(r)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil || st.Size() > maxSendLog+maxSendLog/8 {
		t.Errorf("%d bytes %v", st.Size(), err)
	}
	if l = reopened(t, path, "boot-1"); l.NotBegun(waits) {
		t.Error("a letter that is being sent was forgotten")
	}
}

// TestTakenLetterIsNotSentAgain (A15): a letter that the server took stays taken over any number of starts, and of boots, while its
// case or its own row cannot be read: what the log says of it stays there until it is in the books. The control is a letter of which
// nobody knows that it was taken: it is in doubt, and goes again.
func TestTakenLetterIsNotSentAgain(t *testing.T) {
	for _, bucket := range []string{"cases", "letters"} {
		for starts, taken := range map[int]bool{0: true, 1: true, 2: true, 5: true, 3: false} {
			x, o := opened(t, nil)
			path := filepath.Join(t.TempDir(), "sending.log")
			start := func(boot string) {
				log := reopened(t, path, boot)
				var err error
				o, err = New(t.Context(), Options{Clerk: x.Clerk, Post: o.Post, Log: log})
				x.Must(err)
				o.ready.open(maxReady)
			}
			start("boot-1")
			number, err := x.Request(officetest.Staff, 1)
			x.Must(err)
			r := due(t, o)[0].Row
			x.Must(o.begin(r))
			if taken {
				o.taken(r, "250 2.0.0 Ok")
			}
			key := map[string]string{"cases": "2026/00000001", "letters": r.ID()}[bucket]
			var whole []byte
			x.Write(func(tx store.Tx) error {
				raw, err := tx.Get(bucket, []byte(key))
				whole = bytes.Clone(raw)
				return errors.Join(err, tx.Put(bucket, []byte(key), []byte("{")))
			})
			for i := range starts {
				start("boot-" + string(rune('1'+i/2)))
			}
			x.Write(func(tx store.Tx) error { return tx.Put(bucket, []byte(key), whole) })
			start("boot-9")
			x.Set(o.Now().Add(2 * doubtPause))
			if again := slices.ContainsFunc(due(t, o), func(c store.Claimed) bool { return c.Row.ID() == r.ID() }); again == taken {
				t.Errorf("%s, %d starts: it was taken: %v, it goes again: %v", bucket, starts, taken, again)
			}
			row := x.LettersOf(number, r.Letter.Kind)[0]
			raw, err := os.ReadFile(path)
			if x.Must(err); taken && (row.State != store.Accepted || bytes.Contains(raw, []byte("250 2.0.0"))) {
				t.Errorf("%s, %d starts: it is %s; the log: %q", bucket, starts, row.State, raw)
			}
		}
	}
}

// TestTakenLetterThatStaysUnreadable: a letter that the server took and that can never be read again is put aside once, and leaves the log.
func TestTakenLetterThatStaysUnreadable(t *testing.T) {
	for _, row := range []string{"{", ""} {
		var health queue.Health
		x, o := opened(t, &health)
		path := filepath.Join(t.TempDir(), "sending.log")
		start := func() (err error) {
			o, err = New(t.Context(), Options{Clerk: x.Clerk, Health: &health, Post: o.Post, Log: reopened(t, path, "boot-1")})
			return err
		}
		x.Must(start())
		o.ready.open(maxReady)
		_, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		r := due(t, o)[0].Row
		x.Must(o.begin(r))
		o.taken(r, "250 2.0.0 Ok")
		x.Write(func(tx store.Tx) error {
			if row == "" {
				return tx.Delete("letters", []byte(r.ID()))
			}
			return tx.Put("letters", []byte(r.ID()), []byte(row))
		})
		x.Must(start())
		if !strings.Contains(health.Faults()["outbox"], r.ID()) {
			t.Errorf("health says %v", health.Faults())
		}
		for left := o.unsettled; len(left) > 0 && o.Now().Before(monday.AddDate(0, 0, 1)); x.Set(o.Now().Add(10 * time.Minute)) {
			left, err = o.Settle(t.Context(), left)
			x.Must(err)
		}
		x.Must(start())
		raw, err := os.ReadFile(path)
		x.Must(err)
		if n, told := len(asides(x)), len(x.LettersOf(store.Office, sop.PeringatanOperator)); n != 1 || told != 1 || len(health.Faults()) > 0 || bytes.Contains(raw, []byte("250")) {
			t.Errorf("%d put aside, %d letters, health %v, the log %q", n, told, health.Faults(), raw)
		}
	}
}
