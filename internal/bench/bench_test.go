package bench

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const floorChild = "UKPBJD_BENCH_FLOOR"

// TestFloor is no test: it is the process of one floor.
func TestFloor(t *testing.T) {
	if os.Getenv(floorChild) == "" {
		t.Skip("only as a child of TestFloors")
	}
	if err := Floor(t.Context(), os.Stdin, os.Stdout); err != nil {
		t.Fatal(err)
	}
	os.Exit(0) // the testing package would write into the answer
}

// TestFloors compares the daemon with two floors. With UKPBJD_BENCH=1 it measures a day's load, beside many stored cases too, and prints
// the report; with UKPBJD_BENCH_PROFILE=DIR the daemon leaves a CPU profile there; else three mails show that nothing is lost: figures are not for tests.
func TestFloors(t *testing.T) {
	whole := os.Getenv("UKPBJD_BENCH") != ""
	if testing.Short() || !whole && os.Getenv("UKPBJD_REAL") != "1" {
		t.Skip("builds the program, and starts processes")
	}
	program := filepath.Join(t.TempDir(), "ukpbjd")
	if said, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "ukpbjd/cmd/ukpbjd").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	o := Options{N: 3, Pad: 20_000, Members: 2, Latency: 1, Pause: time.Millisecond}
	if whole {
		o = Options{N: 1000, Pad: 100_000, Members: 3, Latency: 50, Pause: 250 * time.Millisecond, Large: true, Backlog: 10_000}
	}
	o.Dir, o.Progress = t.TempDir(), t.Output()
	profiles := os.Getenv("UKPBJD_BENCH_PROFILE")
	o.Self = func(ctx context.Context, args ...string) *exec.Cmd {
		if args[0] != "bench-floor" && profiles != "" {
			return profiled(ctx, profiles, args[1])
		}
		if args[0] != "bench-floor" {
			return exec.CommandContext(ctx, program, args...)
		}
		c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestFloor$")
		c.Env = append(os.Environ(), floorChild+"=1")
		return c
	}
	r := o.report()
	if err := o.in(func(p place) error { return o.contest(t.Context(), p, r) }); err != nil {
		t.Fatal(err)
	}
	r.besideFloors()
	if whole {
		few, err1 := o.filledStore(t.Context(), fewStored)
		many, err2 := o.filledStore(t.Context(), manyStored)
		if err := errors.Join(o.large(t.Context(), r), err1, err2); err != nil {
			t.Fatal(err)
		}
		r.besideStored(few, many, t.Output())
	}
	if len(r.Backlog) != 3 || len(r.Single) != 3 {
		t.Errorf("%+v", r)
	}
	for _, w := range r.Backlog {
		if w.Mails != o.N || w.PerSecond <= 0 {
			t.Errorf("%+v", w)
		}
	}
	var out bytes.Buffer
	if err := r.Print(&out); err != nil || !strings.Contains(out.String(), Pipelined) {
		t.Errorf("%s: %v", out.String(), err)
	}
	t.Log(out.String())
}

// contest lets floors and daemon work off the same waiting mails, then gives each the same number of single mails.
func (o Options) contest(ctx context.Context, p place, r *Report) error {
	l, err := o.waiting(ctx, p)
	if err != nil {
		return err
	}
	if err := o.waitingByFloors(ctx, p, r); err != nil {
		return err
	}
	if err := o.byDaemon(ctx, l, r); err != nil {
		return err
	}
	return o.singleByFloors(ctx, l, r)
}
