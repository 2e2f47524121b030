package mailbox

import (
	"context"
	"io"
	"math/rand/v2"

	"github.com/emersion/go-imap/v2"
)

const (
	witnessBytes = 512
	maxWitnesses = 3
)

// othersCome tells whether the server hands over any other message than this one: the last that came, else some of the inbox,
// else the newest of the folder of handled mail. Where there is no other it says no, for nobody can tell.
func (f *fetch) othersCome(ctx context.Context, not uint32) (works bool, err error) {
	others := []uint32{f.good}
	if f.good == 0 {
		if others, err = f.others(ctx, not); err != nil {
			return false, err
		}
	}
	for _, uid := range others {
		works, err = f.comes(ctx, func(ctx context.Context, s *session) (imap.NumSet, error) {
			return setOf([]uint32{uid}), f.open(ctx, s)
		})
		if works || err != nil {
			return works, err
		}
	}
	return f.comes(ctx, func(ctx context.Context, s *session) (imap.NumSet, error) {
		if there, err := s.enterIfThere(ctx, f.box.opt.Processed); err != nil || !there || s.at.NumMessages == 0 {
			return nil, err
		}
		return imap.SeqSetNum(s.at.NumMessages), nil
	})
}

// others picks a few messages of the inbox by lot, so that another broken one does not always bear witness.
func (f *fetch) others(ctx context.Context, not uint32) (some []uint32, err error) {
	err = f.box.fetching.do(ctx, job{work: func(ctx context.Context, s *session) error {
		if err := f.open(ctx, s); err != nil {
			return err
		}
		all, err := s.named(ctx, &imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 1, Stop: 0}}}})
		some = nil
		for _, i := range rand.Perm(len(all)) {
			if all[i] != not && len(some) < maxWitnesses {
				some = append(some, all[i])
			}
		}
		return err
	}})
	if err != nil && !f.fatal(ctx, err) {
		return nil, nil
	}
	return some, err
}

// comes fetches the beginning of what find returns. Only a server that cannot be reached is an error.
func (f *fetch) comes(ctx context.Context, find func(context.Context, *session) (imap.NumSet, error)) (yes bool, err error) {
	err = f.box.fetching.do(ctx, job{work: func(ctx context.Context, s *session) error {
		set, err := find(ctx, s)
		if err != nil || set == nil {
			return err
		}
		raw, err := s.part(ctx, set, imap.PartSpecifierNone, witnessBytes)
		yes = raw != nil
		return err
	}})
	if err != nil && f.fatal(ctx, err) {
		return false, err
	}
	return err == nil && yes, nil
}

// part reads the first bytes of one message, or of its header. It returns nil where the server gives none.
func (s *session) part(ctx context.Context, set imap.NumSet, which imap.PartSpecifier, limit int64) (raw []byte, err error) {
	part := &imap.FetchItemBodySection{Peek: true, Specifier: which, Partial: &imap.SectionPartial{Size: limit}}
	read := func(_ uint32, l imap.LiteralReader) ([]byte, error) {
		begin := make([]byte, min(l.Size(), limit))
		_, err := io.ReadFull(l, begin)
		return begin, err
	}
	err = s.sections(ctx, "fetch the beginning of "+set.String(), 2*s.box.opt.Timeout, set, part, read, func(_ uint32, begin []byte) { raw = begin })
	return raw, err
}
