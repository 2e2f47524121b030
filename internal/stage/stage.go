// Package stage sets up a whole office on loopback: an embedded post office with everybody's mailbox, a configuration, the
// daemon, and actors who write and answer as people do. Demo, stories and bench play on it.
package stage

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

// Domain of everybody in the play.
const Domain = "tirtawana.example"

// Cast are the people of the office; members come with each request.
type Cast struct{ Office, Staff, Admin, KepalaLPSE, KepalaBagian, Operator sop.Person }

// Office is the invented office of the play.
func Office() Cast {
	at := func(name, local string) sop.Person { return sop.Person{Name: name, Address: local + "@" + Domain} }
	return Cast{
		Office: at("UKPBJ Tirtawana", "ukpbj"), Staff: at("Ni Made Ratna Dewi", "ratna.dewi"), Admin: at("Admin Agency LPSE", "admin"),
		KepalaLPSE: at("I Gede Surya Wirawan", "kepala.lpse"), KepalaBagian: at("I Nyoman Adnyana", "kepala.bagian"),
		Operator: at("Operator", "operator"),
	}
}

// Options of a stage.
type Options struct {
	Dir     string       // storage path; everything of the daemon lies here
	Members []sop.Person // further mailboxes
	Rules   func(from, to string) postoffice.Behaviour
	Change  func(*config.Config) // last word on the configuration
	Log     *slog.Logger
	Page    string // where the status page listens; empty: none

	Post  func(*postoffice.Options) // last word on the post office
	Clerk func(*daemon.Parts)       // last word on what the clerk works with
}

// Stage is a set-up office. The daemon starts and stops on it, as often as the play wants.
type Stage struct {
	Cast   Cast
	Post   *postoffice.Office
	Config *config.Config
	Daemon *daemon.Daemon

	password secret.Secret // of every mailbox
	log      *slog.Logger
	accounts []string
	clerk    []func(*daemon.Parts)
	stop     context.CancelFunc
	ended    chan error
	mu       sync.Mutex
	sent     int
}

// Open starts the post office and writes down the configuration. Nobody works yet.
func Open(o Options) (*Stage, error) {
	s := &Stage{Cast: Office(), log: cmp.Or(o.Log, slog.New(slog.DiscardHandler))}
	if o.Clerk != nil {
		s.clerk = append(s.clerk, o.Clerk)
	}
	var err error
	if s.password, err = word(10); err != nil {
		return nil, err
	}
	c := s.Cast
	var accounts []postoffice.Account
	for _, p := range append([]sop.Person{c.Office, c.Staff, c.Admin, c.KepalaLPSE, c.KepalaBagian, c.Operator}, o.Members...) {
		s.accounts = append(s.accounts, p.Address)
		accounts = append(accounts, postoffice.Account{Address: p.Address, Name: p.Name, Password: s.password})
	}
	post := postoffice.Options{Accounts: accounts, Host: "mx." + Domain, Rules: o.Rules}
	if o.Post != nil {
		o.Post(&post)
	}
	if s.Post, err = postoffice.Start(post); err != nil {
		return nil, err
	}
	if s.Config, err = s.configure(o); err != nil {
		return nil, errors.Join(err, s.Post.Close())
	}
	if o.Change != nil {
		o.Change(s.Config)
	}
	return s, nil
}

func (s *Stage) configure(o Options) (*config.Config, error) {
	c := config.Default()
	zone, err := time.LoadLocation(c.Identity.Timezone)
	if err != nil {
		return nil, err
	}
	c.Identity.Name, c.Identity.Zone = "Bagian Pengadaan Barang/Jasa Setda Kabupaten Tirtawana", zone
	server := func(addr string) config.Server {
		return config.Server{Address: addr, Host: "127.0.0.1", Security: "none", Username: s.Cast.Office.Address, Password: s.password}
	}
	c.IMAP.Server, c.SMTP.Server = server(s.Post.IMAPAddr()), server(s.Post.SMTPAddr())
	c.SMTP.From = s.Cast.Office
	pass, err := word(20)
	if err != nil {
		return nil, err
	}
	c.People = config.People{Requesters: []string{"*@" + Domain}, KepalaLPSE: s.Cast.KepalaLPSE, KepalaBagian: s.Cast.KepalaBagian, Hears: []string{"opened", "closed"},
		Operator: s.Cast.Operator, Approvers: []config.Approver{{Person: s.Cast.Admin, SheetPassphrase: pass}}}
	c.Trust.AuthservID, c.Trust.ReceivedBy = s.Post.AuthservID(), []string{s.Post.Host()}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	c.Credentials.MasterKey = secret.New(key)
	c.Deadlines.Calendar = workday.Standard(zone)
	c.Storage.Path, c.HTTP.Listen = filepath.Join(o.Dir, "office"), o.Page
	return c, os.MkdirAll(c.Storage.Path, 0o700)
}

// word is a random word that people can type.
func word(bytes int) (secret.Secret, error) {
	b := make([]byte, bytes)
	if _, err := rand.Read(b); err != nil {
		return secret.Secret{}, err
	}
	return secret.New([]byte(strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)))), nil
}

// Start lets the daemon work until Stop.
func (s *Stage) Start(ctx context.Context) error {
	d, err := daemon.Open(ctx, s.Config, s.log, s.clerk...)
	if err != nil {
		return err
	}
	ctx, s.stop = context.WithCancel(ctx)
	s.Daemon, s.ended = d, make(chan error, 1)
	go func() { s.ended <- d.Run(ctx) }()
	select {
	case <-d.Ready():
		return nil
	case err := <-s.ended:
		s.stop = nil
		return errors.Join(err, d.Close())
	}
}

// Stop ends the daemon in order, as SIGTERM does. The post office stays open.
func (s *Stage) Stop() error {
	if s.stop == nil {
		return nil
	}
	s.stop()
	s.stop = nil
	err := <-s.ended
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, s.Daemon.Close())
}

// Close ends everything.
func (s *Stage) Close() error { return errors.Join(s.Stop(), s.Post.Close()) }

// Password of every mailbox of the stage.
func (s *Stage) Password() secret.Secret { return s.password }

func (s *Stage) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	return s.sent
}

// Submit hands a mail in as its author's mail program does: signed in, over SMTP.
func (s *Stage) Submit(from sop.Person, raw []byte, to ...sop.Person) error {
	var addrs []string
	for _, p := range to {
		addrs = append(addrs, p.Address)
	}
	if err := s.Post.Submit(from.Address, s.password, addrs, raw); err != nil {
		return fmt.Errorf("submit a mail of %s: %w", from.Address, err)
	}
	return nil
}
