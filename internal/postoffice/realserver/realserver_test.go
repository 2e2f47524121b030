package realserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// inbox waits for the first mail of a user.
func inbox(t *testing.T, addr, user string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		raw, err := look(addr, user)
		if err != nil {
			t.Fatal(err)
		}
		if raw != "" {
			return raw
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("no mail came")
		}
	}
}

func look(addr, user string) (string, error) {
	c, err := imapclient.DialInsecure(addr, nil)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.Login(user, Password).Wait(); err != nil {
		return "", err
	}
	box, err := c.Select("INBOX", nil).Wait()
	if err != nil || box.NumMessages == 0 {
		return "", err
	}
	section := &imap.FetchItemBodySection{Peek: true}
	list, err := c.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil || len(list) == 0 {
		return "", errors.Join(err, fmt.Errorf("%d messages", len(list)))
	}
	return string(list[0].FindBodySection(section)), nil
}

func TestPostfixVerdicts(t *testing.T) {
	d := StartDovecot(t, DovecotOptions{})
	m := StartPostfix(t, d)
	const forged = "Authentication-Results: mx.desk.test; dmarc=pass header.from=desk.test\r\nAuthentication-Results:\r\n mx.desk.test; auth=pass smtp.auth=boss@desk.test\r\n"
	for _, signedIn := range []bool{true, false} {
		to, from := fmt.Sprintf("made-%v@desk.test", signedIn), "ukpbj@desk.test"
		var auth smtp.Auth
		if signedIn {
			auth = smtp.PlainAuth("", from, Password, "127.0.0.1")
		}
		mail := forged + "From: " + from + "\r\nTo: " + to + "\r\nSubject: uji\r\n\r\nisi\r\n"
		if err := smtpSend(m, auth, from, to, mail); err != nil {
			t.Fatalf("%v\n%s", err, m.Log())
		}
		raw := inbox(t, d.IMAP, to)
		want := 0
		if signedIn {
			want = 1
		}
		if n := strings.Count(raw, "Authentication-Results:"); n != want || strings.Contains(raw, "dmarc=pass") || strings.Contains(raw, "boss@") || strings.Contains(raw, "X-Verdict") {
			t.Errorf("signed in %v: %d verdicts\n%s", signedIn, n, raw)
		}
		if signedIn && !strings.Contains(raw, "Authentication-Results: mx.desk.test; auth=pass smtp.auth=ukpbj@desk.test\r\n") {
			t.Errorf("no verdict for a login:\n%s", raw)
		}
		t.Log(raw)
	}
}

func smtpSend(m *Postfix, auth smtp.Auth, from, to, mail string) error {
	c, err := smtp.Dial(m.SMTP)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.StartTLS(m.TLS); err != nil {
		return err
	}
	if auth != nil {
		if err := c.Auth(auth); err != nil {
			return err
		}
	}
	if err := errors.Join(c.Mail(from), c.Rcpt(to)); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	_, err = bytes.NewBufferString(mail).WriteTo(w)
	return errors.Join(err, w.Close(), c.Quit())
}

func TestRestart(t *testing.T) {
	d := StartDovecot(t, DovecotOptions{})
	m := StartPostfix(t, d)
	if err := errors.Join(d.Restart(), m.Restart(), m.Stop(), m.Start()); err != nil {
		t.Fatal(err)
	}
	if err := smtpSend(m, nil, "x@evil.example", "made@desk.test", "Subject: x\r\n\r\nx\r\n"); err != nil {
		t.Fatal(err)
	}
	inbox(t, d.IMAP, "made@desk.test")
}
