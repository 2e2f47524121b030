package mailbox

import (
	"context"
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// headerMost bounds the header of a message whose body is too large to be fetched.
const headerMost = 256 << 10

// Header fetches the header of one message, at most headerMost bytes of it. It gives nil for a message that is gone.
func (b *Box) Header(ctx context.Context, uid UID) (raw []byte, err error) {
	ctx, cancel := b.until(ctx)
	defer cancel()
	err = b.fetching.do(ctx, job{work: func(ctx context.Context, s *session) error {
		if _, err := s.open(ctx, looking, uid.Validity); err != nil {
			return err
		}
		raw, err = s.header(ctx, uid.UID)
		return err
	}})
	return raw, err
}

func (s *session) header(ctx context.Context, uid uint32) (raw []byte, err error) {
	set := setOf([]uint32{uid})
	part := &imap.FetchItemBodySection{Peek: true, Specifier: imap.PartSpecifierHeader, Partial: &imap.SectionPartial{Size: headerMost}}
	err = s.run(ctx, "fetch the header of "+named(set), 2*s.box.opt.Timeout, func() error {
		cmd := s.client.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{part}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			for item := msg.Next(); item != nil; item = msg.Next() {
				d, ok := item.(imapclient.FetchItemDataBodySection)
				if !ok || d.Literal == nil {
					continue
				}
				if raw, err = io.ReadAll(io.LimitReader(d.Literal, headerMost)); err != nil {
					s.conn.abort()
					return err
				}
			}
		}
		return cmd.Close()
	})
	return raw, err
}
