package postman

import (
	"errors"
	"time"
)

// health is what is known of the server: whether it serves us, and since when not.
type health struct {
	since    time.Time
	err      error     // nil: the last thing known is that it serves us
	refusals int       // logins refused in a row
	refusal  error     // the last of them
	shut     time.Time // no login is tried before, or the office's account would soon be locked
}

const (
	firstPause = 5 * time.Second
	maxPause   = 5 * time.Minute
)

// Down says since when, and why, no letter can leave: the server cannot be reached, or refuses the login. The error is nil
// after the first success.
func (p *Postman) Down() (since time.Time, err error) {
	p.mu.Lock()
	since, err = p.health.since, p.health.err
	p.mu.Unlock()
	if err != nil {
		err = errors.New(p.unreachable("", err).Text)
	}
	return since, err
}

// serves is a success. It may be one of a connection that was logged in long ago, and says nothing of the next login.
func (p *Postman) serves() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.health.since, p.health.err = time.Time{}, nil
	if p.o.Username == "" {
		p.health = health{}
	}
}

// admits is a login that succeeded.
func (p *Postman) admits() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.health.refusals, p.health.refusal, p.health.shut = 0, nil, time.Time{}
}

// fails is a server that could not be reached.
func (p *Postman) fails(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.health.fails(err, p.o.Now())
}

func (h *health) fails(err error, now time.Time) {
	if h.err == nil {
		h.since = now
	}
	h.err = err
}

// refuses is a login that came to nothing: the next one waits, each time twice as long.
func (p *Postman) refuses(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h, now := &p.health, p.o.Now()
	h.fails(err, now)
	pause := min(firstPause<<min(h.refusals, 10), maxPause)
	h.refusals, h.refusal = h.refusals+1, err
	h.shut = now.Add(pause + time.Duration(p.o.Jitter()*float64(pause)/2))
}

// refused is the reason why no login may be tried now, or nil.
func (p *Postman) refused() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.o.Now().Before(p.health.shut) {
		return p.health.refusal
	}
	return nil
}

// learn takes from the end of a transaction what it says of the server.
func (p *Postman) learn(e ending) {
	switch code, answered := codeOf(e.err); {
	case answered && loginCode(code):
		p.refuses(e.err)
	case answered || e.phase > phaseMail:
		p.serves()
	}
}
