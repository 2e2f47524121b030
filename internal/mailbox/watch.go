package mailbox

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Watch calls wake after each connect, whenever something new is announced, and at every poll, until ctx ends; then it returns
// nil. Lost connections are made again after pauses that grow; state hears why one cannot be made, and nil when it is. Neither
// may block: they ring bells.
func (b *Box) Watch(ctx context.Context, wake func(), state func(error)) error {
	ctx, cancel := b.until(ctx)
	defer cancel()
	for ctx.Err() == nil {
		connected, err := b.watch(ctx, wake, state)
		if ctx.Err() != nil {
			break
		}
		b.opt.Logger.Warn("mailbox watch interrupted", "error", err, "connected", connected)
		if !connected {
			state(err)
		} else {
			b.gate.fell()
		} // the gate knows when to try again
	}
	return nil
}

// watch lasts as long as one connection.
func (b *Box) watch(ctx context.Context, wake func(), state func(error)) (connected bool, err error) {
	l := b.watching
	s, err := l.take(ctx)
	if err != nil {
		return false, err
	}
	defer func() { l.slot <- nil }()
	if s != nil {
		s.drop()
	}
	if s, err = b.connect(ctx, true); err != nil {
		return false, err
	}
	defer s.goodbye()
	if err := s.enter(ctx, b.opt.Inbox, looking); err != nil {
		return true, err
	}
	b.opt.Logger.Info("mailbox watch begins", "idle", s.caps.Has(imap.CapIdle), "messages", s.at.NumMessages)
	state(nil)
	// What came before EXAMINE is seen by whoever is woken now; what comes after it is announced.
	wake()
	for {
		if err := s.wait(ctx, min(b.opt.Poll, idleFor), wake); err != nil {
			return true, err
		}
		if err := s.probe(ctx); err != nil { // carries what IDLE may have missed, too
			return true, err
		}
		wake()
	}
}

// wait passes d in IDLE, or just waits where IDLE is not offered, and wakes at every announcement.
func (s *session) wait(ctx context.Context, d time.Duration, wake func()) error {
	var idle *imapclient.IdleCommand
	if s.caps.Has(imap.CapIdle) {
		err := s.brief(ctx, "begin IDLE", func() (err error) { idle, err = s.client.Idle(); return err })
		if err != nil {
			return err
		}
	}
	over := time.After(d)
	for waiting := true; waiting; {
		select {
		case <-s.news:
			wake()
		case <-over:
			waiting = false
		case <-s.client.Closed():
			waiting = false
		case <-ctx.Done():
			waiting = false
		}
	}
	if idle == nil {
		return ctx.Err()
	}
	return s.endIdle(ctx, idle)
}

func (s *session) endIdle(ctx context.Context, idle *imapclient.IdleCommand) error {
	if ctx.Err() != nil {
		s.conn.expect(time.Second) // goodbye sends DONE's successor; a second is enough for both
		idle.Close()               //nolint:errcheck // we are leaving
		idle.Wait()                //nolint:errcheck
		return ctx.Err()
	}
	return s.brief(ctx, "end IDLE", func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
}
