package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

var (
	errSlow    = errors.New("took too long")
	errSilence = errors.New("nothing heard from the server")
	// errNoValidity: such a server cannot be used, RFC 9051 §2.3.1.1.
	errNoValidity = errors.New("the server gives no UIDVALIDITY")
)

// session is one signed-in connection.
type session struct {
	box     *Box
	client  *imapclient.Client
	conn    *idleTimeoutConn
	caps    imap.CapSet
	prefix  string   // of the personal namespace, e.g. "INBOX."
	delim   string   // empty: the server has no hierarchy
	foreign []string // prefixes of other people's and shared mailboxes
	exists  map[string]bool
	news    chan struct{} // something happened in the selected folder
	at      selected

	appended UID // by the last APPEND, where the server tells
}

// selected is the folder that is open on a connection; its UIDVALIDITY holds as long as it is open (RFC 9051 §2.3.1.1).
type selected struct {
	folder string // as Options would write it; empty: none
	how    access
	fresh  bool // opened by State for whoever comes next
	imap.SelectData
}

type access int

const (
	looking access = iota // EXAMINE: no flag can change by accident
	writing
)

// run gives a command its limits: silence, total time, and ctx. go-imap has none of them; closing the connection is the only way.
func (s *session) run(ctx context.Context, what string, total time.Duration, command func() error) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, total, errSlow)
	defer cancel()
	s.conn.expect(s.box.opt.Timeout)
	stop := context.AfterFunc(ctx, s.conn.abort)
	err := command()
	interrupted := !stop()
	silent := s.conn.expect(0)
	switch {
	case err == nil:
		return nil
	case interrupted:
		err = context.Cause(ctx)
	case silent && lost(err):
		err = errSilence
	}
	return fmt.Errorf("%s: %w", what, err)
}

// brief is run for commands that take no time on a healthy server.
func (s *session) brief(ctx context.Context, what string, command func() error) error {
	return s.run(ctx, what, 2*s.box.opt.Timeout, command)
}

// long is run for commands that may work on thousands of messages.
func (s *session) long(ctx context.Context, what string, command func() error) error {
	return s.run(ctx, what, 10*s.box.opt.Timeout, command)
}

func (s *session) dead() bool {
	select {
	case <-s.client.Closed():
		return true
	default:
		return s.conn.aborted()
	}
}

// drop ends the connection at once, and waits for its reader.
func (s *session) drop() {
	s.conn.abort()
	s.client.Close() //nolint:errcheck // it is gone either way, and after BYE the reason is nonsense
}

// goodbye is drop for a healthy connection.
func (s *session) goodbye() {
	s.conn.expect(time.Second)
	if !s.dead() {
		s.client.Logout().Wait() //nolint:errcheck // a courtesy
	}
	s.drop()
}

// open makes sure that the folder is open and is the one that validity names. An open folder keeps its UIDVALIDITY, so it is
// opened anew only where another one is open. With what the server told at that time, fresh says whether that is news.
func (s *session) open(ctx context.Context, folder string, how access, validity uint32) (fresh bool, err error) {
	fresh = s.at.fresh
	if s.at.folder != folder || s.at.how != how || s.at.UIDValidity != validity {
		if err := s.enter(ctx, folder, how); err != nil {
			return false, err
		}
		fresh = true
	}
	s.at.fresh = false
	return fresh, s.verify(validity)
}

// openNow is open, and knows of every message that has arrived until now.
func (s *session) openNow(ctx context.Context, folder string, how access, validity uint32) (fresh bool, err error) {
	fresh, err = s.open(ctx, folder, how, validity)
	if err == nil && !fresh {
		err = s.probe(ctx)
	}
	return fresh, err
}

// verify holds the open folder against the UIDVALIDITY that is meant. Zero names nothing (RFC 9051 §9, nz-number).
func (s *session) verify(validity uint32) error {
	switch {
	case s.at.UIDValidity == 0:
		return own("open %s: %w", s.at.folder, errNoValidity)
	case s.at.UIDValidity != validity:
		return own("open %s: %w from %d to %d", s.at.folder, ErrUIDValidity, validity, s.at.UIDValidity)
	}
	return nil
}

// enter selects a folder, anew each time.
func (s *session) enter(ctx context.Context, folder string, how access) error {
	s.at = selected{}
	return s.brief(ctx, "open "+folder, func() error {
		data, err := s.client.Select(s.name(folder), &imap.SelectOptions{ReadOnly: how == looking}).Wait()
		if err != nil {
			delete(s.exists, s.name(folder)) // it may have been taken away
			return err
		}
		s.at = selected{folder: folder, how: how, SelectData: *data}
		if folder == s.box.opt.Inbox {
			s.box.first.CompareAndSwap(nil, &State{data.UIDValidity, uint32(data.UIDNext)})
		}
		return nil
	})
}

// enterIfThere is enter, to look, for a folder that need not exist.
func (s *session) enterIfThere(ctx context.Context, folder string) (there bool, err error) {
	if there, err = s.listed(ctx, s.name(folder)); err == nil && there {
		err = s.enter(ctx, folder, looking)
	}
	return there, err
}

// uid makes a number whole: the open folder's.
func (s *session) uid(n imap.UID) UID { return UID{s.at.UIDValidity, uint32(n)} }

// probe proves that the server lives, and lets it tell what has happened.
func (s *session) probe(ctx context.Context) error {
	return s.brief(ctx, "probe", func() error { return s.client.Noop().Wait() })
}

// present asks which of the set are still there.
func (s *session) present(ctx context.Context, set imap.UIDSet, not ...imap.Flag) (imap.UIDSet, error) {
	return s.search(ctx, &imap.SearchCriteria{UID: []imap.UIDSet{set}, NotFlag: not})
}

// still is present for UIDs that are known, and never names another.
func (s *session) still(ctx context.Context, uids []uint32, not ...imap.Flag) ([]uint32, error) {
	set, err := s.present(ctx, setOf(uids), not...)
	return slices.DeleteFunc(slices.Clone(uids), func(u uint32) bool { return !set.Contains(imap.UID(u)) }), err
}

func (s *session) search(ctx context.Context, what *imap.SearchCriteria) (found imap.UIDSet, err error) {
	err = s.long(ctx, "search", func() error {
		var opt *imap.SearchOptions
		if s.caps.Has(imap.CapESearch) {
			opt = &imap.SearchOptions{ReturnAll: true} // ranges instead of a number for every message
		}
		data, err := s.client.UIDSearch(what, opt).Wait()
		if err == nil {
			found, _ = data.All.(imap.UIDSet)
		}
		return err
	})
	return found, err
}
