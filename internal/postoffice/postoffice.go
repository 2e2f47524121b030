// Package postoffice is a whole mail office in one process: IMAP and SMTP on loopback, for the demo, the bench and tests.
// It writes what a real office server writes (Return-Path, Authentication-Results, Received), strips verdicts that claim
// its own name, and misbehaves on request: refuses, bounces, hangs, drops, restarts, renumbers. Mail lives in memory only.
package postoffice

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"ukpbjd/internal/secret"
)

const (
	maxMessage  = 50 << 20
	closeWithin = 10 * time.Second
)

// Account is one mailbox. Its address is also its login.
type Account struct {
	Address  string
	Password secret.Secret
	Name     string
}

// Options say which office to open. The zero value of every field but Accounts is usable.
type Options struct {
	Accounts   []Account
	Host       string // default mx.DOMAIN of the first account
	AuthservID string // default Host
	Security   string // none (default), starttls or tls, for both protocols, with a certificate of its own
	MaxMessage int64

	Rules func(from, to string) Behaviour // how a recipient behaves; nil is well
	DMARC map[string]string               // domain of From to the verdict of mail that comes from outside; default none

	Misconfigured bool // a login may write any From, and dmarc=pass is given for every local domain
	KeepForged    bool // incoming verdicts of our own id are not stripped
	SaveSent      bool // as some providers do, keep a copy of submitted mail in the sender's Sent folder
	BriefJournal  bool // the journal keeps no bytes, and letters to others than the first account are taken and forgotten

	HideMOVE, HideUIDPLUS, HideIDLE bool // HideIDLE has no effect under TLS

	Now    func() time.Time                                    // default time.Now
	Listen func(network, address string) (net.Listener, error) // default net.Listen
	Dial   func(network, address string) (net.Conn, error)     // of who submits mail here; default net.Dial
	Logger *slog.Logger                                        // default none
}

// Office is a running post office. All methods may be called from several goroutines.
type Office struct {
	opt      Options
	accounts map[string]Account    // by lower case address
	boxes    map[string]*mailStore // by lower case address
	domains  map[string]bool
	cert     tls.Certificate
	roots    *x509.CertPool

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at every change of any mailbox
	journal  []Transaction
	attempts map[string]int // by rule key, for Behaviour.Times
	faults   faults
	imapAddr string
	smtpAddr string
	running  *counters
}

// counters are the two open services.
type counters struct {
	imap, smtp *listener
	mail       *smtp.Server
	ctx        context.Context
	cancel     context.CancelFunc
	wg         sync.WaitGroup
}

// Start opens the office.
func Start(opt Options) (*Office, error) {
	o, err := furnish(opt)
	if err != nil {
		return nil, err
	}
	if err := o.Open(); err != nil {
		return nil, err
	}
	return o, nil
}

func furnish(opt Options) (*Office, error) {
	if len(opt.Accounts) == 0 {
		return nil, errors.New("open post office: no accounts")
	}
	o := &Office{
		opt: opt, accounts: map[string]Account{}, boxes: map[string]*mailStore{}, domains: map[string]bool{},
		changed: make(chan struct{}), attempts: map[string]int{},
		imapAddr: "127.0.0.1:0", smtpAddr: "127.0.0.1:0",
	}
	o.defaults()
	for _, a := range opt.Accounts {
		if err := o.enrol(a); err != nil {
			return nil, err
		}
	}
	var err error
	if o.cert, o.roots, err = certificate(o.opt.Now()); err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return o, nil
}

func (o *Office) defaults() {
	o.opt.Host = cmp.Or(o.opt.Host, "mx."+domainOf(o.opt.Accounts[0].Address))
	o.opt.AuthservID = cmp.Or(o.opt.AuthservID, o.opt.Host)
	o.opt.Security = cmp.Or(o.opt.Security, "none")
	o.opt.MaxMessage = cmp.Or(o.opt.MaxMessage, maxMessage)
	o.opt.Logger = cmp.Or(o.opt.Logger, slog.New(slog.DiscardHandler))
	if o.opt.Now == nil {
		o.opt.Now = time.Now
	}
	if o.opt.Listen == nil {
		o.opt.Listen, o.opt.Dial = net.Listen, net.Dial
	}
}

