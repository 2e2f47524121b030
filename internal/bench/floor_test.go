package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/smtp"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"ukpbjd/internal/document"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/message"
	"ukpbjd/internal/stage"
)

// waitingByFloors lets each floor work off the waiting mails.
func (o Options) waitingByFloors(ctx context.Context, p place, r *Report) error {
	for _, kind := range []string{Sequential, Pipelined} {
		o.say("%d waiting mails: floor %s …", o.N, kind)
		office := officeCPU()
		f, err := o.floor(ctx, p, floorTask{Kind: kind, Want: o.N})
		if err != nil {
			return err
		}
		if err := f.wait(); err != nil {
			return err
		}
		w := newWork(kind, f.ready, f.letters)
		w.CPU, w.Memory, w.Office = f.used.cpu, f.used.private, officeCPU()-office
		r.Backlog = append(r.Backlog, w)
	}
	return nil
}

// singleByFloors gives each floor as many single mails as the daemon had.
func (o Options) singleByFloors(ctx context.Context, l *load, r *Report) error {
	for i, kind := range []string{Sequential, Pipelined} {
		if err := o.byFloor(ctx, l, kind, o.N+(i+1)*o.Latency, r); err != nil {
			return err
		}
	}
	return nil
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

// floorTask is what a floor is told.
type floorTask struct {
	Place place
	Kind  string
	Want  int    // mails; then it ends
	Live  bool   // wait for mails that come, instead of taking those that are there
	Dir   string // for its store
}

// floorRun is a floor at work, seen from outside.
type floorRun struct {
	*child
	ready   time.Time
	meter   *meter // from then on
	letters []letterSent
	used    usage
}

// floorSaid is what a floor says: first that it is ready, at last what it did.
type floorSaid struct {
	Ready   time.Time    `json:"ready"`
	Letters []letterSent `json:"letters,omitempty"`
}

func (o Options) floor(ctx context.Context, p place, t floorTask) (*floorRun, error) {
	dir, err := os.MkdirTemp(o.Dir, "floor-")
	if err != nil {
		return nil, err
	}
	t.Place, t.Dir = p, dir
	c, err := begin(o.Self(ctx, "bench-floor"), t)
	if err != nil {
		return nil, err
	}
	f := &floorRun{child: c}
	var said floorSaid
	if err := f.hear(&said); err != nil {
		return nil, err
	}
	f.ready, f.meter = said.Ready, measure(c.cmd.Process.Pid)
	return f, nil
}

// wait gives what the floor did.
func (f *floorRun) wait() error {
	defer f.meter.end()
	var said floorSaid
	if err := f.hear(&said); err != nil {
		return err
	}
	f.letters, f.used = said.Letters, f.meter.used()
	return f.end()
}

// floor is the process itself.
type floor struct {
	task   floorTask
	out    *json.Encoder
	db     *bbolt.DB
	papers *extract.Reader
	imap   *floorMailbox
}

// Floor is the process of one floor.
func Floor(ctx context.Context, in io.Reader, out io.Writer) error {
	f := &floor{out: json.NewEncoder(out), papers: extract.New(extract.Options{OCR: "auto"})}
	ended, err := obey(in, &f.task)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		<-ended
		cancel()
	}()
	f.db, err = bbolt.Open(filepath.Join(f.task.Dir, "floor.db"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	defer f.db.Close() //nolint:errcheck // every put is durable already
	if err := f.db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket(bucket); return err }); err != nil {
		return err
	}
	if f.imap, err = openFloorMailbox(f.task.Place, f.task.Live); err != nil {
		return err
	}
	defer f.imap.close()
	work := f.sequential
	if f.task.Kind == Pipelined {
		work = f.pipelined
	}
	letters, err := work(ctx)
	if err == nil {
		err = f.out.Encode(floorSaid{Letters: letters})
		<-ended // the parent looks at what was used
	}
	return err
}

var bucket = []byte("mails")

// ready tells that connections stand and work begins.
func (f *floor) ready() error { return f.out.Encode(floorSaid{Ready: time.Now()}) }

// read is the same reading that the daemon does, and gives the bytes to put.
func (f *floor) read(ctx context.Context, m parsed) ([]byte, error) {
	r := document.Read(document.Bundle{Sources: f.papers.All(ctx, m.files), Body: m.text, OwnDomains: []string{stage.Domain}})
	if len(r.Roster) == 0 {
		return nil, fmt.Errorf("mail %s: no roster was read", m.id)
	}
	return json.Marshal(r)
}

func (f *floor) letter(c *smtp.Client, m parsed) (letterSent, error) {
	p := f.task.Place
	text := fmt.Sprintf("From: UKPBJ <%s>\r\nTo: %s\r\nSubject: Re: %s\r\nMessage-ID: <floor-%s\r\nIn-Reply-To: %s\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n\r\nPermohonan Saudara telah kami terima.\r\n", p.Mailbox, m.from, m.subject, m.id[1:], m.id)
	if err := errors.Join(c.Mail(p.Mailbox), c.Rcpt(m.from)); err != nil {
		return letterSent{}, err
	}
	w, err := c.Data()
	if err != nil {
		return letterSent{}, err
	}
	_, err = io.WriteString(w, text)
	err = errors.Join(err, w.Close())
	return letterSent{m.id, time.Now()}, err
}

func (f *floor) dial() (*smtp.Client, error) {
	p := f.task.Place
	c, err := smtp.Dial(p.SMTP)
	if err != nil {
		return nil, err
	}
	if err := c.Auth(smtp.PlainAuth("", p.Mailbox, p.Password, host(p.SMTP))); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// parsed is what a floor takes from a mail.
type parsed struct {
	id, from, subject, text string
	files                   []message.Attachment
}

// sequential does everything for one mail before it looks at the next.
func (f *floor) sequential(ctx context.Context) (sent []letterSent, err error) {
	c, err := f.dial()
	if err != nil {
		return nil, err
	}
	defer c.Close() //nolint:errcheck // every letter was answered
	if err := f.ready(); err != nil {
		return nil, err
	}
	for len(sent) < f.task.Want {
		uids, err := f.imap.next(ctx)
		if err != nil {
			return nil, err
		}
		for _, uid := range uids[:min(len(uids), f.task.Want-len(sent))] {
			l, err := f.one(ctx, c, uid)
			if err != nil {
				return nil, err
			}
			sent = append(sent, l)
		}
	}
	return sent, nil
}

func (f *floor) one(ctx context.Context, c *smtp.Client, uid uint32) (l letterSent, err error) {
	raw, err := f.imap.fetch(uid)
	if err != nil {
		return l, err
	}
	m, err := parseEnmime(raw)
	if err != nil {
		return l, err
	}
	record, err := f.read(ctx, m)
	if err != nil {
		return l, err
	}
	if err := f.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put([]byte(m.id), record) }); err != nil {
		return l, err
	}
	return f.letter(c, m)
}

var errGone = errors.New("the mailbox closed the connection")
