package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/smtp"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

// load writes requests and hands them in, each from one of many senders and for members of its own.
type load struct {
	o       Options
	place   place
	mu      sync.Mutex
	arrived map[string]time.Time // by Message-ID: when the server took the mail
}

func newLoad(o Options, p place) *load { return &load{o: o, place: p, arrived: map[string]time.Time{}} }

const submitters = 4

func messageID(i int) string { return fmt.Sprintf("<bench-%d@%s>", i, stage.Domain) }

// mail is the request number i; its papers are as large as pad says.
func (l *load) mail(i, pad int) ([]byte, error) {
	b, err := rehearsal.Papers(int64(i)+1, l.o.Members, rehearsal.Office{Domain: stage.Domain, Tag: fmt.Sprintf("%x", i), PadTo: pad})
	if err != nil {
		return nil, err
	}
	c := stage.Office()
	return b.Mail(rehearsal.Envelope{From: sop.Person{Name: "Staf", Address: staff(i)}, To: []sop.Person{c.Office}, Cc: []sop.Person{c.KepalaLPSE},
		Date: time.Now(), MessageID: messageID(i), HTML: true}), nil
}

// submit hands in the mails from number from on, over a few connections.
func (l *load) submit(ctx context.Context, from, n int) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(submitters)
	for i := from; i < from+n && gctx.Err() == nil; i++ {
		g.Go(func() error {
			raw, err := l.mail(i, l.o.Pad)
			if err != nil {
				return err
			}
			return l.hand(i, raw)
		})
	}
	return errors.Join(g.Wait(), ctx.Err())
}

// oneByOne hands in mails with a pause after each, so that none waits for another.
func (l *load) oneByOne(ctx context.Context, from, n int) error {
	var mails [][]byte
	for i := range n {
		raw, err := l.mail(from+i, l.o.Pad)
		if err != nil {
			return err
		}
		mails = append(mails, raw)
	}
	for i, raw := range mails {
		if err := l.hand(from+i, raw); err != nil {
			return err
		}
		jitter := time.Duration(rand.Int64N(int64(l.o.Pause)/4 + 1)) // else mails and the server's own clock would march in step
		select {
		case <-time.After(l.o.Pause + jitter):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// hand submits one mail to the office, with Kepala LPSE in copy on paper only: that mailbox is not part of the measure.
func (l *load) hand(i int, raw []byte) error {
	auth := smtp.PlainAuth("", staff(i), l.place.Password, host(l.place.SMTP))
	if err := smtp.SendMail(l.place.SMTP, auth, staff(i), []string{l.place.Mailbox}, raw); err != nil {
		return fmt.Errorf("submit mail %d: %w", i, err)
	}
	at := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrived[messageID(i)] = at
	return nil
}

func host(addr string) string {
	h, _, _ := net.SplitHostPort(addr)
	return h
}
