package mailbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
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

const (
	ownerField = "X-UKPBJ-Pemilik"
	epochField = "X-UKPBJ-Masa"
)

// ErrServed: the mark of other books, or of a newer copy of these, lies in the mailbox.
var ErrServed = errors.New("this mailbox is served by another ukpbjd")

// Mark says which books serve a mailbox. Epoch grows at each start, so that an older copy of the same books is known.
type Mark struct {
	ID    string // letters, digits and -._:/
	Epoch int
}

// claim is a mark as it lies in the folder.
type claim struct {
	Mark
	uid     uint32
	written time.Time
}

// Claim puts our mark into the folder of handled mail, or confirms the one that is there; an older one of ours goes. It may be
// repeated, also while serving: a newer copy of the books shows then. Of two that claim at once the lower UID stays, and the
// other takes its own mark away and is refused.
func (b *Box) Claim(ctx context.Context, mark Mark) error {
	if !plain(mark.ID) {
		return &ownError{errMark}
	}
	sent := false
	err := b.filing.do(ctx, job{sent: func() bool { return sent }, work: func(ctx context.Context, s *session) error {
		target, err := s.ensure(ctx, b.opt.Processed)
		if err != nil {
			return err
		}
		all, err := s.claims(ctx)
		if err != nil {
			return err
		}
		if ours(all, mark) == nil {
			if err := s.refused(all, mark); err != nil {
				return err
			}
			sent = true
			raw := claimText(mark, b.opt.Username, time.Now())
			if err := s.append(ctx, target, raw, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}, Time: time.Now()}); err != nil {
				return err
			}
			sent = false
			if all, err = s.claims(ctx); err != nil {
				return err
			}
		}
		return s.settle(ctx, all, mark)
	}})
	return because(err, "claim the mailbox")
}

// settle keeps our first mark of this epoch, and takes away what it replaces; if it came too late, itself.
func (s *session) settle(ctx context.Context, all []claim, mark Mark) error {
	first := ours(all, mark)
	if first == nil {
		return errors.New("the mark was written and is not found") // as of a line that was lost: nothing is known
	}
	refused := s.refused(slices.DeleteFunc(slices.Clone(all), func(c claim) bool { return c.ID != mark.ID && c.uid > first.uid }), mark)
	var gone []claim
	for _, c := range all {
		if c.ID == mark.ID && (c.Epoch < mark.Epoch || c.Epoch == mark.Epoch && (refused != nil || c.uid != first.uid)) {
			gone = append(gone, c)
		}
	}
	if err := s.withdraw(ctx, gone); err != nil && !errors.Is(err, ErrCannotRemove) {
		return errors.Join(refused, err)
	}
	return refused
}

// ours is our first mark of this epoch.
func ours(all []claim, mark Mark) *claim {
	if i := slices.IndexFunc(all, func(c claim) bool { return c.Mark == mark }); i >= 0 {
		return &all[i]
	}
	return nil
}

// refused tells who else serves the mailbox, and what to do about it.
func (s *session) refused(all []claim, mark Mark) error {
	for _, c := range all {
		when := fmt.Sprintf("a message in %s, written %s, says so", s.box.opt.Processed, c.written.Format(time.RFC3339))
		switch {
		case c.ID != mark.ID:
			return own("%w with other books: %s; stop that daemon, or delete that one message if that daemon is gone", ErrServed, when)
		case c.Epoch > mark.Epoch:
			return own("%w with a newer copy of these books: %s; stop that daemon, or delete that one message if that daemon is gone and these are the books to go on with", ErrServed, when)
		}
	}
	return nil
}

// claims opens the folder and reads every mark in it, by UID. Mail that came by SMTP is none, whatever it says: it has a trace.
func (s *session) claims(ctx context.Context) (all []claim, err error) {
	list, err := s.marked(ctx, s.box.opt.Processed, ownerField, "")
	for _, id := range list {
		if c, ok := claimOf(id); ok {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b claim) int { return cmp.Compare(a.uid, b.uid) })
	return all, err
}

// claimOf takes an epoch that cannot be read for one that is newer than any.
func claimOf(id identity) (c claim, ok bool) {
	h := fieldsOf(id.header)
	if h.Get(ownerField) == "" || h.Get("Received") != "" || h.Get("Return-Path") != "" || h.Get("Delivered-To") != "" {
		return claim{}, false
	}
	epoch, err := strconv.Atoi(h.Get(epochField))
	if err != nil {
		epoch = math.MaxInt
	}
	return claim{Mark{h.Get(ownerField), epoch}, id.uid.UID, id.arrived}, true
}

// withdraw takes marks of ours away.
func (s *session) withdraw(ctx context.Context, gone []claim) error {
	uids := make([]uint32, len(gone))
	for i, c := range gone {
		uids[i] = c.uid
	}
	return s.removeSame(ctx, s.box.opt.Processed, s.at.UIDValidity, uids, func(id identity) bool {
		c, ok := claimOf(id)
		return ok && slices.ContainsFunc(gone, func(g claim) bool { return g.Mark == c.Mark && g.uid == c.uid })
	})
}

// claimText is read by the people who share the mailbox.
func claimText(mark Mark, user string, now time.Time) []byte {
	from := user
	if !strings.Contains(from, "@") {
		from = "ukpbjd@localhost"
	}
	return fmt.Appendf(nil, "%s: %s\r\n%s: %d\r\nFrom: ukpbjd <%s>\r\nTo: <%s>\r\nSubject: Kotak surat ini dilayani oleh ukpbjd - mohon jangan dihapus\r\n"+
		"Date: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"+
		"Pesan ini ditulis oleh program ukpbjd. Pesan ini menandai pembukuan mana yang\r\n"+
		"melayani kotak surat ini, agar tidak ada dua ukpbjd yang menjawab surat yang sama.\r\n\r\n"+
		"Biarkan pesan ini di folder ini. Bila ukpbjd pindah ke server lain dan yang lama\r\n"+
		"sudah tidak berjalan lagi, hapus pesan ini saja, lalu jalankan ukpbjd yang baru.\r\n",
		ownerField, mark.ID, epochField, mark.Epoch, from, from, now.Format(time.RFC1123Z))
}
