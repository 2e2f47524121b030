package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"ukpbjd/internal/extract/clamdtest"
	"ukpbjd/internal/sop"
)

// poison stands in the paper that kills whoever reads it.
const poison = "racun-pembaca"

// TestKillerMail: a mail that kills the reader is put aside on its third try, by two deaths; the requests that came with it
// are answered, and the operator is told.
func TestKillerMail(t *testing.T) {
	s, deaths := playKiller(t, 3)
	if deaths != 2 {
		t.Errorf("the daemon died %d times, want 2", deaths)
	}
	for _, n := range []string{"0001", "0002"} {
		if err := s.awaitOne("admin", sop.Persetujuan, n); err != nil {
			t.Error(err)
		}
	}
	for _, n := range []string{"0001", "0002"} {
		if v, err := s.show(n); t.Failed() {
			t.Logf("%s: %s, held %q, letters %+v %v", n, v.Status, v.Held, v.Letters, err)
		}
	}
	if err := s.awaitOne("operator", sop.PeringatanOperator, ""); err != nil {
		t.Error(err)
	}
	if err := s.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := s.verify(nil, nil); err != nil {
		t.Error(err)
	}
}

// TestForgottenAttempts is the control: where attempts are not written down, the daemon dies for ever.
func TestForgottenAttempts(t *testing.T) {
	if _, deaths := playKiller(t, 5, "FORGETS=attempts"); deaths < 5 {
		t.Errorf("attempts are forgotten, and the daemon died only %d times", deaths)
	}
}

// playKiller lets a poisoned mail wait among two requests, and starts the daemon again whenever it dies, until it lives or has
// died most times.
func playKiller(t *testing.T, most int, env ...string) (*story, int) {
	s := newStory(t.TempDir())
	s.env, s.wait = env, time.Minute
	t.Cleanup(func() { t.Log(s.close()) })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.open(map[string]string{"start": "all"}))
	s.stage.Config.Extract.Clamd = killer(t)
	_, err := s.stage.Write(s.dir)
	must(err)
	must(s.stage.Request(s.bundles["a"], true))
	must(s.stage.Submit(s.stage.Cast.Staff, poisoned(s), s.stage.Cast.Office))
	must(s.stage.Request(s.bundles["b"], true))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	alive := time.NewTicker(20 * time.Millisecond)
	defer alive.Stop()
	for deaths := 0; ; {
		must(s.start("0"))
		for s.proc != nil {
			select {
			case <-s.ended:
				s.proc = nil
				deaths++
			case <-alive.C:
				if n, err := s.stage.Post.Messages(s.stage.Cast.Office.Address, "INBOX"); err == nil && len(n) == 0 {
					return s, deaths
				}
			case <-ctx.Done():
				t.Fatal("the mails are never read")
			}
		}
		if deaths >= most {
			return s, deaths
		}
	}
}

func poisoned(s *story) []byte {
	return fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nMessage-ID: <racun@%s>\r\nDate: %s\r\nSubject: Permohonan akun SPSE Pokja\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nMohon dibuatkan user ID dan password SPSE.\r\n--b\r\n"+
		"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"sk.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n",
		s.stage.Cast.Staff.Address, s.stage.Cast.Office.Address, "tirtawana.example", time.Now().Format(time.RFC1123Z),
		base64.StdEncoding.EncodeToString([]byte(poison)))
}

// killer is a clamd that kills the daemon when it is shown the poison, as a fault in a reader would.
func killer(t *testing.T) string {
	return clamdtest.Listen(t, func(conn *net.UnixConn, stream []byte) string {
		if bytes.Contains(stream, []byte(poison)) {
			kill(conn)
			return ""
		}
		return clamdtest.Clean
	})
}

// kill ends the process at the other end.
func kill(c *net.UnixConn) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) { //nolint:errcheck // the test sees who lives
		if peer, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); err == nil && peer.Pid > 0 {
			syscall.Kill(int(peer.Pid), syscall.SIGKILL) //nolint:errcheck // it may be dead already
		}
	})
}
