package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	batchBytes   = 1 << 20
	batchCount   = 100
	messageCost  = 512
	slowestBytes = 8 << 10 // a second: below this the line is unusable
	maxHeader    = 256 << 10
	maxSick      = 3 // messages in a row that were not handed over, with no other one to tell whose fault it is
)

var (
	// errTooLarge: what is announced is larger than Options.MaxMessage.
	errTooLarge  = errors.New("message is larger than the limit")
	errOvershoot = errors.New("server sent much more than it had said")
	errNoBody    = errors.New("server gives no body")
)

// Mail is one message as Fetch hands it on.
type Mail struct {
	Ref
	Raw    []byte
	TooBig bool // larger than Options.MaxMessage, whatever Size says: Raw is the header alone, of at most maxHeader bytes
}

// Fetch calls fn with each message, in the order of refs. Each is read into memory of its exact size before fn sees it, and no more
// than one command's worth is held, so fn may take as long as it likes. Messages that are gone are passed over. Those that cannot
// be had are returned, joined, as *MessageError after all others.
func (b *Box) Fetch(ctx context.Context, refs []Ref, fn func(Mail) error) error {
	validity, err := oneValidity(refs, func(r Ref) UID { return r.UID })
	if err != nil {
		return err
	}
	ctx, cancel := b.until(ctx)
	defer cancel()
	f := &fetch{box: b, validity: validity}
	for len(refs) > 0 {
		n := f.plan(refs)
		if err := f.some(ctx, refs[:n], fn); err != nil {
			return err
		}
		refs = refs[n:]
	}
	return errors.Join(f.broken...)
}

// fetch is one Fetch under way.
type fetch struct {
	box      *Box
	validity uint32
	good     uint32 // the message that came last
	sick     int    // messages in a row that did not come, nobody knows why
	broken   []error
}

// some fetches what one command asks for.
func (f *fetch) some(ctx context.Context, refs []Ref, fn func(Mail) error) error {
	got, err := f.batch(ctx, refs)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		m := &Mail{Ref: ref, Raw: got[ref.UID.UID]}
		delete(got, ref.UID.UID)
		if m.Raw == nil {
			if m, err = f.single(ctx, ref); err != nil {
				return err
			}
		}
		if m == nil {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f.good, f.sick = ref.UID.UID, 0
		if err := fn(*m); err != nil {
			return err
		}
		f.box.gate.settled()
	}
	return nil
}

// plan says how many of the refs make the next command. A large one, or one of unknown size, goes alone.
func (f *fetch) plan(refs []Ref) (n int) {
	for sum := int64(0); n < len(refs) && n < batchCount; n++ {
		if sum += cost(refs[n]); refs[n].Size <= 0 || f.tooBig(refs[n]) || sum > batchBytes {
			break
		}
	}
	return max(n, 1)
}

func cost(r Ref) int64 { return r.Size + messageCost }

func (f *fetch) tooBig(r Ref) bool { return r.Size > f.box.opt.MaxMessage }

// batch fetches several in one command. What is missing from the result is tried singly; only a server that cannot be reached is an error.
func (f *fetch) batch(ctx context.Context, refs []Ref) (map[uint32][]byte, error) {
	got := map[uint32][]byte{}
	if len(refs) == 1 {
		return got, nil
	}
	var sum int64
	for _, r := range refs {
		sum += cost(r)
	}
	sent := false
	err := f.box.fetching.do(ctx, job{
		work: func(ctx context.Context, s *session) error {
			if err := f.open(ctx, s); err != nil {
				return err
			}
			sent = true
			return s.bodies(ctx, uidsOf(refs), 2*sum+batchBytes, got)
		},
		sent: func() bool { return sent }, // the second try is single
	})
	if err != nil && f.fatal(ctx, err) {
		return nil, err
	}
	return got, nil
}

func (f *fetch) open(ctx context.Context, s *session) error {
	if _, err := s.open(ctx, f.box.opt.Inbox, looking, f.validity); err != nil {
		return &notOpened{err}
	}
	return nil
}

// fatal: the trouble is not that of a message.
func (f *fetch) fatal(ctx context.Context, err error) bool {
	return is[*unreachable](err) || is[*notOpened](err) || ctx.Err() != nil
}

// single fetches one. It returns nil for one that is gone, and for one that the server does not hand over: that one alone, if
// after each try it hands over another.
func (f *fetch) single(ctx context.Context, ref Ref) (*Mail, error) {
	m := &Mail{Ref: ref, TooBig: f.tooBig(ref)}
	broken := &MessageError{UID: ref.UID, Alone: true}
	for range 2 {
		gone, err := f.once(ctx, m)
		switch {
		case gone:
			return nil, nil
		case err == nil:
			return m, nil
		case f.fatal(ctx, err):
			return nil, err
		}
		broken.Err = err
		works, err := f.othersCome(ctx, ref.UID.UID)
		if err != nil {
			return nil, err
		}
		broken.Alone = broken.Alone && works
	}
	if f.sick++; broken.Alone {
		f.sick = 0
	}
	if f.sick == maxSick {
		return nil, fmt.Errorf("the server hands over no message: %w", broken.Err)
	}
	f.broken = append(f.broken, broken)
	return nil, nil
}

