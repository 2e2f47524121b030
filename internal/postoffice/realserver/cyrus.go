package realserver

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// cyrusPrefix is where the Debian packages lie unpacked: they cannot be installed beside Dovecot's.
const cyrusPrefix = "/opt/ukpbjd-cyrus"

// CyrusUser is the only account of a Cyrus.
const CyrusUser = "ukpbj"

// Cyrus is a private Cyrus in its traditional manner: folders are called INBOX.Name and parted by dots.
type Cyrus struct {
	process
	IMAP, IMAPS string
	TLS         *tls.Config
}

// StartCyrus starts one and stops it with the test. UKPBJD_CYRUS names another prefix.
func StartCyrus(tb testing.TB) *Cyrus {
	tb.Helper()
	prefix := cmp.Or(os.Getenv("UKPBJD_CYRUS"), cyrusPrefix)
	bin := filepath.Join(prefix, "usr/lib/cyrus/bin")
	if _, err := os.Stat(filepath.Join(bin, "master")); err != nil {
		absent(tb, "Cyrus is not unpacked under %s", prefix)
	}
	passwords := find(tb, "saslpasswd2")
	dir := room(tb, "cyrus")
	folders(tb, "mail", dir, dir+"/conf", dir+"/conf/db", dir+"/conf/socket", dir+"/conf/proc", dir+"/conf/lock", dir+"/conf/log",
		dir+"/conf/user", dir+"/spool", dir+"/sieve", dir+"/tmp")
	p := ports(tb, 2)
	cert, key, client := certificate(tb, dir)
	c := &Cyrus{IMAP: p[0], IMAPS: p[1], TLS: client}
	conf := filepath.Join(dir, "imapd.conf")
	write(tb, conf, filled("imapd.conf", dir, Host, cert, key), 0o644)
	write(tb, dir+"/cyrus.conf", filled("cyrus.conf", bin, conf, c.IMAP, c.IMAPS), 0o644)
	run(tb, "sh", "-c", fmt.Sprintf("echo %s | %s -p -c -f %s/sasldb2 -u %s %s", Password, passwords, dir, Host, CyrusUser))
	run(tb, "chown", "mail", dir+"/sasldb2", cert, key)
	// Its master sometimes spins for ever on SIGTERM while clients are connected, all its children gone.
	c.process = process{stubborn: true,
		tb: tb, name: "cyrus", ports: p[:1], welcome: "* OK", leave: "a LOGOUT\r\n", log: dir + "/out",
		args: []string{filepath.Join(bin, "master"), "-C", conf, "-M", dir + "/cyrus.conf", "-p", dir + "/master.pid", "-D"},
		env:  []string{"LD_LIBRARY_PATH=" + filepath.Join(prefix, "usr/lib/x86_64-linux-gnu"), "CYRUS_USER=mail"},
	}
	c.run()
	return c
}
