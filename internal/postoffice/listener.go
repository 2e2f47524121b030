package postoffice

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

var errBusy = errors.New("a connection did not end in time")

// listener knows its connections: it can cut them all, and wait until their servers are done with them.
type listener struct {
	net.Listener
	hideIDLE bool

	mu     sync.Mutex
	closed bool
	conns  map[*conn]bool
	wg     sync.WaitGroup
}

func newListener(l net.Listener) *listener { return &listener{Listener: l, conns: map[*conn]bool{}} }

func (g *listener) Accept() (net.Conn, error) {
	nc, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		nc.Close()
		return nil, net.ErrClosed
	}
	c := &conn{Conn: nc, listener: g}
	c.left.Store(-1)
	g.conns[c] = true
	g.wg.Add(1)
	return c, nil
}

func (g *listener) cutAll() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.cut()
}

// cut closes the connections that are open now; new ones are welcome.
func (g *listener) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		c.Conn.Close()
	}
}

func (g *listener) wait(d time.Duration) error { return within(d, g.wg.Wait) }

// conn can break off after a number of written bytes. Close is called by the server when it is done with it.
type conn struct {
	net.Conn
	listener *listener
	left     atomic.Int64 // bytes until the break; negative is never
	once     sync.Once
}

func (c *conn) breakAfter(n int64) { c.left.Store(n) }

func (c *conn) Write(b []byte) (int, error) {
	if c.listener.hideIDLE && bytes.Contains(b, []byte("CAPABILITY")) {
		b = bytes.ReplaceAll(b, []byte(" IDLE"), []byte(" XNIL"))
	}
	left := c.left.Load()
	if left < 0 {
		return c.Conn.Write(b)
	}
	if int64(len(b)) < left {
		c.left.Add(-int64(len(b)))
		return c.Conn.Write(b)
	}
	n, _ := c.Conn.Write(b[:left])
	c.Conn.Close()
	return n, net.ErrClosed
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.listener.mu.Lock()
		delete(c.listener.conns, c)
		c.listener.mu.Unlock()
		c.listener.wg.Done()
	})
	return err
}

func within(d time.Duration, wait func()) error {
	done := make(chan struct{})
	go func() { wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-time.After(d):
		return errBusy
	}
}
