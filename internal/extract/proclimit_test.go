package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// bomb starts 150 programs that outlive it, named by the test so that they can be found.
const bomb = `i=0; while [ $i -lt 150 ]; do $0 sleep $1 & i=$((i+1)); done; echo $i; $2`

// A program that starts programs without end is ended with all of them, in the cage and without it, even where each has left for
// a session of its own. The control shows that the bomb goes off where nobody counts.
func TestForkBombIsBounded(t *testing.T) {
	for i, c := range []struct {
		name, session, then string
		open                bool
		most                int
		crowded             bool
	}{
		{"in the cage", "setsid", "wait", false, maxToolProcs, true},
		{"without cage", "setsid", "wait", true, maxToolProcs, true},
		{"control", "env", "exit", true, 5000, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := New(Options{TempDir: t.TempDir(), NoSandbox: c.open})
			if !c.open && !r.tools.caged() {
				t.Skip("bubblewrap does not work here")
			}
			r.tools.found["catdoc"], r.tools.procs = "/bin/sh", c.most
			if os.Getuid() != 0 {
				r.tools.found["prlimit"] = "" // here it is the watch that must hold
			}
			mark := fmt.Sprintf("3599.%d%d", os.Getpid(), i)
			out, _, err := r.tools.run(t.Context(), 30*time.Second, t.TempDir(), "catdoc", "-c", bomb, c.session, mark, c.then)
			if errors.Is(err, errProcLimit) != c.crowded || !c.crowded && string(out) != "150\n" {
				t.Errorf("output %q, error %v", out, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for left := running(mark); left > 0; left = running(mark) {
				if ctx.Err() != nil {
					t.Fatalf("%d programs were left running", left)
				}
			}
		})
	}
}

// running counts the programs that bear the mark on their command line.
func running(mark string) (n int) {
	names, _ := readNames("/proc")
	for _, name := range names {
		if b, err := os.ReadFile("/proc/" + name + "/cmdline"); err == nil && bytes.Contains(b, []byte("\x00"+mark)) {
			n++
		}
	}
	return n
}

// Who is not root is held by the kernel as well, to the program's own processes and not to all of the user's.
func TestProcessLimitInTheCage(t *testing.T) {
	tools := New(Options{}).tools
	setpriv, err := exec.LookPath("setpriv")
	if os.Getuid() != 0 || err != nil || tools.found["prlimit"] == "" || !tools.caged() {
		t.Skip("needs root, setpriv, prlimit and a bubblewrap that works")
	}
	script := `i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i+1)); done; echo $i`
	for limit, all := range map[int]bool{maxToolProcs: false, 500: true} {
		tools.procs = limit
		argv := append([]string{setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"}, tools.wrap("/bin/sh", "/usr/share", time.Minute, []string{"-c", script})...)
		said, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput()
		if strings.Contains(string(said), "ermission denied") || strings.Contains(string(said), "not permitted") {
			t.Skipf("no namespaces for users here: %s", said)
		}
		if (strings.TrimSpace(string(said)) == "100") != all {
			t.Errorf("limit %d: %q, %v", limit, said, err)
		}
	}
}

func readNames(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}
