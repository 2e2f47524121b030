package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	// window is how many messages one FETCH of sizes and dates may ask for.
	window = 1000
	// slack is how many more UIDs than messages a SEARCH may name, for mail that arrives meanwhile.
	slack = 10_000
)

// State looks at the inbox afresh. UIDNext is never zero: every message that comes later has at least this UID.
func (b *Box) State(ctx context.Context) (State, error) {
	var st State
	err := b.fetching.do(ctx, job{work: func(ctx context.Context, s *session) error {
		if err := s.enter(ctx, b.opt.Inbox, looking); err != nil {
			return err
		}
		if err := s.verify(s.at.UIDValidity); err != nil {
			return err
		}
		next, err := s.next(ctx)
		st, s.at.fresh = State{s.at.UIDValidity, next}, true
		return err
	}})
	return st, err
}

// next is UIDNEXT of the inbox. RFC 3501 §7.1 lets SELECT leave it out; the last message tells it, too.
func (s *session) next(ctx context.Context) (uint32, error) {
	if s.at.UIDNext != 0 {
		return uint32(s.at.UIDNext), nil
	}
	var next imap.UID
	err := s.brief(ctx, "ask for UIDNEXT", func() error {
		data, err := s.client.Status(s.name(s.box.opt.Inbox), &imap.StatusOptions{UIDNext: true}).Wait()
		if err == nil {
			next = data.UIDNext
		}
		return err
	})
	if err != nil || next != 0 {
		return uint32(next), err
	}
	all, err := s.present(ctx, imap.UIDSet{{Start: 1, Stop: 0}})
	for _, r := range all {
		next = max(next, r.Stop)
	}
	return uint32(next) + 1, err
}

// Since returns every message of the inbox from this UID on, ascending: at least those that were there at the last State. Only
// UID, size and INTERNALDATE are asked for: a malformed ENVELOPE or BODYSTRUCTURE would end the connection.
func (b *Box) Since(ctx context.Context, from UID) ([]Ref, error) {
	uids, err := b.uidsSince(ctx, UID{from.Validity, max(from.UID, 1)})
	if err != nil {
		return nil, err
	}
	all := make([]Ref, 0, len(uids))
	for part := range slices.Chunk(uids, window) {
		refs, err := b.describe(ctx, from.Validity, part, &refusal{})
		if err != nil {
			return nil, err
		}
		all = append(all, refs...)
	}
	return all, nil
}

func (b *Box) uidsSince(ctx context.Context, from UID) (uids []uint32, err error) {
	err = b.fetching.do(ctx, job{work: func(ctx context.Context, s *session) error {
		uids = nil
		fresh, err := s.openNow(ctx, b.opt.Inbox, looking, from.Validity)
		if err != nil || fresh && s.at.UIDNext != 0 && from.UID >= uint32(s.at.UIDNext) {
			return err
		}
		count := s.count()
		if count == 0 {
			return nil
		}
		set, err := s.present(ctx, imap.UIDSet{{Start: imap.UID(from.UID), Stop: 0}})
		if err != nil {
			return err
		}
		uids, err = expand(set, from.UID, uint64(count)+slack)
		return err
	}})
	return uids, err
}

// count is how many messages the open folder has, as far as the server has told.
func (s *session) count() uint32 {
	if open := s.client.Mailbox(); open != nil {
		return open.NumMessages
	}
	return s.at.NumMessages
}

// expand counts before it allocates: a range costs the server eleven bytes. "n:*" always names the last message, so earlier ones go.
func expand(set imap.UIDSet, from uint32, limit uint64) ([]uint32, error) {
	total := uint64(0)
	for _, r := range set {
		if r.Start == 0 || r.Stop < r.Start {
			return nil, own("search: the server named an open range")
		}
		total += uint64(r.Stop) - uint64(r.Start) + 1
	}
	if total > limit {
		return nil, own("search: the server named %d messages where at most %d can be", total, limit)
	}
	uids := make([]uint32, 0, total)
	for _, r := range set {
		for u := uint64(r.Start); u <= uint64(r.Stop); u++ {
			if u >= uint64(from) {
				uids = append(uids, uint32(u))
			}
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// maxRefused messages in a row that the server will not describe, and none that it does, are no fault of theirs.
const maxRefused = 8

// refusal counts, over the halves of one set, what the server describes and what it does not.
type refusal struct{ fine, refused int }

// describe asks for sizes and dates. Messages whose description is refused, or ends the connection, are found by halving and come
// without one: Fetch will settle them.
func (b *Box) describe(ctx context.Context, validity uint32, uids []uint32, so *refusal) ([]Ref, error) {
	var refs []Ref
	err := b.fetching.do(ctx, job{work: func(ctx context.Context, s *session) error {
		_, err := s.open(ctx, b.opt.Inbox, looking, validity)
		if err == nil {
			refs, err = s.describe(ctx, uids)
		}
		return err
	}})
	said := is[*imap.Error](err)
	switch {
	case err == nil:
		so.fine += len(refs)
		return refs, nil
	case !lost(err) && !said || errors.Is(err, ErrUIDValidity) || is[*unreachable](err) || ctx.Err() != nil || b.open.Err() != nil:
		return nil, err
	case len(uids) == 1:
		if so.refused++; said && so.fine == 0 && so.refused >= maxRefused {
			return nil, err
		}
		return []Ref{{UID: UID{validity, uids[0]}}}, nil
	}
	head, err := b.describe(ctx, validity, uids[:len(uids)/2], so)
	if err != nil {
		return nil, err
	}
	tail, err := b.describe(ctx, validity, uids[len(uids)/2:], so)
	return append(head, tail...), err
}

func (s *session) describe(ctx context.Context, uids []uint32) ([]Ref, error) {
	found := map[uint32]Ref{}
	if err := s.sizes(ctx, setOf(uids), found); err != nil {
		return nil, err
	}
	// A change of flags by somebody else can take the place of an answer; what is missing is asked for again.
	described := func(u uint32) bool { return found[u].Size != 0 || !found[u].Arrived.IsZero() }
	missing := slices.DeleteFunc(slices.Clone(uids), described)
	var err error
	if len(missing) > 0 {
		missing, err = s.still(ctx, missing)
	}
	for _, u := range missing {
		found[u] = Ref{UID: s.uid(imap.UID(u))}
	}
	if err == nil && len(missing) > 0 {
		err = s.sizes(ctx, setOf(missing), found)
	}
	var refs []Ref
	for _, u := range uids {
		if described(u) || slices.Contains(missing, u) {
			refs = append(refs, found[u])
		}
	}
	return refs, err
}

func (s *session) sizes(ctx context.Context, set imap.UIDSet, found map[uint32]Ref) error {
	return s.long(ctx, fmt.Sprintf("ask for sizes of %s", named(set)), func() error {
		list, err := s.client.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}).Collect()
		for _, m := range list {
			found[uint32(m.UID)] = Ref{UID: s.uid(m.UID), Size: m.RFC822Size, Arrived: arrived(m.InternalDate)}
		}
		return err
	})
}

// arrived is an INTERNALDATE in UTC; none where its year, or the one beside it, is none that can be written down: whoever puts a mail into a
// mailbox may choose it.
func arrived(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1 || t.Year() > 9998 {
		return time.Time{}
	}
	return t
}

func setOf(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	return set
}

// named names a set in an error.
func named(set imap.UIDSet) string {
	if s := set.String(); len(s) <= 40 {
		return s
	} else {
		return s[:40] + "…"
	}
}
