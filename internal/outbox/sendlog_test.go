package outbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
