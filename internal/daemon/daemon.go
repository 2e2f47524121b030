// Package daemon runs the office: it wires the rooms, owns their loops, and stops them in reverse order.
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

	"ukpbjd/internal/alarm"
	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/statuspage"
)

// Daemon is one running office.
type Daemon struct {
	*Rooms
	Log     *slog.Logger
	Metrics *statuspage.Metrics
	Page    http.Handler // nil: none
	Socket  http.Handler // nil: none

	PageAddress string
	SocketPath  string

	alarm  alarm.Options
	ready  chan struct{}
	stands func(context.Context) error // whether the ground still bears; check may find otherwise while the daemon runs
	page   net.Listener
}

// stopTime bounds the stop of everything.
const stopTime = 20 * time.Second

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
		ln, err := net.Listen("tcp", d.PageAddress)
		if err != nil {
			return fmt.Errorf("open the status page at %s: %w", d.PageAddress, err)
		}
		d.page = ln
		loop("page", func(ctx context.Context) error {
			return serveHTTP(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				open, end := context.WithCancel(r.Context()) // a page that is kept up to date keeps nobody from stopping
				defer end()
				defer context.AfterFunc(ctx, end)()
				d.Page.ServeHTTP(w, r.WithContext(open))
			}))
		})
	}
	if d.Socket == nil {
		return nil
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
	ground := queue.NewSignal()
	d.Office.Listen(ground)
	served, asked := make(chan struct{}), make(chan struct{}) // no mail is read, and no letter goes, before the mailbox is ours
	loop("claim", func(ctx context.Context) error { return d.claim(ctx, served, asked) })
	loop("intake", behind(served, d.Intake.Run))
	loop("outbox", behind(served, d.Outbox.Run))
	loop("tasks", func(ctx context.Context) error { return d.Tasks.Run(ctx, served) })
	loop("timer", d.Timer.Run)
	loop("archiver", d.Archiver.Run)
	loop("gauges", d.gauges)
	if d.alarm.Wanted() {
		loop("alarm", func(ctx context.Context) error { return alarm.Run(ctx, d.alarm) })
	}
	loop("ground", behind(served, func(ctx context.Context) error { return d.ground(ctx, ground) }))
	loop("ready", behind(asked, func(ctx context.Context) error {
		select {
		case <-served: // what is in the inbox now is seen before we say that we are ready
			if err := d.Intake.Looked().Wait(ctx, time.Time{}, d.Office.Now); err != nil {
				return err
			}
		default: // the mail server is away
		}
		close(d.ready)
		return nil
	}))
	return g.Wait()
}

// Close runs the clean-ups in reverse order, each named in its error, all within stopTime.
func (d *Daemon) Close() error {
	done := make(chan error, 1)
	go func() { done <- d.Rooms.Close() }()
	select {
	case err := <-done:
		return err
	case <-time.After(stopTime):
		return errors.New("closing took too long; the store recovers by itself at the next start")
	}
}

// ground stops the daemon when check finds that a forgery would be believed, and takes copies of credential and approval letters
// out of the folders that check found.
func (d *Daemon) ground(ctx context.Context, wake queue.Signal) error {
	l := queue.Loop{Name: "sent", Wake: wake, Health: d.Health, Now: d.Office.Now,
		Fatal: func(err error) bool { return errors.Is(err, ErrGround) || office.Fatal(err) },
		Warn:  func(err error) { d.Log.Warn("take copies of letters out of the folder of sent mail", "error", err) }}
	return l.Run(ctx, func(ctx context.Context) (time.Time, error) {
		if err := d.stands(ctx); err != nil {
			return time.Time{}, err
		}
		return d.Outbox.Sweep(ctx)
	})
}
