package mailbox

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Copy is a mail of ours that somebody else than us has put into a folder of sent mail.
type Copy struct {
	Folder    string // as Options would write it
	UID       UID    // in that folder
	MessageID string // with its angle brackets
}

// sentNames are how mail programs and providers call the folder of sent mail, where no attribute says it (RFC 6154 §2).
var sentNames = map[string]bool{"sent": true, "sent items": true, "sent messages": true, "sent mail": true, "sent-mail": true, "sentmail": true,
	"terkirim": true, "surat terkirim": true, "item terkirim": true, "pesan terkirim": true, "kotak keluar terkirim": true}

// SentFolders lists the folders of sent mail: those marked \Sent, those called so, and the one that Options names.
func (b *Box) SentFolders(ctx context.Context) (all []string, err error) {
	err = b.filing.do(ctx, job{work: func(ctx context.Context, s *session) (err error) {
		all, err = s.folders(ctx, func(name string, attrs []imap.MailboxAttr) bool {
			return name != "INBOX" && (slices.Contains(attrs, imap.MailboxAttrSent) || name == b.opt.Sent || sentNames[strings.ToLower(path.Base(name))])
		})
		return err
	}})
	slices.Sort(all)
	return all, err
}

// folders lists what can be opened and is wanted, with the attributes that the server tells.
func (s *session) folders(ctx context.Context, wanted func(name string, attrs []imap.MailboxAttr) bool) (all []string, err error) {
	err = s.brief(ctx, "list folders", func() error {
		var opt *imap.ListOptions
		if s.caps.Has(imap.CapSpecialUse) && s.caps.Has(imap.CapListExtended) {
			opt = &imap.ListOptions{ReturnSpecialUse: true}
		}
		list, err := s.client.List("", "*", opt).Collect()
		for _, l := range list {
			foreign := slices.ContainsFunc(s.foreign, func(prefix string) bool { return strings.HasPrefix(l.Mailbox, prefix) })
			if name := ownName(l.Mailbox, s.prefix, s.delim); usable(l) && !foreign && wanted(name, l.Attrs) {
				all = append(all, name)
			}
		}
		return err
	})
	return all, err
}

// newCopies is how many of the newest messages of a folder are looked at beside those that a search names: a server keeps its copies
// of what we send there, and its search may lag or know few fields.
const newCopies = 50

// Copies finds messages of a folder by what a header field contains. Nothing is marked as read.
func (b *Box) Copies(ctx context.Context, folder, field, text string) (found []Copy, err error) {
	err = b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		found = nil
		if there, err := s.enterIfThere(ctx, folder); err != nil || !there {
			return err
		}
		for _, what := range []*imap.SearchCriteria{having(field, text), s.latest(newCopies, 0)} {
			list, err := s.find(ctx, what, func(id identity) bool {
				return copyOf(folder, id).MessageID != "" && slices.ContainsFunc(fieldsOf(id.header).Values(field), func(v string) bool {
					return strings.Contains(strings.ToLower(v), strings.ToLower(text))
				})
			})
			if err != nil {
				return err
			}
			for _, id := range list {
				if c := copyOf(folder, id); !slices.Contains(found, c) {
					found = append(found, c)
				}
			}
		}
		return nil
	}})
	return found, because(err, "look for copies in %s", folder)
}

// having searches by what a header field contains.
func having(field, text string) *imap.SearchCriteria {
	return &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: field, Value: text}}}
}

// copyOf says of which mail this is a copy; one without a Message-ID is nobody's.
func copyOf(folder string, id identity) Copy { return Copy{folder, id.uid, messageID(id.header)} }

// RemoveCopies takes these messages, and no others, out of their folder for good.
func (b *Box) RemoveCopies(ctx context.Context, folder string, copies []Copy) error {
	validity, err := oneValidity(copies, func(c Copy) UID { return c.UID })
	if err != nil || len(copies) == 0 {
		return because(err, "remove copies from %s", folder)
	}
	var uids []uint32
	for _, c := range copies {
		uids = append(uids, c.UID.UID)
	}
	err = b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		return s.removeSame(ctx, folder, validity, uids, func(id identity) bool { return slices.Contains(copies, copyOf(folder, id)) })
	}})
	return because(err, "remove copies from %s", folder)
}

// ErrAmbiguous: several different messages fit what is wanted, so none was moved.
var ErrAmbiguous = errors.New("several different messages fit")

// Wanted describes one message. Where its Message-ID is known and ASCII that decides, with the size; else the time of arrival,
// which a move keeps, and the size.
type Wanted struct {
	MessageID string // with or without its angle brackets; empty: not known
	Arrived   time.Time
	Size      int64 // zero: not known
}

// Return moves a message of a folder back to the inbox, where it comes under a new UID. It tells whether it was there.
func (b *Box) Return(ctx context.Context, folder string, what Wanted) (found bool, err error) {
	var uid UID
	err = b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		found = false
		if there, err := s.enterIfThere(ctx, folder); err != nil || !there {
			return err
		}
		var err error
		uid, found, err = s.match(ctx, what)
		return err
	}})
	if err == nil && found {
		err = b.move(ctx, &move{from: folder, validity: uid.Validity, to: b.opt.Inbox, uids: []uint32{uid.UID}})
	}
	return found && err == nil, because(err, "bring a message back from %s", folder)
}

// match finds the one message of the open folder that is wanted.
func (s *session) match(ctx context.Context, what Wanted) (uid UID, found bool, err error) {
	var fit []identity
	if c := what.criteria(); c != nil {
		fit, err = s.find(ctx, c, what.fits)
	}
	if timely := slices.DeleteFunc(slices.Clone(fit), func(id identity) bool { return id.arrived.Unix() != what.Arrived.Unix() }); len(timely) > 0 {
		fit = timely
	}
	switch {
	case err != nil || len(fit) == 0:
		return UID{}, false, err
	case slices.ContainsFunc(fit, func(id identity) bool { return !id.same(fit[0]) }):
		return UID{}, false, &ownError{ErrAmbiguous}
	}
	return fit[0].uid, true, nil
}

func (w Wanted) fits(id identity) bool {
	switch {
	case w.Size > 0 && id.size != w.Size:
		return false
	case !ascii(bare(w.MessageID)):
		return id.arrived.Unix() == w.Arrived.Unix()
	}
	return slices.ContainsFunc(fieldsOf(id.header)["Message-Id"], func(v string) bool { // a comment may stand beside it
		return bare(v) == bare(w.MessageID) || strings.Contains(v, "<"+bare(w.MessageID)+">")
	})
}

func bare(id string) string { return strings.Trim(strings.TrimSpace(id), "<>") }

// criteria find the messages that may be meant.
func (w Wanted) criteria() *imap.SearchCriteria {
	if id := bare(w.MessageID); searchable(id) {
		return having("Message-ID", id)
	} else if w.Size > 0 {
		return sized(w.Size)
	}
	return nil
}
