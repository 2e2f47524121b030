// Package bench measures a day's load on the whole program. Office and daemon are processes of their own, the load comes from
// this one, and two floors do the same work with nothing around it, so that the figures are the daemon's and can be compared
// on any machine. Times come from the one clock of the machine; nothing here is a test.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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
	Stored  [2]int        // cases in the store, few and many
	Profile string        // where CPU profiles of the daemon go; empty: none

	IMAP, SMTP   string // a given server; empty: the embedded post office
	Mailbox      string // its office mailbox, which must be empty
	PasswordFile string
	People       string // domain of everybody else
	Self         func(ctx context.Context, args ...string) *exec.Cmd
	Dir          string // for stores and configurations; emptied afterwards
	Progress     io.Writer
}

// Run measures. What could not be measured is an error; figures that miss an aim are not.
func Run(ctx context.Context, o Options) (*Report, error) {
	r := &Report{Mails: o.N, Pad: o.Pad, Members: o.Members, Machine: machine()}
	if err := o.backlog(ctx, r); err != nil {
		return nil, err
	}
	if o.Large {
		if err := errors.Join(o.largeMail(ctx, r), o.longBacklog(ctx, r)); err != nil {
			return nil, err
		}
		if err := o.filledStore(ctx, r); err != nil {
			return nil, err
		}
	}
	r.compare()
	return r, nil
}

func (o Options) say(format string, args ...any) {
	fmt.Fprintf(o.Progress, format+"\n", args...)
}

// backlog lets floors and daemon work off the same waiting mails, then gives each the same number of single mails.
func (o Options) backlog(ctx context.Context, r *Report) (err error) {
	p, leave, err := o.open(ctx, "backlog")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	l := newLoad(o, p)
	o.say("writing and submitting %d mails …", o.N)
	if err := errors.Join(l.submit(ctx, 0, o.N), p.settled(ctx, o.N)); err != nil {
		return err
	}
	l.place = p
	for _, kind := range []string{Sequential, Pipelined} {
		o.say("%d waiting mails: floor %s …", o.N, kind)
		office := p.officeCPU()
		f, err := o.floor(ctx, p, floorTask{Kind: kind, Want: o.N})
		if err != nil {
			return err
		}
		if err := f.wait(); err != nil {
			return err
		}
		w := f.work(kind)
		w.Office = p.officeCPU() - office
		r.Backlog = append(r.Backlog, w)
	}
	if err := o.byDaemon(ctx, l, r); err != nil || o.Latency == 0 {
		return err
	}
	for i, kind := range []string{Sequential, Pipelined} {
		if err := o.byFloor(ctx, l, kind, o.N+(i+1)*o.Latency, r); err != nil {
			return err
		}
	}
	return nil
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
	b, err := readBooks(ctx, d.storage)
	if err != nil {
		return err
	}
	waiting, single := b.split(l.place, o.N)
	w := newWork("daemon", d.ready, waiting.letters)
	w.CPU, w.Memory, w.Office = first.cpu-d.start.cpu, first.peak, office
	r.Backlog = append(r.Backlog, w)
	r.Sheets = Sheets{Seconds: waiting.last.Sub(d.ready).Seconds(), CPU: all.cpu - first.cpu, Memory: all.peak, Letters: o.N}
	if o.Latency > 0 {
		one := delays("daemon", single.letters, l.arrived)
		one.CPU = end.cpu - all.cpu
		r.Single = append(r.Single, one)
	}
	return b.complete(o.N + o.Latency)
}

// byFloor measures a floor with single mails.
func (o Options) byFloor(ctx context.Context, l *load, kind string, from int, r *Report) error {
	o.say("%d single mails: floor %s …", o.Latency, kind)
	f, err := o.floor(ctx, l.place, floorTask{Kind: kind, Want: o.Latency, Live: true})
	if err != nil {
		return err
	}
	err = l.oneByOne(ctx, from, o.Latency)
	if err := errors.Join(err, f.wait()); err != nil {
		return err
	}
	x := delays(kind, f.letters, l.arrived)
	x.CPU = f.used.cpu
	r.Single = append(r.Single, x)
	return nil
}

func (o Options) dir(name string) (string, error) {
	d := filepath.Join(o.Dir, name)
	return d, os.MkdirAll(d, 0o700)
}
