package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
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
	d := net.Dialer{
		Timeout: connectWithin, Control: userTimeout,
		// Go's default finds a silent peer after 150 s; this in under 30.
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3},
	}
	raw, err := d.DialContext(ctx, "tcp", b.opt.Address)
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
	conf := s.box.opt.TLS.Clone()
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	conf.ServerName = orElse(conf.ServerName, host)
	opt := &imapclient.Options{TLSConfig: conf, UnilateralDataHandler: s.listener()}
	s.conn = newIdleTimeoutConn(raw, raw)
	s.conn.expect(min(connectWithin, s.box.opt.Timeout))
	switch s.box.opt.Security {
	case "starttls":
		client, err := imapclient.NewStartTLS(s.conn, opt)
		if err != nil {
			return fmt.Errorf("start TLS: %w", err)
		}
		s.client = client
	case "none":
		s.client = imapclient.New(s.conn, opt)
	default:
		secured := tls.Client(raw, conf)
		if err := secured.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("start TLS: %w", err)
		}
		s.conn = newIdleTimeoutConn(secured, raw)
		s.conn.expect(min(connectWithin, s.box.opt.Timeout))
		s.client = imapclient.New(s.conn, opt)
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
