package postman

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// session is one greeted, logged-in connection. It belongs to one Send at a time, or to the idle list.
type session struct {
	c      *smtp.Client
	conn   *bounded // beneath TLS
	wire   *wire    // above it
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
	if err := p.refused(); err != nil {
		return nil, err
	}
	s, err := p.connect(ctx)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		p.fails(err)
	}
	return s, err
}

func (p *Postman) connect(ctx context.Context) (*session, error) {
	within, cancel := context.WithTimeout(ctx, p.o.Timeout)
	defer cancel()
	raw, err := p.o.Dial(within, "tcp", p.o.Address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", p.o.Address, err)
	}
	s := &session{conn: &bounded{Conn: raw}, step: p.o.Timeout, last: p.o.DotTimeout}
	s.wire = &wire{Conn: s.conn}
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
	if p.o.Security == "starttls" {
		if err := p.upgrade(ctx, s); err != nil {
			return fmt.Errorf("encrypt the connection to %s: %w", p.o.Address, err)
		}
	}
	s.begin(p.o.Timeout)
	if err := s.c.Hello(p.o.HELO); err != nil {
		return fmt.Errorf("greet %s: %w", p.o.Address, err)
	}
	return p.login(ctx, s)
}

// greet does TLS first where that is asked for, and reads the server's greeting.
func (p *Postman) greet(ctx context.Context, s *session) (err error) {
	switch p.o.Security {
	case "tls":
		if err := p.encrypt(ctx, s); err != nil {
			return fmt.Errorf("encrypt the connection to %s: %w", p.o.Address, err)
		}
	case "starttls":
	case "none":
		if a, ok := s.conn.RemoteAddr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
			return fmt.Errorf("connect to %s: without encryption only a loopback address is allowed", p.o.Address)
		}
	default:
		return fmt.Errorf("connect to %s: security %q is not one of tls, starttls, none", p.o.Address, p.o.Security)
	}
	s.begin(p.o.Timeout)
	if s.c, err = smtp.NewClient(s.wire, p.host); err != nil {
		return fmt.Errorf("greeting of %s: %w", p.o.Address, err)
	}
	return nil
}

// upgrade speaks STARTTLS by hand: go-mail would read what follows past the wire. Its own EHLO comes after, encrypted, and
// so knows nothing of what the bare line said (RFC 3207 §4.2).
func (p *Postman) upgrade(ctx context.Context, s *session) error {
	offers, err := s.command(250, "EHLO "+p.o.HELO)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(strings.Split(offers, "\n"), func(l string) bool { return strings.EqualFold(strings.TrimSpace(l), "STARTTLS") }) {
		return errors.New("the server offers no STARTTLS")
	}
	if _, err := s.command(220, "STARTTLS"); err != nil {
		return err
	}
	if s.c.Text.R.Buffered() > 0 || len(s.wire.held) > 0 {
		return errors.New("bare words came behind the answer to STARTTLS") // they would be believed as if encrypted
	}
	return p.encrypt(ctx, s)
}

func (s *session) command(expect int, line string) (answer string, err error) {
	s.begin(s.step)
	if err := s.c.Text.PrintfLine("%s", line); err != nil {
		return "", err
	}
	_, answer, err = s.c.Text.ReadResponse(expect)
	return answer, err
}

func (p *Postman) encrypt(ctx context.Context, s *session) error {
	s.begin(s.step)
	t := tls.Client(s.conn, p.tlsConfig())
	s.wire.Conn = t
	return t.HandshakeContext(ctx)
}

func (p *Postman) tlsConfig() *tls.Config {
	c := cmp.Or(p.o.TLS, &tls.Config{}).Clone()
	c.ServerName = cmp.Or(c.ServerName, p.host)
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	return c
}

// login uses the first mechanism that both sides have. CRAM-MD5 is left out: BSSN 4/2021 wants no obsolete cryptography.
func (p *Postman) login(ctx context.Context, s *session) error {
	if p.o.Username == "" {
		return nil
	}
	select {
	case p.logins <- struct{}{}:
		defer func() { <-p.logins }()
	case <-ctx.Done():
		return fmt.Errorf("log in to %s: %w", p.o.Address, ctx.Err())
	}
	if err := p.refused(); err != nil {
		return err // another connection has learnt it meanwhile
	}
	_, list := s.c.Extension("AUTH")
	offered := " " + strings.ToUpper(list) + " "
	var auth smtp.Auth
	const bare = true // go-mail cannot see through the wire; greet made sure of TLS, or of loopback
	switch user, pass := p.o.Username, p.o.Password.Reveal(); {
	case strings.Contains(offered, " PLAIN "):
		auth = smtp.PlainAuth("", user, pass, p.host, bare)
	case strings.Contains(offered, " LOGIN "):
		auth = smtp.LoginAuth(user, pass, p.host, bare)
	case strings.Contains(offered, " SCRAM-SHA-256 "):
		auth = smtp.ScramSHA256Auth(user, pass)
	default:
		return fmt.Errorf("log in to %s: the server offers no login that we know (%q)", p.o.Address, list)
	}
	s.begin(p.o.Timeout)
	err := s.c.Auth(auth)
	if err == nil {
		p.admits()
		return nil
	}
	if code, _ := codeOf(err); code >= 500 {
		err = fmt.Errorf("login refused by %s: %w", p.o.Address, err)
	} else {
		err = fmt.Errorf("log in to %s: %w", p.o.Address, err)
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		p.refuses(err)
	}
	return err
}

// wire is the connection as go-mail reads it, and hands on whole lines only. net/textproto takes what the end of a
// connection, or a deadline, leaves of a line for the line: a server that dies inside "250 SIZE 52428800" would be believed
// to take five bytes, and one that dies inside its answer to a letter to have refused or taken it.
type wire struct {
	net.Conn // TLS, or what lies beneath
	held     []byte
	whole    int // how many of held end in a line end
}

func (w *wire) Read(p []byte) (int, error) {
	for w.whole == 0 {
		have := len(w.held)
		w.held = slices.Grow(w.held, 4<<10) // bounded by maxAnswer
		n, err := w.Conn.Read(w.held[have:cap(w.held)])
		w.held = w.held[:have+n]
		w.whole = bytes.LastIndexByte(w.held, '\n') + 1
		if err != nil && w.whole == 0 {
			if err == io.EOF && len(w.held) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
	}
	n := copy(p, w.held[:w.whole])
	w.held, w.whole = w.held[n:], w.whole-n
	return n, nil
}
