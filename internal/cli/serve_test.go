package cli

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ukpbjd/internal/config"
	"ukpbjd/internal/stage"
)

// TestServeBesideAnother (A16): serve with books of its own on a mailbox that is served ends as "unavailable", and says where the
// mark lies and what to do.
func TestServeBesideAnother(t *testing.T) {
	s, err := stage.Open(stage.Options{Dir: t.TempDir(), Change: func(c *config.Config) { c.IMAP.Start.All = true }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := *s.Config
	other.Storage.Path = t.TempDir()
	mine := s.Config
	s.Config = &other
	path, err := s.Write(t.TempDir())
	s.Config = mine
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := Main(t.Context(), []string{"--config", path, "serve"}, &out, &errs); code != exitUnavailable ||
		!strings.Contains(errs.String(), "another ukpbjd") || !strings.Contains(errs.String(), "UKPBJ/Diproses") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}

// TestBusyPort: serve on a port that another holds ends so that systemd tries again, and the unit has it tried for as long as it takes.
func TestBusyPort(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	s, err := stage.Open(stage.Options{Dir: t.TempDir(), Change: func(c *config.Config) { c.HTTP.Listen = busy.Addr().String() }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	path, err := s.Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if code, said := tryRun(t, "--config", path, "serve"); code != exitTryLater || !strings.Contains(said, "address already in use") {
		t.Errorf("exit %d: %s", code, said)
	}
	unit, err := os.ReadFile("../../deploy/ukpbjd.service")
	if err != nil {
		t.Fatal(err)
	}
	setting := func(name string) string {
		m := regexp.MustCompile(`(?m)^` + name + `=(.*)$`).FindSubmatch(unit)
		if m == nil {
			t.Fatalf("the unit says nothing of %s", name)
		}
		return string(m[1])
	}
	if limit, restart := setting("StartLimitIntervalSec"), setting("Restart"); limit != "0" || restart != "on-failure" {
		t.Errorf("systemd gives up: StartLimitIntervalSec=%s Restart=%s", limit, restart)
	}
	final := strings.Fields(setting("RestartPreventExitStatus"))
	if slices.Contains(final, strconv.Itoa(exitTryLater)) || !slices.Contains(final, strconv.Itoa(exitConfig)) {
		t.Errorf("no other start after %q", final)
	}
	if setting("ExecReload") != "/bin/kill -HUP $MAINPID" {
		t.Error("reload does not read the configuration anew")
	}
}

// said is what the daemon writes, while it writes.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
	on  *sync.Cond
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.on.Broadcast()
	return s.buf.Write(b)
}

// wait returns once text stands there so often.
func (s *said) wait(text string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for strings.Count(s.buf.String(), text) < times {
		s.on.Wait()
	}
}

// TestReread: SIGHUP takes a new configuration, and keeps the old one where the new one has faults or cannot be worked with.
func TestReread(t *testing.T) {
	s, err := stage.Open(stage.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	path, err := s.Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	errs := &said{}
	errs.on = sync.NewCond(&errs.mu)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- Main(ctx, []string{"--config", path, "serve"}, io.Discard, errs) }()
	hup := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	errs.wait(`"ready"`, 1)
	hup(string(good) + "\nnonsense: 1\n")
	errs.wait("has faults; the old one stays", 1)
	hup(string(good))
	errs.wait(`"ready"`, 2)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	hup(regexp.MustCompile(`(?m)^http:.*$`).ReplaceAllString(string(good), "http: {listen: '"+busy.Addr().String()+"'}"))
	errs.wait("cannot be opened with the new configuration", 1)
	errs.wait(`"ready"`, 3)
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("exit %d: %s", code, errs.buf.String())
	}
}
