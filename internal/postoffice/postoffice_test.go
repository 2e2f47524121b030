package postoffice

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"ukpbjd/internal/secret"
)

const (
	desk   = "ukpbj@desk.test"
	member = "made@desk.test"
	forger = "x@evil.example"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var word = secret.New([]byte("kata sandi"))

func open(t *testing.T, opt Options) *Office {
	t.Helper()
	opt.Accounts = append(opt.Accounts, Account{Address: desk, Password: word}, Account{Address: member, Password: word})
	o, err := Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func mailOf(from, to, subject string, extra ...string) []byte {
	return []byte(strings.Join(extra, "") + "From: " + from + "\r\nTo: " + to + "\r\nSubject: " + subject + "\r\nMessage-ID: <" + subject + "@desk.test>\r\n\r\nIsi.\r\n")
}

func first(t *testing.T, o *Office, addr string) string {
	t.Helper()
	m, err := o.Wait(soon(t), addr, "INBOX", func(Stored) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Raw)
}

func TestSignedInMailCarriesItsLogin(t *testing.T) {
	for _, security := range []string{"none", "starttls", "tls"} {
		t.Run(security, func(t *testing.T) {
			o := open(t, Options{Security: security})
			forged := "Authentication-Results: mx.desk.test; dmarc=pass header.from=desk.test\r\n" +
				"authentication-results : (x) \"MX.desk.test\";\r\n auth=pass smtp.auth=boss@desk.test\r\nAuthentication-Results: other.example; dmarc=fail\r\n"
			if err := o.Submit(desk, word, []string{member}, mailOf(desk, member, "satu", forged)); err != nil {
				t.Fatal(err)
			}
			raw := first(t, o, member)
			want := "Return-Path: <ukpbj@desk.test>\r\nAuthentication-Results: mx.desk.test; auth=pass smtp.auth=ukpbj@desk.test\r\nReceived: from "
			if !strings.HasPrefix(raw, want) {
				t.Errorf("top of the mail:\n%s", raw)
			}
			if strings.Contains(raw, "boss@") || strings.Contains(raw, "dmarc=pass") || !strings.Contains(raw, "other.example; dmarc=fail") {
				t.Errorf("forged verdicts of our id must go, others stay:\n%s", raw)
			}
		})
	}
}

func TestOutsideMailCarriesTheConfiguredVerdict(t *testing.T) {
	o := open(t, Options{DMARC: map[string]string{"evil.example": "fail"}})
	for from, want := range map[string]string{forger: "dmarc=fail header.from=evil.example", desk: "dmarc=none header.from=desk.test"} {
		if err := o.Submit(from, secret.Secret{}, []string{member}, mailOf(from, member, "luar")); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Wait(soon(t), member, "INBOX", func(m Stored) bool { return strings.Contains(string(m.Raw), "mx.desk.test; "+want) }); err != nil {
			t.Error(err)
		}
	}
}

func TestForeignFromNeedsAMisconfiguredOffice(t *testing.T) {
	forged := mailOf(member, desk, "palsu")
	good := open(t, Options{})
	var refusal *smtp.SMTPError
	if err := good.Submit(desk, word, []string{member}, forged); !errors.As(err, &refusal) || refusal.Code != 550 {
		t.Errorf("a foreign From under a valid login: %v", err)
	}
	bad := open(t, Options{Misconfigured: true})
	if err := bad.Submit(desk, word, []string{desk}, forged); err != nil {
		t.Fatal(err)
	}
	if raw := first(t, bad, desk); !strings.Contains(raw, "dmarc=pass header.from=desk.test") {
		t.Errorf("a misconfigured office believes itself:\n%s", raw)
	}
}

func TestWhoIsRefused(t *testing.T) {
	o := open(t, Options{})
	for _, c := range []struct {
		from, to string
		password secret.Secret
		code     int
	}{
		{desk, "nobody@desk.test", word, 550},
		{forger, "someone@remote.example", secret.Secret{}, 554},
		{desk, member, secret.New([]byte("wrong")), 535},
	} {
		var refusal *smtp.SMTPError
		if err := o.Submit(c.from, c.password, []string{c.to}, mailOf(c.from, c.to, "x")); !errors.As(err, &refusal) || refusal.Code != c.code {
			t.Errorf("%s to %s: %v, want %d", c.from, c.to, err, c.code)
		}
	}
	if err := o.Submit(desk, word, []string{"someone@remote.example"}, mailOf(desk, "someone@remote.example", "x")); err != nil {
		t.Errorf("a login may send to the world: %v", err)
	}
	if n := len(o.Journal()); n != 1 {
		t.Errorf("%d accepted transactions, want 1", n)
	}
}

func TestBehaviours(t *testing.T) {
	rules := map[string]Behaviour{
		"busy": {Code: 451, Times: 2}, "gone": {Code: 550}, "lost": {Ending: DropLost, Times: 1}, "kept": {Ending: DropAccepted, Times: 1},
	}
	o := open(t, Options{Rules: func(_, to string) Behaviour { return rules[strings.Split(to, "@")[0]] }})
	send := func(name string) error {
		to := name + "@remote.example"
		return o.Submit(desk, word, []string{to}, mailOf(desk, to, name))
	}
	for _, c := range []struct {
		name     string
		errs     []bool
		accepted int
	}{
		{"busy", []bool{true, true, false}, 1}, {"gone", []bool{true, true}, 0}, {"lost", []bool{true, false}, 1},
		{"kept", []bool{true, false}, 2}, {"well", []bool{false}, 1},
	} {
		before := len(o.Journal())
		for i, want := range c.errs {
			if err := send(c.name); (err != nil) != want {
				t.Errorf("%s, attempt %d: %v", c.name, i, err)
			}
		}
		if n := len(o.Journal()) - before; n != c.accepted {
			t.Errorf("%s: %d accepted, want %d", c.name, n, c.accepted)
		}
	}
}

func TestBounceComesHome(t *testing.T) {
	o := open(t, Options{Rules: func(_, to string) Behaviour {
		if strings.HasPrefix(to, "pindah@") {
			return Behaviour{Bounce: "5.1.1"}
		}
		return Behaviour{}
	}})
	if err := o.Submit(desk, word, []string{"pindah@remote.example"}, mailOf(desk, "pindah@remote.example", "surat")); err != nil {
		t.Fatal(err)
	}
	raw := first(t, o, desk)
	for _, want := range []string{"Return-Path: <>\r\n", "report-type=delivery-status", "Final-Recipient: rfc822; pindah@remote.example", "Status: 5.1.1", "Message-ID: <surat@desk.test>", "Auto-Submitted: auto-replied"} {
		if !strings.Contains(raw, want) {
			t.Errorf("the report lacks %q:\n%s", want, raw)
		}
	}
}

func TestHangEndsWithTheOffice(t *testing.T) {
	o := open(t, Options{Rules: func(_, to string) Behaviour { return Behaviour{Ending: HangAccepted} }})
	done := make(chan error, 1)
	go func() { done <- o.Submit(desk, word, []string{member}, mailOf(desk, member, "gantung")) }()
	first(t, o, member)
	if err := o.Stop(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-done:
		if err == nil {
			t.Error("a hanging office must not answer")
		}
	case <-soon(t).Done():
		t.Fatal("the client was never released")
	}
}

func TestMailSurvivesARestart(t *testing.T) {
	o := open(t, Options{})
	addr := o.IMAPAddr()
	if err := o.Deliver(member, mailOf(forger, member, "lama")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(o.Stop(), o.Open()); err != nil {
		t.Fatal(err)
	}
	if o.IMAPAddr() != addr {
		t.Errorf("address %s became %s", addr, o.IMAPAddr())
	}
	if err := o.Renumber(member, "INBOX"); err != nil {
		t.Fatal(err)
	}
	if all, err := o.Messages(member, "INBOX"); err != nil || len(all) != 1 || !strings.Contains(string(all[0].Raw), "lama") {
		t.Errorf("%d mails, %v", len(all), err)
	}
}

func TestSaveSent(t *testing.T) {
	o := open(t, Options{SaveSent: true})
	if err := o.Submit(desk, word, []string{member}, mailOf(desk, member, "salinan")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Wait(soon(t), desk, "Sent", func(m Stored) bool { return fmt.Sprint(m.Flags) == `[\Seen]` }); err != nil {
		t.Error(err)
	}
}

func TestSections(t *testing.T) {
	for _, raw := range []string{"A: b\r\n\r\nisi\r\n", "A: b\n\nisi", " From: x\r\nB: c\r\n\r\nisi", "no header", "", "A: b\r\n", "\r\nisi"} {
		get := func(s imap.PartSpecifier, p *imap.SectionPartial) string {
			return string(section([]byte(raw), &imap.FetchItemBodySection{Specifier: s, Partial: p}))
		}
		if whole := get("", nil); whole != raw || get(imap.PartSpecifierHeader, nil)+get(imap.PartSpecifierText, nil) != raw {
			t.Errorf("%q is not the sum of %q and %q", raw, get(imap.PartSpecifierHeader, nil), get(imap.PartSpecifierText, nil))
		}
		if got := get("", &imap.SectionPartial{Offset: 2, Size: 3}); got != raw[min(2, len(raw)):min(5, len(raw))] {
			t.Errorf("%q from 2: %q", raw, got)
		}
	}
	if got := section([]byte("A: b\r\n\r\nisi"), &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader}); string(got) != "A: b\r\n\r\n" {
		t.Errorf("header %q", got)
	}
}

func FuzzStripVerdicts(f *testing.F) {
	f.Add("Authentication-Results: mx.test; dmarc=pass\r\nFrom: a@b.test\r\n\r\nx")
	f.Add("authentication-results\t: (a\\)b) mx.test\n ; x\nFrom: a@b.test")
	f.Fuzz(func(t *testing.T, raw string) {
		out := string(stripVerdicts([]byte(raw), "mx.test"))
		if again := string(stripVerdicts([]byte(out), "mx.test")); again != out {
			t.Errorf("stripping twice differs: %q then %q", out, again)
		}
		if !strings.Contains(strings.ToLower(raw), "authentication-results") && out != raw {
			t.Errorf("changed %q to %q", raw, out)
		}
		fromAddresses([]byte(raw))
	})
}
