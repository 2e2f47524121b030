package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/message"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

const crowdMembers = 80 // of each case

// TestKilledWhileSending kills the daemon again and again while it sends to 400 people, each time at another moment of a
// conversation with the mail server. Everybody has their letter in the end, and no letter arrives twice unless its DATA had begun
// at a kill and the daemon had no answer yet.
func TestKilledWhileSending(t *testing.T) {
	p := playCrowd(t, 5)
	for _, id := range p.needless() {
		t.Errorf("%s arrived %d times; its answer was there, or its DATA had not begun", id, p.arrived[id])
	}
	if p.missing > 0 || p.kills < 5 {
		t.Errorf("%d people have no letter after %d kills", p.missing, p.kills)
	}
	if most := p.kills * p.connections; len(p.undecided) > most {
		t.Errorf("%d letters were undecided at %d kills with %d connections", len(p.undecided), p.kills, p.connections)
	}
}

// TestKilledWithoutSendLog is the control: without the log of sending, letters that the server had answered arrive again.
func TestKilledWithoutSendLog(t *testing.T) {
	if p := playCrowd(t, 3, "SENDLOG=none"); len(p.needless()) == 0 {
		t.Errorf("nobody noticed after %d kills", p.kills)
	}
}

// crowdPlay is how it ended.
type crowdPlay struct {
	arrived     map[string]int  // letters of the office by Message-ID
	undecided   map[string]bool // whose DATA had begun, and had no answer, when the daemon was killed
	kills       int
	missing     int // people without a credential letter
	connections int
}

// needless are the letters that arrived twice without need.
func (p crowdPlay) needless() (out []string) {
	for _, id := range slices.Sorted(maps.Keys(p.arrived)) {
		if p.arrived[id] > 1 && !p.undecided[id] {
			out = append(out, id)
		}
	}
	return out
}

func playCrowd(t *testing.T, cases int, env ...string) crowdPlay {
	if testing.Short() {
		t.Skip("hundreds of letters, and many starts")
	}
	s := newStory(t.TempDir())
	s.env, s.wait, s.polite = env, 2*time.Minute, true
	t.Cleanup(func() { t.Log(strings.Join(s.close(), "\n")) })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	requests, people := crowd(t, cases)
	var err error
	s.stage, err = stage.Open(stage.Options{Dir: s.dir, Members: people,
		Change: func(c *config.Config) { c.IMAP.Poll, c.Extract.OCR, c.IMAP.Start.All = time.Second, "off", true }})
	must(err)
	line := tap(t, s.stage.Post.SMTPAddr())
	s.stage.Config.SMTP.Address = line.address
	_, err = s.stage.Write(s.dir)
	must(err)
	must(s.start("0"))
	ctx, cancel := context.WithTimeout(t.Context(), 2*s.wait)
	defer cancel()
	for i, b := range requests {
		n := fmt.Sprintf("%04d", i+1)
		must(s.stage.Request(b, false))
		l, err := s.stage.Await(ctx, s.stage.Cast.Admin, number(n), sop.Persetujuan)
		must(err)
		must(s.stage.Answer(l, "SETUJU", rehearsal.Outlook))
		must(s.status(nil, []string{n, "Disetujui"}))
	}
	must(s.end(syscall.SIGTERM))
	s.env = append(s.env, "AHEAD=1h") // among so many names some are alike, and their approval can be withdrawn for a while
	line.arm(s)
	must(s.start("0"))
	nurse := make(chan error, 1)
	go func() { nurse <- s.nurse(ctx) }()
	for _, m := range people {
		_, err := s.stage.Await(ctx, m, "", sop.Kredensial)
		must(err)
	}
	line.disarm()
	must(s.until("all is settled", func() (bool, error) {
		err := s.settled(nil, nil)
		if err != nil {
			s.pending = err.Error()
		}
		return err == nil, nil
	}))
	cancel()
	must(<-nurse)
	must(s.end(syscall.SIGTERM))
	s.polite = false
	must(s.verify(nil, nil))
	return line.count(t, s, people)
}

