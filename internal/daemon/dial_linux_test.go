package daemon

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// A line whose other end vanished is given up by the kernel long before the patience for an answer ends, whether bytes are on
// their way (user timeout) or not (keepalive).
func TestVanishedServerIsFound(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ours, err := dialer.DialContext(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	bare, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	for name, x := range map[string]struct{ option, want int }{"user timeout, ms": {unix.TCP_USER_TIMEOUT, 20_000}, "keepalive idle, s": {unix.TCP_KEEPIDLE, 10},
		"keepalive interval, s": {unix.TCP_KEEPINTVL, 5}, "keepalive probes": {unix.TCP_KEEPCNT, 3}} {
		read := func(c net.Conn) (n int) {
			raw, err := c.(*net.TCPConn).SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			if err := raw.Control(func(fd uintptr) {
				if n, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, x.option); err != nil {
					t.Error(err)
				}
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if got, usual := read(ours), read(bare); got != x.want || usual == x.want {
			t.Errorf("%s: %d, usually %d, want %d", name, got, usual, x.want)
		}
	}
}
