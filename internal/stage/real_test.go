package stage

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/smtp"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/message"
	"ukpbjd/internal/postoffice/realserver"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// realOffice is the office on a private Dovecot and Postfix.
type realOffice struct {
	t       *testing.T
	ctx     context.Context
	dovecot *realserver.Dovecot
	postfix *realserver.Postfix
	cast    Cast
	bundle  rehearsal.Bundle
	config  *config.Config
	log     *journal
}

// TestRealServers plays the story through Dovecot (IMAP, LMTP) and Postfix, each restarted in the middle of it.
func TestRealServers(t *testing.T) {
	t.Parallel() // Postfix waits ten seconds before it tries a closed Dovecot again
	x := openReal(t)
	d, err := daemon.Open(x.ctx, x.config, slog.New(slog.NewJSONHandler(x.log, nil)), func(o *daemon.Parts) {
		o.Outbox.DoubtPause, o.Outbox.FirstRetry = time.Second, 200*time.Millisecond
	})
	x.do(err)
	ctx, stop := context.WithCancel(x.ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, d.Close()); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if t.Failed() {
			said := x.log.bytes()
			t.Logf("the daemon said:\n%s", said[max(0, len(said)-3000):])
		}
	})
	<-d.Ready()
	to := []sop.Person{x.cast.Office}
	x.send(x.cast.Staff, x.bundle.Mail(rehearsal.Envelope{From: x.cast.Staff, To: to, Date: time.Now()}))
	x.do(x.dovecot.Restart())
	approval := x.await(x.cast.Admin, sop.Persetujuan)
	x.do(x.postfix.Restart())
	x.reply(approval, "SETUJU", rehearsal.Outlook)
	x.do(x.postfix.Restart())
	for i, m := range People(x.bundle) {
		l := x.await(m, sop.Kredensial)
		if PasswordIn(l.Msg) == "" {
			t.Errorf("the letter of %s holds no password", m.Address)
		}
		if i == 1 {
			x.do(x.dovecot.Restart())
		}
		x.reply(l, "TERIMA", rehearsal.Plain)
	}
	for _, p := range append(People(x.bundle), x.cast.Staff, x.cast.KepalaLPSE) {
		x.await(p, sop.Selesai)
	}
	x.await(x.cast.KepalaLPSE, sop.Tembusan)
	x.once(d)
}

// once: every letter stands in one mailbox once, or again byte for byte, and the books agree.
func (x *realOffice) once(d *daemon.Daemon) {
	x.t.Helper()
	kinds, passwords := map[string]string{}, map[string]int{}
	for _, p := range append(People(x.bundle), x.cast.Staff, x.cast.Admin, x.cast.KepalaLPSE, x.cast.KepalaBagian, x.cast.Operator) {
		all, err := x.inbox(p)
		x.do(err)
		words := map[string]bool{}
		for _, raw := range all {
			m := message.Parse(raw, message.DefaultLimits(), nil)
			key := fmt.Sprintf("%s to %s", sort(m), p.Address)
			if other, had := kinds[key]; had && other != m.MessageID && KindOf(m) != "" {
				x.t.Errorf("a second letter %s", key)
			}
			kinds[key] = m.MessageID
			if w := PasswordIn(m); w != "" {
				words[w] = true
			}
		}
		passwords[p.Address] = len(words)
	}
	for _, p := range People(x.bundle) {
		if passwords[p.Address] != 1 {
			x.t.Errorf("%s has %d passwords", p.Address, passwords[p.Address])
		}
	}
	r, err := d.Audit.Verify(x.ctx)
	if err != nil || len(r.Findings) > 0 {
		x.t.Errorf("verify: %v %v", r.Findings, err)
	}
	x.t.Logf("%d kinds of letters: %v", len(kinds), slices.Sorted(maps.Keys(kinds)))
}

func openReal(t *testing.T, change ...func(*realserver.PostfixOptions)) *realOffice {
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	t.Cleanup(cancel)
	x := &realOffice{t: t, ctx: ctx, log: &journal{}}
	x.dovecot = realserver.StartDovecot(t, realserver.DovecotOptions{})
	x.postfix = realserver.StartPostfix(t, x.dovecot, change...)
	at := func(name, local string) sop.Person {
		return sop.Person{Name: name, Address: local + "@" + realserver.Domain}
	}
	x.cast = Cast{at("UKPBJ", "ukpbj"), at("Ni Made Ratna Dewi", "staf"), at("Admin Agency", "admin"), at("I Gede Surya", "kepala"),
		at("I Nyoman Adnyana", "bagian"), at("Operator", "operator")}
	var err error
	x.bundle, err = rehearsal.Papers(5, 3, rehearsal.Office{Domain: realserver.Domain})
	x.do(err)
	x.do(x.configure())
	return x
}

