package bench

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

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
