package doctor

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"ukpbjd/internal/config"
)

// certificate is one of this name and end, signed by itself; and the same as a file of authorities.
func certificate(t *testing.T, name string, ends time.Time) (tls.Certificate, []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: ends.AddDate(-1, 0, 0), NotAfter: ends,
		DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// pretend serves one port: security is what it speaks; words are the greeting and the answers to each line after it.
func pretend(t *testing.T, security string, cert tls.Certificate, words ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	how := &tls.Config{Certificates: []tls.Certificate{cert}}
	serve := func(c net.Conn) {
		defer c.Close()
		if security == "tls" {
			tls.Server(c, how).Handshake() //nolint:errcheck // the other side says why
			return
		}
		in := bufio.NewReader(c)
		for i, w := range words {
			if i > 0 {
				if _, err := in.ReadString('\n'); err != nil {
					return
				}
			}
			fmt.Fprint(c, w)
		}
		if security == "starttls" {
			tls.Server(c, how).Handshake() //nolint:errcheck // the other side says why
		} else {
			in.ReadString('\n') //nolint:errcheck // the other side goes
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

// server is a server as a configuration describes it, with this authority.
func server(t *testing.T, address, security string, authority []byte) config.Server {
	t.Helper()
	_, port, _ := net.SplitHostPort(address)
	dir := t.TempDir()
	path := filepath.Join(dir, "ukpbjd.yaml")
	if _, err := config.Init(config.Place{Config: path, Mode: 0o600, Group: -1}, config.Answers{IMAP: "localhost:" + port, Storage: dir}, rand.Reader); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(raw), "security: tls", "security: "+security, 1)
	if authority != nil {
		text = strings.Replace(text, "  # tls: {ca_file: office-ca.pem}", "  tls: {ca_file: office-ca.pem}", 1)
	}
	for name, content := range map[string][]byte{path: []byte(text), filepath.Join(dir, "office-ca.pem"): authority,
		filepath.Join(dir, "credentials", "imap"): []byte("not-a-real-password"), filepath.Join(dir, "credentials", "smtp"): []byte("not-a-real-password")} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, faults := config.Load(path)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return cfg.IMAP.Server
}

// TestReach: each way in which a server cannot be talked to is told apart, and the remedy is the one that mends it.
func TestReach(t *testing.T) {
	now := time.Now()
	good, authority := certificate(t, "localhost", now.AddDate(0, 6, 0))
	old, oldAuthority := certificate(t, "localhost", now.AddDate(0, 0, -3))
	other, otherAuthority := certificate(t, "mail.example.go.id", now.AddDate(0, 6, 0))
	imap := []string{"* OK ready\r\n", "* CAPABILITY IMAP4rev1 STARTTLS\r\na OK\r\n", "b OK go\r\n"}
	smtp := []string{"220-mx\r\n220 ready\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n"}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	for name, x := range map[string]struct {
		kind, speaks, asked string
		cert                tls.Certificate
		authority           []byte
		words               []string
		want                string // of the remedy; "": well
	}{
		"IMAP, TLS":                          {"imap", "tls", "tls", good, authority, nil, ""},
		"SMTP, TLS":                          {"smtp", "tls", "tls", good, authority, nil, ""},
		"IMAP, STARTTLS":                     {"imap", "starttls", "starttls", good, authority, imap, ""},
		"SMTP, STARTTLS":                     {"smtp", "starttls", "starttls", good, authority, smtp, ""},
		"IMAP, in plain to itself":           {"imap", "none", "none", good, nil, imap, ""},
		"own authority":                      {"imap", "tls", "tls", good, nil, nil, "imap: {tls: {ca_file: office-ca.pem}}"},
		"own authority, SMTP":                {"smtp", "starttls", "starttls", good, nil, smtp, "smtp: {tls: {ca_file: office-ca.pem}}"},
		"over":                               {"imap", "tls", "tls", old, oldAuthority, nil, "renew it"},
		"another name":                       {"smtp", "tls", "tls", other, otherAuthority, nil, "smtp.address to a name that stands in the certificate: mail.example.go.id"},
		"TLS asked of a plain IMAP port":     {"imap", "none", "tls", good, authority, imap, "set imap.security: starttls, or for tls the port 993"},
		"TLS asked of a plain SMTP port":     {"smtp", "none", "tls", good, authority, smtp, "set smtp.security: starttls, or for tls the port 465"},
		"no STARTTLS, IMAP":                  {"imap", "none", "starttls", good, authority, []string{"* OK\r\n", "* CAPABILITY IMAP4rev1\r\na OK\r\n"}, "set imap.security: tls and port 993"},
		"no STARTTLS, SMTP":                  {"smtp", "none", "starttls", good, authority, []string{"220 mx\r\n", "250-mx\r\n250 SIZE 1\r\n"}, "set smtp.security: tls and port 465"},
		"STARTTLS refused":                   {"smtp", "none", "starttls", good, authority, []string{"220 mx\r\n", "250 STARTTLS\r\n", "454 TLS not available\r\n"}, "let STARTTLS be switched on"},
		"the SMTP port where IMAP should be": {"imap", "none", "starttls", good, authority, smtp, "port of the SMTP server"},
		"the IMAP port where SMTP should be": {"smtp", "none", "starttls", good, authority, imap, "port of the IMAP server"},
		"not wanted, SMTP":                   {"smtp", "none", "starttls", good, authority, []string{"554 5.7.1 no access\r\n"}, "allow this machine's address"},
		"not wanted, IMAP":                   {"imap", "none", "starttls", good, authority, []string{"* BYE go away\r\n"}, "allow this machine's address"},
		"closed":                             {"imap", "closed", "tls", good, authority, nil, "closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := closed
			if x.speaks != "closed" {
				address = pretend(t, x.speaks, x.cert, x.words...)
			}
			found := door{x.kind, server(t, address, x.asked, x.authority)}.reach(t.Context())
			if x.want == "" && len(found) > 0 || x.want != "" && (len(found) != 1 || !strings.Contains(found[0].Remedy, x.want)) {
				t.Errorf("%+v, want %q", found, x.want)
			}
			if x.want == "" {
				return
			}
			// the remedy followed literally: the security that it names is what this port speaks
			if m := regexp.MustCompile(`^.*set \w+\.security: (\w+), or for`).FindStringSubmatch(found[0].Remedy); m != nil {
				again := pretend(t, m[1], x.cert, x.words...)
				if found := (door{x.kind, server(t, again, m[1], x.authority)}).reach(t.Context()); len(found) > 0 {
					t.Errorf("followed: %+v", found)
				}
			}
			if strings.Contains(found[0].Remedy, "ca_file") {
				if found := (door{x.kind, server(t, address, x.asked, authority)}).reach(t.Context()); len(found) > 0 {
					t.Errorf("followed: %+v", found)
				}
			}
		})
	}
}

// TestUnconnected: what cannot be staged on loopback is told apart by the error that Go gives.
func TestUnconnected(t *testing.T) {
	d := door{"smtp", config.Server{Host: "mail.example.go.id", Address: "mail.example.go.id:465"}}
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, x := range []struct {
		err  error
		want string
	}{
		{dial(&net.DNSError{Name: "mail.example.go.id", IsNotFound: true}), "knows no mail.example.go.id"},
		{dial(&net.DNSError{Name: "mail.example.go.id", IsTimeout: true}), "resolv.conf"},
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "465 for tls, 587 for starttls"},
		{dial(os.NewSyscallError("connect", syscall.ENETUNREACH)), "ip route"},
		{dial(os.NewSyscallError("connect", syscall.ETIMEDOUT)), "filtered"},
		{dial(os.ErrDeadlineExceeded), "filtered"},
		{errors.New("?"), "smtp.address"},
	} {
		if got := d.unconnected(x.err); !strings.Contains(got, x.want) {
			t.Errorf("%v → %s, want %q", x.err, got, x.want)
		}
	}
	silent := pretend(t, "tls", tls.Certificate{})
	if _, err := (door{"imap", config.Server{}}).greeted(dialled(t, silent, time.Now().Add(100*time.Millisecond))); err == nil {
		t.Error("a server that waits for TLS was heard greeting")
	}
}

func dialled(t *testing.T, address string, until time.Time) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err == nil {
		err = c.SetDeadline(until)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
