package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// child is a process of this program that talks JSON, one object a line. It ends when its standard input does.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
	errs bytes.Buffer
	over bool
}

func begin(cmd *exec.Cmd, task any) (*child, error) {
	c := &child{cmd: cmd}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = &c.errs
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", strings.Join(cmd.Args[1:], " "), err)
	}
	c.in, c.out = in, json.NewDecoder(bufio.NewReader(out))
	if err := json.NewEncoder(in).Encode(task); err != nil {
		return nil, errors.Join(err, c.end())
	}
	return c, nil
}

// hear reads one object; a child that has died says why on its standard error.
func (c *child) hear(into any) error {
	if err := c.out.Decode(into); err != nil {
		return errors.Join(fmt.Errorf("hear from %s: %w", c.cmd.Args[1], err), c.end())
	}
	return nil
}

// end lets the child finish, and gives what it complained of.
func (c *child) end() error {
	if c.over {
		return nil
	}
	c.over = true
	c.in.Close() //nolint:errcheck // a pipe
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", c.cmd.Args[1], err, bytes.TrimSpace(c.errs.Bytes()))
	}
	return nil
}

// obey is the other side of begin: it reads the task, and stops when standard input ends.
func obey(in io.Reader, task any) (ended <-chan struct{}, err error) {
	d := json.NewDecoder(in)
	if err := d.Decode(task); err != nil {
		return nil, fmt.Errorf("read the task: %w", err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		io.Copy(io.Discard, in) //nolint:errcheck // its end is all we wait for
	}()
	return gone, nil
}

// usage is what a process has taken so far.
type usage struct {
	cpu     float64 // seconds, user and system
	private int64   // bytes of anonymous pages; 0 where the system does not tell
}

// ticks of a second in /proc: fixed by the kernel's interface (proc(5), USER_HZ).
const ticks = 100

func usageOf(pid int) usage {
	var u usage
	if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		_, rest, _ := bytes.Cut(raw, []byte(") "))
		if f := strings.Fields(string(rest)); len(f) > 13 {
			user, _ := strconv.ParseFloat(f[11], 64)
			system, _ := strconv.ParseFloat(f[12], 64)
			u.cpu = (user + system) / ticks
		}
	}
	if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
		_, rest, _ := strings.Cut(string(raw), "\nRssAnon:")
		fmt.Sscan(rest, &u.private) //nolint:errcheck // it has ended: 0
		u.private <<= 10
	}
	return u
}

// lookAtMemory is the pause between two looks at the memory of a process.
const lookAtMemory = 20 * time.Millisecond

// meter tells what a process has taken since it was measured first, and the most private memory that it was seen to hold: its
// anonymous pages. The system keeps a peak only of all resident pages, and those of mapped files are its own cache.
type meter struct {
	pid          int
	start        float64
	most         atomic.Int64
	enough, over chan struct{}
}

// measure looks at a process until end.
func measure(pid int) *meter {
	u := usageOf(pid)
	m := &meter{pid: pid, start: u.cpu, enough: make(chan struct{}), over: make(chan struct{})}
	m.most.Store(u.private)
	go func() {
		defer close(m.over)
		t := time.NewTicker(lookAtMemory)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				m.most.Store(max(m.most.Load(), usageOf(pid).private))
			case <-m.enough:
				return
			}
		}
	}()
	return m
}

func (m *meter) used() usage {
	u := usageOf(m.pid)
	return usage{u.cpu - m.start, max(u.private, m.most.Load())}
}

// end stops looking. It may be called once.
func (m *meter) end() {
	close(m.enough)
	<-m.over
}

func machine() string {
	model := runtime.GOARCH
	raw, _ := os.ReadFile("/proc/cpuinfo")
	if _, rest, ok := strings.Cut(string(raw), "\nmodel name"); ok {
		line, _, _ := strings.Cut(rest, "\n")
		model = strings.Trim(line, "\t :")
	}
	return fmt.Sprintf("%d × %s, %s, %s", runtime.NumCPU(), model, runtime.GOOS, runtime.Version())
}

// letterSent is when the server took the first letter for a mail.
type letterSent struct {
	Mail string    `json:"mail"` // Message-ID
	At   time.Time `json:"at"`
}
