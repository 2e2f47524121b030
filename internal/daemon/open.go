package daemon

import (
	"cmp"
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
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/alarm"
	"ukpbjd/internal/archive"
	"ukpbjd/internal/archiver"
	"ukpbjd/internal/audit"
	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/intake"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office"
	"ukpbjd/internal/outbox"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/statuspage"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
	"ukpbjd/internal/tasks"
	"ukpbjd/internal/timer"
	"ukpbjd/templates"
)

// Names on disk in the storage path (contract).
const (
	StoreName   = "ukpbjd.db"
	KeysName    = "keys.db"
	ArchiveName = "archive"
	SocketName  = "ctl.sock"
	SendLogName = "sending.log" // of what is on its way; may be deleted while no daemon runs, at the price of doubt
)

// Version of the program; the release build sets it (-ldflags -X).
var Version = "dev"

// Parts are what the rooms are made of. A rehearsal may change them before anything is opened on them: a store that fails, a
// clock, shorter pauses.
type Parts struct {
	Office   office.Options
	Intake   intake.Options
	Outbox   outbox.Options
	Tasks    tasks.Options
	Archiver archiver.Options

	Dial dial // of mailbox and post

	ClaimEvery time.Duration    // how often our mark in the mailbox is looked at
	Machine    func() time.Time // the wall clock; Office.Now, where it is set, goes before it
	SendLog    string           // path of the log of sending; empty: there is none, and every letter that was on its way is in doubt
}

// Rooms are the office without its loops: the books with all who work on them.
type Rooms struct {
	Office   *office.Clerk
	Intake   *intake.Intake
	Outbox   *outbox.Outbox
	Tasks    *tasks.Worker
	Timer    *timer.Timer
	Archiver *archiver.Archiver
	Audit    *audit.Audit
	Control  *control.Control
	Health   *queue.Health
	Box      *mailbox.Box // nil for a command, as is Post
	Post     *postman.Postman

	clock      clock
	claimEvery time.Duration
	place      string
	closers    []closer
}

// closer is one named clean-up.
type closer struct {
	name string
	do   func() error
}

// onClose adds a clean-up; they run in reverse order.
func (r *Rooms) onClose(name string, do func() error) {
	r.closers = append(r.closers, closer{name, do})
}

// Close gives everything back that was opened.
func (r *Rooms) Close() (err error) {
	for _, c := range slices.Backward(r.closers) {
		if e := c.do(); e != nil {
			err = errors.Join(err, fmt.Errorf("close %s: %w", c.name, e))
		}
	}
	return err
}

// Replaying are the rooms as a replay works in them.
func (r *Rooms) Replaying() audit.Rooms {
	return audit.Rooms{Office: r.Office, Intake: r.Intake, Outbox: r.Outbox, Tasks: r.Tasks, Timer: r.Timer, Instruct: r.Control.Instruct}
}

// OpenRooms opens store, keys and archive for a command, without mailbox and post. Only one process can.
func OpenRooms(ctx context.Context, cfg *config.Config, changes ...func(*Parts)) (*Rooms, error) {
	return openRooms(ctx, cfg, slog.New(slog.DiscardHandler), statuspage.NewMetrics(Version), false, changes...)
}

// OpenBooks opens the store for reading: others may read at the same time, and the engine need not look for free pages. Such a
// reading is not in the journal. A store that is not there yet is made.
func OpenBooks(ctx context.Context, cfg *config.Config) (*Rooms, error) {
	db, err := bolt.Open(filepath.Join(cfg.Storage.Path, StoreName), bolt.Options{ReadOnly: true})
	if errors.Is(err, fs.ErrNotExist) {
		return OpenRooms(ctx, cfg)
	} else if err != nil {
		return nil, err
	}
	r := &Rooms{}
	r.onClose("store", db.Close)
	if r.Office, err = office.Reader(ctx, office.Options{DB: db, Office: cfg.Office(), Now: time.Now}); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.Control = &control.Control{Clerk: r.Office}
	return r, nil
}

