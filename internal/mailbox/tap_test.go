package mailbox

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// tap stands before a server and counts the commands that it is given.
type tap struct {
	addr string
	mu   sync.Mutex
	said map[string]int // by command, "UID" left out
}

func tapped(t *testing.T, server string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{addr: l.Addr().String(), said: map[string]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.pass(ctx, c, server) })
		}
	})
	t.Cleanup(func() { cancel(); l.Close(); running.Wait() })
	return p
}

func (p *tap) pass(ctx context.Context, client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { client.Close(); server.Close() })
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(client, server) //nolint:errcheck // both sides see it
		client.Close()
	}()
	lines := bufio.NewReader(client)
	for {
		line, err := lines.ReadString('\n')
		p.count(line)
		if _, werr := io.WriteString(server, line); err != nil || werr != nil {
			break
		}
	}
	server.Close()
	<-done
}

func (p *tap) count(line string) {
	words := strings.Fields(line)
	if len(words) > 2 && words[1] == "UID" {
		words = words[1:]
	}
	if len(words) > 1 {
		p.mu.Lock()
		p.said[words[1]]++
		p.mu.Unlock()
	}
}

func (p *tap) heard(command string) int { p.mu.Lock(); defer p.mu.Unlock(); return p.said[command] }
