package mailbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"path"
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
	notice = crlf(notice)
	head, id := replacementField+": "+mark+"\r\n", messageID(notice[:min(len(notice), maxHeader)])
	if !searchable(id) {
		id = markID("pengganti", mark)
		head += "Message-ID: " + id + "\r\n"
	}
	notice = append([]byte(head), notice...)
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
		if there, err := s.noticed(ctx, folder, id, mark); err != nil {
			return err
		} else if !there {
			sent = true
			if err := s.orCreate(ctx, target, func() error { return s.append(ctx, target, notice, &imap.AppendOptions{Time: time.Now()}) }); err != nil {
				return err
			}
			sent, b.noticed[mark] = false, true
		}
		if _, err := s.open(ctx, b.opt.Inbox, writing, uid.Validity); err != nil {
			return err
		}
		return s.remove(ctx, []uint32{uid.UID})
	}})
	return because(err, "replace message %v", uid)
}

// noticed tells whether the notice with this mark is in a folder: it was put there by this process, or is found by its Message-ID, or
// among the newest messages. What is marked as deleted does not count.
func (s *session) noticed(ctx context.Context, folder, id, mark string) (bool, error) {
	if s.box.noticed[mark] {
		return true, nil
	}
	if err := s.enter(ctx, folder, looking); err != nil {
		return false, err
	}
	this := func(id identity) bool {
		return !id.deleted && slices.Contains(fieldsOf(id.header).Values(replacementField), mark)
	}
	for _, what := range []*imap.SearchCriteria{having("Message-ID", id), s.latest(maxFound, 0)} {
		if found, err := s.find(ctx, what, this); len(found) > 0 {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
	return false, nil
}

// markID is a Message-ID made from a mark: unlike a field of our own, any server finds it.
func markID(kind, mark string) string {
	return fmt.Sprintf("<%x@%s.ukpbjd.invalid>", sha256.Sum256([]byte(mark)), kind)
}

func plain(mark string) bool {
	return mark != "" && len(mark) <= 200 && !strings.ContainsFunc(mark, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._:/", r))
	})
}

const (
	ownerField = "X-UKPBJ-Pemilik"
	epochField = "X-UKPBJ-Masa"
	startField = "X-UKPBJ-Mulai"
	// markSubject begins the Subject of every mark, old ones too: whose it is nobody knows before it is found.
	markSubject = "Kotak surat ini dilayani oleh ukpbjd"
)

var (
	// ErrServed: the mark of other books, or of another copy of these, lies in the mailbox.
	ErrServed = errors.New("this mailbox is served by another ukpbjd")
	// ErrUnmarked: nobody else is seen to serve, but the server did not take our mark, as in a mailbox that is full, or its search does
	// not find what it took.
	ErrUnmarked = errors.New("our mark could not be written or is not found, so another ukpbjd would not know that this mailbox is served")
)

// Mark says which books serve a mailbox. Epoch grows at each start that serves, so that an older copy of the same books is known; of two
// copies of the same age each has its own Start, a word for where it runs: two starts of one word never run at once.
type Mark struct {
	ID    string // letters, digits and -._:/
	Epoch int
	Start string
}

// claim is a mark as it lies in a folder.
type claim struct {
	Mark
	folder  string
	uid     UID
	written time.Time
}

// Claim puts our mark into the folder of handled mail, or confirms the one that is there; an older one of ours goes. It may be
// repeated, also while serving: a newer copy of the books shows then. Of two that claim at once the lower UID stays, and the
// other takes its own mark away and is refused. Before it writes, and the next time after it has written, it looks into all folders.
// Where nobody refuses it, raise is called before it writes; over says that it takes the mailbox from a start elsewhere, which may still serve.
func (b *Box) Claim(ctx context.Context, mark Mark, raise func(ctx context.Context, over bool) error) error {
	if !plain(mark.ID + mark.Start) {
		return &ownError{errMark}
	}
	sent := false
	err := b.filing.do(ctx, job{sent: func() bool { return sent }, work: func(ctx context.Context, s *session) error {
		target, err := s.ensure(ctx, b.opt.Processed)
		if err != nil {
			return err
		}
		all, hidden, err := s.known(ctx, mark)
		if err != nil {
			return err
		}
		if b.mine.Mark == mark {
			if err = s.settleElsewhere(ctx, mark); err != nil && !errors.Is(err, ErrServed) {
				return err
			}
			return s.settle(ctx, all, mark, err, hidden)
		}
		over := false
		look := func(all []claim) error {
			over = over || slices.ContainsFunc(all, func(c claim) bool { return older(c.Mark, mark) && c.Start != mark.Start })
			return refused(all, mark)
		}
		if err := errors.Join(look(all), s.elsewhere(ctx, look)); err != nil {
			return err
		}
		if err := raise(ctx, over); err != nil {
			return own("keep that the mailbox is ours: %w", err)
		}
		sent = true
		raw := claimText(mark, b.opt.Username, time.Now())
		err = s.append(ctx, target, raw, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}, Time: time.Now()})
		if is[*imap.Error](err) && (len(all) > 0 || Passing(err)) {
			return own("%w: %w", ErrUnmarked, err)
		} else if err != nil {
			return err
		}
		sent, b.unsure, b.mine = false, true, claim{Mark: mark, uid: s.appended}
		if all, hidden, err = s.known(ctx, mark); err != nil {
			return err
		}
		return s.settle(ctx, all, mark, nil, hidden)
	}})
	return because(err, "claim the mailbox")
}

