package mailbox

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

const (
	writePiece  = 64 << 10
	writeWithin = time.Minute
)

// idleTimeoutConn keeps deadlines of its own in place of go-imap's. Those give a whole literal 5 minutes, network and reader together;
// here, while an answer is expected, each silence is limited, so that a large mail on a slow line arrives.
type idleTimeoutConn struct {
	net.Conn
	raw net.Conn // under TLS

	mu     sync.Mutex
	quiet  time.Duration // 0: nothing is expected
	silent bool          // a read ran into the limit
	cut    bool
}

func newIdleTimeoutConn(c, raw net.Conn) *idleTimeoutConn { return &idleTimeoutConn{Conn: c, raw: raw} }

// expect sets the longest silence from now on, and tells whether the last one was broken.
func (c *idleTimeoutConn) expect(quiet time.Duration) (silent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = quiet
	c.extend()
	return c.silent
}

func (c *idleTimeoutConn) extend() {
	var t time.Time
	if c.quiet > 0 {
		t = time.Now().Add(c.quiet)
	}
	c.raw.SetReadDeadline(t) //nolint:errcheck // a connection that is gone says so at the next read
}

func (c *idleTimeoutConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.silent = true
	} else if n > 0 && c.quiet > 0 {
		c.extend()
	}
	return n, err
}

func (c *idleTimeoutConn) Write(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		piece := b[:min(len(b), writePiece)]
		c.raw.SetWriteDeadline(time.Now().Add(writeWithin)) //nolint:errcheck // as above
		var k int
		k, err = c.Conn.Write(piece)
		n, b = n+k, b[k:]
		c.mu.Lock()
		if k > 0 && c.quiet > 0 {
			c.extend() // while we speak, silence of the other side is polite
		}
		c.mu.Unlock()
	}
	return n, err
}

// abort frees whoever reads or writes.
func (c *idleTimeoutConn) abort() {
	c.mu.Lock()
	c.cut = true
	c.mu.Unlock()
	c.raw.Close()
}

func (c *idleTimeoutConn) aborted() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.cut }

func (c *idleTimeoutConn) Close() error                     { return c.raw.Close() }
func (c *idleTimeoutConn) SetDeadline(time.Time) error      { return nil }
func (c *idleTimeoutConn) SetReadDeadline(time.Time) error  { return nil }
func (c *idleTimeoutConn) SetWriteDeadline(time.Time) error { return nil }
