package extract

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/document"
)

// scanner answers like clamd on a socket of its own, always the same.
func scanner(t *testing.T, answer string) string {
	return scannerOf(t, func([]byte) string { return answer })
}

// scannerOf answers by what was streamed.
func scannerOf(t *testing.T, verdict func(stream []byte) string) string {
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
			stream, err := streamed(c)
			if err != nil {
				c.Close()
				continue
			}
			_, _ = c.Write([]byte(verdict(stream)))
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return path
}

// streamed reads one INSTREAM command: chunks of a length each, ended by one of no bytes (clamd(8)).
func streamed(c net.Conn) (stream []byte, err error) {
	r := bufio.NewReader(c)
	if _, err := r.ReadString(0); err != nil {
		return nil, err
	}
	for {
		var size uint32
		if err := binary.Read(r, binary.BigEndian, &size); err != nil || size == 0 {
			return stream, err
		}
		chunk := make([]byte, size)
		if _, err := io.ReadFull(r, chunk); err != nil {
			return nil, err
		}
		stream = append(stream, chunk...)
	}
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

// A scanner that sees only the archive is not enough: each member is asked about, nested ones and files of a forwarded mail too.
func TestMalwareInArchives(t *testing.T) {
	const mark = "X5O!INVENTED-TEST-SIGNATURE"
	csv := "No;Nama;NIP\n1;Sari;1\n2;Luh;2\n"
	inner := string(zipOf(t, map[string]string{"tas.csv": csv + strings.Repeat(mark, 40)}))
	data := zipOf(t, map[string]string{"bersih.csv": csv, "kotor.csv": csv + strings.Repeat(mark, 40), "dalam.zip": inner})
	mail := []byte("From: a@dinas.example\r\nTo: b@dinas.example\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: application/octet-stream; name=\"kotor.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		"Tm87TmFtYTtOSVAKMTtYNU8hSU5WRU5URUQtVEVTVC1TSUdOQVRVUkU7MQo=\r\n--x--\r\n")
	for name, c := range map[string]struct{ answer, want string }{
		"found": {"stream: Invented FOUND\x00", document.ReasonMalware}, "over its limit": {"INSTREAM size limit exceeded. ERROR\x00", document.ReasonUnscanned},
		"control: passed": {"stream: OK\x00", ""},
	} {
		socket := scannerOf(t, func(stream []byte) string {
			if bytes.Contains(stream, []byte(mark)) {
				return c.answer
			}
			return "stream: OK\x00"
		})
		want := map[string]string{"a.zip/bersih.csv": "", "a.zip/kotor.csv": c.want, "a.zip/dalam.zip/tas.csv": c.want}
		src := append(read(t, Options{Clamd: socket}, "a.zip", data), read(t, Options{Clamd: socket}, "fwd.eml", mail)...)
		want["fwd.eml/kotor.csv"] = c.want
		for _, s := range src {
			reason, known := want[s.File]
			if !known || s.Unreadable != reason || reason != "" && len(s.Pages) > 0 {
				t.Errorf("%s: %s: reason %q, want %q", name, s.File, s.Unreadable, reason)
			}
		}
		if len(src) != len(want) {
			t.Errorf("%s: %d sources, want %d", name, len(src), len(want))
		}
	}
}
