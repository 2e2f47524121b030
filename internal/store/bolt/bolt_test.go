package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"ukpbjd/internal/store"
)

var ctx = context.Background()

func open(t testing.TB, path string, o Options) *DB {
	t.Helper()
	db, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func put(t testing.TB, db *DB, key string, value []byte) {
	t.Helper()
	if err := db.Update(ctx, func(x store.Tx) error { return x.Put("b", []byte(key), value) }); err != nil {
		t.Fatal(err)
	}
}

func TestLockedByAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	first := open(t, path, Options{})
	if _, err := Open(path, Options{Timeout: 10 * time.Millisecond}); !errors.Is(err, ErrLocked) {
		t.Errorf("second opener: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path, Options{Timeout: 10 * time.Millisecond}).Close()
}

// A file cut anywhere is refused, or opens with everything; it never kills the process, and the lock is given back.
func TestTruncated(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	db := open(t, path, Options{})
	for i := range 40 {
		put(t, db, fmt.Sprintf("k%02d", i), bytes.Repeat([]byte{byte(i)}, 3000))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for n := 0; n < 300<<10; n += 3000 { // what follows is room to grow
		cut := filepath.Join(dir, "cut.db")
		if err := os.WriteFile(cut, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		switch err := readAll(cut); {
		case errors.Is(err, ErrDamaged):
			refused++
		case err != nil:
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	if refused == 0 {
		t.Error("no cut was noticed")
	}
	if err := readAll(path); err != nil { // the same reader is content with the whole file
		t.Error(err)
	}
}

// readAll opens twice: after a refusal the file must not stay locked.
func readAll(path string) (err error) {
	for range 2 {
		db, e := Open(path, Options{Timeout: 10 * time.Millisecond})
		if e != nil {
			err = e
			continue
		}
		n := 0
		e = db.View(ctx, func(x store.Tx) error {
			return x.Scan("b", nil, nil, func(k, v []byte) bool { n += len(v); return true })
		})
		if e == nil && n != 40*3000 {
			e = fmt.Errorf("%d bytes", n)
		}
		err = errors.Join(err, e, db.Close())
	}
	return err
}

// Damage inside comes back as an error or as what was written, never as a crash of the process.
func TestDamagedPages(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	db := open(t, path, Options{})
	for i := range 40 {
		put(t, db, fmt.Sprintf("k%02d", i), bytes.Repeat([]byte{byte(i)}, 3000))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	noticed := 0
	for page := 0; page < 80; page++ {
		bad := bytes.Clone(whole)
		copy(bad[page*4096:], bytes.Repeat([]byte{0xff}, 64))
		cut := filepath.Join(dir, "bad.db")
		if err := os.WriteFile(cut, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readAll(cut); err != nil {
			noticed++
		}
	}
	if noticed == 0 {
		t.Error("no damage was noticed")
	}
}

func TestNotAStore(t *testing.T) {
	for name, content := range map[string][]byte{"empty": {}, "zeroes": make([]byte, 32<<10), "text": bytes.Repeat([]byte("halo "), 9000)} {
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, Options{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "no", "x.db"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

func TestCommitErrorStops(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "x.db"), Options{})
	defer db.Close()
	put(t, db, "a", []byte("1"))
	db.cur.b.MaxSize = 1 // the file may not grow: the commit fails
	err := db.Update(ctx, func(x store.Tx) error { return x.Put("b", []byte("c"), make([]byte, 1<<20)) })
	var ce *CommitError
	if !errors.Is(err, store.ErrUnknown) || !errors.As(err, &ce) {
		t.Fatalf("commit error: %v", err)
	}
	db.cur.b.MaxSize = 0
	if err := db.Update(ctx, func(store.Tx) error { t.Error("ran"); return nil }); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("after it: %v", err)
	}
	if err := db.View(ctx, func(store.Tx) error { t.Error("ran"); return nil }); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("after it: %v", err)
	}
}

func TestMisuse(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "x.db"), Options{})
	defer db.Close()
	put(t, db, "a", []byte("1"))
	var kept store.Tx
	err := db.Update(ctx, func(x store.Tx) error {
		kept = x
		return x.Scan("b", nil, nil, func(k, v []byte) bool {
			if err := x.Put("b", []byte("z"), nil); !errors.Is(err, errScanning) {
				t.Errorf("put inside a scan: %v", err)
			}
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Get("b", []byte("a")); !errors.Is(err, errEnded) {
		t.Errorf("get after the end: %v", err)
	}
	if err := kept.Put("b", []byte("a"), nil); !errors.Is(err, errEnded) {
		t.Errorf("put after the end: %v", err)
	}
}

func BenchmarkUpdate(b *testing.B) {
	db := open(b, filepath.Join(b.TempDir(), "x.db"), Options{})
	defer db.Close()
	v := make([]byte, 1024)
	for i := 0; b.Loop(); i++ {
		put(b, db, fmt.Sprintf("%08d", i), v)
	}
}

// Check is what opening looks at, while the store is open.
func (d *DB) Check(ctx context.Context) error {
	err := d.read(func(f *file, t *bbolt.Tx) error {
		_, err := check(ctx, t, f.f)
		return err
	})
	if err != nil {
		return fmt.Errorf("check store %s: %w", d.path, err)
	}
	return nil
}
