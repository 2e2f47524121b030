package realserver

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Postfix is a private Postfix in front of a Dovecot: @desk.test goes to it by LMTP, @sink.test is discarded, @bounce.test
// bounces with 5.1.1, @slow.test is deferred; at RCPT perm@sink.test is refused with 550 and temp@sink.test with 450.
// Verdicts that claim its name are taken off; a signed-in sender gets auth=pass with the login.
type Postfix struct {
	process
	SMTP, SMTPS string
	TLS         *tls.Config
}

// PostfixOptions are faults of offices that an administrator has not mended yet.
type PostfixOptions struct {
	KeepForged bool // verdicts that claim its name are left where senders wrote them
	SignAll    bool // as opendkim and opendmarc beside each other: whatever a login submits is signed, and then believed; no login is told
}

// StartPostfix starts one and stops it with the test.
func StartPostfix(tb testing.TB, behind *Dovecot, change ...func(*PostfixOptions)) *Postfix {
	tb.Helper()
	program := find(tb, "postfix")
	dir := room(tb, "postfix")
	folders(tb, "", dir+"/etc", dir+"/log", dir+"/queue")
	folders(tb, "postfix", dir+"/data")
	p := ports(tb, 2)
	cert, key, client := certificate(tb, dir)
	m := &Postfix{SMTP: p[0], SMTPS: p[1], TLS: client}
	var opt PostfixOptions
	for _, c := range change {
		c(&opt)
	}
	verdicts(tb, dir, opt)
	write(tb, dir+"/etc/main.cf", filled("main.cf", dir, Host, cert, key, port(behind.LMTP), port(behind.Auth), Domain), 0o644)
	write(tb, dir+"/etc/master.cf", filled("master.cf", port(m.SMTP), port(m.SMTPS)), 0o644)
	m.process = process{tb: tb, name: "postfix", args: []string{program, "-c", filepath.Join(dir, "etc"), "start-fg"}, ports: p,
		welcome: "220", leave: "QUIT\r\n", log: dir + "/out", pid: dir + "/queue/pid/master.pid"}
	m.run()
	return m
}

// verdicts: header_checks see what PREPEND wrote, too. So the verdict travels under a name that no sender can guess.
func verdicts(tb testing.TB, dir string, opt PostfixOptions) {
	hidden, says, strip := "X-Verdict-"+rand.Text(), "auth=pass smtp.auth=$1", "/^Authentication-Results[ \\t]*:[^;]*mx\\.desk\\.test/ IGNORE\n"
	if opt.SignAll {
		says = "dmarc=pass header.from=" + Domain
	}
	if opt.KeepForged {
		strip = ""
	}
	write(tb, dir+"/etc/sasl_access", fmt.Sprintf("/^(.+)$/ PREPEND %s: %s; %s\n", hidden, Host, says), 0o644)
	write(tb, dir+"/etc/header_checks", fmt.Sprintf("%s/^%s: (.*)$/ REPLACE Authentication-Results: $1\n", strip, hidden), 0o644)
}

// Log is what Postfix wrote so far.
func (m *Postfix) Log() string {
	b, _ := os.ReadFile(filepath.Join(filepath.Dir(m.log), "log", "maillog"))
	return string(b)
}
