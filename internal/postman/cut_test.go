package postman

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/secret"
)

// cutter lets so many bytes of a server's words through, then the connection ends.
type cutter struct {
	net.Conn
	left int
}

func (c *cutter) Write(b []byte) (int, error) {
	n := min(len(b), c.left)
	c.left -= n
	if _, err := c.Conn.Write(b[:n]); err != nil {
		return 0, err
	}
	if n == len(b) {
		return n, nil
	}
	c.Conn.Close()
	return n, io.ErrClosedPipe
}

// deaf lets so many bytes of a client's words through, then the connection ends.
type deaf struct {
	net.Conn
	left int
}

func (d *deaf) Read(b []byte) (int, error) {
	if d.left <= 0 {
		d.Conn.Close()
		return 0, io.EOF
	}
	n, err := d.Conn.Read(b[:min(len(b), d.left)])
	d.left -= n
	return n, err
}

// wordy is a server whose answers have more than one line.
var wordy = script{"greet": {"220-test.example\r\n220 ready"}, "mail": {"250-2.1.0 sender\r\n250 2.1.0 ok"}, "rcpt": {"250-2.1.5 recipient\r\n250 2.1.5 ok"},
	"dot": {"250-2.0.0 queued\r\n250 2.0.0 as 4Xy"}}

const wordyEnd = "250 2.0.0 as 4Xy\r\n"

// send makes one attempt against a wordy server whose connection is bent.
func send(t *testing.T, bend func(net.Conn) net.Conn, set func(*Options)) Result {
	s := serve(t, wordy, func(s *scripted) {
		s.bend, s.offers = bend, []string{"AUTH PLAIN", "8BITMIME", "SIZE 52428800"}
	})
	defer s.end()
	p := open(t, s, func(o *Options) {
		o.Username, o.Password = "ukpbj", secret.New([]byte("bukan-rahasia"))
		if set != nil {
			set(o)
		}
	})
	defer p.Close()
	it := item(1)
	it.Bytes = append(it.Bytes, bytes.Repeat([]byte("sebaris isi\r\n"), 100)...) // more than SIZE 5, 52 and 524
	return p.Send(context.Background(), it)
}

// A server that dies at any byte of its words has neither refused the letter nor, before its last word is whole, taken it.
func TestCutAtEveryByte(t *testing.T) {
	var heard countingConn
	if r := send(t, func(c net.Conn) net.Conn { heard.Conn = c; return &heard }, nil); r.Outcome != Accepted {
		t.Fatalf("control: %+v", r)
	}
	end := strings.Index(heard.said.String(), wordyEnd) + len(wordyEnd)
	body := strings.Index(heard.said.String(), "354 go on\r\n") + len("354 go on\r\n")
	for n := range end + 1 {
		r := send(t, func(c net.Conn) net.Conn { return &cutter{Conn: c, left: n} }, nil)
		want := Deferred
		switch {
		case n == end:
			want = Accepted
		case n >= body:
			want = InDoubt
		}
		if r.Outcome != want {
			t.Errorf("cut after %q: %+v, want %v", tail(heard.said.String()[:n]), r, want)
		}
	}
	for n := range heard.heard - len("QUIT\r\n") {
		r := send(t, func(c net.Conn) net.Conn { return &deaf{Conn: c, left: n} }, nil)
		if r.Outcome == Failed || r.Outcome == Accepted {
			t.Errorf("cut after %d of the client's bytes: %+v", n, r)
		}
	}
}

func tail(s string) string { return s[max(0, len(s)-30):] }

// countingConn remembers a whole dialogue.
type countingConn struct {
	net.Conn
	said  bytes.Buffer
	heard int
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.said.Write(b)
	return c.Conn.Write(b)
}

func (c *countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.heard += n
	return n, err
}

// The same where the line is encrypted, from its first byte or from STARTTLS on, and where it falls silent inside the SIZE.
func TestCutInsideSIZE(t *testing.T) {
	conf, roots := certificates()
	for _, way := range []string{"tls", "starttls", "silence"} {
		for _, keep := range []string{"250 SIZE 5", "250 SIZE 52", "250 SIZE 524", "250 SIZE 52428800", "250 SIZE 52428800\r"} {
			how := "cut:"
			if way == "silence" {
				how = "hush:"
			}
			sc := script{"ehlo": {how + "250-test.example\r\n" + keep}}
			if way == "starttls" {
				sc["ehlo"] = []string{"", sc["ehlo"][0]}
			}
			s := serve(t, sc, func(s *scripted) {
				if way != "silence" {
					s.tls, s.implicit = conf, way == "tls"
				}
			})
			p := open(t, s, func(o *Options) {
				o.Security, o.TLS = way, &tls.Config{RootCAs: roots}
				if way == "silence" {
					o.Security, o.Timeout = "none", 200*time.Millisecond
				}
			})
			it := item(1)
			it.Bytes = append(it.Bytes, bytes.Repeat([]byte("sebaris isi\r\n"), 100)...)
			if r := p.Send(context.Background(), it); r.Outcome != Deferred || r.Begun {
				t.Errorf("%s: cut after %q: %+v", way, keep, r)
			}
		}
	}
}

// The control: without the wire the library believes what is left of a line.
func TestTheLibraryBelievesACutLine(t *testing.T) {
	const said = "250-test.example\r\n250 SIZE 5"
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		defer server.Close()
		fmt.Fprint(server, said)
	}()
	if _, text, err := textproto.NewConn(client).ReadResponse(250); err != nil || !strings.HasSuffix(text, "SIZE 5") {
		t.Errorf("the library has learnt it: %q, %v; the wire can go", text, err)
	}
}
