package realserver

import (
	"cmp"
	"crypto/tls"
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
	write(tb, conf, filled("dovecot.conf", dir, cert, key, cmp.Or(opt.Separator, "/"), prefix,
		port(d.IMAP), port(d.IMAPS), port(d.LMTP), port(d.Auth), extra, Host, Password), 0o644)
	d.process = process{tb: tb, name: "dovecot", args: []string{program, "-F", "-c", conf}, ports: p[:1], welcome: "* OK", leave: "a LOGOUT\r\n", log: dir + "/out"}
	d.run()
	return d
}
