package mailbox

import (
	"context"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// filed marks a message that was copied where the server cannot expunge a single one.
const filed imap.Flag = "$UkpbjFiled"

// move takes messages of one folder to another.
type move struct {
	from, to string // as Options would write them
	validity uint32 // of from
	uids     []uint32
	tried    bool // they may be gone already
}

// move says of an error only what holds: an answer that cannot be read, or none, may follow a move that was made. So it looks,
// on a connection of its own, whether the messages are gone.
func (b *Box) move(ctx context.Context, m *move) error {
	err := b.filing.do(ctx, job{work: m.do})
	if err == nil || !m.tried || ctx.Err() != nil || errors.Is(err, ErrUIDValidity) {
		return err
	}
	gone := false
	look := b.filing.renewed(ctx, job{work: func(ctx context.Context, s *session) error {
		if _, err := s.openNow(ctx, m.from, looking, m.validity); err != nil {
			return err
		}
		left, err := s.still(ctx, m.uids)
		gone = len(left) == 0
		return err
	}})
	if look == nil && gone {
		return nil
	}
	return err
}

// do never leaves go-imap's own Move to its fallback, which expunges what others have marked, and loses mail when the copy fails.
func (m *move) do(ctx context.Context, s *session) error {
	target, err := s.ensure(ctx, m.to)
	if err != nil {
		return err
	}
	if _, err := s.openNow(ctx, m.from, writing, m.validity); err != nil {
		return err
	}
	if !s.caps.Has(imap.CapMove) {
		m.tried = true
		return m.copy(ctx, s, target)
	}
	if m.tried {
		if m.uids, err = s.still(ctx, m.uids); err != nil || len(m.uids) == 0 {
			return err
		}
	}
	m.tried = true
	return s.orCreate(ctx, target, func() error {
		return s.long(ctx, "move", func() error { _, err := s.client.Move(setOf(m.uids), target).Wait(); return err })
	})
}

// copy deletes only after the copy has been confirmed, and only these UIDs. Without UIDPLUS an EXPUNGE would take every
// message that anybody has marked, so there ours stay, copied and marked.
func (m *move) copy(ctx context.Context, s *session, target string) error {
	mark, gone := imap.FlagDeleted, s.caps.Has(imap.CapUIDPlus)
	var marked []imap.Flag
	if !gone {
		if slices.Contains(s.at.PermanentFlags, imap.FlagWildcard) || slices.Contains(s.at.PermanentFlags, filed) {
			mark = filed
		}
		marked = []imap.Flag{mark}
	}
	uids, err := s.still(ctx, m.uids, marked...)
	if err != nil || len(uids) == 0 {
		return err
	}
	if err := m.copyOnce(ctx, s, uids, target); err != nil {
		return err
	}
	if err := s.store(ctx, uids, mark); err != nil {
		return err
	}
	if gone {
		if err := s.expunge(ctx, uids); err != nil {
			return err
		}
	}
	for _, u := range uids {
		delete(s.box.copied, m.key(u))
	}
	return nil
}

func (s *session) copy(ctx context.Context, uids []uint32, target string) error {
	return s.orCreate(ctx, target, func() error {
		return s.long(ctx, "copy", func() error { _, err := s.client.Copy(setOf(uids), target).Wait(); return err })
	})
}

func (s *session) store(ctx context.Context, uids []uint32, flag imap.Flag) error {
	return s.long(ctx, "mark", func() error {
		return s.client.Store(setOf(uids), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
	})
}

// orCreate repeats a command once if the folder has been taken away meanwhile.
func (s *session) orCreate(ctx context.Context, target string, command func() error) error {
	err := command()
	if codeOf(err) != imap.ResponseCodeTryCreate {
		return err
	}
	delete(s.exists, target)
	if err := s.create(ctx, target); err != nil {
		return err
	}
	s.exists[target] = true
	return command()
}
