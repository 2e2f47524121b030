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
	write(tb, dir+"/etc/main.cf", fmt.Sprintf(mainCf, dir, Host, cert, key, port(behind.LMTP), port(behind.Auth), Domain), 0o644)
	write(tb, dir+"/etc/master.cf", fmt.Sprintf(masterCf, port(m.SMTP), port(m.SMTPS)), 0o644)
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

const mainCf = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = %[1]s/log/maillog
maillog_file_prefixes = %[1]s
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = %[2]s
mydomain = %[7]s
myorigin = %[7]s
mydestination =
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = %[7]s
virtual_transport = lmtp:inet:127.0.0.1:%[5]s
transport_maps = inline:{ { sink.test = discard: } { bounce.test = error:5.1.1 no such user } { slow.test = error:4.3.2 try later } }
relay_domains = sink.test bounce.test slow.test
default_transport = error:5.7.1 relaying is off in this test server
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{ { perm@sink.test = 550 5.1.1 unknown } { temp@sink.test = 450 4.2.1 greylisted } }
smtpd_data_restrictions = check_sasl_access regexp:%[1]s/etc/sasl_access
header_checks = regexp:%[1]s/etc/header_checks
smtpd_tls_cert_file = %[3]s
smtpd_tls_key_file = %[4]s
smtpd_tls_security_level = may
smtpd_tls_session_cache_database =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:%[6]s
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_client_recipient_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtputf8_enable = yes
message_size_limit = 52428800
virtual_mailbox_limit = 0
mailbox_size_limit = 0
lmtp_destination_concurrency_limit = 4
lmtp_destination_recipient_limit = 1
minimal_backoff_time = 10s
maximal_backoff_time = 10s
queue_run_delay = 5s
notify_classes =
biff = no
disable_dns_lookups = yes
smtp_host_lookup = native
`

const masterCf = `127.0.0.1:%[1]s inet n - n - - smtpd
127.0.0.1:%[2]s inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
`
