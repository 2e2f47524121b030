// Package bolt is the store's default engine: one bbolt file, written by one process. Buckets are made when something is
// first put into them; keys and values are the store's own. State on disk:
//
//	ukpbjd.db   bbolt file, mode 0600, locked while it is open; its free pages are not written, but found again at opening
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"ukpbjd/internal/store"
)

// Options of one file. The zero value is right for the daemon.
type Options struct {
	Timeout  time.Duration // how long to wait for another process to let go of the file; 0: one second
	ReadOnly bool          // look only; other readers may look at the same time
	Map      int           // address space taken at opening, in bytes; 0: 256 MiB. Growing past it waits for every reader
	NoSync   bool          // tests only: a commit may be lost by a power cut
}

// DB is one open file; it fulfils store.DB and is safe for concurrent use.
type DB struct {
	b      *bbolt.DB
	file   *os.File // bbolt's own; read only by Check
	path   string
	writer chan struct{} // holds one token; taken for the time of an Update, so that waiting for it can be cancelled
	broken error         // of the commit after which nothing is known; written and read by the holder of the token
	halt   chan struct{} // closed when broken is set
}

var _ store.DB = (*DB)(nil)

// ErrLocked says that another process holds the file.
var ErrLocked = errors.New("another process has it open")

// ErrDamaged says that the file cannot be read as a store.
var ErrDamaged = errors.New("the file is damaged")

// CommitError is the failure of a commit. It is store.ErrUnknown: the transaction may or may not be on disk.
type CommitError struct {
	Path string
	Err  error
}

func (e *CommitError) Error() string {
	return fmt.Sprintf("commit to %s: %v: %v", e.Path, store.ErrUnknown, e.Err)
}

// Unwrap gives both the sentinel and the cause.
func (e *CommitError) Unwrap() []error { return []error{store.ErrUnknown, e.Err} }

// Open opens the file, or makes it. A file of another process gives ErrLocked, an unreadable one ErrDamaged.
func Open(path string, o Options) (*DB, error) {
	if !o.ReadOnly {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("make store %s: %w", path, err)
		}
	}
	b, f, err := openFile(path, o)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	d := &DB{b: b, file: f, path: path, writer: make(chan struct{}, 1), halt: make(chan struct{})}
	d.writer <- struct{}{}
	return d, nil
}

// openFile looks at every page before the file is opened for writing: see check.
func openFile(path string, o Options) (*bbolt.DB, *os.File, error) {
	b, f, err := openRaw(path, o, true)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(whole(b, f), check(context.Background(), b, f)); err != nil || o.ReadOnly {
		if err != nil {
			b.Close()
		}
		return b, f, err
	}
	if err := b.Close(); err != nil {
		return nil, nil, err
	}
	return openRaw(path, o, false)
}

// openRaw opens with bbolt and names its errors. bbolt leaves its file open and locked when it panics, so it is closed here.
func openRaw(path string, o Options, readOnly bool) (b *bbolt.DB, f *os.File, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if f != nil {
				f.Close()
			}
			b, f, err = nil, nil, fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	b, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: or(o.Timeout, time.Second), ReadOnly: readOnly, NoSync: o.NoSync,
		FreelistType: bbolt.FreelistMapType, NoFreelistSync: true, NoStatistics: true, InitialMmapSize: or(o.Map, 256<<20),
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
		return nil, nil, ErrLocked
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return b, f, err
}

// smallest is the length of a file as bbolt begins it: two metas, freelist and one leaf of 4 KiB each.
const smallest = 4 * 4096

// create makes a new file beside its place and links it there when it is complete and synced: bbolt's own first steps do
// not survive a power cut. An existing file is left alone, even an empty one: that is damage, not a new beginning.
func create(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return err
	}
	b, err := bbolt.Open(f.Name(), 0o600, &bbolt.Options{NoFreelistSync: true})
	if err != nil {
		return err
	}
	if err := b.Close(); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	os.Remove(f.Name()) // before the sync, so that a power cut leaves no second name behind
	return syncDir(filepath.Dir(path))
}

// whole compares the length of the file with what its newest meta page counts.
func whole(b *bbolt.DB, f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	return b.View(func(t *bbolt.Tx) error {
		if t.Size() > st.Size() {
			return fmt.Errorf("%w: %d bytes long, should be %d", ErrDamaged, st.Size(), t.Size())
		}
		return nil
	})
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Close waits for running transactions and gives the file free.
func (d *DB) Close() error {
	if err := d.b.Close(); err != nil {
		return fmt.Errorf("close store %s: %w", d.path, err)
	}
	return nil
}

func (d *DB) tx(t *bbolt.Tx) *tx {
	return &tx{t: t, buckets: map[string]*bbolt.Bucket{}}
}

// Update runs fn in a transaction that nobody else writes beside, and commits. An error of fn, or the end of ctx, rolls back.
// After a CommitError the DB does nothing more: close it, open it again and read what is there.
func (d *DB) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-d.writer:
		defer func() { d.writer <- struct{}{} }()
	}
	if d.broken != nil {
		return d.broken
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	t, err := d.b.Begin(true)
	if err != nil {
		return fmt.Errorf("write store %s: %w", d.path, err)
	}
	x := d.tx(t)
	defer x.end() // also when fn panics
	if err := fn(x); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := x.commit(); err != nil {
		d.broken = &CommitError{d.path, err}
		close(d.halt)
		return d.broken
	}
	return nil
}

// View runs fn on an unchanging picture of the store. Keep it short: pages that it sees cannot be used again meanwhile.
func (d *DB) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-d.halt:
		return d.broken
	default:
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	t, err := d.b.Begin(false)
	if err != nil {
		return fmt.Errorf("read store %s: %w", d.path, err)
	}
	x := d.tx(t)
	defer x.end()
	return fn(x)
}
