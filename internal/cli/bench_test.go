package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/bench"
)

const benchChild = "UKPBJD_BENCH_CHILD"

// TestBenchChild is no test: it is the program that TestBench starts as daemon.
func TestBenchChild(t *testing.T) {
	if os.Getenv(benchChild) == "" {
		t.Skip("only as a child of TestBench")
	}
	args := os.Args
	for i, a := range args {
		if a == "--" {
			args = args[i+1:]
			break
		}
	}
	os.Exit(Main(context.Background(), args, os.Stdout, os.Stderr))
}

// TestBench lets three requests run through the daemon. It looks at completeness only: figures are not for tests.
func TestBench(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	self := func(ctx context.Context, args ...string) *exec.Cmd {
		c := exec.CommandContext(ctx, os.Args[0], append([]string{"-test.run=^TestBenchChild$", "--"}, args...)...)
		c.Env = append(os.Environ(), benchChild+"=1")
		return c
	}
	r, err := bench.Run(ctx, bench.Options{N: 3, Pad: 20_000, Members: 2, Latency: 1, Pause: time.Millisecond, Dir: t.TempDir(), Self: self, Progress: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Backlog) != 1 || len(r.Single) != 1 || r.Sheets.Seconds <= 0 {
		t.Errorf("%+v", r)
	}
	for _, w := range r.Backlog {
		if w.Mails != 3 || w.PerSecond <= 0 {
			t.Errorf("%+v", w)
		}
	}
	var out bytes.Buffer
	if err := r.Print(&out); err != nil || !strings.Contains(out.String(), "daemon") {
		t.Errorf("%s: %v", out.String(), err)
	}
}
