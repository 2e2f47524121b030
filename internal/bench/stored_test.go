package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ukpbjd/internal/daemon"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

const (
	scaleMails  = 200
	seedInOneGo = 1000
	fewStored   = 1000
	manyStored  = 100_000
)

// filledStore measures the cost of a mail beside so many stored cases, which are copies of a real one.
func (o Options) filledStore(ctx context.Context, cases int) (s Scale, err error) {
	err = o.in(func(p place) error {
		s, err = o.filled(ctx, p, cases)
		return err
	})
	if err != nil {
		err = fmt.Errorf("with %d stored cases: %w", cases, err)
	}
	return s, err
}

func (o Options) filled(ctx context.Context, p place, cases int) (s Scale, err error) {
	l := newLoad(o, p)
	if err := l.submit(ctx, 0, 1); err != nil { // the pattern for all others
		return s, err
	}
	if _, err := o.heavy(ctx, p, 1, approval); err != nil {
		return s, err
	}
	o.say("storing %d cases …", cases)
	file := filepath.Join(p.Storage, daemon.StoreName)
	if err := seed(ctx, file, cases); err != nil {
		return s, err
	}
	if err := l.submit(ctx, 1, scaleMails); err != nil {
		return s, err
	}
	o.say("%d mails beside %d stored cases …", scaleMails, cases)
	x, err := o.heavy(ctx, p, scaleMails, firstLetter)
	st, err2 := os.Stat(file)
	if err = errors.Join(err, err2); err != nil {
		return s, err
	}
	return Scale{Cases: cases, File: st.Size(), CPU: x.CPU / scaleMails, Seconds: x.Seconds / scaleMails, Memory: x.Memory}, nil
}

// pattern is a case with all that belongs to it.
type pattern struct {
	cs      sop.Case
	letters []store.LetterRow
	events  []sop.Event
	mail    store.MailRecord
}

func readPattern(b store.Books) (p pattern, err error) {
	err = b.Cases.Each(false, func(cs sop.Case) bool { p.cs = cs; return false })
	if err != nil {
		return p, err
	}
	if p.letters, err = b.Letters.Of(p.cs.Number); err != nil {
		return p, err
	}
	events, err := b.Journal.Of(p.cs.Number)
	for _, e := range events {
		p.events = append(p.events, e.Event)
	}
	mails, err2 := b.Mails.Of(p.cs.Number)
	if len(mails) > 0 {
		p.mail = mails[0]
	}
	return p, errors.Join(err, err2)
}

// seed copies the first case until there are so many, all closed. A power cut meanwhile costs only the bench its store.
func seed(ctx context.Context, file string, cases int) (err error) {
	db, err := bolt.Open(file, bolt.Options{NoSync: true, Timeout: 5 * time.Second})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var p pattern
	if err := db.View(ctx, func(tx store.Tx) (err error) { p, err = readPattern(store.In(tx)); return err }); err != nil {
		return err
	}
	for done := 1; done < cases; {
		err := db.Update(ctx, func(tx store.Tx) error {
			b := store.In(tx)
			for n := 0; n < seedInOneGo && done < cases; n++ {
				if err := p.copy(b, done); err != nil {
					return err
				}
				done++
			}
			return sendAll(b)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// copy puts the pattern once more into the books, under the next number, as it lies there when all has been sent and archived.
func (p pattern) copy(b store.Books, i int) error {
	number, err := b.Cases.NextNumber("PKJ", p.cs.Opened.Year())
	if err != nil {
		return err
	}
	cs := p.cs
	cs.Number, cs.Status, cs.Closed, cs.Wake, cs.Due = number, sop.Done, cs.Updated, time.Time{}, time.Time{}
	if err := errors.Join(b.Cases.Put(cs), b.Journal.Append(number, p.events)); err != nil {
		return err
	}
	for k, l := range p.letters {
		l.Case, l.MessageID, l.Next = number, fmt.Sprintf("<stored-%d-%d@%s>", i, k, stage.Domain), time.Time{}
		if err := b.Letters.Put(l, []byte(l.Subject)); err != nil {
			return err
		}
	}
	for k, m := range cs.Members {
		if err := b.Accounts.PutUser(fmt.Sprintf("tersimpan.%d.%d", i, k), fmt.Sprintf("%018d", i*100+k)); err != nil {
			return fmt.Errorf("user of %s: %w", m.Row.NIP, err)
		}
	}
	r := p.mail
	r.Case, r.Folder, r.MessageID, r.Identity = number, "", fmt.Sprintf("<stored-%d@%s>", i, stage.Domain), fmt.Sprintf("%064x", i)
	return b.Mails.Put(store.UID{Validity: 1, UID: uint32(i)}, r, r.Identity)
}

// sendAll empties the outbox as if everything in it had been accepted and archived.
func sendAll(b store.Books) error {
	for {
		claimed, _, err := b.Letters.Claimable(time.Now(), seedInOneGo, nil)
		if err != nil || len(claimed) == 0 {
			return err
		}
		if claimed, _, err = b.Letters.Claim(claimed, time.Now(), ""); err != nil {
			return err
		}
		for _, c := range claimed {
			c.Row.State = store.Accepted
			_, bad := b.Letters.Settle(c.Row)
			err = errors.Join(err, bad, b.Letters.MarkArchived(c.Row.ID(), fmt.Sprintf("%064x", 0)))
		}
		if err != nil {
			return err
		}
	}
}
