package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/store"
)

// maxFiling is how many mails one MOVE takes.
const maxFiling = 500

// fileAway moves decided mails to their folder, many with one command, and takes apart what does not go together.
func (m *Intake) fileAway(ctx context.Context) (next time.Time, err error) {
	for {
		var list []store.Filing
		if err := m.View(ctx, func(b store.Books) error {
			pos, known, err := b.Mails.Position()
			if err == nil && known {
				list, err = b.Mails.ToFile(pos.UIDValidity, maxFiling, func(u store.UID) bool { return m.filings.Waits(u.String()) })
			}
			return err
		}); err != nil || len(list) == 0 {
			return m.filings.Next(), err
		}
		for _, group := range together(list) {
			if _, err := m.filings.Commit(ctx, group, m.move); errors.Is(err, mailbox.ErrUIDValidity) {
				m.Mail.Notify() // the intake looks, and forgets what was owed
				return m.Now().Add(m.Poll), nil
			} else if err != nil {
				return next, err
			}
		}
	}
}

// together groups what one command moves: by folder, and each replacement alone.
func together(list []store.Filing) (groups [][]store.Filing) {
	at := map[string]int{}
	for _, f := range list {
		i, ok := at[f.Folder]
		if f.Notice != nil || !ok {
			i = len(groups)
			groups = append(groups, nil)
		}
		if f.Notice == nil {
			at[f.Folder] = i
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// move does it, and records it. It may be repeated: what is gone from the inbox is passed over.
func (m *Intake) move(ctx context.Context, list []store.Filing) error {
	if len(list) == 0 {
		return nil
	}
	var uids []mailbox.UID
	for _, f := range list {
		uids = append(uids, mailbox.UID(f.UID))
	}
	err := error(nil)
	if f := list[0]; f.Notice != nil {
		err = m.Box.Replace(ctx, uids[0], f.Folder, m.notice(f.UID), f.UID.Mark())
	} else {
		err = m.Box.File(ctx, uids, f.Folder)
	}
	if err != nil {
		return ofServer(err)
	}
	return m.Update(ctx, func(b store.Books) error {
		return each(slices.Values(list), func(f store.Filing) error { return b.Mails.Filed(f.UID) })
	})
}

// leaveInPlace ends the filing of a mail that the server does not let go: a person moves it.
func (m *Intake) leaveInPlace(ctx context.Context, f store.Filing, why error) error {
	topic := "cannot-file"
	if f.Notice != nil {
		topic = "cannot-remove"
	}
	return m.Commit(ctx, 1, func(b store.Books) error {
		return errors.Join(b.Mails.LeftInPlace(f.UID), b.State.PutAside(store.Aside{Queue: "filing", Key: f.UID.Mark(), At: m.Now().UTC(), Why: bounded(why)}),
			m.Warn(b, "filing-"+f.UID.Mark(), topic, f.UID.String()+": "+bounded(why)))
	})
}

// maxReturn bounds how many mails are brought back at once.
const maxReturn = 100

// bringBack moves what is to be judged again to the inbox; the watch sees it there as new mail.
func (m *Intake) bringBack(ctx context.Context) (next time.Time, err error) {
	var list []store.Requeue
	if err := m.View(ctx, func(b store.Books) (err error) {
		list, err = b.Mails.ToRequeue(maxReturn, m.returns.Waits)
		return err
	}); err != nil {
		return next, err
	}
	for _, r := range list {
		if _, err := m.returns.Commit(ctx, []store.Requeue{r}, m.requeue); err != nil {
			return next, err
		}
		m.Mail.Notify()
	}
	if len(list) == maxReturn {
		return m.Now(), nil
	}
	return m.returns.Next(), nil
}

func (m *Intake) requeue(ctx context.Context, list []store.Requeue) error {
	for _, r := range list {
		found, err := false, error(nil)
		if r.Folder != "" {
			found, err = m.Box.Return(ctx, r.Folder, mailbox.Wanted{MessageID: r.MessageID, Arrived: r.Arrived, Size: r.Size})
		}
		if err != nil {
			return ofServer(err)
		}
		if !found {
			err = m.giveUpReturn(ctx, r, errGone)
		} else {
			err = m.Commit(ctx, 1, func(b store.Books) error { return b.Mails.MarkRequeued(r.Key) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var errGone = errors.New("it is not there")

// giveUpReturn says that a mail is not judged again; what it came to before stands.
func (m *Intake) giveUpReturn(ctx context.Context, r store.Requeue, why error) error {
	return m.Commit(ctx, 1, func(b store.Books) error {
		lost, err := b.Mails.NotReturned(r)
		if lost {
			err = errors.Join(err, m.Warn(b, "requeue-"+r.Key, "cannot-requeue", fmt.Sprintf("%s: %s", r.Folder, bounded(why))))
		}
		return err
	})
}

// bounded is an error in the words of a line.
func bounded(err error) string {
	const most = 300
	s := fmt.Sprintf("%q", err.Error())
	s = s[1 : len(s)-1]
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}