// configure takes the configuration of an office on the stage, and puts the real servers in.
func (x *realOffice) configure() error {
	s, err := Open(Options{Dir: x.t.TempDir()})
	if err != nil {
		return err
	}
	x.config = s.Config
	c := x.config
	c.IMAP.Server = config.Server{Address: x.dovecot.IMAP, Host: "127.0.0.1", Security: "none", Username: x.cast.Office.Address, Password: secret.New([]byte(realserver.Password))}
	c.SMTP.Server, c.SMTP.From = c.IMAP.Server, x.cast.Office
	c.SMTP.Address = x.postfix.SMTP
	c.IMAP.Poll, c.IMAP.Start.All, c.Extract.OCR = time.Second, true, "off"
	c.People.Requesters = []string{"*@" + realserver.Domain}
	c.People.Approvers[0].Person = x.cast.Admin
	c.People.KepalaLPSE, c.People.KepalaBagian, c.People.Operator = x.cast.KepalaLPSE, x.cast.KepalaBagian, x.cast.Operator
	c.Trust.AuthservID, c.Trust.ReceivedBy, c.Trust.BelowReceived = realserver.Host, []string{realserver.Host}, true
	return s.Close()
}

func (x *realOffice) do(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// send hands a mail in, signed in as its author; a server that is just starting is asked again.
func (x *realOffice) send(from sop.Person, raw []byte) {
	x.t.Helper()
	x.patiently("submit a mail of "+from.Address, func() error {
		conn, err := tls.Dial("tcp", x.postfix.SMTPS, x.postfix.TLS)
		if err != nil {
			return err
		}
		c, err := smtp.NewClient(conn, "127.0.0.1")
		if err != nil {
			return err
		}
		defer c.Close()
		err = c.Auth(plainAuth{from.Address})
		for _, step := range []func() error{func() error { return c.Mail(from.Address) }, func() error { return c.Rcpt(x.cast.Office.Address) }} {
			if err == nil {
				err = step()
			}
		}
		if err != nil {
			return err
		}
		w, err := c.Data()
		if err != nil {
			return err
		}
		_, err = w.Write(raw)
		return errors.Join(err, w.Close())
	})
}

// plainAuth signs in whatever the name of the certificate is.
type plainAuth struct{ user string }

func (p plainAuth) Start(*smtp.ServerInfo) (string, []byte, error) {
	return "PLAIN", []byte("\x00" + p.user + "\x00" + realserver.Password), nil
}

func (plainAuth) Next(_ []byte, more bool) ([]byte, error) {
	if more {
		return nil, errors.New("unexpected challenge")
	}
	return nil, nil
}

func (x *realOffice) patiently(what string, do func() error) {
	x.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		err := do()
		if err == nil {
			return
		}
		select {
		case <-look.C:
		case <-x.ctx.Done():
			x.t.Fatalf("%s: %v", what, err)
		}
	}
}

func (x *realOffice) reply(l Letter, text string, style rehearsal.Style) {
	x.t.Helper()
	raw, err := rehearsal.Reply(l.Raw, rehearsal.Answer{From: l.To, Text: text, Style: style, Date: time.Now()})
	x.do(err)
	x.send(l.To, raw)
}

func (x *realOffice) await(to sop.Person, kind sop.LetterKind) (l Letter) {
	x.t.Helper()
	x.patiently(fmt.Sprintf("wait for %s to %s", kind, to.Address), func() error {
		all, err := x.inbox(to)
		for _, raw := range all {
			if m := message.Parse(raw, message.DefaultLimits(), nil); KindOf(m) == kind {
				l = Letter{to, raw, m}
				return nil
			}
		}
		return errors.Join(err, errors.New("it is not there"))
	})
	return l
}

// inbox fetches everything in somebody's mailbox.
func (x *realOffice) inbox(p sop.Person) (out [][]byte, err error) {
	c, err := imapclient.DialInsecure(x.dovecot.IMAP, nil)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.Login(p.Address, realserver.Password).Wait(); err != nil {
		return nil, err
	}
	if data, err := c.Select("INBOX", nil).Wait(); err != nil || data.NumMessages == 0 {
		return nil, err
	}
	list, err := c.Fetch(imap.SeqSet{{Start: 1}}, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}}).Collect()
	for _, m := range list {
		for _, b := range m.BodySection {
			out = append(out, bytes.Clone(b.Bytes))
		}
	}
	return out, err
}
