package mailbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// replacementField marks a notice, so that it is found again.
const replacementField = "X-UKPBJ-Pengganti"

// errMark: a mark stands in a header field and in a SEARCH.
var errMark = errors.New("a mark is one to 200 letters, digits and -._:/ only")

// Replace puts a notice into a folder, at most once for a mark, and then takes the message out of the inbox for good: it, and
// no other. It may be repeated after any error or crash; a message that is gone needs no notice. Where the server cannot expunge
// a single message, or refuses to, it returns ErrCannotRemove: the notice is there, and the message is marked as deleted if
// that could be done. The one case that cannot be known: an APPEND that reaches the folder after the next call has searched it.
func (b *Box) Replace(ctx context.Context, uid UID, folder string, notice []byte, mark string) error {
	if !plain(mark) {
		return because(&ownError{errMark}, "replace message %v", uid)
	}
	notice = append([]byte(replacementField+": "+mark+"\r\n"), crlf(notice)...)
	sent := false
	err := b.filing.do(ctx, job{sent: func() bool { return sent }, work: func(ctx context.Context, s *session) error {
		if _, err := s.openNow(ctx, b.opt.Inbox, writing, uid.Validity); err != nil {
			return err
		}
		if left, err := s.still(ctx, []uint32{uid.UID}); err != nil || len(left) == 0 {
			return err
		}
		target, err := s.ensure(ctx, folder)
		if err != nil {
			return err
		}
		there, err := s.marked(ctx, folder, replacementField, mark)
		if err != nil {
			return err
		}
		if len(there) == 0 {
			sent = true
			if err := s.orCreate(ctx, target, func() error { return s.append(ctx, target, notice, &imap.AppendOptions{Time: time.Now()}) }); err != nil {
				return err
			}
			sent = false
		}
		if _, err := s.open(ctx, b.opt.Inbox, writing, uid.Validity); err != nil {
			return err
		}
		return s.remove(ctx, []uint32{uid.UID})
	}})
	return because(err, "replace message %v", uid)
}

// marked opens a folder and finds the messages with this very value in a field; an empty one stands for any. What is marked as
// deleted does not count.
func (s *session) marked(ctx context.Context, folder, field, value string) ([]identity, error) {
	if err := s.enter(ctx, folder, looking); err != nil || s.at.NumMessages == 0 {
		return nil, err
	}
	what := having(field, value)
	what.NotFlag = []imap.Flag{imap.FlagDeleted}
	uids, err := s.named(ctx, what)
	if err != nil {
		return nil, err
	}
	list, err := s.identify(ctx, uids)
	return slices.DeleteFunc(list, func(id identity) bool {
		got := fieldsOf(id.header).Values(field)
		return len(got) == 0 || value != "" && !slices.Contains(got, value)
	}), err
}

func plain(mark string) bool {
	return mark != "" && len(mark) <= 200 && !strings.ContainsFunc(mark, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._:/", r))
	})
}
