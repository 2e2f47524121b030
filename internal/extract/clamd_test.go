package extract

import (
	"bufio"
	"net"
	"path/filepath"
	"testing"

	"ukpbjd/internal/document"
)

// scanner answers like clamd on a socket of its own.
func scanner(t *testing.T, answer string) string {
	path := filepath.Join(t.TempDir(), "clamd")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("unix sockets cannot be made here:", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(c)
			var last [4]byte
			for { // the stream ends with a chunk of no bytes
				b, err := r.ReadByte()
				if err != nil {
					break
				}
				copy(last[:], last[1:])
				last[3] = b
				if r.Buffered() == 0 && last == [4]byte{} {
					break
				}
			}
			_, _ = c.Write([]byte(answer))
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return path
}

func TestMalwareScanner(t *testing.T) {
	csv := []byte("No;Nama;NIP\n1;Sari;1\n2;Luh;2\n")
	for name, c := range map[string]struct{ answer, want string }{
		"clean":   {"stream: OK\x00", ""},
		"found":   {"stream: Eicar-Test-Signature FOUND\x00", document.ReasonMalware},
		"limit":   {"INSTREAM size limit exceeded. ERROR\x00", document.ReasonUnscanned},
		"nothing": {"", document.ReasonUnscanned},
	} {
		if src := read(t, Options{Clamd: scanner(t, c.answer)}, "x.csv", csv); src[0].Unreadable != c.want {
			t.Errorf("%s: reason %q, want %q", name, src[0].Unreadable, c.want)
		}
	}
	if src := read(t, Options{Clamd: filepath.Join(t.TempDir(), "absent")}, "x.csv", csv); src[0].Unreadable != document.ReasonUnscanned {
		t.Errorf("down: reason %q", src[0].Unreadable)
	}
}
