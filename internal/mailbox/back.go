package mailbox

import (
	"context"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Return moves messages of a folder back to the inbox: those of that size that arrived at that time, which a move keeps. It
// gives how many there were. They come back under new UIDs.
func (b *Box) Return(ctx context.Context, folder string, arrived time.Time, size int64) (n int, err error) {
	err = b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		there, err := s.listed(ctx, s.name(folder))
		if err != nil || !there {
			return err
		}
		if err := s.enter(ctx, folder, writing); err != nil {
			return err
		}
		set, err := s.matching(ctx, arrived, size)
		if err != nil || len(set) == 0 {
			return err
		}
		nums, _ := set.Nums()
		n = len(nums)
		copied := false
		return s.file(ctx, set, b.opt.Inbox, &copied)
	}})
	if err != nil {
		return 0, fmt.Errorf("bring a message back from %s: %w", folder, err)
	}
	return n, nil
}

// matching finds messages of the selected folder by size and time of arrival.
func (s *session) matching(ctx context.Context, arrived time.Time, size int64) (set imap.UIDSet, err error) {
	return set, s.long(ctx, "look through the folder", func() error {
		all := imap.UIDSet{imap.UIDRange{Start: 1, Stop: 0}}
		list, err := s.client.Fetch(all, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}).Collect()
		for _, m := range list {
			if m.RFC822Size == size && m.InternalDate.Unix() == arrived.Unix() {
				set.AddNum(m.UID)
			}
		}
		return err
	})
}