// known reads the marks in the folder of handled mail. Where the search does not find ours, it is looked for by its UID and among the
// newest messages; hidden says that the server has taken it, and others may not find it. Only what was seen can be gone.
func (s *session) known(ctx context.Context, mark Mark) (all []claim, hidden, err error) {
	mine := &s.box.mine
	all, err = s.claims(ctx, s.box.opt.Processed, marks)
	if (err == nil || errors.Is(err, errMany)) && ours(all, mark) == nil {
		if mine.Mark == mark {
			hidden = &ownError{ErrUnmarked}
		}
		all, err = s.claims(ctx, s.box.opt.Processed, marks, s.latest(maxFound, mine.uid.UID))
	}
	if errors.Is(err, errMany) {
		hidden, err = own("%w: %w", ErrUnmarked, err), nil
	}
	if c := ours(all, mark); c != nil {
		*mine = *c
	} else if err == nil && !mine.written.IsZero() {
		*mine, hidden = claim{}, nil
	}
	return all, hidden, err
}

// settle keeps our first mark of this start, and takes away what it replaces; if it came too late, itself.
func (s *session) settle(ctx context.Context, all []claim, mark Mark, served, hidden error) error {
	first := ours(all, mark)
	if first == nil {
		return cmp.Or(served, refused(all, mark), hidden)
	}
	served = cmp.Or(served, refused(slices.DeleteFunc(slices.Clone(all), func(c claim) bool {
		return c.uid.UID > first.uid.UID && (c.ID != mark.ID || c.Epoch == mark.Epoch)
	}), mark))
	err := s.withdraw(ctx, all, func(c claim) bool {
		return older(c.Mark, mark) || c.Mark == mark && (served != nil || c.uid != first.uid)
	})
	if err != nil {
		return errors.Join(served, err)
	}
	return cmp.Or(served, hidden)
}

// settleElsewhere is settle for marks in other folders. Their UIDs tell no order, but whoever wrote first was seen by the other: so
// these are of one moment, and one of the two words decides.
func (s *session) settleElsewhere(ctx context.Context, mark Mark) error {
	if !s.box.unsure {
		return nil
	}
	err := s.elsewhere(ctx, func(all []claim) error {
		earlier := slices.DeleteFunc(slices.Clone(all), func(c claim) bool {
			return c.ID > mark.ID || c.ID == mark.ID && c.Epoch == mark.Epoch && c.Start > mark.Start
		})
		return errors.Join(refused(earlier, mark), s.withdraw(ctx, all, func(c claim) bool { return older(c.Mark, mark) }))
	})
	s.box.unsure = err != nil
	return err
}

// older: of an earlier start of the same books.
func older(m, than Mark) bool { return m.ID == than.ID && m.Epoch < than.Epoch }

// ours is our first mark of this start.
func ours(all []claim, mark Mark) *claim {
	if i := slices.IndexFunc(all, func(c claim) bool { return c.Mark == mark }); i >= 0 {
		return &all[i]
	}
	return nil
}

// refused tells who else serves the mailbox, and what to do about it.
func refused(all []claim, mark Mark) error {
	for _, c := range all {
		whose := ""
		switch {
		case c.ID != mark.ID:
			whose = "other books"
		case c.Epoch > mark.Epoch:
			whose = "a newer copy of these books"
		case c.Epoch == mark.Epoch && c.Start != mark.Start:
			whose = "another copy of these books"
		default:
			continue
		}
		return own("%w with %s: a message in %s, written %s, says so; stop that daemon, or delete that one message if that daemon is gone and "+
			"these are the books to go on with", ErrServed, whose, c.folder, c.written.Format(time.RFC3339))
	}
	return nil
}

// marks finds any mark.
var marks = &imap.SearchCriteria{Header: having("Subject", markSubject).Header, NotFlag: []imap.Flag{imap.FlagDeleted}, Smaller: maxMark}

// claims opens a folder and reads every mark that such searches find, by UID. Mail that came by SMTP is none, whatever it says: it has
// a trace.
func (s *session) claims(ctx context.Context, folder string, find ...*imap.SearchCriteria) (all []claim, err error) {
	if err := s.enter(ctx, folder, looking); err != nil || s.at.NumMessages == 0 {
		return nil, err
	}
	for _, what := range find {
		_, bad := s.find(ctx, what, func(id identity) bool {
			if c, ok := claimOf(folder, id); ok {
				all = append(all, c)
			}
			return false
		})
		if err = cmp.Or(bad, err); lost(bad) {
			return nil, bad
		}
	}
	slices.SortFunc(all, func(a, b claim) int { return cmp.Compare(a.uid.UID, b.uid.UID) })
	return slices.CompactFunc(all, func(a, b claim) bool { return a.uid == b.uid }), err
}

