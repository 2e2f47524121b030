package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/daemon"
	"ukpbjd/internal/store/bolt"
)

// TestLookingNeedsNoLock: without a daemon, commands that only look can be given while others read the books, and write nothing
// into them. One that changes something cannot.
func TestLookingNeedsNoLock(t *testing.T) {
	s, config, _ := played(t)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (int, string) { return tryRun(t, append([]string{"--config", config}, args...)...) }
	_, said := run("cases")
	number := ""
	for w := range strings.FieldsSeq(said) {
		if strings.HasPrefix(w, "PKJ-") {
			number = w
		}
	}
	code, events := run("show", "--json", number)
	if number == "" || code != 0 {
		t.Fatal(said, events)
	}
	reading, err := bolt.Open(filepath.Join(s.Config.Storage.Path, daemon.StoreName), bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	for _, args := range [][]string{{"cases"}, {"cases", "--open", "--json"}, {"show", number}, {"why", number}, {"enrol", "--show"},
		{"sheet", number, "-o", filepath.Join(t.TempDir(), "kendali.pdf")}} {
		if code, said := run(args...); code != 0 {
			t.Errorf("%v: %d %s", args, code, said)
		}
	}
	if code, said := run("show", "PKJ-2026-9999"); code != exitUsage {
		t.Errorf("a case that is none: %d %s", code, said)
	}
	if code, said := run("hold", number); code != exitUnavailable { // the control
		t.Errorf("hold: %d %s", code, said)
	}
	if code, again := run("show", "--json", number); code != 0 || again != events {
		t.Errorf("the case is another: %d\n%s\n%s", code, events, again)
	}
}
