package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"ukpbjd/internal/daemon"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

// books is what a stopped daemon has written down.
type books struct {
	mails    map[string]bookedMail // by Message-ID
	outcomes map[string]int
}

// bookedMail are the letters of one request.
type bookedMail struct{ first, approval time.Time } // of acceptance; zero: not

func readBooks(ctx context.Context, storage string) (b books, err error) {
	db, err := bolt.Open(filepath.Join(storage, daemon.StoreName), bolt.Options{ReadOnly: true, Timeout: 5 * time.Second})
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	b = books{map[string]bookedMail{}, map[string]int{}}
	return b, db.View(ctx, func(tx store.Tx) error {
		in := store.In(tx)
		var bad error
		err := in.Mails.Each(func(_ store.UID, s store.MailRecord) bool {
			b.outcomes[s.Outcome+" "+s.Reason]++
			b.mails[s.MessageID], bad = booked(in, s)
			return bad == nil
		})
		return errors.Join(err, bad)
	})
}

func booked(in store.Books, s store.MailRecord) (m bookedMail, err error) {
	rows, err := in.Letters.Of(s.Case)
	for _, l := range rows {
		if l.State != store.Accepted {
			continue
		}
		if m.first.IsZero() || l.Ended.Before(m.first) {
			m.first = l.Ended
		}
		if l.Letter.Kind == approval {
			m.approval = l.Ended
		}
	}
	return m, err
}

// letters are the first letters of the mails from number from on, and when their last approval letter was accepted. What is missing is
// an error: a figure with lost mail in it is none.
func (b books) letters(from, n int) (sent []letterSent, last time.Time, err error) {
	for i := from; i < from+n; i++ {
		m := b.mails[messageID(i)]
		if m.first.IsZero() {
			return nil, last, fmt.Errorf("no letter answers mail %s; outcomes: %v", messageID(i), b.outcomes)
		}
		sent = append(sent, letterSent{messageID(i), m.first})
		if m.approval.After(last) {
			last = m.approval
		}
	}
	return sent, last, nil
}
