package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Faults are the queues and loops that are in trouble now, with the reason.
func (d *Daemon) Faults() map[string]string { return d.Health.Faults() }

// aliveWithin is how long a round of intake may be without progress before systemd's watchdog is left to act.
const aliveWithin = 15 * time.Minute

// Alive says that the intake is idle or makes progress.
func (d *Daemon) Alive() bool {
	last := d.Intake.Progress()
	return !d.Intake.Busy() || last.IsZero() || time.Since(last) < aliveWithin
}

// listenSocket opens the control socket for the owner alone. The store's lock has been taken: a socket that is there is stale.
func listenSocket(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the stale control socket: %w", err)
	}
	// A chmod of the path comes too late, and a umask would be every goroutine's: Linux takes the mode that the socket has at bind.
	private := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var faulty error
		err := c.Control(func(fd uintptr) { faulty = syscall.Fchmod(int(fd), 0o600) })
		return errors.Join(err, faulty)
	}}
	ln, err := private.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	return ln, os.Chmod(path, 0o600)
}

// serveHTTP serves until ctx ends, then lets requests under way finish.
func serveHTTP(ctx context.Context, ln net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 2 * time.Minute,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	calm, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	err := s.Shutdown(calm)
	<-ended
	return err
}

const (
	gaugesEvery = 15 * time.Second
	maxDepth    = 100_000 // counting further would take time and tell nothing more
)

// gauges keeps the levels of /metrics: how many cases, letters and tasks there are now.
func (d *Daemon) gauges(ctx context.Context) error {
	for {
		if err := d.measure(ctx); err != nil && ctx.Err() == nil {
			d.Log.Warn("measure the books", "error", err)
		}
		select {
		case <-time.After(gaugesEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *Daemon) measure(ctx context.Context) error {
	d.Health.Set("clock", "loop", d.clock.Fault())
	d.Health.Set("secrets", "watch", d.Office.Unwatched())
	d.Metrics.Faults(d.Faults())
	var counts map[sop.Status]int
	var letters, tasks int
	err := d.Office.View(ctx, func(b store.Books) (err error) {
		counts, err = b.Cases.Counts()
		if _, err = store.Damaged(err); err != nil { // verify names what is missing
			return err
		}
		if _, letters, err = b.Letters.Next(maxDepth); err != nil {
			return err
		}
		tasks, err = b.Tasks.Waiting(maxDepth)
		return err
	})
	if err != nil {
		return err
	}
	d.Metrics.Cases(counts)
	d.Metrics.Outbox("waiting", letters)
	d.Metrics.Waiting(tasks)
	if last := d.Intake.Progress(); !last.IsZero() {
		d.Metrics.Progress(last)
	}
	return nil
}

// The office runs on a small machine: 96 MiB of private memory in all. The collector works at a pace that stays below by itself;
// the limit is a guard for the one large mail, and costs nothing until then.
const (
	memoryGuard = 88 << 20
	garbage     = 200 // percent
)

// LimitMemory sets the collector once for the process, unless the operator did (GOMEMLIMIT, GOGC).
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGuard)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
