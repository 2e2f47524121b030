package bottle

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// wires are a network inside the bubble: what waits on it waits durably, so that the virtual clock goes on.
type wires struct {
	mu    sync.Mutex
	ports map[string]*port
	next  int
}

func (w *wires) listen(_, address string) (net.Listener, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if number == "0" {
		w.next++
		address = fmt.Sprintf("%s:%d", host, 1000+w.next)
	}
	if w.ports == nil {
		w.ports = map[string]*port{}
	}
	if w.ports[address] != nil {
		return nil, syscall.EADDRINUSE
	}
	p := &port{of: w, at: place(address), calls: make(chan net.Conn, 100), shut: make(chan struct{})}
	w.ports[address] = p
	return p, nil
}

func (w *wires) dial(ctx context.Context, _, address string) (net.Conn, error) {
	w.mu.Lock()
	p := w.ports[address]
	w.mu.Unlock()
	if p == nil {
		return nil, fmt.Errorf("dial %s: %w", address, syscall.ECONNREFUSED)
	}
	up, down := newFlow(), newFlow()
	here, there := &end{in: down, out: up, at: p.at}, &end{in: up, out: down, at: p.at}
	select {
	case p.calls <- there:
		return here, nil
	case <-p.shut:
		return nil, fmt.Errorf("dial %s: %w", address, syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func place(address string) net.Addr {
	a, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		panic(err)
	}
	return a
}

// port is a listener.
type port struct {
	of    *wires
	at    net.Addr
	calls chan net.Conn
	shut  chan struct{}
	once  sync.Once
}

func (p *port) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.shut:
		return nil, net.ErrClosed
	}
}

func (p *port) Addr() net.Addr { return p.at }

func (p *port) Close() error {
	p.once.Do(func() {
		p.of.mu.Lock()
		delete(p.of.ports, p.at.String())
		p.of.mu.Unlock()
		close(p.shut)
	})
	return nil
}

// flow is one direction of a connection; it holds any number of bytes that nobody has read yet.
type flow struct {
	mu      sync.Mutex
	bytes   []byte
	closed  bool
	until   time.Time // for the reader
	changed chan struct{}
}

func newFlow() *flow { return &flow{changed: make(chan struct{})} }

// change does something to the flow and tells the reader.
func (f *flow) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *flow) read(b []byte) (n int, wait <-chan struct{}, until time.Time, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case len(f.bytes) > 0 && len(b) > 0:
		n = copy(b, f.bytes)
		f.bytes = f.bytes[n:]
		return n, nil, until, nil
	case f.closed:
		return 0, nil, until, io.EOF
	case !f.until.IsZero() && !time.Now().Before(f.until):
		return 0, nil, until, os.ErrDeadlineExceeded
	}
	return 0, f.changed, f.until, nil
}

// end is one end of a connection.
type end struct {
	in, out *flow
	at      net.Addr
}

func (e *end) Read(b []byte) (int, error) {
	for {
		n, wait, until, err := e.in.read(b)
		if wait == nil {
			return n, err
		}
		if until.IsZero() {
			<-wait
			continue
		}
		late := time.NewTimer(time.Until(until))
		select {
		case <-wait:
		case <-late.C:
		}
		late.Stop()
	}
}

func (e *end) Write(b []byte) (n int, err error) {
	e.out.change(func() {
		if e.out.closed {
			err = syscall.EPIPE
			return
		}
		e.out.bytes = append(e.out.bytes, b...)
		n = len(b)
	})
	return n, err
}

func (e *end) Close() error {
	for _, f := range []*flow{e.in, e.out} {
		f.change(func() { f.closed = true })
	}
	return nil
}

func (e *end) LocalAddr() net.Addr  { return e.at }
func (e *end) RemoteAddr() net.Addr { return e.at }

func (e *end) SetDeadline(t time.Time) error { return e.SetReadDeadline(t) }
func (e *end) SetReadDeadline(t time.Time) error {
	e.in.change(func() { e.in.until = t })
	return nil
}
func (e *end) SetWriteDeadline(time.Time) error { return nil } // nothing waits for room
