package mailbox

import (
	"context"
	"errors"
	"sync"
	"time"
)

// freshTries is how many new connections one call may use up. A connection left over from before does not count.
const freshTries = 2

// conn is one connection of the Box and who may use it: its slot holds the session, or nil when there is none.
type conn struct {
	box  *Box
	slot chan *session
}

func newConn(b *Box) *conn {
	c := &conn{box: b, slot: make(chan *session, 1)}
	c.slot <- nil
	return c
}

func (c *conn) take(ctx context.Context) (*session, error) {
	if err := errors.Join(context.Cause(ctx), context.Cause(c.box.open)); err != nil {
		return nil, err
	}
	select {
	case s := <-c.slot:
		return s, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// close says goodbye; the Box is shut, so whoever holds the slot gives it back at once, and nobody connects again.
func (c *conn) close() {
	if s := <-c.slot; s != nil {
		s.goodbye()
	}
	c.slot <- nil
}

// job is work on a connection. Once sent says so, the work must not be repeated.
type job struct {
	work func(context.Context, *session) error
	sent func() bool
}

// do runs the job on a living connection, and again on a new one when the connection dies under it.
func (c *conn) do(ctx context.Context, j job) error {
	ctx, cancel := c.box.until(ctx)
	defer cancel()
	s, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer func() { c.slot <- s }()
	had := s != nil
	for fresh := 0; ; {
		if s == nil {
			fresh++
			if s, err = c.reach(ctx, had); err != nil {
				return err
			}
			had = true
		}
		err = j.work(ctx, s)
		if err != nil && (lost(err) || confused(err)) || s.dead() {
			s.drop()
			s = nil
			if ctx.Err() == nil {
				c.box.gate.fell()
			}
		}
		if err == nil || !lost(err) || fresh == freshTries || ctx.Err() != nil || j.sent != nil && j.sent() {
			return err
		}
	}
}

// renewed is do on a connection that is new.
func (c *conn) renewed(ctx context.Context, j job) error {
	s, err := c.take(ctx)
	if err != nil {
		return err
	}
	if s != nil {
		s.drop()
	}
	c.slot <- nil
	return c.do(ctx, j)
}

// reach connects. After a connection that was lost the server may just be restarting, so it is given a few steps of the gate.
func (c *conn) reach(ctx context.Context, had bool) (s *session, err error) {
	s, err = c.box.connect(ctx, false)
	for range graceTries {
		if err == nil || !had || errors.Is(err, ErrLogin) || ctx.Err() != nil {
			break
		}
		s, err = c.box.connect(ctx, true)
	}
	return s, err
}

const (
	maxPause   = 5 * time.Minute
	maxAway    = time.Minute // a server that is away costs a dial, and nothing is read or sent before it is back
	graceTries = 3           // a server that goes down and comes up again is back by then
	freeFalls  = 3           // connections that die and are made again at once: a server that restarts takes all of them
	maxFall    = 12          // first pauses: five logins a minute by default, and no other mail waits long for it
)

// backoff doubles its pause up to maxPause, give or take a fifth: several daemons must not return in step.
type backoff struct {
	first, next time.Duration
	random      func() float64 // in [0, 1)
}

func (b *backoff) pause() time.Duration {
	d := max(b.next, b.first)
	b.next = min(2*d, maxPause)
	return time.Duration(float64(d) * (0.8 + 0.4*b.random()))
}

func (b *backoff) reset() { b.next = 0 }

// gate lets one connection at a time be made, and after a failure none until a pause is over: a refused password is tried once a
// step, not once a connection and call.
type gate struct {
	turn chan struct{} // held by whoever dials

	mu    sync.Mutex
	back  backoff
	until time.Time // nobody dials before
	err   error     // the last failure; nil while all is well
	falls int       // connections that died under their work, and nothing was settled
	tired backoff   // over these
	rest  time.Time // nobody dials before, however well it went
}

func newGate(first time.Duration, random func() float64) *gate {
	b := backoff{first: first, random: random}
	return &gate{turn: make(chan struct{}, 1), back: b, tired: b}
}

// fell is told of a connection that died under its work, whoever's of the account it was; settled that a mail came or went since.
func (g *gate) fell() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.falls++; g.falls > freeFalls {
		g.rest = time.Now().Add(min(g.tired.pause(), maxFall*g.tired.first))
	}
}

func (g *gate) settled() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.falls, g.rest, g.tired.next = 0, time.Time{}, 0
}

// pass dials, as soon as that is allowed. Whoever is not patient gets the last failure at once instead, so that no calls pile up.
func (g *gate) pass(ctx context.Context, patient bool, dial func(context.Context) (*session, error)) (*session, error) {
	for {
		wait, down := g.closed()
		if down != nil && !patient && (wait > 0 || len(g.turn) > 0) {
			return nil, down
		}
		if wait > 0 {
			nap(ctx, wait)
		}
		select {
		case g.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if wait, _ := g.closed(); wait <= 0 {
			defer func() { <-g.turn }()
			s, err := dial(ctx)
			g.note(err)
			return s, err
		}
		<-g.turn // another one has failed meanwhile
	}
}

// closed says how long nobody may dial, and why.
func (g *gate) closed() (time.Duration, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(time.Until(g.until), time.Until(g.rest)), g.err
}

// note takes a call that was cancelled for no failure of the server.
func (g *gate) note(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err == nil:
		g.until, g.err = time.Time{}, nil
		g.back.reset()
	case !errors.Is(err, context.Canceled) && !errors.Is(err, errClosed):
		pause := g.back.pause()
		if !errors.Is(err, ErrLogin) {
			pause = min(pause, maxAway)
		}
		g.err, g.until = err, time.Now().Add(pause)
	}
}

func nap(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
