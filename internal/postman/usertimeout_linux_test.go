package postman

import (
	"context"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// A line whose other end vanished is given up by the kernel long before the patience for the final dot ends, whether bytes
// are on their way (user timeout) or not (keepalive).
func TestVanishedServerIsFound(t *testing.T) {
	p := open(t, serve(t, nil, nil), nil)
	s, err := p.connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.drop()
	ours, err := s.conn.Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	bare, err := net.Dial("tcp", p.o.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	theirs, err := bare.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct{ option, want int }{"user timeout, ms": {unix.TCP_USER_TIMEOUT, 20_000}, "keepalive idle, s": {unix.TCP_KEEPIDLE, 10},
		"keepalive interval, s": {unix.TCP_KEEPINTVL, 5}, "keepalive probes": {unix.TCP_KEEPCNT, 3}} {
		read := func(fd uintptr) int {
			n, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, x.option)
			if err != nil {
				t.Error(err)
			}
			return n
		}
		var got, usual int
		ours.Control(func(fd uintptr) { got = read(fd) })     //nolint:errcheck // got says it
		theirs.Control(func(fd uintptr) { usual = read(fd) }) //nolint:errcheck // usual says it
		if got != x.want || usual == x.want {
			t.Errorf("%s: %d, want %d; without asking %d", name, got, x.want, usual)
		}
	}
}