// openRooms wires the rooms, with mailbox and post if they are to serve. What has been opened is closed again when a later one fails.
func openRooms(ctx context.Context, cfg *config.Config, log *slog.Logger, m *statuspage.Metrics, serve bool, changes ...func(*Parts)) (*Rooms, error) {
	r := &Rooms{Health: &queue.Health{}}
	p, err := r.parts(cfg)
	if err == nil {
		p.Office.Log, p.Office.Meter, p.Machine = log, m, func() time.Time { return time.Now().Round(0) }
		if p.ClaimEvery = claimEvery; serve {
			p.Dial, p.SendLog = dialer.DialContext, filepath.Join(cfg.Storage.Path, SendLogName)
		}
		for _, change := range changes {
			change(&p)
		}
		if serve {
			r.Box, r.Post = openBox(cfg, log, p.Dial), openPost(cfg, p.Dial)
			p.Intake.Box, p.Outbox.Box, p.Outbox.Post = r.Box, r.Box, r.Post
		}
		err = r.open(ctx, p)
		if serve {
			r.onClose("mailbox", r.Box.Close)
			r.onClose("postman", r.Post.Close)
		}
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Rooms) open(ctx context.Context, p Parts) (err error) {
	if r.clock.machine = p.Machine; p.Office.Now == nil {
		p.Office.Now = r.clock.Now
		var newest time.Time
		if err := p.Office.DB.View(ctx, func(tx store.Tx) (err error) {
			newest, err = store.In(tx).Journal.Newest()
			return err
		}); err != nil && !store.IsRow(err) {
			return err
		}
		if p.SendLog != "" { // a command is over before a clock can have been steady
			r.clock.begin(newest, time.Now())
		}
	}
	if r.Office, err = office.New(ctx, p.Office); err != nil {
		return err
	}
	r.claimEvery = p.ClaimEvery
	p.Intake.Clerk, p.Outbox.Clerk, p.Tasks.Clerk, p.Archiver.Clerk = r.Office, r.Office, r.Office, r.Office
	r.Intake = intake.New(p.Intake)
	p.Outbox.BatchWait = r.Intake.BatchWait
	if p.SendLog != "" {
		log, err := outbox.OpenSendLog(p.SendLog, bootID())
		if err != nil {
			return err
		}
		p.Outbox.Log = log
		r.onClose("log of sending", log.Close)
	}
	if r.Outbox, err = outbox.New(ctx, p.Outbox); err != nil {
		return err
	}
	p.Tasks.Behind, p.Archiver.Behind = r.behindMail, r.behindMail
	r.Tasks = tasks.New(p.Tasks)
	r.Timer = timer.New(timer.Options{Clerk: r.Office, Health: r.Health})
	r.Archiver = archiver.New(p.Archiver)
	r.Audit = &audit.Audit{Clerk: r.Office}
	r.Control = &control.Control{Clerk: r.Office, Audit: r.Audit, Mail: r.Intake.Mail}
	return nil
}

// parts opens the edges that the rooms work with.
func (r *Rooms) parts(cfg *config.Config) (p Parts, err error) {
	if err := os.MkdirAll(cfg.Storage.Path, 0o700); err != nil {
		return p, fmt.Errorf("make the storage path: %w", err)
	}
	in := func(name string) string { return filepath.Join(cfg.Storage.Path, name) }
	db, err := bolt.Open(in(StoreName), bolt.Options{})
	if err != nil {
		return p, err
	}
	r.onClose("store", db.Close)
	vault, err := credential.OpenVault(in(KeysName), cfg.Credentials.MasterKey, rand.Reader)
	if err != nil {
		return p, err
	}
	r.onClose("vault", vault.Close)
	files, err := archive.Open(in(ArchiveName))
	if err != nil {
		return p, err
	}
	r.onClose("archive", files.Close)
	if err := files.Sweep(); err != nil { // the store is locked: nobody else writes there
		return p, err
	}
	codes, err := credential.NewKeys(cfg.Credentials.MasterKey)
	if err != nil {
		return p, err
	}
	letters, err := letter.Parse(templates.FS, Override(cfg))
	if err != nil {
		return p, err
	}
	pinned, err := Pins(cfg.People)
	if err != nil {
		return p, err
	}
	keys, faults := MemberKeys(cfg, time.Time{})
	if len(faults) > 0 {
		return p, faults
	}
	read := extract.New(extract.Options{OCR: cfg.Extract.OCR, Clamd: cfg.Extract.Clamd})
	p.Office = office.Options{DB: db, Archive: files, Vault: vault, Codes: codes, Letters: letters, Office: cfg.Office(), Requesters: cfg.People.Requesters}
	p.Intake = intake.Options{Extract: read, Archive: files, Health: r.Health, Limits: message.DefaultLimits(), Banners: cfg.Mail.Banners,
		MaxMessage: cfg.IMAP.MaxMessage, Folders: intake.Folders{Processed: cfg.IMAP.Processed, Review: cfg.IMAP.Review},
		Senders: cfg.Trust.Senders, Start: intake.Start(cfg.IMAP.Start), Poll: cfg.IMAP.Poll, Readers: runtime.GOMAXPROCS(0),
		Auth: msgauth.Options{AuthservID: cfg.Trust.AuthservID, ReceivedBy: cfg.Trust.ReceivedBy, BelowReceived: cfg.Trust.BelowReceived, Pins: pinned,
			Resolver: net.DefaultResolver}}
	p.Outbox = outbox.Options{Health: r.Health, Senders: cfg.SMTP.Connections, Poll: cfg.IMAP.Poll}
	p.Tasks = tasks.Options{Extract: read, Health: r.Health, Source: source(cfg), Passphrases: passphrases(cfg), MemberKeys: keys,
		LockedPages: cfg.Credentials.Delivery == "pdf", UserID: cfg.Credentials.UserID}
	p.Archiver = archiver.Options{Archive: files, Health: r.Health, Retention: cfg.Retention.Closed}
	r.place = place(cfg.Storage.Path)
	return p, nil
}

func passphrases(cfg *config.Config) map[string]secret.Secret {
	out := map[string]secret.Secret{}
	for _, a := range cfg.People.Approving() {
		out[a.Address] = a.SheetPassphrase
	}
	return out
}

// bootID names this boot of the machine; empty where the system does not tell.
func bootID() string {
	raw, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(raw))
}