func (o *Office) enrol(a Account) error {
	key := strings.ToLower(a.Address)
	if domainOf(key) == "" || o.boxes[key] != nil {
		return fmt.Errorf("open post office: account %q is no address, or stands twice", a.Address)
	}
	c := newMailStore(o.opt.Now)
	c.create("INBOX")
	c.create("Sent")
	o.accounts[key], o.boxes[key], o.domains[domainOf(key)] = a, c, true
	return nil
}

// Open starts the services, at first and after Stop, on the same addresses as before. The mail is kept.
func (o *Office) Open() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.running != nil {
		return errors.New("open post office: already open")
	}
	il, err := o.opt.Listen("tcp", o.imapAddr)
	if err != nil {
		return fmt.Errorf("listen for IMAP: %w", err)
	}
	sl, err := o.opt.Listen("tcp", o.smtpAddr)
	if err != nil {
		il.Close()
		return fmt.Errorf("listen for SMTP: %w", err)
	}
	o.imapAddr, o.smtpAddr = il.Addr().String(), sl.Addr().String()
	c := &counters{imap: newListener(il), smtp: newListener(sl)}
	c.imap.hideIDLE = o.opt.HideIDLE
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.mail = o.mailServer(c.ctx)
	desk := o.imapServer()
	c.wg.Go(func() { desk.Serve(o.secured(c.imap)) })   //nolint:errcheck // ends with the listener
	c.wg.Go(func() { c.mail.Serve(o.secured(c.smtp)) }) //nolint:errcheck // ends with the listener
	o.running = c
	return nil
}

// Stop closes both services and every connection, as a restart of the server does. The mail is kept for Open.
func (o *Office) Stop() error {
	o.mu.Lock()
	c := o.running
	o.running = nil
	o.mu.Unlock()
	if c == nil {
		return nil
	}
	c.cancel()
	err := errors.Join(c.imap.Close(), c.mail.Close())
	if serr := c.smtp.Close(); serr != nil && !errors.Is(serr, net.ErrClosed) {
		err = errors.Join(err, serr)
	}
	c.imap.cutAll()
	c.smtp.cutAll()
	return errors.Join(err, c.imap.wait(closeWithin), c.smtp.wait(closeWithin), within(closeWithin, c.wg.Wait))
}

// Close stops the office for good.
func (o *Office) Close() error { return o.Stop() }

// IMAPAddr is host:port.
func (o *Office) IMAPAddr() string { o.mu.Lock(); defer o.mu.Unlock(); return o.imapAddr }

// SMTPAddr is host:port.
func (o *Office) SMTPAddr() string { o.mu.Lock(); defer o.mu.Unlock(); return o.smtpAddr }

// Host is the name the office writes into its Received fields.
func (o *Office) Host() string { return o.opt.Host }

// AuthservID is the name the office writes into its verdicts.
func (o *Office) AuthservID() string { return o.opt.AuthservID }

// ClientTLS trusts this office's certificate.
func (o *Office) ClientTLS() *tls.Config {
	return &tls.Config{RootCAs: o.roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

func (o *Office) announce() {
	o.mu.Lock()
	close(o.changed)
	o.changed = make(chan struct{})
	o.mu.Unlock()
}

func (o *Office) change() <-chan struct{} { o.mu.Lock(); defer o.mu.Unlock(); return o.changed }

// signIn gives the account of that name and password.
func (o *Office) signIn(username, password string) (Account, bool) {
	a, ok := o.accounts[strings.ToLower(username)]
	return a, ok && !a.Password.Absent() && a.Password.Reveal() == password
}

func (o *Office) box(addr string) *mailStore { return o.boxes[strings.ToLower(addr)] }

func domainOf(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	if at < 1 {
		return ""
	}
	return strings.ToLower(addr[at+1:])
}
