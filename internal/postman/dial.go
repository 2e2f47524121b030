package postman

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// session is one greeted, logged-in connection. It belongs to one Send at a time, or to the idle list.
type session struct {
	c      *smtp.Client
	conn   *bounded // beneath TLS
	step   time.Duration
	last   time.Duration // for the answer to the final dot
	reused bool
	dirty  bool // a transaction was broken off: RSET before the next
	timer  *time.Timer
}

// maxAnswer bounds what one step may read; a server that talks without end is cut off.
const maxAnswer = 256 << 10

// bounded is a connection that gives at most so many bytes until the next step.
type bounded struct {
	net.Conn
	left int
}

var errTalkative = errors.New("the server's answer is too long")

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTalkative
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// begin gives the next step its time and its bytes.
func (s *session) begin(d time.Duration) {
	s.conn.left = maxAnswer
	s.conn.SetDeadline(time.Now().Add(d)) //nolint:errcheck // a dead connection shows in the step itself
}

// drop ends the connection at once. Never a QUIT here: go-mail would first end an open DATA, and so submit a cut letter.
func (s *session) drop() { s.conn.Close() }

// quit says goodbye, shortly, on a connection that is between two letters.
func (s *session) quit() {
	s.begin(min(s.step, 2*time.Second))
	s.c.Quit() //nolint:errcheck // it is closed in any case
	s.drop()
}

// dial makes a session: connect, greet, encrypt, log in.
func (p *Postman) dial(ctx context.Context) (*session, error) {
	d := net.Dialer{Timeout: p.o.Timeout}
	raw, err := d.DialContext(ctx, "tcp", p.o.Address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", p.o.Address, err)
	}
	s := &session{conn: &bounded{Conn: raw}, step: p.o.Timeout, last: p.o.DotTimeout}
	stop := context.AfterFunc(ctx, s.drop)
	err = p.open(ctx, s)
	if !stop() && err == nil {
		err = fmt.Errorf("connect to %s: %w", p.o.Address, ctx.Err())
	}
	if err != nil {
		s.drop()
		return nil, err
	}
	return s, nil
}

func (p *Postman) open(ctx context.Context, s *session) error {
	if err := p.greet(ctx, s); err != nil {
		return err
	}
	s.c.SkipSMTPUTF8(true)             // our addresses are plain ASCII
	s.c.SetDSNMailReturnOption("HDRS") // a bounce need not carry the letter back; sent only where DSN is offered
	s.begin(p.o.Timeout)
	if err := s.c.Hello(p.o.HELO); err != nil {
		return fmt.Errorf("greet %s: %w", p.o.Address, err)
	}
	if p.o.Security == "starttls" {
		if err := p.upgrade(s); err != nil {
			return err
		}
	}
	return p.login(s)
}

// greet does TLS first where that is asked for, and reads the server's greeting.
func (p *Postman) greet(ctx context.Context, s *session) (err error) {
	s.begin(p.o.Timeout)
	var conn net.Conn = s.conn
	switch p.o.Security {
	case "tls":
		t := tls.Client(s.conn, p.tlsConfig())
		if err := t.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("encrypt the connection to %s: %w", p.o.Address, err)
		}
		conn = t
	case "starttls":
	case "none":
		if a, ok := s.conn.RemoteAddr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
			return fmt.Errorf("connect to %s: without encryption only a loopback address is allowed", p.o.Address)
		}
	default:
		return fmt.Errorf("connect to %s: security %q is not one of tls, starttls, none", p.o.Address, p.o.Security)
	}
	s.begin(p.o.Timeout)
	if s.c, err = smtp.NewClient(conn, p.host); err != nil {
		return fmt.Errorf("greeting of %s: %w", p.o.Address, err)
	}
	return nil
}

func (p *Postman) upgrade(s *session) error {
	s.begin(p.o.Timeout)
	if ok, _ := s.c.Extension("STARTTLS"); !ok {
		return fmt.Errorf("encrypt the connection to %s: the server offers no STARTTLS", p.o.Address)
	}
	if err := s.c.StartTLS(p.tlsConfig()); err != nil {
		return fmt.Errorf("encrypt the connection to %s: %w", p.o.Address, err)
	}
	return nil
}

func (p *Postman) tlsConfig() *tls.Config {
	c := &tls.Config{}
	if p.o.TLS != nil {
		c = p.o.TLS.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = p.host
	}
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	return c
}

var errLogin = errors.New("login refused")

// login uses the first mechanism that both sides have. CRAM-MD5 is left out: BSSN 4/2021 wants no obsolete cryptography.
func (p *Postman) login(s *session) error {
	if p.o.Username == "" {
		return nil
	}
	s.begin(p.o.Timeout)
	_, list := s.c.Extension("AUTH")
	offered := " " + strings.ToUpper(list) + " "
	var auth smtp.Auth
	plain := p.o.Security == "none" // greet made sure that this is loopback
	switch user, pass := p.o.Username, p.o.Password.Reveal(); {
	case strings.Contains(offered, " PLAIN "):
		auth = smtp.PlainAuth("", user, pass, p.host, plain)
	case strings.Contains(offered, " LOGIN "):
		auth = smtp.LoginAuth(user, pass, p.host, plain)
	case strings.Contains(offered, " SCRAM-SHA-256 "):
		auth = smtp.ScramSHA256Auth(user, pass)
	default:
		return fmt.Errorf("log in to %s: the server offers no login that we know (%q)", p.o.Address, list)
	}
	if err := s.c.Auth(auth); err != nil {
		if code, _ := codeOf(err); code >= 500 {
			return fmt.Errorf("%w by %s: %w", errLogin, p.o.Address, err)
		}
		return fmt.Errorf("log in to %s: %w", p.o.Address, err)
	}
	return nil
}
