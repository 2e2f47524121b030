package realserver

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"path/filepath"
	"testing"
)

// DovecotOptions change what an office's server may differ in.
type DovecotOptions struct {
	HideMOVE  bool
	Separator string // default "/"
	Prefix    string // of the personal namespace, default none
}

// Dovecot is a private Dovecot. Any user has a mailbox; the login is the full address.
type Dovecot struct {
	process
	IMAP, IMAPS, LMTP, Auth string
	TLS                     *tls.Config
}

// StartDovecot starts one and stops it with the test.
func StartDovecot(tb testing.TB, opt DovecotOptions) *Dovecot {
	tb.Helper()
	program := find(tb, "dovecot")
	dir := room(tb, "dovecot")
	folders(tb, "", dir+"/run", dir+"/state")
	folders(tb, "mail", dir+"/mail")
	p := ports(tb, 4)
	cert, key, client := certificate(tb, dir)
	d := &Dovecot{IMAP: p[0], IMAPS: p[1], LMTP: p[2], Auth: p[3], TLS: client}
	extra := ""
	if opt.HideMOVE {
		extra = "imap_capability = IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE NAMESPACE LITERAL+ UIDPLUS ESEARCH LIST-EXTENDED"
	}
	prefix := ""
	if opt.Prefix != "" {
		prefix = "prefix = " + opt.Prefix
	}
	conf := filepath.Join(dir, "dovecot.conf")
	write(tb, conf, fmt.Sprintf(dovecotConf, dir, cert, key, cmp.Or(opt.Separator, "/"), prefix,
		port(d.IMAP), port(d.IMAPS), port(d.LMTP), port(d.Auth), extra, Host, Password), 0o644)
	d.process = process{tb: tb, name: "dovecot", args: []string{program, "-F", "-c", conf}, ports: p[:1], welcome: "* OK", leave: "a LOGOUT\r\n", log: dir + "/out"}
	d.run()
	return d
}

const dovecotConf = `base_dir = %[1]s/run
state_dir = %[1]s/state
instance_name = ukpbjd
hostname = %[11]s
listen = 127.0.0.1
protocols = imap lmtp
log_path = %[1]s/dovecot.log
ssl = yes
ssl_cert = <%[2]s
ssl_key = <%[3]s
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %%Lu
auth_failure_delay = 0
default_process_limit = 100
mail_location = maildir:%[1]s/mail/%%n/Maildir
mail_home = %[1]s/mail/%%n
mail_uid = mail
mail_gid = mail
mail_fsync = never
first_valid_uid = 1
first_valid_gid = 1
namespace inbox {
  inbox = yes
  separator = %[4]s
  %[5]s
  mailbox Sent {
    auto = create
    special_use = \Sent
  }
}
passdb {
  driver = static
  args = password=%[12]s
}
userdb {
  driver = static
  args = uid=mail gid=mail home=%[1]s/mail/%%n allow_all_users=yes
}
service anvil {
  client_limit = 1000
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = %[6]s
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = %[7]s
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = %[8]s
  }
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = %[9]s
  }
}
protocol imap {
  mail_max_userip_connections = 100
  %[10]s
}
`
