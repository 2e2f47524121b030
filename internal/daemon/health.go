package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// health is what each loop last said of itself.
type health struct {
	mu      sync.Mutex
	faults  map[string]string
	last    time.Time
	busy    atomic.Int32 // rounds of intake under way
	backlog atomic.Int32 // rounds in which many mails are read
	sending atomic.Int32 // letters that the mail server is being given
}

func (h *health) fault(loop string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.faults == nil {
		h.faults = map[string]string{}
	}
	h.faults[loop] = err.Error()
}

func (h *health) fine(loop string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.faults, loop)
}

func (h *health) progress(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = now
}

// Faults are the loops that are in trouble now, with the reason.
func (d *Daemon) Faults() map[string]string {
	d.state.mu.Lock()
	defer d.state.mu.Unlock()
	out := map[string]string{}
	for k, v := range d.state.faults {
		out[k] = v
	}
	return out
}

// aliveWithin is how long a round of intake may be without progress before systemd's watchdog is left to act.
const aliveWithin = 15 * time.Minute

// Alive says that the intake is idle or makes progress.
func (d *Daemon) Alive() bool {
	d.state.mu.Lock()
	defer d.state.mu.Unlock()
	return d.state.busy.Load() == 0 || d.state.last.IsZero() || time.Since(d.state.last) < aliveWithin
}

func listenTCP(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("open the status page at %s: %w", addr, err)
	}
	return ln, nil
}

// listenSocket opens the control socket for the owner alone. The store's lock has been taken: a socket that is there is stale.
func listenSocket(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the stale control socket: %w", err)
	}
	ln, err := net.Listen("unix", path)
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
