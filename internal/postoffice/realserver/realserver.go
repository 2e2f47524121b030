// Package realserver starts private copies of real mail servers for tests: Dovecot, Postfix and Cyrus, on free loopback
// ports, with everything they write in a directory of their own. Any user has the password "secret". A test that asks for a
// server that is not installed is skipped, or fails where UKPBJD_REAL=1 says that it has to be there.
package realserver

import (
	"crypto/tls"
	"crypto/x509"
	"embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Password of every user on every server.
const Password = "secret"

// Domain of every user, and Host the name that the servers write into their traces and verdicts.
const (
	Domain = "desk.test"
	Host   = "mx.desk.test"
)

const patience = 20 * time.Second

// process is a server in the foreground, a child of the test.
type process struct {
	tb    testing.TB
	name  string
	args  []string
	env   []string
	ports []string // open when it serves
	log   string
	pid   string // file that names the process to signal; empty: the child itself

	stubborn bool   // it may have to be killed, like in a crash
	welcome  string // a bare connect is not enough: wait for a greeting that begins so, and leave politely with leave
	leave    string

	cmd  *exec.Cmd
	gone chan error
}

// Start starts a stopped server, on the same ports and with the same mail.
func (p *process) Start() error {
	if p.cmd != nil {
		return fmt.Errorf("start %s: it runs", p.name)
	}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	p.cmd = exec.Command(p.args[0], p.args[1:]...)
	p.cmd.Env = append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.gone = make(chan error, 1)
	go func(cmd *exec.Cmd, gone chan error) { gone <- cmd.Wait() }(p.cmd, p.gone)
	for _, port := range p.ports {
		if err := p.answers(port); err != nil {
			said, _ := os.ReadFile(p.log)
			return errors.Join(fmt.Errorf("start %s: %w\n%s", p.name, err, tail(said)), p.Stop())
		}
	}
	return nil
}

// answers waits until the port is open, or the process has ended.
func (p *process) answers(addr string) error {
	for end := time.Now().Add(patience); ; {
		c, err := net.Dial("tcp", addr)
		if err == nil && addr == p.ports[0] { // the others begin with TLS
			err = p.greeted(c)
		}
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return fmt.Errorf("nothing at %s: %w", addr, err)
		}
		select {
		case err := <-p.gone:
			p.gone <- err
			return fmt.Errorf("it ended: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// greeted has a whole conversation with the server.
func (p *process) greeted(c net.Conn) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, p.leave); err != nil {
		return err
	}
	said, err := io.ReadAll(c)
	if err == nil && !strings.HasPrefix(string(said), p.welcome) {
		err = fmt.Errorf("it greets with %q", said)
	}
	return err
}

// Stop ends the server by its process id, and waits for it.
func (p *process) Stop() error {
	if p.cmd == nil {
		return nil
	}
	cmd := p.cmd
	p.cmd = nil
	grace := patience
	if p.stubborn {
		grace = 2 * time.Second
	}
	end := time.After(grace)
	leader := p.leader(cmd)
	for {
		// Cyrus' master forgets a signal that comes while it is still starting, so it is said more than once.
		syscall.Kill(leader, syscall.SIGTERM) //nolint:errcheck // it may have ended by itself
		select {
		case <-p.gone:
			return p.vanished(leader, cmd.Process.Pid)
		case <-time.After(300 * time.Millisecond):
		case <-end:
			syscall.Kill(-leader, syscall.SIGKILL) //nolint:errcheck // as above; its children with it
			<-p.gone
			if p.stubborn {
				return nil
			}
			return fmt.Errorf("stop %s: it had to be killed", p.name)
		}
	}
}

// vanished waits for a leader that is not the child itself, and for both process groups: a Postfix whose old children still
// hold locks and sockets does not start well.
func (p *process) vanished(leader, child int) error {
	if p.pid == "" {
		return nil
	}
	end := time.Now().Add(patience)
	for syscall.Kill(leader, 0) == nil || syscall.Kill(-leader, 0) == nil || syscall.Kill(-child, 0) == nil {
		if time.Now().After(end) {
			return fmt.Errorf("stop %s: process %d stays", p.name, leader)
		}
		<-time.After(20 * time.Millisecond)
	}
	return nil
}

func (p *process) leader(cmd *exec.Cmd) int {
	b, err := os.ReadFile(p.pid)
	if n, bad := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && bad == nil && n > 1 {
		return n
	}
	return cmd.Process.Pid
}

// Restart stops and starts it, as an upgrade does.
func (p *process) Restart() error { return errors.Join(p.Stop(), p.Start()) }

func (p *process) run() {
	p.tb.Helper()
	if err := p.Start(); err != nil {
		p.tb.Fatal(err)
	}
	p.tb.Cleanup(func() {
		if err := p.Stop(); err != nil {
			p.tb.Error(err)
		}
	})
}

// absent skips, or fails where the server has to be there.
func absent(tb testing.TB, format string, v ...any) {
	tb.Helper()
	if os.Getenv("UKPBJD_REAL") == "1" {
		tb.Fatalf(format, v...)
	}
	tb.Skipf(format, v...)
}

func needRoot(tb testing.TB) {
	tb.Helper()
	if os.Geteuid() != 0 {
		absent(tb, "real mail servers change their user, and need root for it")
	}
}

// find looks where mail servers lie on Debian, which PATH often leaves out.
func find(tb testing.TB, program string) string {
	tb.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin") {
		path := filepath.Join(dir, program)
		if st, err := os.Stat(path); err == nil && st.Mode()&0o111 != 0 {
			return path
		}
	}
	absent(tb, "%s is not installed", program)
	return ""
}

// room is a short directory that the servers' own users may enter: socket names are limited to 108 bytes.
func room(tb testing.TB, name string) string {
	tb.Helper()
	needRoot(tb)
	dir, err := os.MkdirTemp("/tmp", "ukpbjd-"+name+"-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// ports gives free addresses on loopback.
func ports(tb testing.TB, n int) []string {
	tb.Helper()
	var list []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		defer l.Close()
		list = append(list, l.Addr().String())
	}
	return list
}

func port(addr string) string { _, p, _ := net.SplitHostPort(addr); return p }

//go:embed conf
var confs embed.FS

// filled is a configuration file of a server with its blanks filled in.
func filled(name string, values ...any) string {
	text, err := confs.ReadFile("conf/" + name)
	if err != nil {
		panic(err) // it is part of this package
	}
	return fmt.Sprintf(string(text), values...)
}

func write(tb testing.TB, path, text string, mode os.FileMode) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		tb.Fatal(err)
	}
}

func folders(tb testing.TB, owner string, dirs ...string) {
	tb.Helper()
	for _, d := range dirs {
		if err := os.MkdirAll(d, 0o755); err != nil {
			tb.Fatal(err)
		}
		if owner != "" {
			run(tb, "chown", owner, d)
		}
	}
}

func run(tb testing.TB, program string, args ...string) {
	tb.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}

// certificate makes one for loopback, in files for the server and as a configuration for its clients.
func certificate(tb testing.TB, dir string) (cert, key string, client *tls.Config) {
	tb.Helper()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	run(tb, find(tb, "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-keyout", key, "-out", cert,
		"-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
	pem, err := os.ReadFile(cert)
	if err != nil {
		tb.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return cert, key, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

func tail(b []byte) string { return string(b[max(0, len(b)-4000):]) }
