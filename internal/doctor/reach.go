package doctor

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"ukpbjd/internal/config"
)

// reachTime bounds finding and connecting to a server, and then what it has to say before anybody signs in.
const reachTime = 10 * time.Second

// door is a mail server's port, as the configuration describes it.
type door struct {
	kind string // imap, smtp: the section of the configuration
	config.Server
}

// port is where the protocol is mostly spoken with this security. RFC 8314
func (d door) port(security string) string {
	return map[string]string{"imap tls": "993", "imap starttls": "143", "smtp tls": "465", "smtp starttls": "587"}[d.kind+" "+security]
}

// instead says how to ask for the other security, which the server seems to speak at this port.
func (d door) instead(security, other string) string {
	return fmt.Sprintf("set %s.security: %s, or for %s the port %s in %[1]s.address", d.kind, security, other, d.port(other))
}

// reach looks at a server as a person at a terminal would: its name, its port, whether it begins TLS as the configuration says, its
// certificate. Nobody signs in. It gives the fault, or nothing.
func (d door) reach(ctx context.Context) []Finding {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.Address)
	if err == nil {
		defer conn.Close()
		err = conn.SetDeadline(time.Now().Add(reachTime))
	}
	if err != nil {
		return []Finding{bad(d.kind+" connection", d.unconnected(err), "%v", err)}
	}
	if d.Security != "tls" {
		if remedy, err := d.greeted(conn); err != nil {
			return []Finding{bad(d.kind+" connection", remedy, "%s: %v", d.Address, err)}
		}
	}
	if d.Security == "none" {
		return nil
	}
	if err := tls.Client(conn, d.TLS()).HandshakeContext(ctx); err != nil {
		return []Finding{bad(d.kind+" TLS", d.untrusted(err), "%s: %v", d.Address, err)}
	}
	return nil
}

// try signs in where the server can be reached, and says what to do about what it answers.
func (d door) try(ctx context.Context, signIn func(context.Context) []Finding) []Finding {
	if found := d.reach(ctx); len(found) > 0 {
		return found
	}
	found := signIn(ctx)
	for i, f := range found {
		found[i] = d.advise(f)
	}
	return found
}

// unconnected is what to do where no connection comes about.
func (d door) unconnected(err error) string {
	var name *net.DNSError
	var wait net.Error
	usual := fmt.Sprintf("%s for tls, %s for starttls", d.port("tls"), d.port("starttls"))
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Sprintf("the DNS knows no %s: correct the name in %s.address, or let it be entered in the DNS", d.Host, d.kind)
	case errors.As(err, &name):
		return "the DNS does not answer: look at /etc/resolv.conf and try `getent hosts " + d.Host + "`"
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("the port is closed: nothing listens at %s, or a firewall refuses; mostly it is %s", d.Address, usual)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no way leads there: look at this machine's network (`ip route`), also for IPv6"
	case errors.As(err, &wait) && wait.Timeout():
		return fmt.Sprintf("the port is filtered: let the firewalls on the way pass TCP from this machine to %s; mostly it is %s", d.Address, usual)
	}
	return "check " + d.kind + ".address, and that this machine may reach it (firewall, DNS)"
}

// greeted hears the greeting and, where the configuration says so, asks for TLS. The answer to that is the last that is read in plain.
func (d door) greeted(conn net.Conn) (remedy string, err error) {
	in := bufio.NewReader(io.LimitReader(conn, 64<<10))
	// hear reads an answer up to its last line: that of the tag, or one without a hyphen behind its code. RFC 9051 §2.2.2, RFC 5321 §4.2.1
	hear := func(tag string) (all string, err error) {
		for {
			line, err := in.ReadString('\n')
			if all += line; err != nil {
				return all, err
			}
			if d.kind == "imap" && strings.HasPrefix(line, tag) || d.kind == "smtp" && (len(line) < 4 || line[3] != '-') {
				return all, nil
			}
		}
	}
	ask := func(imap, smtp string) (string, error) {
		command := map[string]string{"imap": imap, "smtp": smtp}[d.kind]
		if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
			return "", err
		}
		return hear(strings.Fields(imap)[0] + " ")
	}
	greeting, err := hear("")
	ready := map[string]string{"imap": "* ", "smtp": "220"}
	other := map[string]string{"imap": "smtp", "smtp": "imap"}[d.kind]
	switch {
	case err != nil && greeting == "":
		return "the server waits for TLS here, or is no mail server: " + d.instead("tls", "starttls"), errors.New("no greeting came")
	case strings.HasPrefix(greeting, ready[other]):
		return fmt.Sprintf("this is the port of the %s server: correct %s.address (mostly port %s)", strings.ToUpper(other), d.kind, d.port(cmp.Or(d.Security, "tls"))), fmt.Errorf("%.200q", greeting)
	case err != nil || !strings.HasPrefix(greeting, ready[d.kind]) || strings.HasPrefix(greeting, "* BYE"):
		return "the server does not want this machine now: its answer says why; ask its administrator to allow this machine's address", fmt.Errorf("%.200q", greeting)
	case d.Security == "none":
		return "", nil
	}
	offers, err := ask("a CAPABILITY", "EHLO localhost")
	if err == nil && !strings.Contains(strings.ToUpper(offers), "STARTTLS") {
		err = errors.New("the server offers no STARTTLS")
	}
	if err == nil {
		var answer string
		answer, err = ask("b STARTTLS", "STARTTLS")
		if err == nil && !strings.HasPrefix(answer, "220") && !strings.Contains(strings.ToUpper(answer), "B OK") {
			err = fmt.Errorf("STARTTLS is refused: %.200q", answer)
		}
	}
	return fmt.Sprintf("set %s.security: tls and port %s in %[1]s.address, or let STARTTLS be switched on at the server; no password goes over an open line", d.kind, d.port("tls")), err
}

// untrusted is what to do where TLS fails.
func (d door) untrusted(err error) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority):
		return fmt.Sprintf("where the server's certificate is of the office's own authority, put that authority's certificate (PEM) beside the configuration and name it: "+
			"%s: {tls: {ca_file: office-ca.pem}}; else install the package ca-certificates, or let the server send its whole chain", d.kind)
	case errors.As(err, &name):
		return fmt.Sprintf("set %s.address to a name that stands in the certificate: %s", d.kind, cmp.Or(strings.Join(name.Certificate.DNSNames, ", "), "it has none; the server needs a new one"))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate is good from %s to %s: let the server's administrator renew it; if that is not over, set this machine's clock (timedatectl set-ntp true)",
			invalid.Cert.NotBefore.Format(time.DateOnly), invalid.Cert.NotAfter.Format(time.DateOnly))
	case errors.As(err, &record):
		return "the server does not begin with TLS at this port: " + d.instead("starttls", "tls")
	case strings.Contains(err.Error(), "protocol version"):
		return "the server speaks only versions of TLS that are broken: let its administrator switch on TLS 1.2"
	}
	return "TLS breaks off: look for a firewall or virus scanner that opens mail connections, and into the server's log"
}
