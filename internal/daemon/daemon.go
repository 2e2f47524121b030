// Package daemon runs the office: it wires the edges to the clerk, owns the loops, and stops them in reverse order. Each loop
// does one thing until its context ends: watch, take in, file away, send, carry out tasks, mind the time, answer the page.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/config"
	"ukpbjd/internal/mailbox"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/statuspage"
)

// Daemon is one running office.
type Daemon struct {
	Clerk   *clerk.Clerk
	Box     *mailbox.Box
	Post    *postman.Postman
	Log     *slog.Logger
	Metrics *statuspage.Metrics
	Page    http.Handler // nil: none
	Socket  http.Handler // nil: none

	Start       config.Start
	Poll        time.Duration
	MaxMessage  int64
	Senders     int
	Readers     int
	PageAddress string
	SocketPath  string

	state  health
	ready  chan struct{}
	stands func(context.Context) error // whether the ground still bears; check may find otherwise while the daemon runs
	looked bell                        // rung once the inbox was looked at, or could not be
	page   net.Listener
	bell   bells
	closed []closer

	expired time.Time // when the retention schedule was looked at last
}

// closer is one named clean-up; they run in reverse order.
type closer struct {
	name string
	do   func() error
}

// stopTime bounds the stop of everything.
const stopTime = 20 * time.Second

// OnClose adds a clean-up.
func (d *Daemon) OnClose(name string, do func() error) { d.closed = append(d.closed, closer{name, do}) }

// Ready is closed once every loop works and the inbox was looked at for the first time: what arrives later is answered.
func (d *Daemon) Ready() <-chan struct{} { return d.ready }

// PageAddr is where the status page listens; empty: nowhere. It is known once the daemon is ready.
func (d *Daemon) PageAddr() string {
	if d.page == nil {
		return ""
	}
	return d.page.Addr().String()
}

// listen opens page and socket; they are served until ctx ends.
func (d *Daemon) listen(loop func(string, func(context.Context) error)) error {
	if d.Page != nil {
		ln, err := listenTCP(d.PageAddress)
		if err != nil {
			return err
		}
		d.page = ln
		loop("page", func(ctx context.Context) error { return serveHTTP(ctx, ln, d.Page) })
	}
	ln, err := listenSocket(d.SocketPath)
	if err != nil {
		return err
	}
	loop("socket", func(ctx context.Context) error { return serveHTTP(ctx, ln, d.Socket) })
	return nil
}

// Run works until ctx ends, or until a commit's outcome is unknown. It returns when every goroutine has.
func (d *Daemon) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	loop := func(name string, fn func(context.Context) error) {
		g.Go(func() error {
			if err := fn(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	if err := d.listen(loop); err != nil {
		cancel()
		return errors.Join(err, g.Wait())
	}
	loop("bells", d.ring)
	loop("watch", func(ctx context.Context) error { return d.Box.Watch(ctx, d.bell.mail.ring) })
	loop("intake", d.intake)
	loop("filing", d.filing)
	loop("post", d.post)
	loop("work", d.work)
	loop("time", d.mindTime)
	loop("reconcile", d.reconcile)
	loop("gauges", d.gauges)
	loop("archive", d.archiving)
	loop("ground", d.ground)
	loop("ready", func(ctx context.Context) error {
		if err := d.looked.wait(ctx, time.Time{}); err != nil {
			return err
		}
		close(d.ready)
		return nil
	})
	return g.Wait()
}

// Close runs the clean-ups in reverse order, each named in its error, all within stopTime.
func (d *Daemon) Close() error {
	done := make(chan error, 1)
	go func() {
		var err error
		for i := len(d.closed) - 1; i >= 0; i-- {
			if e := d.closed[i].do(); e != nil {
				err = errors.Join(err, fmt.Errorf("close %s: %w", d.closed[i].name, e))
			}
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(stopTime):
		return errors.New("closing took too long; the store recovers by itself at the next start")
	}
}
