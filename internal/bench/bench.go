// Package bench measures a day's load on the whole program. The daemon is a process of its own; the office around it and the load are
// in this one. In the tests of this room two floors do the same work with nothing around it, so that the figures can be compared on
// any machine, and a store is filled with cases (UKPBJD_BENCH=1 go test -v -run TestFloors ./internal/bench). Times come from the one clock of the machine; nothing here is a test.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// Options of one run, as flags of the command line.
type Options struct {
	N       int    `help:"Waiting mails." default:"1000"`
	Pad     int    `help:"Bytes of each of the three papers." default:"100000"`
	Members int    `help:"Members of each request." default:"3"`
	Latency int    `help:"Mails sent one by one; 0: none." default:"50"`
	Large   bool   `help:"Also one mail of 25 MB and a long backlog."`
	Backlog int    `help:"Mails of the long backlog." default:"10000"`
	Dir     string `help:"Where stores are kept meanwhile; empty: the system's folder for passing files."`

	Pause    time.Duration                                       `kong:"-"` // between two single mails
	Self     func(ctx context.Context, args ...string) *exec.Cmd `kong:"-"` // runs this program with other arguments
	Progress io.Writer                                           `kong:"-"`
}

// Run measures. What could not be measured is an error; figures that miss an aim are not.
func Run(ctx context.Context, o Options) (*Report, error) {
	r := o.report()
	err := o.in(func(p place) error {
		l, err := o.waiting(ctx, p)
		if err != nil {
			return err
		}
		return o.byDaemon(ctx, l, r)
	})
	if err == nil && o.Large {
		err = o.large(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (o Options) say(format string, args ...any) {
	fmt.Fprintf(o.Progress, format+"\n", args...)
}

// waiting fills the inbox of an office.
func (o Options) waiting(ctx context.Context, p place) (*load, error) {
	l := newLoad(o, p)
	o.say("writing and submitting %d mails …", o.N)
	return l, l.submit(ctx, 0, o.N)
}

// byDaemon measures the daemon with the waiting mails, then with single ones; its books tell when each letter was accepted.
func (o Options) byDaemon(ctx context.Context, l *load, r *Report) error {
	o.say("%d waiting mails: daemon …", o.N)
	office := officeCPU()
	d, err := o.daemon(ctx, l.place)
	if err != nil {
		return err
	}
	defer d.stop() //nolint:errcheck // the measure has failed already
	if err := d.await(ctx, firstLetter, o.N); err != nil {
		return err
	}
	first := d.meter.used()
	office = officeCPU() - office
	if err := d.await(ctx, approval, o.N); err != nil {
		return err
	}
	all := d.meter.used()
	if o.Latency > 0 {
		o.say("%d single mails: daemon …", o.Latency)
		if err := l.oneByOne(ctx, o.N, o.Latency); err != nil {
			return err
		}
		if err := d.await(ctx, firstLetter, o.N+o.Latency); err != nil {
			return err
		}
	}
	end := d.meter.used()
	if err := d.stop(); err != nil {
		return err
	}
	b, err := readBooks(ctx, l.place.Storage)
	if err != nil {
		return err
	}
	waiting, last, err := b.letters(0, o.N)
	single, _, err2 := b.letters(o.N, o.Latency)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if n := o.N + o.Latency; len(b.mails) != n {
		return fmt.Errorf("%d mails were sent, %d have an outcome: %v", n, len(b.mails), b.outcomes)
	}
	w := newWork("daemon", d.ready, waiting)
	w.CPU, w.Memory, w.Office = first.cpu, first.private, office
	r.Backlog = append(r.Backlog, w)
	r.Sheets = Sheets{Seconds: last.Sub(d.ready).Seconds(), CPU: all.cpu - first.cpu, Memory: all.private, Letters: o.N}
	if o.Latency > 0 {
		one := delays("daemon", single, l.arrived)
		one.CPU = end.cpu - all.cpu
		r.Single = append(r.Single, one)
	}
	return nil
}
