package postman

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ukpbjd/internal/postoffice/realserver"
	"ukpbjd/internal/secret"
)

// Every way to reach a real Postfix, and what it says to each kind of address.
func TestPostfix(t *testing.T) {
	d := realserver.StartDovecot(t, realserver.DovecotOptions{})
	m := realserver.StartPostfix(t, d)
	for _, way := range []Options{
		{Address: m.SMTPS, Security: "tls", TLS: m.TLS, Username: "ukpbj@" + realserver.Domain, Password: secret.New([]byte(realserver.Password))},
		{Address: m.SMTP, Security: "starttls", TLS: m.TLS, Username: "ukpbj@" + realserver.Domain, Password: secret.New([]byte(realserver.Password))},
		{Address: m.SMTP, Security: "none"},
	} {
		way.Timeout = 30 * time.Second
		t.Run(way.Security, func(t *testing.T) {
			p := New(way)
			defer p.Close()
			if err := p.Check(context.Background()); err != nil {
				t.Fatal(err)
			}
			for to, want := range map[string]Outcome{"perm@sink.test": Failed, "temp@sink.test": Deferred, "siapa@sink.test": Accepted} {
				it := item(1)
				it.From, it.To = "ukpbj@"+realserver.Domain, to
				if r := p.Send(context.Background(), it); r.Outcome != want || r.Code == 0 {
					t.Errorf("%s: %+v", to, r)
				}
			}
		})
	}
	t.Run("many at once", func(t *testing.T) { manyAtOnce(t, m) })
}

func manyAtOnce(t *testing.T, m *realserver.Postfix) {
	p := New(Options{Address: m.SMTP, Security: "none", Timeout: 30 * time.Second})
	defer p.Close()
	const letters = 200
	before := strings.Count(m.Log(), ": connect from")
	var wg sync.WaitGroup
	start := time.Now()
	for i := range letters {
		wg.Add(1)
		go func() {
			defer wg.Done()
			it := item(i)
			it.From, it.To = "ukpbj@"+realserver.Domain, fmt.Sprintf("a%d@sink.test", i)
			if r := p.Send(context.Background(), it); r.Outcome != Accepted {
				t.Errorf("%+v", r)
			}
		}()
	}
	wg.Wait()
	t.Logf("%d letters in %v", letters, time.Since(start))
	if n := strings.Count(m.Log(), ": connect from") - before; n > 4 {
		t.Errorf("%d connections were made", n)
	}
}

// A composed letter comes out of a real mailbox as it went in.
func TestPostfixDeliversTheBytes(t *testing.T) {
	d := realserver.StartDovecot(t, realserver.DovecotOptions{})
	m := realserver.StartPostfix(t, d)
	letter := sample()
	letter.To.Address = "made@" + realserver.Domain
	raw, err := Compose(letter)
	if err != nil {
		t.Fatal(err)
	}
	p := New(Options{Address: m.SMTPS, Security: "tls", TLS: m.TLS, Username: "ukpbj@" + realserver.Domain, Password: secret.New([]byte(realserver.Password)), Timeout: 30 * time.Second})
	defer p.Close()
	r := p.Send(context.Background(), Item{ID: "1", From: "ukpbj@" + realserver.Domain, To: letter.To.Address, Bytes: raw})
	if r.Outcome != Accepted || !strings.Contains(r.Text, "queued as") {
		t.Fatalf("%+v", r)
	}
	var got []byte
	until(t, "the letter in the mailbox", func() bool {
		got = firstMail(t, d.IMAP, letter.To.Address)
		return got != nil
	})
	if !bytes.HasSuffix(got, raw) {
		t.Errorf("the letter changed on its way:\n%s", got)
	}
}

// firstMail fetches the first mail of an INBOX with the few words of IMAP that this takes; nil when it is empty.
func firstMail(t *testing.T, addr, user string) []byte {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(c, "a LOGIN %s %s\r\nb SELECT INBOX\r\nc FETCH 1 BODY.PEEK[]\r\n", user, realserver.Password)
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "c ") {
			return nil
		}
		if _, size, ok := strings.Cut(strings.TrimSpace(line), "{"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(size, "}"))
			if err != nil {
				t.Fatal(line)
			}
			mail := make([]byte, n)
			if _, err := io.ReadFull(r, mail); err != nil {
				t.Fatal(err)
			}
			return mail
		}
	}
}
