// Package bottle plays whole years of an office in seconds: the real daemon in one bubble of virtual time, people who write as
// people do, edges that break, and an oracle that knows nothing of the program. It is made of tests alone.
package bottle

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

var seed = flag.Int64("seed", 0, "play the year of this seed, and say what happens")

// TestYears plays an office for a month. UKPBJD_YEARS=from-to plays longer, for each of these seeds.
func TestYears(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	from, to, many := int64(1), int64(1), times{days: 10, after: 20, requests: 0.6, trouble: 0.7}
	if span := os.Getenv("UKPBJD_YEARS"); span != "" {
		a, b, _ := strings.Cut(span, "-")
		from, _ = strconv.ParseInt(a, 10, 64)
		to, _ = strconv.ParseInt(cmp.Or(b, a), 10, 64)
		many = ordinary
	}
	if *seed != 0 {
		from, to, many = *seed, *seed, ordinary
	}
	for n := from; n <= to; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) { play(t, n, many) })
	}
}

// times are what a play is made of.
type times struct {
	days     int // in which people begin something
	after    int // in which they only answer
	requests float64
	trouble  float64 // of the edges, a day
}

var ordinary = times{days: 60, after: 45, requests: 0.25, trouble: 0.5}

// world is one play.
type world struct {
	t     *testing.T
	rnd   *rand.Rand
	net   wires
	stage *stage.Stage
	ctx   context.Context
	log   *slog.Logger

	daemon *daemon.Daemon
	stop   context.CancelFunc
	ended  chan error

	queue   []deed
	order   int
	bundles []rehearsal.Bundle
	known   map[string]int // letters of each mailbox that its owner has seen

	facts facts
	faces map[string]*face
}

// deed is something that somebody does at a moment.
type deed struct {
	at    time.Time
	order int
	what  string
	do    func() error
}

func (w *world) later(d time.Duration, what string, do func() error) {
	w.order++
	w.queue = append(w.queue, deed{time.Now().Add(d), w.order, what, do})
}

// chance says yes so often.
func (w *world) chance(p float64) bool { return w.rnd.Float64() < p }

func (w *world) between(a, b time.Duration) time.Duration {
	return a + time.Duration(w.rnd.Int64N(int64(b-a)+1))
}

func play(t *testing.T, n int64, many times) {
	cryptotest.SetGlobalRandom(t, uint64(n))
	synctest.Test(t, func(t *testing.T) {
		var key [32]byte
		binary.LittleEndian.PutUint64(key[:], uint64(n))
		w := &world{t: t, rnd: rand.New(rand.NewChaCha8(key)), known: map[string]int{}, faces: map[string]*face{}}
		w.facts.begin()
		ctx, cancel := context.WithCancel(t.Context())
		w.ctx = ctx
		defer cancel()
		w.log = slog.New(slog.DiscardHandler)
		if *seed != 0 {
			w.log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
		}
		zone := time.FixedZone("WITA", 8*3600)
		<-time.After(time.Until(time.Date(2026, 1, 5, 8, 0, 0, 0, zone))) // a Monday
		w.furnish(n, many)
		w.must(w.serve())
		w.people(many)
		w.run(time.Now().AddDate(0, 0, many.days+many.after))
		w.must(w.rest())
		w.oracle()
		w.must(w.halt())
		w.must(w.stage.Post.Close())
	})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v", w.now(), err)
	}
}

func (w *world) now() string {
	return time.Now().In(time.FixedZone("WITA", 8*3600)).Format("2006-01-02 15:04:05")
}

func (w *world) say(format string, args ...any) {
	if *seed != 0 {
		w.t.Logf("%s "+format, append([]any{w.now()}, args...)...)
	}
}

// furnish opens the post office with a mailbox for everybody who may come.
func (w *world) furnish(n int64, many times) {
	var members []sop.Person
	taken := map[string]bool{}
	for i := range int(float64(many.days)*many.requests*2) + 2 {
		b, err := rehearsal.Papers(n*1000+int64(i), 3+2*w.rnd.IntN(2), rehearsal.Office{Domain: stage.Domain, Form: rehearsal.CSV, Tag: fmt.Sprintf("k%d", i%7)})
		w.must(err)
		w.bundles = append(w.bundles, b)
		for _, p := range stage.People(b) {
			if !taken[p.Address] {
				members, taken[p.Address] = append(members, p), true
			}
		}
	}
	var err error
	w.stage, err = stage.Open(stage.Options{Dir: w.t.TempDir(), Members: members, Rules: w.rules,
		Post: func(o *postoffice.Options) {
			o.Listen = w.net.listen
			o.Dial = func(network, address string) (net.Conn, error) { return w.net.dial(w.ctx, network, address) }
		},
		Change: func(c *config.Config) { c.Extract.OCR, c.IMAP.Poll = "off", 10*time.Minute }})
	w.must(err)
}

// serve starts the daemon.
func (w *world) serve() error {
	d, err := daemon.Open(w.ctx, w.stage.Config, w.log, func(p *daemon.Parts) {
		p.Dial, p.ClaimEvery = w.net.dial, time.Hour
	})
	if err != nil {
		return err
	}
	d.Socket = nil
	ctx, stop := context.WithCancel(w.ctx)
	w.daemon, w.stop, w.ended = d, stop, make(chan error, 1)
	go func() { w.ended <- d.Run(ctx) }()
	return nil
}

func (w *world) halt() error {
	if w.daemon == nil {
		return nil
	}
	w.stop()
	err := <-w.ended
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	err = errors.Join(err, w.daemon.Close())
	w.daemon = nil
	return err
}

// run does what is to be done, in order, until a moment.
func (w *world) run(until time.Time) {
	for len(w.queue) > 0 {
		slices.SortStableFunc(w.queue, func(a, b deed) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order)) })
		d := w.queue[0]
		if d.at.After(until) {
			break
		}
		w.queue = w.queue[1:]
		<-time.After(time.Until(d.at))
		if d.what != "" {
			w.say("%s", d.what)
		}
		if err := d.do(); err != nil {
			w.t.Fatalf("%s: %s: %v", w.now(), d.what, err)
		}
	}
	<-time.After(time.Until(until))
}
