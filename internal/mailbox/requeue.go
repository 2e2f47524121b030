package mailbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// ErrAmbiguous: several different messages fit what is wanted, so none was moved.
var ErrAmbiguous = errors.New("several different messages fit")

// Wanted describes one message. Where its Message-ID is known that decides, with the size; else the time of arrival, which a
// move keeps, and the size.
type Wanted struct {
	MessageID string // with or without its angle brackets; empty: not known
	Arrived   time.Time
	Size      int64 // zero: not known
}

// Return moves a message of a folder back to the inbox, where it comes under a new UID. It tells whether it was there.
func (b *Box) Return(ctx context.Context, folder string, what Wanted) (found bool, err error) {
	var uid UID
	err = b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		found = false
		there, err := s.listed(ctx, s.name(folder))
		if err != nil || !there {
			return err
		}
		if err := s.enter(ctx, folder, looking); err != nil {
			return err
		}
		uid, found, err = s.match(ctx, what)
		return err
	}})
	if err == nil && found {
		err = b.move(ctx, &move{from: folder, validity: uid.Validity, to: b.opt.Inbox, uids: []uint32{uid.UID}})
	}
	return found && err == nil, because(err, "bring a message back from %s", folder)
}

// match finds the one message of the open folder that is wanted.
func (s *session) match(ctx context.Context, what Wanted) (uid UID, found bool, err error) {
	var fit []identity
	uids, err := s.candidates(ctx, what)
	if err == nil {
		fit, err = s.identify(ctx, uids)
	}
	fit = slices.DeleteFunc(fit, func(id identity) bool { return !what.fits(id) })
	if timely := slices.DeleteFunc(slices.Clone(fit), func(id identity) bool { return id.arrived.Unix() != what.Arrived.Unix() }); len(timely) > 0 {
		fit = timely
	}
	switch {
	case err != nil || len(fit) == 0:
		return UID{}, false, err
	case slices.ContainsFunc(fit, func(id identity) bool { return !id.same(fit[0]) }):
		return UID{}, false, &ownError{ErrAmbiguous}
	}
	return fit[0].uid, true, nil
}

func (w Wanted) fits(id identity) bool {
	switch {
	case w.Size > 0 && id.size != w.Size:
		return false
	case w.MessageID == "":
		return id.arrived.Unix() == w.Arrived.Unix()
	}
	return slices.ContainsFunc(fieldsOf(id.header)["Message-Id"], func(v string) bool { return bare(v) == bare(w.MessageID) })
}

func bare(id string) string { return strings.Trim(strings.TrimSpace(id), "<>") }

// candidates are the messages of the open folder that may be meant.
func (s *session) candidates(ctx context.Context, what Wanted) ([]uint32, error) {
	if id := bare(what.MessageID); searchable(id) {
		return s.named(ctx, having("Message-ID", id))
	}
	if what.Size > 0 {
		return s.named(ctx, sized(what.Size))
	}
	return nil, nil
}
