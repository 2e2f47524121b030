package mailbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Append is what the tests of this room put mail into folders with: it stores a message in a folder. An error after the text went out leaves open whether it is there.
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

// Folders lists the mailbox's folders as Options would write them.
func (b *Box) Folders(ctx context.Context) ([]string, error) {
	var all []string
	err := b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		return s.brief(ctx, "list folders", func() error {
			list, err := s.client.List("", "*", nil).Collect()
			all = all[:0]
			for _, l := range list {
				all = append(all, ownName(l.Mailbox, s.prefix, s.delim))
			}
			return err
		})
	}})
	slices.Sort(all)
	return all, err
}

// Count gives the number of messages in a folder; one that is not there has none.
func (b *Box) Count(ctx context.Context, folder string) (int, error) {
	n := 0
	err := b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		there, err := s.listed(ctx, s.name(folder))
		if err != nil || !there {
			return err
		}
		return s.brief(ctx, "count "+folder, func() error {
			data, err := s.client.Status(s.name(folder), &imap.StatusOptions{NumMessages: true}).Wait()
			if err == nil && data.NumMessages != nil {
				n = int(*data.NumMessages)
			}
			return err
		})
	}})
	return n, err
}
