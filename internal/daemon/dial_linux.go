package daemon

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// userTimeout: keepalive does not help while unacknowledged data is on its way; this ends such a connection after 20 s.
func userTimeout(_, _ string, c syscall.RawConn) (err error) {
	ctl := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 20_000) })
	return errors.Join(ctl, err)
}
