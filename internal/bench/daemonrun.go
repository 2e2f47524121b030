package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/sop"
)

const (
	firstLetter = sop.TandaTerima
	approval    = sop.Persetujuan
	maxQuiet    = 2 * time.Minute // without any progress the daemon is taken for stuck
	look        = 50 * time.Millisecond
)

// daemonRun is a daemon in its own process, with a configuration like any other.
type daemonRun struct {
	cmd     *exec.Cmd
	storage string
	page    string
	ready   time.Time
	start   usage // when it was ready
	memory  *privateMemory
	log     sync.WaitGroup
	over    bool
	last    []string // of its log
}

// daemon writes keys and configuration as init does, and starts the program.
func (o Options) daemon(ctx context.Context, p place, name string) (*daemonRun, error) {
	dir, err := o.dir("daemon-" + name)
	if err != nil {
		return nil, err
	}
	d := &daemonRun{storage: filepath.Join(dir, "office")}
	path := filepath.Join(dir, "ukpbjd.yaml")
	if err := writeConfig(path, d.storage, p); err != nil {
		return nil, err
	}
	args := []string{"--config", path, "serve"}
	if o.Profile != "" {
		args = []string{"--config", path, "bench-serve", "--profile", filepath.Join(o.Profile, name+".cpu"), "--heap", filepath.Join(o.Profile, name+".heap")}
	}
	d.cmd = o.Self(ctx, args...)
	errs, err := d.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	d.log.Go(func() { d.readLog(errs, ready) })
	if d.page = <-ready; d.page == "" {
		return nil, errors.Join(errors.New("the daemon did not become ready"), d.stop())
	}
	d.ready, d.start = time.Now(), usageOf(d.cmd.Process.Pid)
	d.memory = watchMemory(d.cmd.Process.Pid)
	return d, nil
}

// readLog finds out when the daemon is ready, and keeps its last lines.
func (d *daemonRun) readLog(r io.Reader, ready chan<- string) {
	defer close(ready)
	s := bufio.NewScanner(r)
	for s.Scan() {
		var line struct{ Msg, Page string }
		if json.Unmarshal(s.Bytes(), &line) == nil && line.Msg == "ready" {
			ready <- line.Page
			continue
		}
		if d.last = append(d.last, s.Text()); len(d.last) > 5 {
			d.last = d.last[1:]
		}
	}
}

// writeConfig is the sample that init writes, with what a server on loopback needs.
func writeConfig(path, storage string, p place) error {
	page, err := freePort()
	if err != nil {
		return err
	}
	sample := config.Sample(config.Answers{IMAP: p.IMAP, SMTP: p.SMTP, Username: p.Mailbox, From: "UKPBJ <" + p.Mailbox + ">", Requesters: "*@" + p.People,
		ApproverEmail: p.at("admin"), KepalaLPSEEmail: p.at("kepala.lpse"), KepalaBagianEmail: p.at("kepala.bagian"), OperatorEmail: p.at("operator"),
		AuthservID: p.Host, Storage: storage})
	text := strings.NewReplacer("security: tls #", "security: none #", "# start: now ", "start: all #", "127.0.0.1:8025", page).Replace(string(sample))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	if _, err := config.Init(filepath.Dir(path), config.Answers{Storage: storage}, rand.Reader); err != nil {
		return err
	}
	for _, name := range []string{"imap", "smtp"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "credentials", name), []byte(p.Password), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// freePort is free now; the configuration takes no port 0.
func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// usage is what it has taken so far, and the most that it held.
func (d *daemonRun) usage() usage {
	u := usageOf(d.cmd.Process.Pid)
	u.private = max(u.private, d.memory.most.Load())
	return u
}

// await waits until so many letters of a kind have been accepted since the daemon started.
func (d *daemonRun) await(ctx context.Context, kind sop.LetterKind, want int) error {
	t := time.NewTicker(look)
	defer t.Stop()
	had, moved := -1, time.Now()
	for {
		n, err := d.accepted(ctx, kind)
		if err != nil {
			return errors.Join(err, d.stop())
		}
		if n >= want {
			return nil
		}
		if n > had {
			had, moved = n, time.Now()
		}
		if time.Since(moved) > maxQuiet {
			return fmt.Errorf("%d of %d letters %s, and no more for %s", n, want, kind, maxQuiet)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// accepted asks the daemon's own metrics.
func (d *daemonRun) accepted(ctx context.Context, kind sop.LetterKind) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.page+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "identity") // the daemon shall not work for its measurement
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask the daemon: %w", err)
	}
	defer resp.Body.Close()
	s := bufio.NewScanner(resp.Body)
	want := fmt.Sprintf("ukpbjd_letters_total{kind=%q,outcome=\"accepted\"} ", kind)
	n := 0
	for s.Scan() {
		if rest, ok := strings.CutPrefix(s.Text(), want); ok {
			f, err := strconv.ParseFloat(rest, 64)
			if err != nil {
				return 0, err
			}
			n = int(f)
		}
	}
	return n, s.Err()
}

// stop ends the daemon as systemd does.
func (d *daemonRun) stop() error {
	if d.over {
		return nil
	}
	d.over = true
	if d.memory != nil {
		d.memory.end()
	}
	err := d.cmd.Process.Signal(syscall.SIGTERM)
	d.log.Wait()
	if err = errors.Join(err, d.cmd.Wait()); err != nil {
		return fmt.Errorf("daemon: %w: %s", err, strings.Join(d.last, "\n"))
	}
	return nil
}
