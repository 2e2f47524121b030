package extract

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"ukpbjd/internal/document"
)

// tools are the optional programs, looked up once.
type tools struct {
	found map[string]string
	caged func() bool // bubblewrap really works here: containers often forbid the namespaces it needs
	procs int         // processes and threads of one program, its children included
}

var wanted = []string{"pdftotext", "pdftoppm", "pdfinfo", "tesseract", "catdoc", "xls2csv", "bwrap", "prlimit"}

func findTools(opt Options) tools {
	t := tools{found: map[string]string{}, procs: maxToolProcs}
	for _, name := range wanted {
		t.found[name] = ""
		if path, err := exec.LookPath(name); err == nil {
			t.found[name], _ = filepath.Abs(path) // empty where it fails
		}
	}
	if opt.OCR == "off" {
		t.found["tesseract"] = ""
	}
	t.caged = sync.OnceValue(func() bool {
		if opt.NoSandbox || t.found["bwrap"] == "" {
			return false
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		try := exec.CommandContext(ctx, t.found["bwrap"], append(cageArgs("/tmp"), "/bin/true")...)
		try.Env = []string{"PATH=/usr/bin:/bin"}
		return try.Run() == nil
	})
	return t
}

// cageArgs gives a program a read-only system, its own folder, no network, and an end when we end.
func cageArgs(dir string) []string {
	return []string{"--ro-bind", "/usr", "/usr", "--ro-bind-try", "/lib", "/lib", "--ro-bind-try", "/lib64", "/lib64", "--ro-bind-try", "/bin", "/bin",
		"--ro-bind-try", "/etc/fonts", "/etc/fonts", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
		"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", dir, "/work", "--chdir", "/work",
		"--unshare-all", "--die-with-parent", "--new-session", "--clearenv",
		"--setenv", "PATH", "/usr/bin:/bin", "--setenv", "LANG", "C.UTF-8", "--setenv", "OMP_THREAD_LIMIT", "1", "--setenv", "HOME", "/work"}
}

// Limits of one program: memory, file size, processor time and processes.
const (
	maxToolMemory = 1 << 30
	maxToolFile   = 256 << 20
	maxToolOutput = 32 << 20
	maxToolProcs  = 64 // OCR needs three
)

const errAbsent = refusal(document.ReasonUnsupported) // the program is not installed

// run starts an optional program in dir, which it sees as its working folder, and gives its output.
func (t tools) run(ctx context.Context, limit time.Duration, dir, name string, args ...string) (stdout, stderr []byte, err error) {
	path := t.found[name]
	if path == "" {
		return nil, nil, errAbsent
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	argv := t.wrap(path, dir, limit, args)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "OMP_THREAD_LIMIT=1", "HOME=" + dir, "TMPDIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	var out, errs cappedBuffer
	out.left, errs.left = maxToolOutput, 64<<10
	cmd.Stdout, cmd.Stderr = &out, &errs
	crowded, err := t.watched(cmd)
	switch {
	case crowded:
		return nil, nil, errProcLimit
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case out.over:
		return nil, nil, errTooLarge
	}
	return out.Bytes(), errs.Bytes(), err
}

// watched runs the program to its end, and ends what it left behind.
func (t tools) watched(cmd *exec.Cmd) (crowded bool, err error) {
	if err := cmd.Start(); err != nil {
		return false, err
	}
	ended, over := make(chan struct{}), make(chan bool)
	go func() { over <- crowds(cmd.Process.Pid, t.procs, ended) }()
	err = cmd.Wait()
	close(ended)
	crowded = <-over
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // children that outlived it; an empty group is fine
	return crowded, err
}

// wrap puts the limits and the cage around a program, as far as they are installed.
func (t tools) wrap(path, dir string, limit time.Duration, args []string) []string {
	var argv []string
	if p := t.found["prlimit"]; p != "" {
		argv = append(argv, p, "--as="+strconv.Itoa(maxToolMemory), "--fsize="+strconv.Itoa(maxToolFile), "--core=0",
			"--cpu="+strconv.Itoa(int(limit/time.Second)+1))
	}
	if t.caged() {
		argv = append(append(argv, t.found["bwrap"]), cageArgs(dir)...)
		if p := t.found["prlimit"]; p != "" {
			// Inside: a user namespace counts its own processes since Linux 5.14 (user_namespaces(7)), outside all of the user's would
			// count. Root is exempt everywhere; the watch holds it.
			argv = append(argv, p, "--nproc="+strconv.Itoa(t.procs))
		}
	}
	return append(append(argv, path), args...)
}

// cappedBuffer keeps the first bytes and remembers that there were more.
type cappedBuffer struct {
	bytes.Buffer
	left int
	over bool
}

func (b *cappedBuffer) Write(p []byte) (int, error) {
	n := len(p)
	if n > b.left {
		p, b.over = p[:b.left], true
	}
	b.left -= len(p)
	b.Buffer.Write(p)
	return n, nil
}

// inFolder runs fn with a private folder that holds data under name.
func (r *Reader) inFolder(name string, data []byte, fn func(dir string) error) error {
	dir, err := os.MkdirTemp(r.opt.TempDir, "ukpbjd-extract-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		return err
	}
	return fn(dir)
}

// runOn runs a program in a private folder that holds data under name, and gives its output.
func (r *Reader) runOn(ctx context.Context, limit time.Duration, name string, data []byte, tool string, args ...string) (out []byte, err error) {
	err = r.inFolder(name, data, func(dir string) error {
		out, _, err = r.tools.run(ctx, limit, dir, tool, args...)
		return err
	})
	return out, err
}
