package mailbox

import (
	"context"
	"errors"
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
