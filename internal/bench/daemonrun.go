package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

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
	cmd   *exec.Cmd
	page  string
	ready time.Time
	meter *meter // from then on
	log   sync.WaitGroup
	over  bool
	last  []string // of its log
}

// daemon starts the program on an office.
func (o Options) daemon(ctx context.Context, p place) (*daemonRun, error) {
	d := &daemonRun{cmd: o.Self(ctx, "--config", p.Config, "serve")}
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
	d.ready, d.meter = time.Now(), measure(d.cmd.Process.Pid)
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

// await waits until so many letters of a kind have been accepted since the daemon started.
func (d *daemonRun) await(ctx context.Context, kind sop.LetterKind, want int) error {
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
		case <-time.After(look):
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
	raw, err := io.ReadAll(resp.Body)
	n := 0.0
	if _, rest, ok := strings.Cut(string(raw), fmt.Sprintf("\nukpbjd_letters_total{kind=%q,outcome=\"accepted\"} ", kind)); ok && err == nil {
		_, err = fmt.Sscan(rest, &n)
	}
	return int(n), err
}

// stop ends the daemon as systemd does.
func (d *daemonRun) stop() error {
	if d.over {
		return nil
	}
	d.over = true
	if d.meter != nil {
		d.meter.end()
	}
	err := d.cmd.Process.Signal(syscall.SIGTERM)
	d.log.Wait()
	if err = errors.Join(err, d.cmd.Wait()); err != nil {
		return fmt.Errorf("daemon: %w: %s", err, strings.Join(d.last, "\n"))
	}
	return nil
}