const (
	maxFolders  = 300 // that are searched for marks
	folderTime  = 10 * time.Second
	foldersTime = 30 * time.Second
	maxMark     = 8 << 10 // bytes: a server knows sizes, and must open a mail to know its header
	maxLooks    = 2       // into a folder over which the connection ends
)

// wasteNames are how mail programs call the folders of what is thrown away, where no attribute says it (RFC 6154 §2). Whoever
// deletes a mark as the error says often moves it there.
var wasteNames = []string{"trash", "bin", "deleted", "deleted items", "deleted messages", "junk", "spam", "sampah", "tong sampah", "kotak sampah",
	"terhapus", "item terhapus", "item yang dihapus", "pesan terhapus"}

// elsewhere gives fn the marks of every other folder of this mailbox, where they lie if the other daemon's folders are named otherwise.
// What cannot be searched is passed over: nobody's mail waits for that.
func (s *session) elsewhere(ctx context.Context, fn func([]claim) error) error {
	names, err := s.folders(ctx, func(name string, attrs []imap.MailboxAttr) bool {
		waste := slices.Contains(wasteNames, strings.ToLower(path.Base(name)))
		for _, a := range attrs {
			waste = waste || a == imap.MailboxAttrTrash || a == imap.MailboxAttrJunk || a == imap.MailboxAttrAll || a == imap.MailboxAttrFlagged
		}
		return name != s.box.opt.Processed && !waste
	})
	until := time.Now().Add(foldersTime)
	for _, folder := range names[:min(len(names), maxFolders)] {
		if s.box.looks[folder] >= maxLooks || time.Now().After(until) {
			s.box.opt.Logger.Warn("a folder is not searched for the mark of another ukpbjd", "folder", folder)
			continue
		}
		bounded, cancel := context.WithTimeoutCause(ctx, folderTime, errSlow)
		all, bad := s.claims(bounded, folder, marks)
		cancel()
		if lost(bad) {
			s.box.looks[folder]++
			return bad
		}
		if bad != nil {
			s.box.opt.Logger.Warn("a folder is not searched for the mark of another ukpbjd", "folder", folder, "error", bad)
		}
		if err = errors.Join(err, fn(all)); err != nil {
			break
		}
	}
	return err
}

// claimOf takes an epoch that cannot be read for one that is newer than any.
func claimOf(folder string, id identity) (c claim, ok bool) {
	h := fieldsOf(id.header)
	if id.deleted || id.size >= maxMark || h.Get(ownerField) == "" || h.Get("Received") != "" || h.Get("Return-Path") != "" || h.Get("Delivered-To") != "" {
		return claim{}, false
	}
	epoch, err := strconv.Atoi(h.Get(epochField))
	if err != nil {
		epoch = math.MaxInt
	}
	return claim{Mark{h.Get(ownerField), epoch, h.Get(startField)}, folder, id.uid, id.arrived}, true
}

// withdraw takes those marks of ours away, all of one folder, that are meant. Where the server cannot, they lie there as deleted.
func (s *session) withdraw(ctx context.Context, all []claim, meant func(claim) bool) error {
	gone := slices.DeleteFunc(slices.Clone(all), func(c claim) bool { return !meant(c) })
	if len(gone) == 0 {
		return nil
	}
	uids := make([]uint32, len(gone))
	for i, c := range gone {
		uids[i] = c.uid.UID
	}
	err := s.removeSame(ctx, gone[0].folder, gone[0].uid.Validity, uids, func(id identity) bool {
		c, ok := claimOf(gone[0].folder, id)
		return ok && slices.ContainsFunc(gone, func(g claim) bool { return g.Mark == c.Mark && g.uid == c.uid })
	})
	if errors.Is(err, ErrCannotRemove) {
		return nil
	}
	return err
}

// claimText is read by the people who share the mailbox.
func claimText(mark Mark, user string, now time.Time) []byte {
	from := user
	if !strings.Contains(from, "@") {
		from = "ukpbjd@localhost"
	}
	return fmt.Appendf(nil, "%s: %s\r\n%s: %d\r\n%s: %s\r\nFrom: ukpbjd <%s>\r\nTo: <%s>\r\nSubject: "+markSubject+" - mohon jangan dihapus\r\n"+
		"Message-ID: %s\r\nDate: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"+
		"Pesan ini ditulis oleh program ukpbjd. Pesan ini menandai pembukuan mana yang\r\n"+
		"melayani kotak surat ini, agar tidak ada dua ukpbjd yang menjawab surat yang sama.\r\n\r\n"+
		"Biarkan pesan ini di folder ini. Bila ukpbjd pindah ke server lain dan yang lama\r\n"+
		"sudah tidak berjalan lagi, hapus pesan ini saja, lalu jalankan ukpbjd yang baru.\r\n",
		ownerField, mark.ID, epochField, mark.Epoch, startField, mark.Start, from, from, markID("pemilik", fmt.Sprint(mark)), now.Format(time.RFC1123Z))
}
