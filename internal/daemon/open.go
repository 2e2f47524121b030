package daemon

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/clerk"
	"ukpbjd/internal/config"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/statuspage"
	"ukpbjd/internal/store/bolt"
	"ukpbjd/templates"
)

// Names on disk in the storage path (contract).
const (
	StoreName   = "ukpbjd.db"
	KeysName    = "keys.db"
	ArchiveName = "archive"
	SocketName  = "ctl.sock"
)

// resolverKeeps is how long a DNS answer is believed.
const resolverKeeps = 10 * time.Minute

// Version of the program, for the metrics; the cli sets it.
var Version = "dev"

// Desk is the books with their clerk, without mailbox and post: what commands need that open the store themselves.
type Desk struct {
	Clerk  *clerk.Clerk
	closed []closer
}

// Close gives the store back.
func (d *Desk) Close() error {
	var err error
	for i := len(d.closed) - 1; i >= 0; i-- {
		if e := d.closed[i].do(); e != nil {
			err = errors.Join(err, fmt.Errorf("close %s: %w", d.closed[i].name, e))
		}
	}
	return err
}

// OpenDesk opens store, keys and archive. Only one process can. A replay changes what the clerk works with.
func OpenDesk(ctx context.Context, cfg *config.Config, changes ...func(*clerk.Options)) (*Desk, error) {
	return openDesk(ctx, cfg, slog.New(slog.DiscardHandler), statuspage.NewMetrics(Version), changes...)
}

