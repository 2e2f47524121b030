// Package bolt is the store's default engine: one bbolt file, written by one process. Buckets are made when something is
// first put into them; keys and values are the store's own. State on disk:
//
//	ukpbjd.db        bbolt file, mode 0600, locked while it is open; its free pages are not written, but found again at opening
//	ukpbjd.db.tmp-*  a new file, a compaction or a backup in the making; removed at the next opening when a crash left it
package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"ukpbjd/internal/store"
)

// Options of one file. The zero value is right for the daemon.
type Options struct {
	Timeout     time.Duration // how long to wait for another process to release the file; 0: one second
	ReadOnly    bool          // look only; other readers may look at the same time
	Map         int           // address space taken at opening, in bytes; 0: more than the file will ever need. Growing past it waits for every reader
	CompactOver int64         // bytes from which a file is compacted at opening when more than half of it is free; 0: 16 MiB
	NoSync      bool          // tests only: a commit may be lost by a power cut
}

// DB is one open store; it fulfils store.DB and is safe for concurrent use.
type DB struct {
	path   string
	o      Options
	writer chan struct{} // holds one token; taken for the time of an Update, so that waiting for it can be cancelled
	broken error         // of the commit after which nothing is known; written and read by the holder of the token
	halt   chan struct{} // closed when broken is set

	mu       sync.RWMutex   // of cur, against those who begin to read; the holder of the token may read it without
	cur      *file          // what transactions begin on
	replaced sync.WaitGroup // files that a compaction replaced, until their last reader has ended
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

// Unwrap returns both the sentinel and the cause.
func (e *CommitError) Unwrap() []error { return []error{store.ErrUnknown, e.Err} }

// Open opens the file, or makes it. A file of another process is ErrLocked, an unreadable one ErrDamaged.
//
// A large file that is mostly free is compacted. Where that cannot be done (a full disk), the store is opened as it is:
// FreeShare tells, and Compact says why.
func Open(path string, o Options) (*DB, error) {
	if !o.ReadOnly {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("make store %s: %w", path, err)
		}
	}
	path, err := filepath.EvalSymlinks(path) // new files belong beside the store, not beside a link to it
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	f, err := openFile(path, o)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	d := &DB{path: path, o: o, cur: f, writer: make(chan struct{}, 1), halt: make(chan struct{})}
	d.writer <- struct{}{}
	if o.ReadOnly {
		return d, nil
	}
	if err := sweep(path); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: remove what a crash left: %w", path, err), d.Close())
	}
	if free, total := d.FreeShare(); total > cmp.Or(o.CompactOver, 16<<20) && free > total/2 {
		if err := d.Compact(context.Background()); errors.Is(err, store.ErrUnknown) {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d, nil
}

// Close waits for running transactions and releases the file.
func (d *DB) Close() error {
	<-d.writer // a compaction ends first
	defer d.leave()
	err := d.cur.b.Close()
	d.replaced.Wait()
	if err != nil {
		return fmt.Errorf("close store %s: %w", d.path, err)
	}
	return nil
}

// enter waits for the place of the one writer; leave must follow when it returns nil.
func (d *DB) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-d.writer:
	}
	if d.broken != nil {
		d.leave()
		return d.broken
	}
	return nil
}

func (d *DB) leave() { d.writer <- struct{}{} }

// fail ends the DB after a write of which nobody knows whether it is on disk.
func (d *DB) fail(err error) error {
	d.broken = &CommitError{d.path, err}
	close(d.halt)
	return d.broken
}

// Update runs fn in a transaction that nobody else writes beside, and commits. An error of fn, or the end of ctx, rolls back.
// After a CommitError the DB does nothing more: close it, open it again and read what is there.
func (d *DB) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := d.enter(ctx); err != nil {
		return err
	}
	defer d.leave()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	t, err := d.cur.b.Begin(true)
	if err != nil {
		return fmt.Errorf("write store %s: %w", d.path, err)
	}
	x := newTx(t)
	defer x.end() // also when fn panics
	if err := fn(x); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := x.commit(); err != nil {
		return d.fail(err)
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
	return d.read(func(_ *file, t *bbolt.Tx) error {
		x := newTx(t)
		defer x.end()
		return fn(x)
	})
}

// read runs fn on the file that is current when it begins, and keeps that file until fn ends.
func (d *DB) read(fn func(*file, *bbolt.Tx) error) error {
	f, t, err := d.begin()
	if err != nil {
		return fmt.Errorf("read store %s: %w", d.path, err)
	}
	defer f.readers.Done()
	defer t.Rollback() //nolint:errcheck // returns only "closed"
	return fn(f, t)
}

func (d *DB) begin() (*file, *bbolt.Tx, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	t, err := d.cur.b.Begin(false)
	if err == nil {
		d.cur.readers.Add(1)
	}
	return d.cur, t, err
}
