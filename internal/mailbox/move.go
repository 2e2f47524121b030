package mailbox

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/textproto"
	"slices"
	"strings"
	"time"

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

const (
	identifyAtOnce = 50
	maxFound       = 1000 // messages of one folder that are kept in one go
	maxLook        = 5000 // that are looked at for it
	maxIDSearch    = 500  // bytes of a Message-ID that a SEARCH names
)

// folderUID is one message of one folder.
type folderUID struct {
	folder string
	uid    UID
}

func (m *move) key(uid uint32) folderUID { return folderUID{m.from, UID{m.validity, uid}} }

// copyOnce copies what has not been copied before, by us or by a process that came to its end between COPY and what follows.
// Of this process the Box remembers; what was in the inbox before it is looked up in the target: the same size and the same
// header, byte for byte, which a copy keeps. Two such mails in the inbox become one in the target, and nothing is lost by it;
// where a server alters what it copies, an error can still cost a second copy. What comes back to the inbox is not looked up:
// its like may have stayed there, marked, and must come as new; twice at worst, and then it is known by its content.
func (m *move) copyOnce(ctx context.Context, s *session, uids []uint32, target string) error {
	var sure, doubtful []uint32
	for _, u := range uids {
		done, tried := s.box.copied[m.key(u)]
		switch {
		case done:
		case m.from == s.box.opt.Inbox && (tried || !m.arrivedLater(s.box, u)):
			doubtful = append(doubtful, u)
		default:
			sure = append(sure, u)
		}
	}
	for part := range slices.Chunk(doubtful, identifyAtOnce) {
		missing, err := m.missing(ctx, s, part)
		if err != nil {
			return err
		}
		sure = append(sure, missing...)
	}
	if len(sure) == 0 {
		return nil
	}
	s.box.remember(m, sure, false)
	err := s.copy(ctx, sure, target)
	if err == nil {
		s.box.remember(m, sure, true)
	}
	return err
}

// arrivedLater: no earlier process can have seen it.
func (m *move) arrivedLater(b *Box, uid uint32) bool {
	first := b.first.Load()
	return first != nil && first.UIDValidity == m.validity && first.UIDNext != 0 && uid >= first.UIDNext
}

// remember belongs to whoever holds the filing connection.
func (b *Box) remember(m *move, uids []uint32, done bool) {
	for _, u := range uids {
		b.copied[m.key(u)] = done
	}
}

// missing tells which of these are not in the target, and opens the folder again that they come from.
func (m *move) missing(ctx context.Context, s *session, uids []uint32) (missing []uint32, err error) {
	list, err := s.identify(ctx, uids, func(identity) bool { return true })
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx, m.to, looking); err != nil {
		return nil, err
	}
	there := map[uint32]bool{}
	for _, id := range list {
		if there[id.uid.UID], err = s.holds(ctx, id); err != nil {
			return nil, err
		}
	}
	_, err = s.open(ctx, m.from, writing, m.validity)
	return slices.DeleteFunc(slices.Clone(uids), func(u uint32) bool { return there[u] }), err
}

// identity is what a copy of a message has in common with it.
type identity struct {
	uid     UID
	size    int64
	arrived time.Time
	deleted bool // marked so
	header  []byte
}

func (id identity) same(other identity) bool {
	return id.size == other.size && bytes.Equal(id.header, other.header)
}

// identify reads who these messages of the open folder are, and keeps those that are meant; of one that is gone it says nothing.
func (s *session) identify(ctx context.Context, uids []uint32, meant func(identity) bool) (all []identity, err error) {
	part := &imap.FetchItemBodySection{Peek: true, Specifier: imap.PartSpecifierHeader, Partial: &imap.SectionPartial{Size: maxHeader}}
	opt := &imap.FetchOptions{UID: true, Flags: true, RFC822Size: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{part}}
	for chunk := range slices.Chunk(uids, identifyAtOnce) {
		err = s.long(ctx, "fetch headers of "+named(setOf(chunk)), func() error {
			list, err := s.client.Fetch(setOf(chunk), opt).Collect()
			for _, m := range list {
				id := identity{s.uid(m.UID), m.RFC822Size, arrived(m.InternalDate), slices.Contains(m.Flags, imap.FlagDeleted), m.FindBodySection(part)}
				if id.header != nil && slices.Contains(chunk, id.uid.UID) && meant(id) {
					all = append(all, id)
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// holds tells whether the open folder has a message that is the same.
func (s *session) holds(ctx context.Context, id identity) (bool, error) {
	what := sized(id.size)
	if mid := messageID(id.header); searchable(mid) {
		what = having("Message-ID", mid)
	}
	list, err := s.find(ctx, what, id.same)
	if len(list) > 0 {
		err = nil
	}
	return len(list) > 0, err
}

func sized(n int64) *imap.SearchCriteria { return &imap.SearchCriteria{Larger: n - 1, Smaller: n + 1} }

// errMany: what is not looked at is not known, and not absent.
var errMany = errors.New("search: the server names more messages than can be looked at")

// find looks at what a search of the open folder names, and keeps what is meant by its own header: no search is believed, as some
// servers name everything, or know only a few fields.
func (s *session) find(ctx context.Context, what *imap.SearchCriteria, meant func(identity) bool) ([]identity, error) {
	uids, err := s.named(ctx, what)
	if err != nil {
		return nil, err
	}
	list, err := s.identify(ctx, uids[max(0, len(uids)-maxLook):], meant)
	if err == nil && (len(uids) > maxLook || len(list) > maxFound) {
		err = &ownError{errMany}
	}
	return list, err
}

// latest are so many last messages of the open folder, and one more: a search that lags, or knows few fields, may not find them.
func (s *session) latest(most int64, also uint32) *imap.SearchCriteria {
	first := imap.UID(max(int64(s.at.UIDNext)-most, 1))
	return &imap.SearchCriteria{UID: []imap.UIDSet{append(setOf([]uint32{cmp.Or(also, uint32(first))}), imap.UIDRange{Start: first, Stop: 0})}}
}

// named is search, message by message.
func (s *session) named(ctx context.Context, what *imap.SearchCriteria) ([]uint32, error) {
	set, err := s.search(ctx, what)
	if err != nil {
		return nil, err
	}
	return expand(set, 1, uint64(s.count())+slack)
}

// searchable: a SEARCH for anything else needs a charset or a literal, which some servers refuse.
func searchable(id string) bool { return len(id) <= maxIDSearch && ascii(id) }

// ascii: any other Message-ID reads as it is read, and is not the same in the books as in the header.
func ascii(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' })
}

// fieldsOf reads as much of a header as can be read.
func fieldsOf(header []byte) textproto.MIMEHeader {
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(slices.Clip(header), "\r\n\r\n"...)))).ReadMIMEHeader()
	return h
}

func messageID(header []byte) string { return strings.TrimSpace(fieldsOf(header).Get("Message-Id")) }
