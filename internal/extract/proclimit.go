package extract

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// errProcLimit names a program that starts programs without end.
var errProcLimit = fmt.Errorf("program has more than %d processes: %w", maxToolProcs, errTooLarge)

// procLimit counts the processes of one program while it runs. The kernel's own limit (RLIMIT_NPROC) does not hold root, and without
// a namespace of its own it counts all that the user runs.
type procLimit struct {
	done chan struct{}
	over chan bool
}

const crowdLook = 100 * time.Millisecond

// watch looks at a started program until stop; over the limit it ends all of it.
func watch(pid, limit int) *procLimit {
	c := &procLimit{done: make(chan struct{}), over: make(chan bool, 1)}
	go func() {
		tick := time.NewTicker(crowdLook)
		defer tick.Stop()
		for {
			select {
			case <-c.done:
				c.over <- false
				return
			case <-tick.C:
				if _, tasks := family(pid); tasks > limit {
					end(pid)
					c.over <- true
					return
				}
			}
		}
	}()
	return c
}

// stop waits for the watch to end and says whether the program went over its limit.
func (c *procLimit) stop() bool {
	close(c.done)
	return <-c.over
}

// end kills a family that may still grow: first it is stopped, until nobody new is found, then killed.
func end(pid int) {
	before := -1
	for range 50 {
		pids, _ := family(pid)
		if len(pids) == before {
			break
		}
		before = len(pids)
		for _, p := range pids {
			_ = syscall.Kill(p, syscall.SIGSTOP)
		}
	}
	pids, _ := family(pid)
	for _, p := range pids {
		_ = syscall.Kill(p, syscall.SIGKILL)
	}
	_ = syscall.Kill(-pid, syscall.SIGKILL)
}

// family are the process, its process group and all their descendants, and how many tasks (threads) these have (proc(5)).
func family(pid int) (pids []int, tasks int) {
	names, err := readNames("/proc")
	if err != nil {
		return nil, 0
	}
	threads, children := map[int]int{}, map[int][]int{}
	pids = []int{pid}
	for _, name := range names {
		p, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		parent, group, n := taskOf(name)
		threads[p] = n
		children[parent] = append(children[parent], p)
		if group == pid && p != pid {
			pids = append(pids, p)
		}
	}
	seen := map[int]bool{}
	for i := 0; i < len(pids); i++ {
		p := pids[i]
		if seen[p] {
			continue
		}
		seen[p] = true
		tasks += threads[p]
		pids = append(pids, children[p]...)
	}
	slices.Sort(pids)
	return slices.Compact(pids), tasks
}

func readNames(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// taskOf reads parent, process group and number of threads; zero for what has ended meanwhile. The name of a program may hold
// anything, so fields are counted from behind it.
func taskOf(pid string) (parent, group, threads int) {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	at := bytes.LastIndexByte(b, ')')
	if err != nil || at < 0 {
		return 0, 0, 0
	}
	f := bytes.Fields(b[at+1:])
	if len(f) < 18 || f[0][0] == 'Z' {
		return 0, 0, 0
	}
	number := func(i int) int { n, _ := strconv.Atoi(string(f[i])); return n }
	return number(1), number(2), number(17)
}
