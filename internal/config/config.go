// Package config reads the office's configuration (DESIGN, "Configuration"): strict YAML, every fault at once with line, key,
// what is wrong and what to do. It also writes the first configuration with its keys (Init) and reads the office calendar.
//
// What lies on disk, as Init makes it; nothing here is written again:
//
//	ukpbjd.yaml        the configuration; no secret stands in it
//	calendar.yaml      office days, edited once a year
//	credentials/       mode 0700; systemd hands the same names over in $CREDENTIALS_DIRECTORY
//	  master           key of keys, base64 of 32 bytes
//	  sheet            passphrase of the first approver's account sheet
//	  imap, smtp       mailbox passwords, written by the operator
package config

import (
	"time"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

// Config is the whole configuration, checked. Every field has a value that can be used as it is.
type Config struct {
	Path     string   // of the file
	Warnings []string // what works, but should be looked at

	Identity    Identity // office:
	IMAP        IMAP
	SMTP        SMTP
	Mail        Mail
	People      People
	Trust       Trust
	Approval    Approval
	Credentials Credentials
	Deadlines   Deadlines
	Extract     Extract
	Letters     Letters
	Storage     Storage
	HTTP        HTTP
	Alarm       Alarm
	Log         Log
	Retention   Retention
}

// Identity is the office itself.
type Identity struct {
	Name, CasePrefix, Timezone string
	SPSE                       string // where members log in; empty: no letter says so
	Zone                       *time.Location
}

// Server is a mail server and how to sign in.
type Server struct {
	Address  string // host:port
	Host     string
	Security string // tls, starttls; none only to loopback
	Username string // empty: no login (SMTP only)
	Password secret.Secret
	CAFile   string // PEM of a private authority; empty: the system's
	roots    []byte
}

// IMAP is the office mailbox.
type IMAP struct {
	Server
	Inbox, Processed, Review, Sent string
	Poll                           time.Duration
	Start                          Start
	MaxMessage                     int64
}

// Start says which mails count at the very first start; zero is "now".
type Start struct {
	All   bool
	Since time.Time // start of that day in the office's zone
}

// SMTP is where letters are handed in.
type SMTP struct {
	Server
	From        sop.Person
	Connections int
	Hello       string // what the office calls itself in EHLO; empty: the machine's own name
}

// Mail describes the mails that come in.
type Mail struct{ Banners []string }

// People are everybody with a role.
type People struct {
	Requesters               []string // addresses, or *@domain; lower case
	Approvers                []Approver
	KepalaLPSE, KepalaBagian sop.Person
	Hears                    []string // of which turns of a case Kepala Bagian hears: opened, closed
	Operator                 sop.Person
	MemberKeys               []MemberKey
}

// MemberKey is what one member reads encrypted letters with; whether it can be used is found out where it is.
type MemberKey struct {
	Address, NIP string // whom it belongs to: by address, or by NIP
	Certificate  []byte // PEM
	OpenPGPKey   []byte // the public key
	At           Fault  // where it stands, without a text
}

// Approver is one registered approver, or a deputy of one.
type Approver struct {
	sop.Person
	Aliases         []string
	NIP             string // 18 digits, or empty
	SheetPassphrase secret.Secret
	Certificates    []byte     // PEM: with what they sign at assurance signed (S/MIME)
	OpenPGPKey      []byte     // the public key, for the same
	Deputies        []Approver // without deputies of their own
}

// Trust is the ground on which a reply is believed.
type Trust struct {
	AuthservID    string
	ReceivedBy    []string
	Senders       []string // addresses that may stand in Sender beside somebody else's From
	Assurance     sop.Level
	BelowReceived bool // verdicts under our border's own Received line count too (milters under Postfix)
}

// Approval are the rules of SETUJU.
type Approval struct {
	UndoWindow  time.Duration
	Expires     int    // office days
	Code        string // subject, sheet
	Quorum      int
	SecondAbove int // members; 0: never
	Papers      int64
	ReadBack    string // doubts, always
}

// Credentials says where accounts come from and how they travel.
type Credentials struct {
	Source    string   // generate, command
	Command   []string // program and arguments
	Sheet     string   // encrypted, plain, none
	Tembusan  string   // summary, full
	Delivery  string   // plain, pdf: behind a phrase that the approver hands on
	MasterKey secret.Secret
	UserID    string // pattern
	Password  secret.Rule
}

// Deadlines count office days.
type Deadlines struct {
	Approval, Completion, Receipt int
	CalendarFile                  string
	Calendar                      workday.Calendar
}

// Extract says how papers are read.
type Extract struct {
	OCR   string // auto, off
	Clamd string
}

// Letters is where the office's own templates lie; empty: none. Checkpoint says how often the signed checkpoint is mailed.
type Letters struct {
	Override   string
	Checkpoint string // daily, weekly, off
}

// Storage is where everything durable lies.
type Storage struct{ Path string }

// HTTP is where the status page listens; empty: nowhere. Hosts are further names by which a proxy asks for it.
type HTTP struct {
	Listen   string
	Hosts    []string
	Password secret.Secret // absent: none is asked for
}

// Alarm is how trouble is told where mail cannot tell it; empty: by mail and /readyz alone.
type Alarm struct {
	Webhook string
	Command []string
}

// Retention is the office's own schedule (JRA, UU 43/2009); zero deletes nothing.
type Retention struct{ Closed int } // years after the end of the year in which a case was closed

// Log is how the daemon writes its log.
type Log struct{ Format, Level string }

// Times that the contract fixes and no key changes (DESIGN, "Credentials").
const (
	expiryDays = 7
	shredAfter = 24 * time.Hour
)

// Default is what holds where the file says nothing. It lacks what only the office knows, so it does not pass Load.
func Default() *Config {
	return &Config{
		Identity: Identity{CasePrefix: "PKJ", Timezone: "Asia/Makassar"},
		IMAP: IMAP{Server: Server{Security: "tls"}, Inbox: "INBOX", Processed: "UKPBJ/Diproses", Review: "UKPBJ/Periksa",
			Sent: "Sent", Poll: time.Minute, MaxMessage: 40 << 20},
		SMTP:        SMTP{Server: Server{Security: "tls"}, Connections: 4},
		Trust:       Trust{Assurance: sop.Standard},
		Approval:    Approval{Expires: 3, Code: "subject", Quorum: 1, Papers: 10 << 20, ReadBack: "doubts"},
		Credentials: Credentials{Source: "generate", Sheet: "encrypted", Tembusan: "summary", Delivery: "plain", UserID: "{first}.{last}", Password: secret.DefaultRule},
		Deadlines:   Deadlines{Approval: 1, Completion: 3, Receipt: 1},
		Extract:     Extract{OCR: "auto"},
		Storage:     Storage{Path: "/var/lib/ukpbjd"},
		HTTP:        HTTP{Listen: "127.0.0.1:8025"},
		Log:         Log{Format: "json", Level: "info"},
	}
}

// Office is the policy that the core decides by.
func (c *Config) Office() sop.Office {
	o := sop.Office{
		Name: c.Identity.Name, Mailbox: c.SMTP.From, CasePrefix: c.Identity.CasePrefix, SPSE: c.Identity.SPSE,
		KepalaLPSE: c.People.KepalaLPSE, KepalaBagian: c.People.KepalaBagian, Operator: c.People.Operator, Hears: c.People.Hears,
		Level: c.Trust.Assurance, UndoWindow: c.Approval.UndoWindow, Expires: c.Approval.Expires,
		Quorum: c.Approval.Quorum, SecondAbove: c.Approval.SecondAbove, CodeInSheet: c.Approval.Code == "sheet", Papers: c.Approval.Papers, Checkpoint: c.Letters.Checkpoint,
		ReadBack: c.Approval.ReadBack == "always",
		Sheet:    c.Credentials.Sheet, FullCopy: c.Credentials.Tembusan == "full",
		ApprovalDays: c.Deadlines.Approval, CompletionDays: c.Deadlines.Completion, ReceiptDays: c.Deadlines.Receipt,
		ExpiryDays: expiryDays, ShredAfter: shredAfter, Calendar: c.Deadlines.Calendar,
	}
	for _, a := range c.People.Approvers {
		o.Approvers = append(o.Approvers, a.office())
	}
	return o
}

// office is the approver as the core knows them.
func (a Approver) office() sop.Approver {
	out := sop.Approver{Person: a.Person, Aliases: a.Aliases, NIP: a.NIP}
	for _, d := range a.Deputies {
		out.Deputies = append(out.Deputies, d.office())
	}
	return out
}
