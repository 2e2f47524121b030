package postman

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// script says how the server answers: by step (greet, ehlo, starttls, auth, mail, rcpt, data, body, dot, rset, quit) the
// answers for its first, second … occurrence; the last one holds from then on. "silence" neither reads nor writes,
// "drop" closes the connection, "cut:…" and "hush:…" do so in the middle of a line, "" is the usual answer. "body" answers in the middle of the letter and reads on, "cut"
// answers there and closes.
type script map[string][]string

// scripted is an SMTP server that does what it is told and remembers what it was given.
type scripted struct {
	l        net.Listener
	tls      *tls.Config
	implicit bool
	offers   []string
	limit    chan struct{}           // when set, dot waits for it
	gone     chan struct{}           // the test is over
	bend     func(net.Conn) net.Conn // when set, what each connection is made of
	end      func()

	mu       sync.Mutex
	script   script
	seen     map[string]int
	dials    int
	open     int
	peak     int
	mails    []received
	taken    map[string]int // letters that the server means to deliver, by recipient
	lines    []string       // every command line
	conns    []net.Conn
	handlers sync.WaitGroup
}

type received struct {
	from, to string
	wire     []byte // as sent, dots and all
	body     []byte // as the server understands it
}

// trial is what serve needs of a test, or of one try of a property.
type trial interface {
	Helper()
	Fatal(...any)
	Cleanup(func())
}

func serve(t trial, sc script, set func(*scripted)) *scripted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{l: l, script: sc, seen: map[string]int{}, gone: make(chan struct{}), offers: []string{"8BITMIME", "DSN", "SIZE 50000000"}}
	if set != nil {
		set(s)
	}
	s.handlers.Add(1)
	go s.accept()
	s.end = sync.OnceFunc(func() {
		l.Close()
		close(s.gone)
		s.mu.Lock()
		for _, c := range s.conns {
			c.Close()
		}
		s.mu.Unlock()
		s.handlers.Wait()
	})
	t.Cleanup(s.end)
	return s
}

func (s *scripted) addr() string { return s.l.Addr().String() }

func (s *scripted) accept() {
	defer s.handlers.Done()
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		if s.bend != nil {
			c = s.bend(c)
		}
		s.mu.Lock()
		s.dials++
		s.open++
		s.peak = max(s.peak, s.open)
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		s.handlers.Add(1)
		go func() {
			defer s.handlers.Done()
			s.talk(c)
			c.Close()
			s.mu.Lock()
			s.open--
			s.mu.Unlock()
		}()
	}
}

// answer gives the scripted answer for a step, and whether the conversation goes on.
func (s *scripted) answer(c net.Conn, step, usual string) bool {
	s.mu.Lock()
	list := s.script[step]
	n := s.seen[step]
	s.seen[step]++
	s.mu.Unlock()
	a := ""
	if len(list) > 0 {
		a = list[min(n, len(list)-1)]
	}
	switch a {
	case "":
		a = usual
	case "silence":
		<-s.gone
		return false
	case "drop":
		return false
	}
	if a == "none" {
		return true
	}
	if how, half, ok := strings.Cut(a, ":"); ok && (how == "cut" || how == "hush") {
		if _, err := io.WriteString(c, half); err == nil && how == "hush" {
			<-s.gone
		}
		return false
	}
	if _, err := io.WriteString(c, a+"\r\n"); err != nil {
		return false
	}
	return step == "body" || !strings.HasPrefix(a, "421")
}

