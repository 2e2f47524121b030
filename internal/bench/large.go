package bench

import (
	"context"
	"errors"
	"time"

	"ukpbjd/internal/sop"
)

// Large is a daemon under one heavy load.
type Large struct {
	What    string  `json:"what"`
	Seconds float64 `json:"seconds"` // until the last first letter
	CPU     float64 `json:"cpu_seconds"`
	Memory  int64   `json:"private_bytes"` // at most
}

const largePaper = 25_000_000 / 3 * 100 / 135 // three of them in base64 are 25 MB

// large measures both heavy loads.
func (o Options) large(ctx context.Context, r *Report) error {
	return errors.Join(o.in(func(p place) error { return o.largeMail(ctx, p, r) }), o.in(func(p place) error { return o.longBacklog(ctx, p, r) }))
}

// largeMail sends one mail of 25 MB.
func (o Options) largeMail(ctx context.Context, p place, r *Report) error {
	l := newLoad(o, p)
	raw, err := l.mail(0, largePaper)
	if err == nil {
		err = l.hand(0, raw)
	}
	if err != nil {
		return err
	}
	o.say("one mail of %.1f MB …", float64(len(raw))/1e6)
	x, err := o.heavy(ctx, p, 1, approval)
	r.add(x, "one mail of %.1f MB, to the approval letter", float64(len(raw))/1e6)
	return err
}

// longBacklog starts the daemon before a very full inbox.
func (o Options) longBacklog(ctx context.Context, p place, r *Report) error {
	o.say("writing and submitting %d mails …", o.Backlog)
	if err := newLoad(o, p).submit(ctx, 0, o.Backlog); err != nil {
		return err
	}
	o.say("%d waiting mails: daemon …", o.Backlog)
	x, err := o.heavy(ctx, p, o.Backlog, firstLetter)
	r.add(x, "a backlog of %d mails, to the last first letter", o.Backlog)
	return err
}

func (o Options) heavy(ctx context.Context, p place, n int, kind sop.LetterKind) (x Large, err error) {
	d, err := o.daemon(ctx, p)
	if err != nil {
		return x, err
	}
	err = d.await(ctx, kind, n)
	u := d.meter.used()
	x = Large{Seconds: time.Since(d.ready).Seconds(), CPU: u.cpu, Memory: u.private}
	return x, errors.Join(err, d.stop())
}
