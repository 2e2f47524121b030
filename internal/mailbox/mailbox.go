// Package mailbox reads an office mailbox that people read too. It looks without touching (EXAMINE, BODY.PEEK), keys by UID
// and UIDVALIDITY, files handled mail away in a way that can be repeated, and watches for new mail by IDLE and by poll.
// Three connections, one each for watching, fetching and filing, so that none waits for another; each is made again when it
// has died, and every command has a limit. Mail that is nobody's business here keeps its place and its flags.
package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"ukpbjd/internal/secret"
)

// Options say which mailbox. Folder names use "/", whatever the server's own delimiter is.
type Options struct {
	Address  string // host:port
	Security string // tls, starttls, or none for loopback only
	Username string
	Password secret.Secret
	TLS      *tls.Config // nil: the system's roots

	Inbox, Processed, Review, Sent string // default INBOX, UKPBJ/Diproses, UKPBJ/Periksa, Sent

	Poll       time.Duration  // default 60 s: besides IDLE, ask this often
	Timeout    time.Duration  // default 60 s: a command that hears nothing for so long has failed
	Retry      time.Duration  // default 1 s: first pause after a failed connection, then doubled up to 5 minutes
	Random     func() float64 // in [0, 1), for the jitter of pauses; default math/rand
	MaxMessage int64          // default 50 MiB: of a larger message only the header is fetched
	Logger     *slog.Logger

	Dial func(ctx context.Context, network, address string) (net.Conn, error) // default net.Dialer
}

const (
	// idleFor: RFC 2177 allows 29 minutes, middleboxes and some servers end a silent connection at 10.
	idleFor    = 9 * time.Minute
	maxMessage = 50 << 20
)

var (
	// ErrUIDValidity: the folder was rebuilt, so every UID known from before means another message. Nothing was touched.
	ErrUIDValidity = errors.New("UIDVALIDITY has changed")
	// ErrLogin: the server refused the user name or the password.
	ErrLogin = errors.New("login refused")
	// ErrCannotRemove: without UIDPLUS an expunge would also take what others have marked. The message is marked as deleted.
	ErrCannotRemove = errors.New("server cannot expunge a single message")

	errClosed = errors.New("mailbox is closed")
)

// UID names one message of a folder for good: where Validity has changed, the number means another message (RFC 9051 §2.3.1.1).
type UID struct{ Validity, UID uint32 }

func (u UID) String() string { return fmt.Sprintf("%d/%d", u.Validity, u.UID) }

// State identifies the inbox and what comes next in it.
type State struct{ UIDValidity, UIDNext uint32 }

// Ref is one message of the inbox. Size and Arrived (INTERNALDATE) are zero where the server cannot tell. Arrived is the
// server's clock, and a person's drag may set it: UIDs alone say what is new.
type Ref struct {
	UID     UID
	Size    int64
	Arrived time.Time
}

// Box is the mailbox. Its methods may be called from several goroutines.
type Box struct {
	opt      Options
	gate     *gate
	watching *conn
	fetching *conn
	filing   *conn
	first    atomic.Pointer[State] // the inbox as this Box saw it first
	copied   map[folderUID]bool    // of the filing connection: COPY was sent; true: and confirmed
	unsure   bool                  // of the filing connection: our mark is new, and others have not been looked for since
	mine     claim                 // of the filing connection: our mark, once the server has taken it; its UID where that is known
	noticed  map[string]bool       // of the filing connection: marks of notices that the server has taken
	looks    map[string]int        // of the filing connection: how often it has ended over the search for marks in a folder
	open     context.Context
	shut     context.CancelCauseFunc
}

// New does not connect yet.
func New(opt Options) *Box {
	opt.Inbox = cmp.Or(opt.Inbox, "INBOX")
	opt.Processed = cmp.Or(opt.Processed, "UKPBJ/Diproses")
	opt.Review = cmp.Or(opt.Review, "UKPBJ/Periksa")
	opt.Sent = cmp.Or(opt.Sent, "Sent")
	opt.Poll = cmp.Or(opt.Poll, time.Minute)
	opt.Timeout = cmp.Or(opt.Timeout, time.Minute)
	opt.Retry = cmp.Or(opt.Retry, time.Second)
	opt.MaxMessage = cmp.Or(opt.MaxMessage, maxMessage)
	if opt.Random == nil {
		opt.Random = rand.Float64
	}
	if opt.Dial == nil {
		opt.Dial = (&net.Dialer{Timeout: connectWithin}).DialContext
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Box{opt: opt, copied: map[folderUID]bool{}, noticed: map[string]bool{}, looks: map[string]int{}, gate: newGate(opt.Retry, opt.Random)}
	b.open, b.shut = context.WithCancelCause(context.Background())
	b.watching, b.fetching, b.filing = newConn(b), newConn(b), newConn(b)
	return b
}

// Close ends every running call and every connection.
func (b *Box) Close() error {
	b.shut(errClosed)
	for _, l := range []*conn{b.watching, b.fetching, b.filing} {
		l.close()
	}
	return nil
}

// until joins ctx with the life of the Box.
func (b *Box) until(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(b.open, func() { cancel(errClosed) })
	return ctx, func() { stop(); cancel(nil) }
}
