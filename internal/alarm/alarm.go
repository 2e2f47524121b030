// Package alarm says by another way than mail that the office is in trouble: a letter cannot tell that letters do not leave. It tells
// the beginning of each fault once, and its end.
package alarm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"time"
)

// Notice is what a webhook is posted (application/json) and a command reads from its standard input: one object. Text holds no
// secret, address or name beyond what /readyz shows.
type Notice struct {
	Office string    `json:"office"`
	Fault  string    `json:"fault"` // as /readyz names it: mail, outbox, time …
	State  string    `json:"state"` // begins, ends
	Text   string    `json:"text"`  // the reason, as it was last seen
	Since  time.Time `json:"since"` // when it was first seen
	At     time.Time `json:"at"`
}

// Bounds: a fault that is over in less than after is nobody's business, and an end that does not last so long is none.
const (
	after   = 2 * time.Minute
	every   = 15 * time.Second
	maxWait = 10 * time.Minute
	waiting = 100 // notices that wait for a way that does not answer; the oldest goes
	timeout = 30 * time.Second
)

// watch decides what is told. The zero value has seen nothing.
type watch struct{ faults map[string]*seen }

type seen struct {
	text       string
	since, end time.Time // end: when it was first seen to be gone; zero while it lasts
	told       bool
}

// step takes the faults of a moment and gives what has to be told, in order of name.
func (w *watch) step(now time.Time, faults map[string]string) (told []Notice) {
	if w.faults == nil {
		w.faults = map[string]*seen{}
	}
	for name, text := range faults {
		if w.faults[name] == nil {
			w.faults[name] = &seen{since: now}
		}
		w.faults[name].text, w.faults[name].end = text, time.Time{}
	}
	for _, name := range slices.Sorted(maps.Keys(w.faults)) {
		s := w.faults[name]
		if _, lasts := faults[name]; lasts {
			if !s.told && now.Sub(s.since) >= after {
				s.told = true
				told = append(told, Notice{Fault: name, State: "begins", Text: s.text, Since: s.since, At: now})
			}
			continue
		}
		if s.end.IsZero() {
			s.end = now
		}
		if s.told && now.Sub(s.end) < after {
			continue
		}
		if s.told {
			told = append(told, Notice{Fault: name, State: "ends", Text: s.text, Since: s.since, At: now})
		}
		delete(w.faults, name)
	}
	return told
}

// Options of an Alarm. With neither webhook nor command there is nothing to run.
type Options struct {
	Office  string
	Webhook string   // URL; https, or http to this machine
	Command []string // program and arguments; it inherits PATH only
	Faults  func() map[string]string
	Broken  func(text string) // told what is wrong with the alarm's own way, "" when it works
	Now     func() time.Time
}

// Wanted says that there is a way to tell.
func (o Options) Wanted() bool { return o.Webhook != "" || len(o.Command) > 0 }

// Run watches until ctx ends. A way that does not answer is tried again, each time later; the other is not kept waiting.
func Run(ctx context.Context, o Options) error {
	var ways []*way
	if o.Webhook != "" {
		client := &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		ways = append(ways, &way{name: "webhook", tell: func(ctx context.Context, raw []byte) error { return post(ctx, client, o.Webhook, raw) }})
	}
	if len(o.Command) > 0 {
		ways = append(ways, &way{name: "command", tell: func(ctx context.Context, raw []byte) error { return run(ctx, o.Command, raw) }})
	}
	var w watch
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		faults := o.Faults()
		delete(faults, "alarm") // it cannot be told by what is broken
		for _, n := range w.step(o.Now(), faults) {
			n.Office = o.Office
			raw, err := json.Marshal(n)
			if err != nil {
				return fmt.Errorf("write a notice: %w", err)
			}
			for _, way := range ways {
				way.owed = append(way.owed, raw)
				way.owed = way.owed[max(0, len(way.owed)-waiting):]
			}
		}
		var broken error
		for _, way := range ways {
			broken = errors.Join(broken, way.settle(ctx, o.Now()))
		}
		text := ""
		if broken != nil {
			text = broken.Error()
		}
		o.Broken(text)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// way is one way out, with what it still has to tell.
type way struct {
	name  string
	tell  func(context.Context, []byte) error
	owed  [][]byte
	fault error
	wait  time.Duration
	next  time.Time
}

// settle tells what is owed, in order, until one fails; it gives the fault that stands.
func (w *way) settle(ctx context.Context, now time.Time) error {
	if now.Before(w.next) {
		return w.fault
	}
	for len(w.owed) > 0 {
		limit, cancel := context.WithTimeout(ctx, timeout)
		err := w.tell(limit, w.owed[0])
		cancel()
		if err != nil {
			w.wait = min(max(2*w.wait, every), maxWait)
			w.next, w.fault = now.Add(w.wait), fmt.Errorf("%s: %w", w.name, err)
			return w.fault
		}
		w.owed = w.owed[1:]
	}
	w.fault, w.wait = nil, 0
	return nil
}

func post(ctx context.Context, client *http.Client, url string, raw []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		return errors.New("the URL cannot be asked")
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return errors.Unwrap(err) // without the URL, which may hold a token
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the server answers %s", res.Status)
	}
	return nil
}

func run(ctx context.Context, argv []string, raw []byte) error {
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Env = []string{"PATH=" + cmp.Or(os.Getenv("PATH"), "/usr/bin:/bin")}
	c.Stdin, c.WaitDelay = bytes.NewReader(raw), time.Second
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w", argv[0], err)
	}
	return nil
}
