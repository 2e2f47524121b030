// Package bench measures a day's load on the whole program. Office and daemon are processes of their own, and the load comes from
// this one. Built with the tag bench, two floors do the same work with nothing around it, so that the figures can be compared on
// any machine, and a store is filled with cases. Times come from the one clock of the machine; nothing here is a test.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

// Options of one run. Self makes a command that runs this program with other arguments.
type Options struct {
	N       int           // mails that wait when daemon and floors start
	Pad     int           // bytes of each paper
	Members int           // of each request
	Latency int           // mails sent one by one; 0: none
	Pause   time.Duration // between two of them
	Large   bool          // also one mail of 25 MB, a long backlog, and a well-filled store
	Backlog int           // mails of the long backlog
	Profile string        // where CPU profiles of the daemon go; empty: none

	Self     func(ctx context.Context, args ...string) *exec.Cmd
	Dir      string // for stores and configurations; emptied afterwards
	Progress io.Writer
}

// Run measures. What could not be measured is an error; figures that miss an aim are not.
func Run(ctx context.Context, o Options) (*Report, error) {
	r := &Report{Mails: o.N, Pad: o.Pad, Members: o.Members, Machine: machine()}
	if err := o.backlog(ctx, r); err != nil {
		return nil, err
	}
	if o.Large {
		if err := errors.Join(o.largeMail(ctx, r), o.longBacklog(ctx, r), o.filledStore(ctx, r)); err != nil {
			return nil, err
		}
	}
	r.compare()
	return r, nil
}

func (o Options) say(format string, args ...any) {
	fmt.Fprintf(o.Progress, format+"\n", args...)
}

// backlog lets the floors, where there are any, and the daemon work off the same waiting mails, then gives each the same number of single mails.
func (o Options) backlog(ctx context.Context, r *Report) (err error) {
	p, leave, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	l := newLoad(o, p)
	o.say("writing and submitting %d mails …", o.N)
	if err := l.submit(ctx, 0, o.N); err != nil {
		return err
	}
	if err := o.waitingByFloors(ctx, p, r); err != nil {
		return err
	}
	if err := o.byDaemon(ctx, l, r); err != nil || o.Latency == 0 {
		return err
	}
	return o.singleByFloors(ctx, l, r)
}

// byDaemon measures the daemon with the waiting mails, then with single ones; its books tell when each letter was accepted.
func (o Options) byDaemon(ctx context.Context, l *load, r *Report) error {
	o.say("%d waiting mails: daemon …", o.N)
	office := l.place.officeCPU()
	d, err := o.daemon(ctx, l.place, "backlog")
	if err != nil {
		return err
	}
	defer d.stop() //nolint:errcheck // the measure has failed already
	if err := d.await(ctx, firstLetter, o.N); err != nil {
		return err
	}
	first := d.usage()
	office = l.place.officeCPU() - office
	if o.Profile != "" {
		d.cmd.Process.Signal(syscall.SIGUSR1) //nolint:errcheck // it has ended already
	}
	if err := d.await(ctx, approval, o.N); err != nil {
		return err
	}
	all := d.usage()
	if o.Latency > 0 {
		o.say("%d single mails: daemon …", o.Latency)
		if err := l.oneByOne(ctx, o.N, o.Latency); err != nil {
			return err
		}
		if err := d.await(ctx, firstLetter, o.N+o.Latency); err != nil {
			return err
		}
	}
	end := d.usage()
	if err := d.stop(); err != nil {
		return err
	}
	b, err := readBooks(ctx, l.place.Storage)
	if err != nil {
		return err
	}
	waiting, single := b.split(o.N)
	w := newWork("daemon", d.ready, waiting.letters)
	w.CPU, w.Memory, w.Office = first.cpu-d.start.cpu, first.private, office
	r.Backlog = append(r.Backlog, w)
	r.Sheets = Sheets{Seconds: waiting.last.Sub(d.ready).Seconds(), CPU: all.cpu - first.cpu, Memory: all.private, Letters: o.N}
	if o.Latency > 0 {
		one := delays("daemon", single.letters, l.arrived)
		one.CPU = end.cpu - all.cpu
		r.Single = append(r.Single, one)
	}
	return b.complete(o.N + o.Latency)
}
