package mailbox

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

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

// foundMost bounds how many messages of one folder are looked at in one go.
const foundMost = 1000

// SentFolders lists the folders of sent mail: those marked \Sent, those called so, and the one that Options names.
func (b *Box) SentFolders(ctx context.Context) (all []string, err error) {
	err = b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		return s.brief(ctx, "list folders", func() error {
			var opt *imap.ListOptions
			if s.caps.Has(imap.CapSpecialUse) && s.caps.Has(imap.CapListExtended) {
				opt = &imap.ListOptions{ReturnSpecialUse: true}
			}
			list, err := s.client.List("", "*", opt).Collect()
			all = all[:0]
			for _, l := range list {
				name := ownName(l.Mailbox, s.prefix, s.delim)
				usable := !slices.Contains(l.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(l.Attrs, imap.MailboxAttrNonExistent)
				sent := slices.Contains(l.Attrs, imap.MailboxAttrSent) || name == b.opt.Sent || sentNames[strings.ToLower(path.Base(name))]
				if usable && sent && name != "INBOX" {
					all = append(all, name)
				}
			}
			return err
		})
	}})
	slices.Sort(all)
	return all, err
}

// Copies finds messages of a folder by what a header field contains. Nothing is marked as read.
func (b *Box) Copies(ctx context.Context, folder, field, text string) (found []Copy, err error) {
	err = b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		found = nil
		if there, err := s.listed(ctx, s.name(folder)); err != nil || !there {
			return err
		}
		if err := s.enter(ctx, folder, looking); err != nil {
			return err
		}
		uids, err := s.having(ctx, field, text)
		if err != nil || len(uids) == 0 {
			return err
		}
		found, err = s.identities(ctx, folder, uids)
		return err
	}})
	if err != nil {
		return nil, fmt.Errorf("look for copies in %s: %w", folder, err)
	}
	return found, nil
}

func (s *session) having(ctx context.Context, field, text string) ([]uint32, error) {
	return s.named(ctx, &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: field, Value: text}}})
}

// identities reads who the messages are; one without a Message-ID is nobody's.
func (s *session) identities(ctx context.Context, folder string, uids []uint32) (found []Copy, err error) {
	section := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Message-ID"}, Peek: true}
	err = s.long(ctx, "fetch Message-IDs", func() error {
		list, err := s.client.Fetch(setOf(uids), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
		for _, m := range list {
			if id := messageID(m.FindBodySection(section)); id != "" && slices.Contains(uids, uint32(m.UID)) {
				found = append(found, Copy{folder, s.uid(m.UID), id})
			}
		}
		return err
	})
	return found, err
}

// RemoveCopies takes these messages, and no others, out of their folder for good.
func (b *Box) RemoveCopies(ctx context.Context, folder string, copies []Copy) error {
	if len(copies) == 0 {
		return nil
	}
	var uids []uint32
	for _, c := range copies {
		if c.UID.Validity != copies[0].UID.Validity {
			return fmt.Errorf("remove copies from %s: %w", folder, ErrUIDValidity)
		}
		uids = append(uids, c.UID.UID)
	}
	err := b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		if err := s.enter(ctx, folder, writing); err != nil {
			return err
		}
		if err := s.verify(copies[0].UID.Validity); err != nil {
			return err
		}
		still, err := s.identities(ctx, folder, uids)
		if err != nil {
			return err
		}
		var meant []uint32
		for _, c := range still {
			if slices.Contains(copies, c) {
				meant = append(meant, c.UID.UID)
			}
		}
		if len(meant) == 0 {
			return nil
		}
		return s.remove(ctx, meant)
	}})
	if err != nil {
		return fmt.Errorf("remove copies from %s: %w", folder, err)
	}
	return nil
}