func openDesk(ctx context.Context, cfg *config.Config, log *slog.Logger, m *statuspage.Metrics, changes ...func(*clerk.Options)) (*Desk, error) {
	d := &Desk{}
	o, err := d.neighbours(cfg)
	if err == nil {
		o.Log, o.Meter, o.Now = log, m, time.Now
		for _, change := range changes {
			change(&o)
		}
		d.Clerk, err = clerk.New(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// neighbours opens the edges that the clerk works with. What has been opened is closed again when a later one fails.
func (d *Desk) neighbours(cfg *config.Config) (o clerk.Options, err error) {
	if err := os.MkdirAll(cfg.Storage.Path, 0o700); err != nil {
		return o, fmt.Errorf("make the storage path: %w", err)
	}
	in := func(name string) string { return filepath.Join(cfg.Storage.Path, name) }
	db, err := bolt.Open(in(StoreName), bolt.Options{})
	if err != nil {
		return o, err
	}
	d.closed = append(d.closed, closer{"store", db.Close})
	if o.Vault, err = credential.OpenVault(in(KeysName), cfg.Credentials.MasterKey, rand.Reader); err != nil {
		return o, err
	}
	d.closed = append(d.closed, closer{"vault", o.Vault.Close})
	if o.Archive, err = archive.Open(in(ArchiveName)); err != nil {
		return o, err
	}
	if o.Codes, err = credential.NewKeys(cfg.Credentials.MasterKey); err != nil {
		return o, err
	}
	if o.Letters, err = letter.Parse(templates.FS, override(cfg)); err != nil {
		return o, err
	}
	o.DB = db
	o.Papers = extract.New(extract.Options{OCR: cfg.Extract.OCR, Clamd: cfg.Extract.Clamd})
	o.Source = source(cfg)
	o.Office, o.Requesters = cfg.Office(), cfg.People.Requesters
	o.Auth = msgauth.Options{AuthservID: cfg.Trust.AuthservID, ReceivedBy: cfg.Trust.ReceivedBy, BelowReceived: cfg.Trust.BelowReceived,
		Resolver: msgauth.NewCache(net.DefaultResolver, resolverKeeps, time.Now)}
	if o.Auth.Pins, err = pins(cfg.People.Approvers); err != nil {
		return o, err
	}
	var faults config.Faults
	if o.MemberKeys, faults = memberKeys(cfg, time.Time{}); len(faults) > 0 {
		return o, faults
	}
	o.Limits, o.Banners = message.DefaultLimits(), cfg.Mail.Banners
	o.Retention = cfg.Retention.Closed
	o.LockedPages = cfg.Credentials.Delivery == "pdf"
	o.UserID, o.MaxMessage = cfg.Credentials.UserID, cfg.IMAP.MaxMessage
	o.Folders = clerk.Folders{Processed: cfg.IMAP.Processed, Review: cfg.IMAP.Review}
	o.Passphrases = map[string]secret.Secret{}
	for _, a := range cfg.People.Approvers {
		for _, x := range append([]config.Approver{a}, a.Deputies...) {
			o.Passphrases[x.Address] = x.SheetPassphrase
		}
	}
	return o, nil
}

func override(cfg *config.Config) fs.FS {
	if cfg.Letters.Override == "" {
		return nil
	}
	return os.DirFS(cfg.Letters.Override)
}

func source(cfg *config.Config) clerk.Source {
	if cfg.Credentials.Source == "command" {
		return clerk.Command{Argv: cfg.Credentials.Command}
	}
	return clerk.Generator{Random: rand.Reader}
}

// Open wires a whole office. Nothing runs yet. A rehearsal may change what the clerk works with: a store that fails, a clock.
func Open(ctx context.Context, cfg *config.Config, log *slog.Logger, changes ...func(*clerk.Options)) (*Daemon, error) {
	m := statuspage.NewMetrics(Version)
	desk, err := openDesk(ctx, cfg, log, m, changes...)
	if err != nil {
		return nil, err
	}
	stands := func(ctx context.Context) error { return firm(ctx, cfg, desk.Clerk) }
	if err := stands(ctx); err != nil {
		return nil, errors.Join(err, desk.Close())
	}
	looser, err := desk.Clerk.Trusting(ctx, trustOf(cfg))
	if err != nil {
		return nil, errors.Join(err, desk.Close())
	}
	if len(looser) > 0 {
		log.Warn("the ground of trust became looser; open codes are void", "what", looser)
	}
	d := &Daemon{Clerk: desk.Clerk, Log: log, Start: cfg.IMAP.Start, Poll: cfg.IMAP.Poll, MaxMessage: cfg.IMAP.MaxMessage,
		Senders: cfg.SMTP.Connections, Readers: runtime.GOMAXPROCS(0), PageAddress: cfg.HTTP.Listen,
		SocketPath: filepath.Join(cfg.Storage.Path, SocketName), Metrics: m, ready: make(chan struct{}), looked: make(bell, 1), bell: newBells(), stands: stands}
	d.OnClose("desk", desk.Close)
	d.Box = openBox(cfg, log)
	d.OnClose("mailbox", d.Box.Close)
	d.Post = openPost(cfg)
	d.OnClose("postman", d.Post.Close)
	d.Socket = Control(d.Clerk)
	if cfg.HTTP.Listen != "" {
		if d.Page, err = d.statusPage(cfg); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d, nil
}

// ErrGround says that the mail server would let a forgery pass.
var ErrGround = errors.New("check found that the mail server would believe a forged approval: set approval.code to sheet, or mend the mail server and run `ukpbjd check` again")

// firm refuses to rest on verdicts that can be forged, unless the code stands only in the encrypted sheet (DESIGN, "Trust").
func firm(ctx context.Context, cfg *config.Config, c *clerk.Clerk) error {
	ground, err := c.Ground(ctx)
	if err == nil && ground == "unsound" && cfg.Trust.Assurance == sop.Standard && cfg.Approval.Code != "sheet" {
		return ErrGround
	}
	return err
}

func openBox(cfg *config.Config, log *slog.Logger) *mailbox.Box {
	c := cfg.IMAP
	return mailbox.New(mailbox.Options{Address: c.Address, Security: c.Security, Username: c.Username, Password: c.Password, TLS: c.TLS(),
		Inbox: c.Inbox, Processed: c.Processed, Review: c.Review, Sent: c.Sent, Poll: c.Poll, MaxMessage: c.MaxMessage, Logger: log})
}

func openPost(cfg *config.Config) *postman.Postman {
	c := cfg.SMTP
	return postman.New(postman.Options{Address: c.Address, Security: c.Security, Username: c.Username, Password: c.Password,
		TLS: c.TLS(), Connections: c.Connections})
}