// once fetches the message, or the header if it is too large.
func (f *fetch) once(ctx context.Context, m *Mail) (gone bool, err error) {
	uid := m.UID.UID
	if !m.TooBig {
		m.Raw, gone, err = f.read(ctx, uid, func(ctx context.Context, s *session) ([]byte, error) {
			got := map[uint32][]byte{}
			err := s.bodies(ctx, []uint32{uid}, f.box.opt.MaxMessage, got)
			return got[uid], err
		})
		if !errors.Is(err, errTooLarge) {
			return gone, err
		}
		m.TooBig = true
	}
	m.Raw, gone, err = f.read(ctx, uid, func(ctx context.Context, s *session) ([]byte, error) {
		return s.part(ctx, setOf([]uint32{uid}), imap.PartSpecifierHeader, maxHeader)
	})
	return gone, err
}

func (f *fetch) read(ctx context.Context, uid uint32, get func(context.Context, *session) ([]byte, error)) (raw []byte, gone bool, err error) {
	err = f.box.fetching.do(ctx, job{work: func(ctx context.Context, s *session) error {
		if err := f.open(ctx, s); err != nil {
			return err
		}
		if raw, err = get(ctx, s); err != nil || raw != nil {
			return err
		}
		if err := s.probe(ctx); err != nil {
			return err
		}
		still, err := s.present(ctx, setOf([]uint32{uid}))
		if gone = err == nil && len(still) == 0; err == nil && !gone {
			err = &ownError{errNoBody}
		}
		return err
	}})
	return raw, gone, err
}

// bodies reads whole messages into got, each at most MaxMessage and together at most limit; beyond, the connection is dropped.
func (s *session) bodies(ctx context.Context, uids []uint32, limit int64, got map[uint32][]byte) error {
	set := setOf(uids)
	total := 2*s.box.opt.Timeout + time.Duration(limit/slowestBytes)*time.Second
	read := func(uid uint32, l imap.LiteralReader) ([]byte, error) {
		if err := s.allowed(uid, l.Size(), limit); err != nil {
			s.conn.abort()
			exhaust(l)
			return nil, err
		}
		limit -= l.Size()
		raw := make([]byte, l.Size())
		_, err := io.ReadFull(l, raw)
		return raw, err
	}
	found := func(uid uint32, raw []byte) { got[uid] = raw }
	return s.sections(ctx, "fetch "+named(set), total, set, &imap.FetchItemBodySection{Peek: true}, read, found)
}

// sections reads one section of each message. One that the server calls NIL is passed over.
func (s *session) sections(ctx context.Context, what string, total time.Duration, set imap.NumSet, section *imap.FetchItemBodySection,
	read func(uid uint32, l imap.LiteralReader) ([]byte, error), found func(uid uint32, raw []byte)) error {
	return s.run(ctx, what, total, func() error {
		cmd := s.client.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			var uid uint32
			var raw []byte
			for item := msg.Next(); item != nil; item = msg.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					uid = uint32(item.UID)
				case imapclient.FetchItemDataBodySection:
					if item.Literal == nil {
						continue
					}
					var err error
					if raw, err = read(uid, item.Literal); err != nil {
						// The connection is done for. A cut literal ends as a plain EOF, and sets the client's reader free, which ends by
						// itself: the literal must not be read again, and every way to go on with cmd or msg would.
						s.conn.abort()
						return err
					}
				}
			}
			if raw != nil {
				found(uid, raw)
			}
		}
		return cmd.Close()
	})
}

func (s *session) allowed(uid uint32, size, left int64) error {
	switch {
	case size > s.box.opt.MaxMessage:
		return own("message %d of %d bytes: %w", uid, size, errTooLarge)
	case size > left:
		return &ownError{errOvershoot}
	}
	return nil
}

// exhaust reads from a connection that has been cut up to its first error, and never again: that error sets the client's
// reader free, which then works on the same buffer.
func exhaust(r io.Reader) {
	rest := make([]byte, 32<<10)
	for {
		if _, err := r.Read(rest); err != nil {
			return
		}
	}
}

func uidsOf(refs []Ref) []uint32 {
	uids := make([]uint32, len(refs))
	for i, r := range refs {
		uids[i] = r.UID.UID
	}
	return uids
}

// oneValidity refuses messages of two lives of the inbox: at least one of them is gone for good.
func oneValidity[T any](list []T, uid func(T) UID) (validity uint32, err error) {
	for i, x := range list {
		if u := uid(x); i == 0 {
			validity = u.Validity
		} else if u.Validity != validity {
			return 0, own("messages %v and %v: %w", uid(list[0]), u, ErrUIDValidity)
		}
	}
	return validity, nil
}
