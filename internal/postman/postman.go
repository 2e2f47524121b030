// Package postman puts letters into MIME and hands them to the office's mail server, one envelope for one person. It knows
// at every moment whether the server can already have taken the letter, so that the outbox learns one of four things:
// accepted, deferred, failed, or in doubt. It keeps nothing on disk; the outbox records the attempt before Send is called.
package postman

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"ukpbjd/internal/secret"
)

// Options is one mail server and how to speak to it.
type Options struct {
	Address     string // host:port
	Security    string // tls, starttls, none; none only to a loopback address
	Username    string // "" for a server that wants no login
	Password    secret.Secret
	TLS         *tls.Config   // nil: the system's roots
	HELO        string        // "" for localhost
	Connections int           // most at a time; 4
	Timeout     time.Duration // of each step; one minute
	DotTimeout  time.Duration // of the answer to the final dot; four times Timeout. RFC 5321 §4.5.3.2.6 wants patience here
	Idle        time.Duration // how long an unused connection is kept; 30 s

	Now    func() time.Time // nil: the clock. Both are for the pauses after a refused login
	Jitter func() float64   // in [0,1); nil: chance

	Dial func(ctx context.Context, network, address string) (net.Conn, error) // within Timeout; nil: net.Dialer
}

// Item is one letter in its envelope. Bytes go out as they are, apart from the dots that SMTP adds and the server removes.
type Item struct {
	ID    string
	From  string // "" is the null return path
	To    string
	Bytes []byte

	// Begin is called, when not nil, right before DATA is written, so that the caller can record that the letter may from
	// now on be taken. Its error abandons the attempt: RSET, and Deferred with that text.
	Begin func() error

	// Taken is called, when not nil, with the server's answer, without what is secret, as soon as it has accepted the letter,
	// before the connection carries another.
	Taken func(answer string)
}

// Outcome of one attempt.
type Outcome int

const (
	Accepted Outcome = iota + 1 // the server answered 250 to the whole letter
	Deferred                    // nothing was taken; try later
	Failed                      // the server will never take it
	InDoubt                     // the final dot was sent, or may have been, and no answer came
)

func (o Outcome) String() string {
	if o < Accepted || o > InDoubt {
		return fmt.Sprintf("outcome-%d", int(o))
	}
	return [...]string{Accepted: "accepted", Deferred: "deferred", Failed: "failed", InDoubt: "in-doubt"}[o]
}

// Result is what became of one attempt.
type Result struct {
	ID      string
	Outcome Outcome
	Begun   bool   // DATA was written, or may have been, in this attempt
	Policy  bool   // a 5xx that speaks of the office, not of this letter: deferred, and an alarm for the operator
	Away    bool   // no connection came about, or no login: Down says it
	Code    int    // of the server's answer; 0 when it gave none
	Text    string // the server's words or our own, on one line, at most maxWords bytes
}

// Postman sends letters over a few connections that it keeps. Safe for concurrent use.
type Postman struct {
	o      Options
	host   string
	slots  chan struct{} // one token for each connection in use
	logins chan struct{} // one token: of several logins with a wrong password only the first is made

	mu     sync.Mutex
	idle   []*session // most recently used last
	closed bool
	health health
	busy   sync.WaitGroup // sends under way, and kept connections until somebody takes or ends them
}

// New takes the options; nothing is dialled before the first letter.
func New(o Options) *Postman {
	o.Connections = cmp.Or(max(o.Connections, 0), 4)
	o.Timeout = cmp.Or(max(o.Timeout, 0), time.Minute)
	o.DotTimeout = cmp.Or(max(o.DotTimeout, 0), 4*o.Timeout)
	o.Idle = cmp.Or(max(o.Idle, 0), 30*time.Second)
	o.HELO = cmp.Or(o.HELO, "localhost")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		host = o.Address // the dial will say what is wrong with it
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	return &Postman{o: o, host: host, slots: make(chan struct{}, o.Connections), logins: make(chan struct{}, 1)}
}

var errClosed = errors.New("the postman has stopped")

// Send makes one attempt. It waits for a free connection, and returns early when ctx ends.
func (p *Postman) Send(ctx context.Context, it Item) Result {
	if err := it.check(); err != nil {
		return Result{ID: it.ID, Outcome: Failed, Text: words(err.Error())}
	}
	if err := p.enter(ctx); err != nil {
		return Result{ID: it.ID, Outcome: Deferred, Text: words(err.Error())}
	}
	defer p.leave()

	if s := p.take(); s != nil {
		r, again := p.attempt(ctx, s, it)
		if !again {
			return r
		}
		// The kept connection was of no use and nothing of the letter has left: a new one decides.
	}
	s, err := p.dial(ctx)
	if err != nil {
		return p.unreachable(it.ID, err)
	}
	r, _ := p.attempt(ctx, s, it)
	return r
}

// attempt runs the transaction on s and keeps or drops s afterwards. again says that s was stale before MAIL was accepted.
func (p *Postman) attempt(ctx context.Context, s *session, it Item) (r Result, again bool) {
	stop := context.AfterFunc(ctx, s.drop)
	e := s.deliver(ctx, it)
	uncancelled := stop()
	r = e.result(it.ID, ctx.Err())
	r.Text = words(p.conceal(r.Text, it.Bytes))
	if r.Outcome == Accepted && it.Taken != nil {
		it.Taken(r.Text)
	}
	again = s.reused && e.phase == phaseMail && ctx.Err() == nil
	if !again {
		p.learn(e)
	}
	if e.usable && uncancelled && !again {
		p.keep(s)
	} else {
		s.drop()
	}
	return r, again
}

// Check connects, greets and logs in, and says what does not work.
func (p *Postman) Check(ctx context.Context) error {
	if err := p.enter(ctx); err != nil {
		return err
	}
	defer p.leave()
	s, err := p.dial(ctx)
	if err != nil {
		return errors.New(p.unreachable("", err).Text)
	}
	p.serves()
	stop := context.AfterFunc(ctx, s.drop)
	defer stop()
	s.quit()
	return ctx.Err()
}

// unreachable is the result when no connection came about. A login that is refused for ever is a fault of the
// configuration, not of the letter, so it only waits.
func (p *Postman) unreachable(id string, err error) Result {
	code, _ := codeOf(err)
	return Result{ID: id, Outcome: Deferred, Policy: code/100 == 5, Away: true, Code: code, Text: words(p.conceal(err.Error(), nil))}
}

// Close waits for the letters under way, which their contexts bound, and says goodbye on every kept connection.
func (p *Postman) Close() error {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, s := range idle {
		if s.timer.Stop() {
			go func() {
				defer p.busy.Done()
				s.quit()
			}()
		}
	}
	p.busy.Wait()
	return nil
}

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