const (
	maxBehind  = 30 * time.Second
	behindLook = 50 * time.Millisecond
)

// behindMail waits until no mail is being taken in and no letter is on its way, but never longer than maxBehind.
func (r *Rooms) behindMail(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, maxBehind)
	defer cancel()
	for r.Intake.Busy() || r.Outbox.Busy() {
		select {
		case <-time.After(behindLook):
		case <-ctx.Done():
			return
		}
	}
}

// Override is the folder of the office's own letters; nil: there is none.
func Override(cfg *config.Config) fs.FS {
	if cfg.Letters.Override == "" {
		return nil
	}
	return os.DirFS(cfg.Letters.Override)
}

func source(cfg *config.Config) tasks.Source {
	if cfg.Credentials.Source == "command" {
		return tasks.Command{Argv: cfg.Credentials.Command, Rule: cfg.Credentials.Password}
	}
	return tasks.Generator{Random: rand.Reader, Rule: cfg.Credentials.Password}
}

// Open wires a whole office. Nothing runs yet.
func Open(ctx context.Context, cfg *config.Config, log *slog.Logger, changes ...func(*Parts)) (*Daemon, error) {
	m := statuspage.NewMetrics(Version)
	d := &Daemon{Log: log, Metrics: m, PageAddress: cfg.HTTP.Listen, SocketPath: filepath.Join(cfg.Storage.Path, SocketName), ready: make(chan struct{})}
	var err error
	if d.Rooms, err = openRooms(ctx, cfg, log, m, true, changes...); err != nil {
		return nil, err
	}
	if err := d.prepare(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// prepare looks at the ground of trust, and makes what the daemon shows of itself.
func (d *Daemon) prepare(ctx context.Context, cfg *config.Config) error {
	d.stands = func(ctx context.Context) error { return verifyTrustBase(ctx, cfg, d.Control) }
	if err := d.stands(ctx); err != nil {
		return err
	}
	weaker, err := d.Control.UpdateTrustPolicy(ctx, trustOf(cfg))
	if err != nil {
		return err
	}
	if len(weaker) > 0 {
		d.Log.Warn("the ground of trust became looser; open codes are void", "what", weaker)
	}
	d.alarm = alarm.Options{Office: cfg.Identity.Name, Webhook: cfg.Alarm.Webhook, Command: cfg.Alarm.Command, Faults: d.Faults,
		Broken: func(text string) { d.Health.Set("alarm", "way", text) }, Now: time.Now}
	d.Socket = control.Handler(d.Control)
	if cfg.HTTP.Listen != "" {
		d.Page, err = d.statusPage(cfg)
	}
	return err
}

// ErrGround says that the mail server would let a forgery pass.
var ErrGround = errors.New("check found that the mail server would believe a forged approval: set approval.code to sheet, or mend the mail server and run `ukpbjd check` again")

// verifyTrustBase refuses to rest on verdicts that can be forged, unless the code stands only in the encrypted sheet (DESIGN, "Trust").
func verifyTrustBase(ctx context.Context, cfg *config.Config, c *control.Control) error {
	ground, err := c.Ground(ctx)
	if err == nil && ground == "unsound" && cfg.Trust.Assurance == sop.Standard && cfg.Approval.Code != "sheet" {
		return ErrGround
	}
	return err
}

// dialer meets mail servers. Go's default finds a silent peer after 150 s; this in under 30.
var dialer = net.Dialer{Timeout: 30 * time.Second, Control: userTimeout,
	KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}}

// dial is how mailbox and postman reach their servers.
type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// OpenBox is the office mailbox of a configuration. Nothing is connected yet.
func OpenBox(cfg *config.Config, log *slog.Logger) *mailbox.Box {
	return openBox(cfg, log, dialer.DialContext)
}

func openBox(cfg *config.Config, log *slog.Logger, over dial) *mailbox.Box {
	c := cfg.IMAP
	return mailbox.New(mailbox.Options{Address: c.Address, Security: c.Security, Username: c.Username, Password: c.Password, TLS: c.TLS(),
		Inbox: c.Inbox, Processed: c.Processed, Review: c.Review, Sent: c.Sent, Poll: c.Poll, MaxMessage: c.MaxMessage, Logger: log, Dial: over})
}

// OpenPost is the mail server of a configuration. Nothing is dialled yet.
func OpenPost(cfg *config.Config) *postman.Postman { return openPost(cfg, dialer.DialContext) }

func openPost(cfg *config.Config, over dial) *postman.Postman {
	c := cfg.SMTP
	hello, err := os.Hostname()
	if err != nil || strings.ContainsFunc(hello, func(r rune) bool { return r <= ' ' || r > '~' }) {
		hello = ""
	}
	return postman.New(postman.Options{Address: c.Address, Security: c.Security, Username: c.Username, Password: c.Password,
		TLS: c.TLS(), Connections: c.Connections, HELO: cmp.Or(c.Hello, hello), Dial: over})
}