func (s *scripted) talk(c net.Conn) {
	if s.implicit {
		c = tls.Server(c, s.tls)
	}
	if !s.answer(c, "greet", "220 test.example ready") {
		return
	}
	r := bufio.NewReader(c)
	var m received
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		s.mu.Lock()
		s.lines = append(s.lines, line)
		s.mu.Unlock()
		verb, _, _ := strings.Cut(strings.ToLower(line), " ")
		ok := true
		switch verb {
		case "ehlo":
			offers := s.offers
			if s.tls != nil && !s.implicit {
				offers = append(offers[:len(offers):len(offers)], "STARTTLS")
			}
			usual := "250-test.example"
			for i, o := range offers {
				sep := "-"
				if i == len(offers)-1 {
					sep = " "
				}
				usual += "\r\n250" + sep + o
			}
			if len(offers) == 0 {
				usual = "250 test.example"
			}
			ok = s.answer(c, "ehlo", usual)
		case "helo":
			ok = s.answer(c, "helo", "502 no")
		case "starttls":
			if ok = s.answer(c, "starttls", "220 go"); ok {
				t := tls.Server(c, s.tls)
				c, r = t, bufio.NewReader(t)
			}
		case "auth":
			ok = s.answer(c, "auth", "235 welcome")
		case "mail":
			m = received{from: line}
			ok = s.answer(c, "mail", "250 sender ok")
		case "rcpt":
			m.to = line
			ok = s.answer(c, "rcpt", "250 recipient ok")
		case "data":
			if ok = s.answer(c, "data", "354 go on"); !ok {
				break
			}
			s.mu.Lock()
			refused := len(s.script["data"]) > 0 && s.script["data"][min(s.seen["data"]-1, len(s.script["data"])-1)] != ""
			s.mu.Unlock()
			if refused {
				break
			}
			if ok = s.body(c, r, &m); ok {
				if s.limit != nil {
					<-s.limit
				}
				ok = s.dot(c, m.to)
			}
		case "rset":
			ok = s.answer(c, "rset", "250 reset")
		case "noop":
			ok = s.answer(c, "noop", "250 fine")
		case "quit":
			s.answer(c, "quit", "221 bye")
			return
		default:
			ok = s.answer(c, "other", "500 what?")
		}
		if !ok {
			return
		}
	}
}

// dot answers the whole letter. "take and drop" is a server that dies between taking the letter and saying so.
func (s *scripted) dot(c net.Conn, to string) bool {
	s.mu.Lock()
	word := ""
	if list := s.script["dot"]; len(list) > 0 {
		word = list[min(s.seen["dot"], len(list)-1)]
	}
	if word == "" || strings.HasPrefix(word, "250") || word == "take and drop" {
		if s.taken == nil {
			s.taken = map[string]int{}
		}
		s.taken[to]++
	}
	s.mu.Unlock()
	if word == "take and drop" {
		s.mu.Lock()
		s.seen["dot"]++
		s.mu.Unlock()
		return false
	}
	return s.answer(c, "dot", "250 2.0.0 queued as 4Xy")
}

func (s *scripted) body(c net.Conn, r *bufio.Reader, m *received) bool {
	for _, step := range []string{"body", "cut"} {
		s.mu.Lock()
		early := len(s.script[step]) > 0
		s.mu.Unlock()
		if !early {
			continue
		}
		if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
			return false
		}
		if s.answer(c, step, "") && step == "body" {
			io.Copy(io.Discard, r)
		}
		return false
	}
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return false
		}
		m.wire = append(m.wire, line...)
		if string(line) == ".\r\n" {
			break
		}
		m.body = append(m.body, []byte(strings.TrimPrefix(string(line), "."))...)
	}
	s.mu.Lock()
	s.mails = append(s.mails, *m)
	s.mu.Unlock()
	return true
}

func (s *scripted) got() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.mails...)
}

func (s *scripted) count() (dials, peak int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dials, s.peak
}

func (s *scripted) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// until waits for a condition.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	late := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			t.Fatalf("waited too long for %s", what)
		case <-tick.C:
		}
	}
}

var certificates = sync.OnceValues(func() (*tls.Config, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}}}, pool
})

func item(n int) Item {
	return Item{ID: fmt.Sprintf("letter-%d", n), From: "ukpbj@kantor.example", To: fmt.Sprintf("anggota%d@kantor.example", n),
		Bytes: []byte(fmt.Sprintf("Subject: surat %d\r\n\r\nisi\r\n", n))}
}
