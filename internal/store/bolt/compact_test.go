package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	bolterrors "go.etcd.io/bbolt/errors"

	"ukpbjd/internal/store"
)

// hollow makes a store of 40 values (see readAll), an empty one, and junk MiB that were deleted again.
func hollow(t *testing.T, path string, junk int) *DB {
	t.Helper()
	db := open(t, path, Options{NoSync: true})
	for i := range 40 {
		put(t, db, fmt.Sprintf("k%02d", i), bytes.Repeat([]byte{byte(i)}, 3000))
	}
	put(t, db, "nothing", nil)
	put(t, db, "junk", make([]byte, junk<<20))
	if err := db.Update(ctx, func(x store.Tx) error {
		return errors.Join(x.Delete("b", []byte("junk")), x.Put("other", []byte("k"), []byte("v")))
	}); err != nil {
		t.Fatal(err)
	}
	return db
}

// names returns what lies in a directory.
func names(t *testing.T, dir string) (found []string) {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		found = append(found, e.Name())
	}
	return found
}

func closing(t *testing.T, db *DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// A store is compacted at opening when it is large and mostly free, and only then.
func TestCompactedAtOpening(t *testing.T) {
	for _, c := range []struct {
		name    string
		junk    int // MiB
		over    int64
		smaller bool
	}{
		{"large and hollow", 20, 0, true}, {"small", 4, 0, false}, {"small, asked for", 4, 1, true}, {"full", 0, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "x.db")
			db := hollow(t, path, c.junk)
			_, before := db.FreeShare()
			closing(t, db)
			if err := os.WriteFile(path+unfinished+"123", []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			db = open(t, path, Options{NoSync: true, CompactOver: c.over})
			free, total := db.FreeShare()
			if c.smaller != (total < before) || c.smaller && free > total/2 {
				t.Errorf("%d bytes became %d, of which %d are free", before, total, free)
			}
			put(t, db, "later", []byte("v"))
			if err := db.Check(ctx); err != nil {
				t.Error(err)
			}
			free, total = db.FreeShare()
			closing(t, db)
			if got := names(t, dir); len(got) != 1 {
				t.Errorf("beside the store: %q", got)
			}
			db = open(t, path, Options{ReadOnly: true})
			defer closing(t, db)
			rows := 0
			if err := db.View(ctx, func(x store.Tx) error {
				v, err := x.Get("b", []byte("nothing"))
				if v == nil || len(v) != 0 {
					t.Errorf("an empty value became %v", v)
				}
				if v, _ := x.Get("other", []byte("k")); string(v) != "v" {
					t.Errorf("in another bucket: %q", v)
				}
				return errors.Join(err, x.Scan("b", nil, nil, func(k, v []byte) bool { rows++; return true }))
			}); err != nil || rows != 42 {
				t.Errorf("%d rows, %v", rows, err)
			}
			if f, n := db.FreeShare(); n != total || f != free {
				t.Errorf("for reading %d of %d bytes are free, for writing %d of %d", f, n, free, total)
			}
		})
	}
}

// Who reads while the store is compacted keeps the old file; who comes later reads and writes the new one.
func TestCompactWhileOthersRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	db := hollow(t, path, 4)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := db.Compact(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	err := db.View(ctx, func(x store.Tx) error {
		for n := range 3 {
			if err := db.Compact(ctx); err != nil {
				return err
			}
			put(t, db, "k00", fmt.Append(nil, n))
			v, err := x.Get("b", []byte("k00"))
			if err != nil || len(v) != 3000 {
				t.Errorf("the reader from before sees %d bytes, %v", len(v), err)
			}
			if err := db.View(ctx, func(y store.Tx) error {
				v, err := y.Get("b", []byte("k00"))
				if string(v) != fmt.Sprint(n) {
					t.Errorf("a new reader sees %q", v)
				}
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if free, total := db.FreeShare(); free > total/2 || total > 1<<20 {
		t.Errorf("%d of %d bytes are free", free, total)
	}
	if _, err := Open(path, Options{Timeout: 10 * time.Millisecond}); !errors.Is(err, ErrLocked) {
		t.Errorf("second opener of the new file: %v", err)
	}
	closing(t, db)
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("beside the store: %q", got)
	}
	db = open(t, path, Options{ReadOnly: true})
	defer closing(t, db)
	if err := db.Compact(ctx); !errors.Is(err, bolterrors.ErrDatabaseReadOnly) {
		t.Errorf("of a store opened for reading: %v", err)
	}
}

// Between one compaction and the next many write and read; nothing is lost.
func TestCompactAmongWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, path, Options{NoSync: true, Map: 1 << 20})
	done := make(chan error, 3)
	for who := range 3 {
		go func() {
			for n := range 100 {
				err := db.Update(ctx, func(x store.Tx) error { return x.Put("b", fmt.Appendf(nil, "%d-%02d", who, n), value(n)) })
				if err == nil {
					err = db.View(ctx, func(x store.Tx) error {
						v, err := x.Get("b", fmt.Appendf(nil, "%d-%02d", who, n))
						if !bytes.Equal(v, value(n)) {
							return errors.Join(err, fmt.Errorf("writer %d: row %d is lost", who, n))
						}
						return err
					})
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for left := 3; left > 0; {
		select {
		case err := <-done:
			if left--; err != nil {
				t.Error(err)
			}
		default:
			if err := db.Compact(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	closing(t, db)
	db = open(t, path, Options{NoSync: true})
	defer closing(t, db)
	rows := 0
	if err := db.View(ctx, func(x store.Tx) error {
		return x.Scan("b", nil, nil, func(_, _ []byte) bool { rows++; return true })
	}); err != nil || rows != 300 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// A store behind a symbolic link is compacted where it lies.
func TestCompactBehindALink(t *testing.T) {
	far, near := t.TempDir(), t.TempDir()
	closing(t, hollow(t, filepath.Join(far, "x.db"), 4))
	link := filepath.Join(near, "x.db")
	if err := os.Symlink(filepath.Join(far, "x.db"), link); err != nil {
		t.Fatal(err)
	}
	db := open(t, link, Options{CompactOver: 1})
	defer closing(t, db)
	if free, total := db.FreeShare(); free > total/2 {
		t.Errorf("%d of %d bytes are free", free, total)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", st.Mode(), err)
	}
}

// When the new file does not get the name, nobody knows which one has it after a crash: the store does nothing more.
func TestCompactUnknown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := hollow(t, path, 4)
	f, err := db.rewrite(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(f.f.Name()); err != nil {
		t.Fatal(err)
	}
	if err := db.replace(f); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("a lost file took the place: %v", err)
	}
	if err := db.View(ctx, func(store.Tx) error { t.Error("ran"); return nil }); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("after it: %v", err)
	}
	if err := db.Compact(ctx); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("after it: %v", err)
	}
	closing(t, db)
	closing(t, open(t, path, Options{}))
}

// The service's store stays the service's when root compacts it.
func TestCompactKeepsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can own a file for another")
	}
	path := filepath.Join(t.TempDir(), "x.db")
	closing(t, hollow(t, path, 4))
	if err := errors.Join(os.Chown(path, 1, 2), os.Chmod(path, 0o640)); err != nil {
		t.Fatal(err)
	}
	closing(t, open(t, path, Options{CompactOver: 1}))
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if who := st.Sys().(*syscall.Stat_t); who.Uid != 1 || who.Gid != 2 || st.Mode().Perm() != 0o640 {
		t.Errorf("it belongs to %d:%d with %v", who.Uid, who.Gid, st.Mode())
	}
}
