package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

const connectWithin = 30 * time.Second

// connect signs in when the gate lets it; all its errors are unreachable.
func (b *Box) connect(ctx context.Context, patient bool) (*session, error) {
	s, err := b.gate.pass(ctx, patient, b.signedIn)
	if err != nil && !is[*unreachable](err) {
		err = &unreachable{err}
	}
	return s, err
}

func (b *Box) signedIn(ctx context.Context) (*session, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*connectWithin, errSlow)
	defer cancel()
	s, err := b.dial(ctx)
	if err == nil {
		if err = s.signIn(ctx); err != nil {
			s.drop()
		}
	}
	if err != nil {
		return nil, &unreachable{&ownError{fmt.Errorf("connect to %s: %w", b.opt.Address, err)}}
	}
	return s, nil
}

func (b *Box) dial(ctx context.Context) (*session, error) {
	host, _, err := net.SplitHostPort(b.opt.Address)
	if err != nil {
		return nil, err
	}
	if b.opt.Security == "none" && !loopback(host) {
		return nil, errors.New("security none is for loopback addresses only")
	}
	raw, err := b.opt.Dial(ctx, "tcp", b.opt.Address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	s := &session{box: b, exists: map[string]bool{}, news: make(chan struct{}, 1)}
	if err := s.greet(ctx, raw, host); err != nil {
		raw.Close()
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, err
	}
	return s, nil
}

// greet speaks TLS as configured and waits for the greeting.
func (s *session) greet(ctx context.Context, raw net.Conn, host string) error {
	conf := cmp.Or(s.box.opt.TLS, &tls.Config{MinVersion: tls.VersionTLS12}).Clone()
	conf.ServerName = cmp.Or(conf.ServerName, host)
	opt := &imapclient.Options{TLSConfig: conf, UnilateralDataHandler: s.listener()}
	s.conn = &idleTimeoutConn{Conn: raw, raw: raw}
	s.conn.expect(min(connectWithin, s.box.opt.Timeout))
	var err error
	switch s.box.opt.Security {
	case "starttls":
		s.client, err = imapclient.NewStartTLS(s.conn, opt)
	case "none":
		s.client = imapclient.New(s.conn, opt)
	default:
		secured := tls.Client(raw, conf)
		if err = secured.HandshakeContext(ctx); err == nil {
			s.conn.Conn = secured
			s.conn.expect(min(connectWithin, s.box.opt.Timeout))
			s.client = imapclient.New(s.conn, opt)
		}
	}
	if err != nil {
		return fmt.Errorf("start TLS: %w", err)
	}
	if err := s.client.WaitGreeting(); err != nil {
		s.drop()
		return fmt.Errorf("wait for the greeting: %w", err)
	}
	return nil
}

// listener runs in the reader's goroutine, so it only rings.
func (s *session) listener() *imapclient.UnilateralDataHandler {
	return &imapclient.UnilateralDataHandler{Mailbox: func(data *imapclient.UnilateralDataMailbox) {
		if data.NumMessages == nil {
			return
		}
		select {
		case s.news <- struct{}{}:
		default:
		}
	}}
}

func (s *session) signIn(ctx context.Context) error {
	if s.client.State() == imap.ConnStateNotAuthenticated {
		if err := s.login(ctx); err != nil {
			return err
		}
	}
	err := s.brief(ctx, "ask for capabilities", func() error {
		if s.caps = s.client.Caps(); s.caps == nil {
			return errors.New("no answer")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.learnNames(ctx)
}

func (s *session) login(ctx context.Context) error {
	user, password := s.box.opt.Username, s.box.opt.Password
	err := s.brief(ctx, "log in", func() error {
		caps := s.client.Caps()
		switch {
		case !caps.Has(imap.CapLoginDisabled):
			return s.client.Login(user, password.Reveal()).Wait()
		case caps.Has(imap.AuthCap("PLAIN")):
			return s.client.Authenticate(sasl.NewPlainClient("", user, password.Reveal()))
		}
		return errors.New("server offers no login here; TLS may be needed")
	})
	var said *imap.Error
	if errors.As(err, &said) && said.Type == imap.StatusResponseTypeNo && said.Code != imap.ResponseCodeUnavailable {
		return fmt.Errorf("%w as %s: %q", ErrLogin, user, said.Text)
	}
	return err
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

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
