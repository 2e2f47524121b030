package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ukpbjd/internal/stage"
)

// until is a log that ends a run when it says what was waited for.
type until struct {
	mu    sync.Mutex
	said  bytes.Buffer
	words string
	found func()
}

func (u *until) Write(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.said.Write(b)
	if strings.Contains(u.said.String(), u.words) {
		u.found()
	}
	return len(b), nil
}

// TestYearWithoutDays: a calendar that does not know the present year is said when the daemon starts, and by check.
func TestYearWithoutDays(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	dir := t.TempDir()
	s, err := stage.Open(stage.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	path, err := s.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	present := time.Now().In(s.Config.Identity.Zone).Year()
	with := func(years ...int) string {
		t.Helper()
		days := "days:\n"
		for _, y := range years {
			days += fmt.Sprintf("  - {date: %d-08-17, kind: national, name: Hari Kemerdekaan}\n", y)
		}
		calendar, config := filepath.Join(dir, "calendar.yaml"), filepath.Join(dir, "with.yaml")
		for name, text := range map[string]string{calendar: days, config: string(raw) + "deadlines: {calendar: calendar.yaml}\n"} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return config
	}
	words := fmt.Sprintf("the calendar knows no holiday of %d", present)
	check := func(config string) string {
		t.Helper()
		var out, errs bytes.Buffer
		Main(ctx, []string{"--config", config, "check"}, &out, &errs)
		if !strings.Contains(out.String(), "is well-formed") {
			t.Fatalf("%s%s", out.String(), errs.String())
		}
		return out.String()
	}
	config := with(present-1, present-2)
	if got := check(config); !strings.Contains(got, words) {
		t.Errorf("check does not say %q:\n%s", words, got)
	}
	stop, end := context.WithCancel(ctx)
	defer end()
	log := &until{words: words, found: end}
	Main(stop, []string{"--config", config, "serve"}, &bytes.Buffer{}, log)
	if ctx.Err() != nil || !strings.Contains(log.said.String(), words) {
		t.Errorf("serve does not say %q:\n%s", words, log.said.String())
	}
	if got := check(with(present, present+1)); strings.Contains(got, "the calendar knows no holiday") {
		t.Errorf("check complains of a calendar that knows the year:\n%s", got)
	}
}
