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
	mails    []bookedMail
	outcomes map[string]int
}

// bookedMail is one request and its letters.
type bookedMail struct {
	id              string
	first, approval time.Time // of acceptance; zero: not
}

func readBooks(ctx context.Context, storage string) (b books, err error) {
	db, err := bolt.Open(filepath.Join(storage, daemon.StoreName), bolt.Options{ReadOnly: true, Timeout: 5 * time.Second})
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	b.outcomes = map[string]int{}
	return b, db.View(ctx, func(tx store.Tx) error {
		in := store.In(tx)
		var bad error
		err := in.Mails.Each(func(_ store.UID, s store.MailRecord) bool {
			b.outcomes[s.Outcome+" "+s.Reason]++
			var m bookedMail
			if m, bad = booked(in, s); bad == nil {
				b.mails = append(b.mails, m)
			}
			return bad == nil
		})
		return errors.Join(err, bad)
	})
}

func booked(in store.Books, s store.MailRecord) (bookedMail, error) {
	m := bookedMail{id: s.MessageID}
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

// part are some of the mails.
type part struct {
	letters []letterSent
	last    time.Time // approval letter
}

func (p *part) add(m bookedMail) {
	p.letters = append(p.letters, letterSent{m.id, m.first})
	if m.approval.After(p.last) {
		p.last = m.approval
	}
}

// split parts the first n mails from the others.
func (b books) split(n int) (waiting, single part) {
	early := map[string]bool{}
	for i := range n {
		early[messageID(i)] = true
	}
	for _, m := range b.mails {
		if early[m.id] {
			waiting.add(m)
		} else {
			single.add(m)
		}
	}
	return waiting, single
}

// complete says what is missing: a figure with lost mail in it is none.
func (b books) complete(want int) error {
	if len(b.mails) != want {
		return fmt.Errorf("%d mails were sent, %d have an outcome: %v", want, len(b.mails), b.outcomes)
	}
	for _, m := range b.mails {
		if m.first.IsZero() {
			return fmt.Errorf("no letter answers mail %s; outcomes: %v", m.id, b.outcomes)
		}
	}
	return nil
}
