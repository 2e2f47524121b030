package mailbox

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// commandBytes: RFC 7162 §4 asks for lines of no more than 8192 octets.
const commandBytes = 7000

// File moves messages of the inbox to a folder, many with one command. It may be repeated: messages that are gone are passed
// over, and where the server has to copy, none is copied twice (see copyOnce).
func (b *Box) File(ctx context.Context, uids []UID, folder string) error {
	validity, err := oneValidity(uids, func(u UID) UID { return u })
	if err != nil {
		return err
	}
	var nums []uint32
	for _, u := range uids {
		nums = append(nums, u.UID)
	}
	slices.Sort(nums)
	for _, part := range commands(slices.Compact(nums)) {
		m := &move{from: b.opt.Inbox, validity: validity, to: folder, uids: part}
		if err := b.move(ctx, m); err != nil {
			return because(err, "file messages %s to %s", named(setOf(part)), folder)
		}
		b.gate.settled()
	}
	return nil
}

// commands splits ascending UIDs into sets that fit into one line each.
func commands(uids []uint32) [][]uint32 {
	var all [][]uint32
	for len(uids) > 0 {
		n := min(len(uids), commandBytes/2)
		for len(setOf(uids[:n]).String()) > commandBytes {
			n = n * 3 / 4
		}
		all = append(all, uids[:n])
		uids = uids[n:]
	}
	return all
}

func (s *session) append(ctx context.Context, target string, raw []byte, opt *imap.AppendOptions) error {
	total := 2*s.box.opt.Timeout + time.Duration(len(raw)/slowestBytes)*time.Second
	return s.run(ctx, "append", total, func() error {
		cmd := s.client.Append(target, int64(len(raw)), opt)
		_, writeErr := cmd.Write(raw)
		closeErr := cmd.Close()
		data, err := cmd.Wait()
		if err == nil {
			s.appended, err = UID{data.UIDValidity, uint32(data.UID)}, errors.Join(writeErr, closeErr)
		}
		return err
	})
}

// crlf: RFC 9051 §4.3 literals of mail have CRLF; some servers refuse others.
func crlf(raw []byte) []byte {
	if bytes.Count(raw, []byte("\n")) == bytes.Count(raw, []byte("\r\n")) {
		return raw
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

// Remove takes one message out of the inbox for good, and no other.
func (b *Box) Remove(ctx context.Context, uid UID) error {
	err := b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		if _, err := s.openNow(ctx, b.opt.Inbox, writing, uid.Validity); err != nil {
			return err
		}
		return s.remove(ctx, []uint32{uid.UID})
	}})
	return because(err, "remove message %v", uid)
}

// remove takes these messages out of the open folder, and no others. What the server does not expunge stays marked as deleted.
func (s *session) remove(ctx context.Context, uids []uint32) error {
	if len(uids) == 0 {
		return nil
	}
	err := s.store(ctx, uids, imap.FlagDeleted)
	if err == nil && s.caps.Has(imap.CapUIDPlus) {
		err = s.expunge(ctx, uids)
	}
	if err != nil {
		if !Passing(err) {
			err = own("%w: %w", ErrCannotRemove, err)
		}
		return err
	}
	left, err := s.still(ctx, uids)
	if err == nil && len(left) > 0 {
		err = &ownError{ErrCannotRemove}
	}
	return err
}

// removeSame is remove for messages of a folder that are, on this opening of it, what they were.
func (s *session) removeSame(ctx context.Context, folder string, validity uint32, uids []uint32, same func(identity) bool) error {
	if len(uids) == 0 {
		return nil
	}
	if _, err := s.open(ctx, folder, writing, validity); err != nil {
		return err
	}
	list, err := s.identify(ctx, uids, same)
	if err != nil {
		return err
	}
	var meant []uint32
	for _, id := range list {
		meant = append(meant, id.uid.UID)
	}
	return s.remove(ctx, meant)
}

func (s *session) expunge(ctx context.Context, uids []uint32) error {
	return s.long(ctx, "expunge", func() error { return s.client.UIDExpunge(setOf(uids)).Close() })
}
