package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	// commandBytes: RFC 7162 §4 asks for lines of no more than 8192 octets.
	commandBytes = 7000
	// filed marks a message that was copied where the server cannot expunge a single one.
	filed imap.Flag = "$UkpbjFiled"
)

// File moves messages of the inbox to a folder, many with one command. It may be repeated: messages that are gone are passed over.
// go-imap's own Move is never left to its fallback, which expunges what others have marked, and loses mail when the copy fails.
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
	for _, set := range commands(slices.Compact(nums)) {
		copied := false
		err := b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
			target, err := s.ensure(ctx, folder)
			if err != nil {
				return err
			}
			if _, err := s.openNow(ctx, writing, validity); err != nil {
				return err
			}
			return s.file(ctx, set, target, &copied)
		}})
		if err != nil {
			return fmt.Errorf("file messages %s to %s: %w", named(set), folder, err)
		}
	}
	return nil
}

// commands splits ascending UIDs into sets that fit into one line each.
func commands(uids []uint32) []imap.UIDSet {
	var all []imap.UIDSet
	for len(uids) > 0 {
		n := min(len(uids), commandBytes/2)
		for len(setOf(uids[:n]).String()) > commandBytes {
			n = n * 3 / 4
		}
		all = append(all, setOf(uids[:n]))
		uids = uids[n:]
	}
	return all
}

func (s *session) file(ctx context.Context, set imap.UIDSet, target string, copied *bool) error {
	switch {
	case s.caps.Has(imap.CapMove):
		return s.orCreate(ctx, target, func() error {
			return s.long(ctx, "move", func() error { _, err := s.client.Move(set, target).Wait(); return err })
		})
	case s.caps.Has(imap.CapUIDPlus):
		return s.copyAndExpunge(ctx, set, target, copied)
	}
	return s.copyAndMark(ctx, set, target)
}

// copyAndExpunge deletes only after the copy has been confirmed, and only these UIDs.
func (s *session) copyAndExpunge(ctx context.Context, set imap.UIDSet, target string, copied *bool) error {
	if !*copied {
		still, err := s.present(ctx, set)
		if err != nil || len(still) == 0 {
			return err
		}
		set = still
		if err := s.copy(ctx, set, target); err != nil {
			return err
		}
		*copied = true
	}
	if err := s.store(ctx, set, imap.FlagDeleted); err != nil {
		return err
	}
	return s.long(ctx, "expunge", func() error { return s.client.UIDExpunge(set).Close() })
}

// copyAndMark: without UIDPLUS an EXPUNGE would take every message that anybody has marked, so ours stays, copied and marked.
func (s *session) copyAndMark(ctx context.Context, set imap.UIDSet, target string) error {
	mark := filed
	if !slices.Contains(s.at.PermanentFlags, imap.FlagWildcard) && !slices.Contains(s.at.PermanentFlags, filed) {
		mark = imap.FlagDeleted
	}
	still, err := s.present(ctx, set, mark)
	if err != nil || len(still) == 0 {
		return err
	}
	if err := s.copy(ctx, still, target); err != nil {
		return err
	}
	return s.store(ctx, still, mark)
}

func (s *session) copy(ctx context.Context, set imap.UIDSet, target string) error {
	return s.orCreate(ctx, target, func() error {
		return s.long(ctx, "copy", func() error { _, err := s.client.Copy(set, target).Wait(); return err })
	})
}

func (s *session) store(ctx context.Context, set imap.UIDSet, flag imap.Flag) error {
	return s.long(ctx, "mark", func() error {
		return s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
	})
}

// orCreate repeats a command once if the folder has been taken away meanwhile.
func (s *session) orCreate(ctx context.Context, target string, command func() error) error {
	err := command()
	var said *imap.Error
	if !errors.As(err, &said) || said.Code != imap.ResponseCodeTryCreate {
		return err
	}
	delete(s.exists, target)
	if err := s.create(ctx, target); err != nil {
		return err
	}
	s.exists[target] = true
	return command()
}

// Append stores a message in a folder. An error after the text went out leaves open whether it is there.
func (b *Box) Append(ctx context.Context, folder string, raw []byte, flags []string, at time.Time) error {
	raw = crlf(raw)
	opt := &imap.AppendOptions{Time: at}
	for _, f := range flags {
		opt.Flags = append(opt.Flags, imap.Flag(f))
	}
	sent := false
	err := b.filing.do(ctx, job{sent: func() bool { return sent }, work: func(ctx context.Context, s *session) error {
		target, err := s.ensure(ctx, folder)
		if err != nil {
			return err
		}
		if err := s.probe(ctx); err != nil {
			return err // a connection that died while nobody used it is found here, where a second try is safe
		}
		return s.orCreate(ctx, target, func() error {
			sent = true
			return s.append(ctx, target, raw, opt)
		})
	}})
	if err != nil {
		return fmt.Errorf("append to %s: %w", folder, err)
	}
	return nil
}

func (s *session) append(ctx context.Context, target string, raw []byte, opt *imap.AppendOptions) error {
	total := 2*s.box.opt.Timeout + time.Duration(len(raw)/slowestBytes)*time.Second
	return s.run(ctx, "append", total, func() error {
		cmd := s.client.Append(target, int64(len(raw)), opt)
		_, writeErr := cmd.Write(raw)
		closeErr := cmd.Close()
		_, err := cmd.Wait()
		if err == nil {
			err = errors.Join(writeErr, closeErr)
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
	set := setOf([]uint32{uid.UID})
	err := b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		if _, err := s.openNow(ctx, writing, uid.Validity); err != nil {
			return err
		}
		if err := s.store(ctx, set, imap.FlagDeleted); err != nil {
			return err
		}
		if s.caps.Has(imap.CapUIDPlus) {
			if err := s.long(ctx, "expunge", func() error { return s.client.UIDExpunge(set).Close() }); err != nil {
				return err
			}
		}
		still, err := s.present(ctx, set)
		if err == nil && len(still) > 0 {
			err = &ownError{ErrCannotRemove}
		}
		return err
	}})
	if err != nil {
		return fmt.Errorf("remove message %v: %w", uid, err)
	}
	return nil
}
