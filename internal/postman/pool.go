package postman

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// enter waits for one of the connections that may be open at a time.
func (p *Postman) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wait for a connection: %w", err)
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait for a connection: %w", ctx.Err())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		<-p.slots
		return errClosed
	}
	p.busy.Add(1)
	return nil
}

func (p *Postman) leave() {
	<-p.slots
	p.busy.Done()
}

// take gives the most recently used idle connection, or nil. The older ones are left to expire.
func (p *Postman) take() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		s := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if s.timer.Stop() { // else its expiry has begun, and owns it
			p.busy.Done()
			s.reused = true
			return s
		}
	}
	return nil
}

// keep puts a connection aside for the next letter, until it has been idle for too long.
func (p *Postman) keep(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		s.drop()
		return
	}
	p.busy.Add(1)
	s.timer = time.AfterFunc(p.o.Idle, func() { p.expire(s) })
	p.idle = append(p.idle, s)
}

// expire ends one connection that nobody wanted. Close waits for it.
func (p *Postman) expire(s *session) {
	defer p.busy.Done()
	p.mu.Lock()
	p.idle = slices.DeleteFunc(p.idle, func(x *session) bool { return x == s })
	p.mu.Unlock()
	s.quit()
}
