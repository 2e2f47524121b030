package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// file is one bbolt file with those who read it. A compaction puts another one in its place.
type file struct {
	b       *bbolt.DB
	f       *os.File // bbolt's own; read only by check
	free    int64    // bytes that opening found unused
	readers sync.WaitGroup
}

// openFile looks at every page before the file is opened for writing: see check.
func openFile(path string, o Options) (*file, error) {
	f, err := openCurrent(path, o, true, 0)
	if err != nil {
		return nil, err
	}
	size, err := f.look()
	if err != nil {
		return nil, errors.Join(err, f.b.Close())
	}
	if o.ReadOnly {
		return f, nil
	}
	if err := f.b.Close(); err != nil {
		return nil, err
	}
	return openCurrent(path, o, false, cmp.Or(o.Map, reserve(size)))
}

// look compares the length of the file with what its newest meta page counts, and reads every page that is used.
func (f *file) look() (size int64, err error) {
	st, err := f.f.Stat()
	if err != nil {
		return 0, err
	}
	err = f.b.View(func(t *bbolt.Tx) error {
		if size = t.Size(); size > st.Size() {
			return fmt.Errorf("%w: %d bytes long, should be %d", ErrDamaged, st.Size(), size)
		}
		used, err := check(context.Background(), t, f.f)
		f.free = size - used
		return err
	})
	return size, err
}

// openCurrent opens the file that has the name now. While it waited for the lock, the file that it had found may have been
// replaced by its compaction: what is written to that one is lost.
func openCurrent(path string, o Options, readOnly bool, room int) (*file, error) {
	for {
		f, err := openRaw(path, o, readOnly, room)
		if err != nil {
			return nil, err
		}
		mine, err := f.f.Stat()
		named, err2 := os.Stat(path)
		if err = errors.Join(err, err2); err != nil {
			return nil, errors.Join(err, f.b.Close())
		}
		if os.SameFile(mine, named) {
			return f, nil
		}
		if err := f.b.Close(); err != nil {
			return nil, err
		}
	}
}

// openRaw opens with bbolt and names its errors. bbolt leaves its file open and locked when it panics, so it is closed here.
func openRaw(path string, o Options, readOnly bool, room int) (_ *file, err error) {
	var f *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if f != nil {
				f.Close()
			}
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	b, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: cmp.Or(o.Timeout, time.Second), ReadOnly: readOnly, NoSync: o.NoSync,
		FreelistType: bbolt.FreelistMapType, NoFreelistSync: true, InitialMmapSize: room,
		OpenFile: func(name string, flag int, perm os.FileMode) (_ *os.File, err error) {
			f, err = os.OpenFile(name, flag&^os.O_CREATE, perm)
			if st, e := f.Stat(); e == nil && st.Size() < smallest {
				return nil, errors.Join(fmt.Errorf("%w: %d bytes long", ErrDamaged, st.Size()), f.Close())
			}
			return f, err
		},
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrLocked
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	case err != nil:
		return nil, err
	}
	return &file{b: b, f: f}, nil
}

// smallest is the length of a file as bbolt begins it: two metas, freelist and one leaf of 4 KiB each.
const smallest = 4 * 4096

// spacious is the address space of a store that grows for years; it costs nothing but numbers.
const spacious = min(64<<30, math.MaxInt/4)

// reserve returns how much address space to take for a file of this size: bbolt can enlarge its map only when nobody reads.
// Where less is granted (RLIMIT_AS), half of that is left to the heap; 0 is as little as bbolt itself takes.
func reserve(size int64) int {
	want := spacious
	if size > spacious/4 {
		want = int(min(4*size, math.MaxInt/2))
	}
	for n := want; int64(n) > size; n /= 2 {
		p, err := syscall.Mmap(-1, 0, n, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			continue
		}
		if err := syscall.Munmap(p); err != nil || n == want {
			return n
		}
		return n / 2
	}
	return 0
}

// create makes a new file beside its place and links it there when it is complete and synced: bbolt's own first steps do
// not survive a power cut. An existing file is left alone, even an empty one: that is damage, not a new beginning.
func create(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	name, err := beside(path)
	if err != nil {
		return err
	}
	defer os.Remove(name)
	if err := os.Link(name, path); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, e := os.Stat(path); e == nil {
			return nil // another process was faster, and swept ours away
		}
		return err
	}
	os.Remove(name) // before the sync, so that a power cut leaves no second name behind
	return syncDir(filepath.Dir(path))
}

// unfinished follows the store's name in the names of files in the making.
const unfinished = ".tmp-"

// beside makes an empty store under a name of its own next to path.
func beside(path string) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+unfinished+"*")
	if err != nil {
		return "", err
	}
	if err = f.Close(); err == nil {
		var b *bbolt.DB
		if b, err = bbolt.Open(f.Name(), 0o600, &bbolt.Options{NoFreelistSync: true}); err == nil {
			err = b.Close()
		}
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return f.Name(), err
}

// sweep removes what crashes left. Only the one who has the store locked for writing may: then nobody else makes such files.
func sweep(path string) error {
	dir, prefix := filepath.Dir(path), filepath.Base(path)+unfinished
	names, err := os.ReadDir(dir)
	for _, e := range names {
		if strings.HasPrefix(e.Name(), prefix) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
