package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// terminal is a pseudo-terminal: what is written to tty is read from screen.
func terminal(t *testing.T) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { screen.Close() })
	var n, unlocked int32
	for request, value := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlocked, syscall.TIOCGPTN: &n} {
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, screen.Fd(), request, uintptr(unsafe.Pointer(value))); e != 0 { //nolint:gosec // ioctl
			t.Skip(e)
		}
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { tty.Close() })
	return screen, tty
}

// TestReplayShowsProgress on a terminal, to its end, and nothing of it elsewhere.
func TestReplayShowsProgress(t *testing.T) {
	screen, tty := terminal(t)
	config := unpackOffice(t)
	shown := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(screen) // ends with an error when the terminal is closed
		shown <- string(b)
	}()
	var out, errs bytes.Buffer
	if code := Main(t.Context(), []string{"--config", config, "replay"}, &out, tty); code != exitOK {
		t.Errorf("exit %d: %s", code, out.String())
	}
	tty.Close()
	var got string
	select {
	case got = <-shown:
	case <-t.Context().Done():
		t.Fatal("the terminal is still open")
	}
	lines := strings.Split(got, "\r")
	last := strings.TrimSpace(lines[len(lines)-1])
	if last == "" && len(lines) > 1 { // the line's end is \r\n there
		last = strings.TrimSpace(lines[len(lines)-2])
	}
	var n, of int
	if _, err := fmt.Sscanf(last, "replay ["+strings.Repeat("=", barWidth)+"] %d/%d", &n, &of); err != nil || n != of || n < 14 {
		t.Errorf("the last that was shown: %q of %q (%v)", last, got, err)
	}
	if Main(t.Context(), []string{"--config", config, "replay"}, &out, &errs); errs.Len() > 0 || strings.Contains(out.String(), "[=") {
		t.Errorf("without a terminal: %q, %q", errs.String(), out.String())
	}
}