// crowd invents the requests and the people in them.
func crowd(t *testing.T, cases int) (requests []rehearsal.Bundle, people []sop.Person) {
	for i := range cases {
		b, err := rehearsal.Papers(int64(100+i), crowdMembers, rehearsal.Office{Domain: stage.Domain, Tag: string(rune('p' + i)), Form: rehearsal.CSV})
		if err != nil {
			t.Fatal(err)
		}
		requests, people = append(requests, b), append(people, stage.People(b)...)
	}
	return requests, people
}

// tapped stands between the daemon and its mail server, and follows what they say. A letter is undecided from its DATA until the
// client's next command, which shows that it has read the answer. What is undecided when the client breaks off is remembered.
type tapped struct {
	address string

	mu        sync.Mutex
	victim    *story
	after     int // commands until the next kill; the victim is dead then, at the latest when its connections are
	kills     int
	undecided map[string]bool
	wg        sync.WaitGroup
}

func tap(t *testing.T, server string) *tapped {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &tapped{address: ln.Addr().String(), undecided: map[string]bool{}}
	t.Cleanup(func() {
		ln.Close()
		x.wg.Wait()
	})
	x.wg.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			x.wg.Go(func() { io.Copy(client, up); client.Close() }) //nolint:errcheck // its end is all there is to it
			x.wg.Go(func() { x.follow(client, up); up.Close() })
		}
	})
	return x
}

// follow carries what the client says to the server, line by line.
func (x *tapped) follow(client io.Reader, server io.Writer) {
	letter, inData := "", false
	for in := bufio.NewReader(client); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		word := strings.TrimSpace(line)
		switch {
		case inData && word == ".":
			inData = false
		case inData:
			if letter == "" {
				letter = messageID([]byte(line))
			}
			if _, err := io.WriteString(server, line); err != nil {
				return
			}
			continue
		default:
			letter, inData = "", word == "DATA"
		}
		if x.command() {
			x.kill()
		}
		if _, err := io.WriteString(server, line); err != nil {
			break
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if letter != "" {
		x.undecided[letter] = true
	}
}

// command counts one command, and says that it is the victim's last.
func (x *tapped) command() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.victim == nil {
		return false
	}
	x.after--
	return x.after == 0
}

// gap is how many commands pass between two kills: some twenty letters, and never twice the same step of one.
func gap() int { return 60 + rand.IntN(80) }

func (x *tapped) kill() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.victim == nil {
		return
	}
	if pid := x.victim.pid.Load(); pid > 0 && syscall.Kill(int(pid), syscall.SIGKILL) == nil {
		x.kills++
	}
	x.after = gap()
}

func (x *tapped) arm(s *story) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.victim, x.after = s, gap()
}

func (x *tapped) disarm() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.victim = nil
}

// count looks at what arrived in all.
func (x *tapped) count(t *testing.T, s *story, people []sop.Person) crowdPlay {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := crowdPlay{arrived: map[string]int{}, undecided: maps.Clone(x.undecided), kills: x.kills, connections: s.stage.Config.SMTP.Connections}
	has := map[string]bool{}
	for _, tr := range s.stage.Post.Journal() {
		if tr.From != s.stage.Cast.Office.Address {
			continue
		}
		m := message.Parse(tr.Raw, message.DefaultLimits(), nil)
		p.arrived[messageID(tr.Raw)]++
		if stage.KindOf(m) == sop.Kredensial {
			has[strings.ToLower(tr.To[0])] = true
		}
	}
	for _, m := range people {
		if !has[strings.ToLower(m.Address)] {
			p.missing++
		}
	}
	twice := 0
	for _, n := range p.arrived {
		if n > 1 {
			twice++
		}
	}
	t.Logf("%d letters to %d people, %d kills: %d undecided, %d arrived twice, %d of them needlessly",
		len(p.arrived), len(people), p.kills, len(p.undecided), twice, len(p.needless()))
	return p
}
