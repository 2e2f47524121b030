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

const crowdLook = 100 * time.Millisecond

// crowds counts the processes of a started program until it has ended; over the limit it ends all of it. The kernel's own limit
// (RLIMIT_NPROC) does not hold root, and without a namespace of its own it counts all that the user runs.
func crowds(pid, limit int, ended <-chan struct{}) bool {
	tick := time.NewTicker(crowdLook)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return false
		case <-tick.C:
			if _, tasks := family(pid); tasks > limit {
				end(pid)
				return true
			}
		}
	}
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
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, 0
	}
	threads, children := map[int]int{}, map[int][]int{}
	pids = []int{pid}
	for _, e := range entries {
		p, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		parent, group, n := taskOf(e.Name())
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
