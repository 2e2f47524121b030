package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

var (
	errSlow    = errors.New("took too long")
	errSilence = errors.New("nothing heard from the server")
)

// session is one signed-in connection.
type session struct {
	box    *Box
	client *imapclient.Client
	conn   *steady
	caps   imap.CapSet
	prefix string // of the personal namespace, e.g. "INBOX."
	delim  string // empty: the server has no hierarchy
	exists map[string]bool
	news   chan struct{} // something happened in the selected folder
	inbox  imap.SelectData
	state  selection
}

type selection int

const (
	nothing selection = iota
	looking           // EXAMINE: no flag can change by accident
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

// open selects the inbox, anew each time, and checks that it is the one that State saw.
func (s *session) open(ctx context.Context, how selection) error {
	if err := s.selectInbox(ctx, how); err != nil {
		return err
	}
	if known := s.box.validity.Load(); known != 0 && known != s.inbox.UIDValidity {
		return own("open %s: %w from %d to %d", s.box.opt.Inbox, ErrUIDValidity, known, s.inbox.UIDValidity)
	}
	return nil
}

func (s *session) selectInbox(ctx context.Context, how selection) error {
	s.state = nothing
	return s.brief(ctx, "open "+s.box.opt.Inbox, func() error {
		data, err := s.client.Select(s.name(s.box.opt.Inbox), &imap.SelectOptions{ReadOnly: how == looking}).Wait()
		if err != nil {
			return err
		}
		s.inbox, s.state = *data, how
		return nil
	})
}

// present asks which of the set are still there.
func (s *session) present(ctx context.Context, set imap.UIDSet, not ...imap.Flag) (imap.UIDSet, error) {
	var found imap.UIDSet
	err := s.long(ctx, "search", func() error {
		var opt *imap.SearchOptions
		if s.caps.Has(imap.CapESearch) {
			opt = &imap.SearchOptions{ReturnAll: true} // ranges instead of a number for every message
		}
		data, err := s.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}, NotFlag: not}, opt).Wait()
		if err != nil {
			return err
		}
		found, _ = data.All.(imap.UIDSet)
		return nil
	})
	return found, err
}
