package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// perTransaction bounds the memory of a compaction, in bytes.
const perTransaction = 4 << 20

// FreeShare returns how many of the store's bytes are in free pages. Of a store that is open for reading only it is what
// opening found; of a closed one, nothing.
func (d *DB) FreeShare() (free, total int64) {
	d.read(func(f *file, t *bbolt.Tx) error { //nolint:errcheck // only of a closed store
		total, free = t.Size(), f.free
		if !d.o.ReadOnly {
			s := f.b.Stats()
			free = int64(s.FreePageN+s.PendingPageN) * int64(f.b.Info().PageSize)
		}
		return nil
	})
	return free, total
}

// Compact writes what is alive into a new file, which then takes the old one's place. Writers wait; readers do not: whoever
// reads already keeps the old file until the end. An error leaves the store as it was, unless it is store.ErrUnknown, which
// means here: either of two files with the same content has the name.
func (d *DB) Compact(ctx context.Context) error {
	if err := d.enter(ctx); err != nil {
		return err
	}
	defer d.leave()
	f, err := d.rewrite(ctx)
	if err == nil {
		if err = f.f.Sync(); err != nil {
			err = errors.Join(err, f.discard())
		} else {
			err = d.replace(f)
		}
	}
	if err != nil {
		return fmt.Errorf("compact store %s: %w", d.path, err)
	}
	return nil
}

// rewrite returns a new file beside the old one, with all its rows, locked and not yet synced.
func (d *DB) rewrite(ctx context.Context) (f *file, err error) {
	if d.o.ReadOnly {
		return nil, bolterrors.ErrDatabaseReadOnly
	}
	name, err := beside(d.path)
	if err != nil {
		return nil, err
	}
	o := d.o
	o.NoSync = true
	err = d.read(func(old *file, t *bbolt.Tx) error {
		if f, err = openRaw(name, o, false, cmp.Or(o.Map, reserve(t.Size()))); err != nil {
			return errors.Join(err, os.Remove(name))
		}
		if err := errors.Join(sameOwner(f.f, old.f), fill(ctx, f.b, t)); err != nil {
			return errors.Join(err, f.discard())
		}
		return nil
	})
	return f, err
}

// sameOwner lets root compact a store that belongs to the service.
func sameOwner(f, old *os.File) error {
	st, err := old.Stat()
	if err != nil {
		return err
	}
	who, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.ErrUnsupported
	}
	return errors.Join(f.Chown(int(who.Uid), int(who.Gid)), f.Chmod(st.Mode().Perm()))
}

func (f *file) discard() error { return errors.Join(f.b.Close(), os.Remove(f.f.Name())) }

// replace gives a synced file the store's name. Both files are locked meanwhile, so no other process writes to either.
func (d *DB) replace(f *file) error {
	err := os.Rename(f.f.Name(), d.path)
	if err == nil {
		err = syncDir(filepath.Dir(d.path))
	}
	if err != nil {
		return errors.Join(d.fail(err), f.b.Close())
	}
	f.b.NoSync = d.o.NoSync
	d.mu.Lock()
	old := d.cur
	d.cur = f
	d.mu.Unlock()
	d.replaced.Go(func() {
		old.readers.Wait()
		old.b.Close() //nolint:errcheck // nothing of it is needed any more
	})
	return nil
}

// fill copies all rows, some at a time. The store's buckets lie side by side and hold rows only.
func fill(ctx context.Context, to *bbolt.DB, from *bbolt.Tx) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer damage(&err)
	t, err := to.Begin(true)
	if err != nil {
		return err
	}
	defer func() {
		if t != nil {
			t.Rollback() //nolint:errcheck // returns only "closed"
		}
	}()
	size := 0
	err = from.ForEach(func(name []byte, b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				return fmt.Errorf("%w: bucket %q holds a bucket", ErrDamaged, name)
			}
			if size += len(k) + len(v); size > perTransaction {
				size = 0
				if err := errors.Join(ctx.Err(), t.Commit()); err != nil {
					return err
				}
				if t, err = to.Begin(true); err != nil {
					return err
				}
			}
			return add(t, name, k, v)
		})
	})
	if err != nil {
		return err
	}
	return errors.Join(ctx.Err(), t.Commit())
}

// add puts a row behind those that are there.
func add(t *bbolt.Tx, bucket, k, v []byte) error {
	b := t.Bucket(bucket)
	if b == nil {
		var err error
		if b, err = t.CreateBucket(bucket); err != nil {
			return err
		}
	}
	b.FillPercent = 0.9 // rows come in order; a little room is left for later ones
	return b.Put(k, v)
}
