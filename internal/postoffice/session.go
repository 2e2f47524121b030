package postoffice

import (
	"crypto/tls"
	"io"
	"log"
	"log/slog"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

func (o *Office) imapServer() *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		Caps: o.caps(), TLSConfig: o.serverTLS(), InsecureAuth: o.opt.Security == "none", Logger: o.printer(),
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{office: o, conn: gated(c)}, nil, nil
		},
	})
}

// caps: IMAP4rev2 would imply IDLE, MOVE and UIDPLUS, so hiding one of them means an older server.
func (o *Office) caps() imap.CapSet {
	set := imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapNamespace: {}, imap.CapESearch: {}, imap.CapMove: {}, imap.CapUIDPlus: {}}
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

// printer passes the servers' own complaints to the log: peers that break off are daily bread here.
func (o *Office) printer() *log.Logger {
	return slog.NewLogLogger(o.opt.Logger.With("of", "post office").Handler(), slog.LevelDebug)
}

// session is one IMAP connection.
type session struct {
	office *Office
	conn   *conn
	login  string
	box    *mailStore

	open     *folder
	view     *imapserver.SessionTracker
	readOnly bool

	mu     sync.Mutex
	closed bool
	idles  sync.WaitGroup // the server starts Idle in a goroutine and does not wait for it
}

func no(code imap.ResponseCode, text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
}

func (s *session) Login(username, password string) error {
	a, ok := s.office.signIn(username, password)
	if s.office.loginRefused() || !ok {
		return imapserver.ErrAuthFailed
	}
	s.login, s.box = a.Address, s.office.box(username)
	return nil
}

func (s *session) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.idles.Wait()
	return s.Unselect()
}

func (s *session) folder(name string) (*folder, error) {
	return s.find(name, imap.ResponseCodeNonExistent)
}

// target is folder for COPY, MOVE and APPEND, RFC 9051 §6.4.7.
func (s *session) target(name string) (*folder, error) {
	return s.find(name, imap.ResponseCodeTryCreate)
}

func (s *session) find(name string, absent imap.ResponseCode) (*folder, error) {
	if f := s.box.find(name); f != nil {
		return f, nil
	}
	return nil, no(absent, "No such mailbox")
}

func (s *session) Select(name string, opt *imap.SelectOptions) (*imap.SelectData, error) {
	f, err := s.folder(name)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s.open, s.readOnly = f, opt.ReadOnly
	s.view = f.tracker.NewSession()
	system := []imap.Flag{imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagSeen, imap.FlagDraft}
	return &imap.SelectData{Flags: system, PermanentFlags: append(system, imap.FlagWildcard), NumMessages: uint32(len(f.mails)),
		UIDNext: f.next, UIDValidity: f.validity}, nil
}

func (s *session) Unselect() error {
	if s.view != nil {
		s.open.mu.Lock()
		s.view.Close()
		s.open.mu.Unlock()
	}
	s.open, s.view = nil, nil
	return nil
}

func (s *session) Create(name string, _ *imap.CreateOptions) error {
	if !s.box.create(name) {
		return no(imap.ResponseCodeAlreadyExists, "Mailbox already exists")
	}
	return nil
}

func (s *session) Delete(name string) error {
	if !s.box.remove(name) {
		return no(imap.ResponseCodeNonExistent, "No such mailbox")
	}
	return nil
}

func (s *session) Rename(string, string, *imap.RenameOptions) error {
	return no(imap.ResponseCodeCannot, "This office renames nothing")
}

func (s *session) Subscribe(name string) error   { return s.subscribe(name, true) }
func (s *session) Unsubscribe(name string) error { return s.subscribe(name, false) }

func (s *session) subscribe(name string, on bool) error {
	f, err := s.folder(name)
	if err == nil {
		f.mu.Lock()
		f.subscribed = on
		f.mu.Unlock()
	}
	return err
}

func (s *session) List(w *imapserver.ListWriter, ref string, patterns []string, opt *imap.ListOptions) error {
	if len(patterns) == 0 {
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: '/'})
	}
	for _, f := range s.box.list() {
		f.mu.Lock()
		data := &imap.ListData{Mailbox: f.name, Delim: '/'}
		wanted := !opt.SelectSpecialUse && (f.subscribed || !opt.SelectSubscribed)
		if f.subscribed {
			data.Attrs = append(data.Attrs, imap.MailboxAttrSubscribed)
		}
		f.mu.Unlock()
		match := false
		for _, p := range patterns {
			match = match || imapserver.MatchList(data.Mailbox, '/', ref, p)
		}
		if !match || !wanted {
			continue
		}
		if opt.ReturnStatus != nil {
			st := f.status()
			data.Status = &st
		}
		if err := w.WriteList(data); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) Namespace() (*imap.NamespaceData, error) {
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: '/'}}}, nil
}

func (s *session) Status(name string, _ *imap.StatusOptions) (*imap.StatusData, error) {
	f, err := s.folder(name)
	if err != nil {
		return nil, err
	}
	st := f.status()
	return &st, nil
}

func (s *session) Append(name string, r imap.LiteralReader, opt *imap.AppendOptions) (*imap.AppendData, error) {
	f, err := s.target(name)
	if err == nil {
		err = s.trouble("APPEND", nil)
	}
	if err != nil {
		return nil, err
	}
	if r.Size() > s.office.opt.MaxMessage {
		return nil, no(imap.ResponseCodeTooBig, "Message is too large")
	}
	raw := make([]byte, r.Size())
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, err
	}
	at := opt.Time
	if at.IsZero() {
		at = s.office.opt.Now()
	}
	defer s.office.announce()
	return &imap.AppendData{UIDValidity: f.validity, UID: f.add(raw, at, opt.Flags)}, nil
}

func (s *session) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if s.view == nil {
		return nil
	}
	return s.view.Poll(w, allowExpunge)
}

// Idle announces what is new.
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
