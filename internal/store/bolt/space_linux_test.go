package bolt

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"ukpbjd/internal/store"
)

// private is this process's own memory in MiB: what of it no file holds.
func private(t *testing.T) int {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "\nAnonymous:")
	n := 0
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n >> 10
}

// until polls; it fails the test when what it waits for does not come.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick, late := time.NewTicker(20*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not after a minute", what)
		}
	}
}

// growing says whether a writer waits for readers to enlarge the map.
func growing() bool {
	buf := make([]byte, 1<<20)
	for g := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "bbolt.(*DB).mmap(") && strings.Contains(g, "sync.(*RWMutex).Lock(") {
			return true
		}
	}
	return false
}

// underAReader commits while a View is open, and returns when all is committed or a commit waits for the View.
func underAReader(t *testing.T, o Options, commits, size int) (waited bool) {
	t.Helper()
	o.NoSync = true
	db := open(t, filepath.Join(t.TempDir(), "x.db"), o)
	defer closing(t, db)
	put(t, db, "first", []byte("v"))
	done := make(chan error, 1)
	err := db.View(ctx, func(x store.Tx) error {
		go func() {
			value := make([]byte, size)
			for n := range commits {
				if err := db.Update(ctx, func(x store.Tx) error { return x.Put("b", fmt.Appendf(nil, "%06d", n), value) }); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		until(t, "a commit that ends or waits", func() bool { waited = growing(); return waited || len(done) > 0 })
		v, err := x.Get("b", []byte("first"))
		if string(v) != "v" {
			t.Errorf("the reader sees %q", v)
		}
		return err
	})
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	return waited
}

// TestSlowReaderStopsNoCommit (A10): 320 MiB are committed under the eyes of a reader who never ends, and none of it becomes memory.
func TestSlowReaderStopsNoCommit(t *testing.T) {
	before := private(t)
	if underAReader(t, Options{}, 320, 1<<20) {
		t.Error("a commit waited for a reader")
	}
	if after := private(t); after > before+100 {
		t.Errorf("private memory went from %d to %d MiB", before, after)
	}
}

// With as little address space as bbolt itself takes, the same commits wait: this test sees what it looks for.
func TestSlowReaderStopsCommitsOfASmallMap(t *testing.T) {
	if !underAReader(t, Options{Map: 1 << 20}, 4, 1<<20) {
		t.Error("no commit waited for the reader")
	}
}

// shortOfSpace is a child that may have only so much address space, and does a day's work.
func shortOfSpace(dir string) error {
	const all = 4 << 30
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: all, Max: all}); err != nil {
		return err
	}
	db, err := Open(filepath.Join(dir, "x.db"), Options{NoSync: true})
	if err != nil {
		return err
	}
	heap := make([][]byte, 300)
	for i := range heap { // what is left is enough to work with
		heap[i] = make([]byte, 1<<20)
	}
	err = db.Update(ctx, func(x store.Tx) error { return x.Put("b", []byte("k"), heap[len(heap)-1]) })
	return errors.Join(err, db.Compact(ctx), db.Close())
}

func TestShortOfAddressSpace(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "UKPBJD_SPACE="+t.TempDir())
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%.2000s", err, out)
	}
}

// TestLateOpener: who waits for a file that is replaced meanwhile gets the new one, with all that was written since.
func TestLateOpener(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := hollow(t, path, 4)
	waiting := descriptors(t, path) + 1
	done := make(chan error, 1)
	go func() {
		late, err := openCurrent(path, Options{Timeout: time.Minute}, false, 0)
		if err == nil {
			err = late.b.View(func(x *bbolt.Tx) error {
				if v := x.Bucket([]byte("b")).Get([]byte("since")); string(v) != "v" {
					return errors.New("the late one has the old file")
				}
				return nil
			})
			err = errors.Join(err, late.b.Close())
		}
		done <- err
	}()
	until(t, "a second opener", func() bool { return descriptors(t, path) == waiting })
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	until(t, "the end of the old file", func() bool { return descriptors(t, path+" (deleted)") == 0 })
	put(t, db, "since", []byte("v"))
	closing(t, db)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// descriptors counts those of this process on a file.
func descriptors(t *testing.T, path string) (n int) {
	t.Helper()
	const fds = "/proc/self/fd"
	for _, fd := range names(t, fds) {
		if to, err := os.Readlink(filepath.Join(fds, fd)); err == nil && to == path {
			n++
		}
	}
	return n
}
