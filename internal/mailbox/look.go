package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"
)

const (
	// window is how many messages one FETCH of sizes and dates may ask for.
	window = 1000
	// slack is how many more UIDs than messages a SEARCH may name, for mail that arrives meanwhile.
	slack = 10_000
)

// State looks at the inbox afresh, and remembers its UIDVALIDITY for the other methods.
func (b *Box) State(ctx context.Context) (State, error) {
	var st State
	err := b.fetching.do(ctx, job{work: func(ctx context.Context, s *session) error {
		if err := s.selectInbox(ctx, looking); err != nil {
			return err
		}
		st = State{s.inbox.UIDValidity, uint32(s.inbox.UIDNext)}
		if st.UIDNext != 0 {
			return nil
		}
		// RFC 3501 §7.1 lets SELECT leave UIDNEXT out.
		return s.brief(ctx, "ask for UIDNEXT", func() error {
			data, err := s.client.Status(s.name(b.opt.Inbox), &imap.StatusOptions{UIDNext: true}).Wait()
			if err == nil {
				st.UIDNext = uint32(data.UIDNext)
			}
			return err
		})
	}})
	if err != nil {
		return State{}, err
	}
	b.validity.Store(st.UIDValidity)
	return st, nil
}

// Since gives every message of the inbox from uid on, ascending. Only UID, size and INTERNALDATE are asked for: a malformed
// ENVELOPE or BODYSTRUCTURE would end the connection.
func (b *Box) Since(ctx context.Context, uid uint32) ([]Ref, error) {
	uids, err := b.uidsSince(ctx, max(uid, 1))
	if err != nil {
		return nil, err
	}
	all := make([]Ref, 0, len(uids))
	for part := range slices.Chunk(uids, window) {
		refs, err := b.describe(ctx, part)
		if err != nil {
			return nil, err
		}
		all = append(all, refs...)
	}
	return all, nil
}

func (b *Box) uidsSince(ctx context.Context, uid uint32) (uids []uint32, err error) {
	err = b.fetching.do(ctx, job{work: func(ctx context.Context, s *session) error {
		uids = nil
		if err := s.open(ctx, looking); err != nil {
			return err
		}
		if s.inbox.NumMessages == 0 || s.inbox.UIDNext != 0 && uid >= uint32(s.inbox.UIDNext) {
			return nil
		}
		set, err := s.present(ctx, imap.UIDSet{{Start: imap.UID(uid), Stop: 0}})
		if err != nil {
			return err
		}
		uids, err = expand(set, uid, uint64(s.inbox.NumMessages)+slack)
		return err
	}})
	return uids, err
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

// describe asks for sizes and dates. Messages whose description ends the connection are found by halving and come without one:
// Fetch will settle them.
func (b *Box) describe(ctx context.Context, uids []uint32) ([]Ref, error) {
	var refs []Ref
	err := b.fetching.do(ctx, job{work: func(ctx context.Context, s *session) (err error) {
		if s.state != looking {
			if err := s.open(ctx, looking); err != nil {
				return err
			}
		}
		refs, err = s.describe(ctx, uids)
		return err
	}})
	var down *unreachable
	switch {
	case err == nil:
		return refs, nil
	case !lost(err) || errors.As(err, &down) || ctx.Err() != nil || b.open.Err() != nil:
		return nil, err
	case len(uids) == 1:
		return []Ref{{UID: uids[0]}}, nil
	}
	head, err := b.describe(ctx, uids[:len(uids)/2])
	if err != nil {
		return nil, err
	}
	tail, err := b.describe(ctx, uids[len(uids)/2:])
	return append(head, tail...), err
}

func (s *session) describe(ctx context.Context, uids []uint32) ([]Ref, error) {
	found := map[uint32]Ref{}
	if err := s.sizes(ctx, setOf(uids), found); err != nil {
		return nil, err
	}
	// A change of flags by somebody else can take the place of an answer; what is missing is asked for again.
	var missing []uint32
	for _, u := range uids {
		if r := found[u]; r.UID == 0 || r.Size == 0 && r.Arrived.IsZero() {
			missing = append(missing, u)
		}
	}
	if len(missing) > 0 {
		still, err := s.present(ctx, setOf(missing))
		if err != nil {
			return nil, err
		}
		missing = slices.DeleteFunc(missing, func(u uint32) bool { return !still.Contains(imap.UID(u)) })
	}
	if len(missing) > 0 {
		for _, u := range missing {
			found[u] = Ref{UID: u}
		}
		if err := s.sizes(ctx, setOf(missing), found); err != nil {
			return nil, err
		}
	}
	var refs []Ref
	for _, u := range uids {
		if r, ok := found[u]; ok && (r.Size != 0 || !r.Arrived.IsZero() || slices.Contains(missing, u)) {
			refs = append(refs, r)
		}
	}
	return refs, nil
}

func (s *session) sizes(ctx context.Context, set imap.UIDSet, found map[uint32]Ref) error {
	return s.long(ctx, fmt.Sprintf("ask for sizes of %s", named(set)), func() error {
		list, err := s.client.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}).Collect()
		for _, m := range list {
			found[uint32(m.UID)] = Ref{UID: uint32(m.UID), Size: m.RFC822Size, Arrived: m.InternalDate}
		}
		return err
	})
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
