package postoffice

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

func (o *Office) imapServer() *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		Caps: o.caps(), TLSConfig: o.serverTLS(), InsecureAuth: o.opt.Security == "none", Logger: o.printer(),
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{reader: reader{office: o}, conn: gated(c)}, nil, nil
		},
	})
}

// caps: IMAP4rev2 implies MOVE and UIDPLUS, so hiding one of them means an old server.
func (o *Office) caps() imap.CapSet {
	set := imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapNamespace: {}, imap.CapESearch: {}, imap.CapListExtended: {}, imap.CapMove: {}, imap.CapUIDPlus: {}}
	if o.opt.HideMOVE {
		delete(set, imap.CapMove)
	}
	if o.opt.HideUIDPLUS {
		delete(set, imap.CapUIDPlus)
	}
	if !o.opt.HideMOVE && !o.opt.HideUIDPLUS && !o.opt.HideIDLE {
		set[imap.CapIMAP4rev2] = struct{}{}
	}
	return set
}

// gated finds our own connection under the TLS one.
func gated(c *imapserver.Conn) *conn {
	nc := c.NetConn()
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	g, _ := nc.(*conn)
	return g
}

// reader is a session without any misbehaviour.
type reader struct {
	*imapmemserver.UserSession
	office *Office
	login  string
}

func (s *reader) Login(username, password string) error {
	a, ok := s.office.accounts[strings.ToLower(username)]
	if !ok || a.Password.Absent() || a.Password.Reveal() != password {
		return imapserver.ErrAuthFailed
	}
	s.login = a.Address
	s.UserSession = imapmemserver.NewUserSession(s.office.box(username))
	return nil
}

func (s *reader) Append(folder string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	defer s.office.announce()
	return s.UserSession.Append(folder, r, options)
}

// session is what the outside sees.
type session struct {
	reader
	conn *conn

	mu     sync.Mutex
	closed bool
	idles  sync.WaitGroup // the server starts Idle in a goroutine and does not wait for it
}

func (s *session) Login(username, password string) error {
	if s.office.loginRefused() {
		return imapserver.ErrAuthFailed
	}
	return s.reader.Login(username, password)
}

func (s *session) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.idles.Wait()
	return s.reader.Close()
}

func (s *session) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	if len(options.BodySection) > 0 && s.conn != nil {
		asks := func(uid uint32) bool {
			uids, ok := set.(imap.UIDSet)
			return ok && uids.Contains(imap.UID(uid))
		}
		if after := s.office.fetchDrop(s.login, asks); after >= 0 {
			s.conn.breakAfter(after)
		}
	}
	return s.UserSession.Fetch(w, set, options)
}

// Idle announces what is new. The memory server's own Idle loses a mail that comes between the last command and IDLE.
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.idles.Add(1)
	s.mu.Unlock()
	defer s.idles.Done()
	for {
		changed := s.office.change()
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stop:
			return nil
		}
	}
}

func (s *session) Move(w *imapserver.MoveWriter, set imap.NumSet, dest string) error {
	if s.office.opt.HideMOVE {
		return refused("MOVE is not offered")
	}
	defer s.office.announce()
	return s.UserSession.Move(w, set, dest)
}

func (s *session) Copy(set imap.NumSet, dest string) (*imap.CopyData, error) {
	defer s.office.announce()
	return s.UserSession.Copy(set, dest)
}

func (s *session) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, options *imap.StoreOptions) error {
	defer s.office.announce()
	return s.UserSession.Store(w, set, flags, options)
}

func (s *session) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	if uids != nil && s.office.opt.HideUIDPLUS {
		return refused("UID EXPUNGE is not offered")
	}
	defer s.office.announce()
	return s.UserSession.Expunge(w, uids)
}

func refused(text string) error { return &imap.Error{Type: imap.StatusResponseTypeBad, Text: text} }

// printer passes the servers' own complaints to the log: peers that break off are daily bread here.
type printer struct{ log *slog.Logger }

func (o *Office) printer() printer { return printer{o.opt.Logger} }

func (p printer) Printf(format string, v ...any) {
	p.log.Debug("post office", "text", fmt.Sprintf(format, v...))
}
func (p printer) Println(v ...any) { p.log.Debug("post office", "text", fmt.Sprint(v...)) }
