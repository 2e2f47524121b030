package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

// engines are those that must pass. Each opens a DB in a directory on the named data: the same name in one directory is the same
// data again.
var engines = map[string]func(dir, name string) (store.DB, error){
	"bolt": func(dir, name string) (store.DB, error) {
		return bolt.Open(filepath.Join(dir, name+".db"), bolt.Options{NoSync: true})
	},
}

// TestContract is what every engine of the store must pass: one suite over the contract of store.DB. Everything is tried a second
// time with closures that run twice, as they may. What a power cut leaves is storetest's.
func TestContract(t *testing.T) {
	for name, engine := range engines {
		t.Run(name, func(t *testing.T) { contract(t, engine) })
	}
}

func contract(t *testing.T, engine func(dir, name string) (store.DB, error)) {
	dirs := map[*testing.T]string{}
	once := func(t *testing.T, name string) store.DB {
		if dirs[t] == "" {
			dirs[t] = t.TempDir()
		}
		db, err := engine(dirs[t], name)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	twice := func(t *testing.T, name string) store.DB { return twice{once(t, name)} }
	for _, c := range []struct {
		name string
		run  func(*testing.T, func(*testing.T, string) store.DB)
	}{
		{"absent", absent}, {"put and get", putGet}, {"order", order}, {"ranges", ranges}, {"own writes", ownWrites},
		{"rollback", rollback}, {"panic", panics}, {"one picture", picture}, {"serialisable", serialisable},
		{"one after another", oneAfterAnother}, {"write skew", skew}, {"closure runs twice", again}, {"bounds", bounds},
		{"durable", durable}, {"big values", big}, {"ended context", ended}, {"waiting is cancelled", waiting},
		{"view does not write", viewWrites}, {"reused buffers", reused}, {"model", model},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, once) })
		t.Run(c.name+", twice", func(t *testing.T) { c.run(t, twice) })
	}
}

var ctx = context.Background()

func put(t *testing.T, db store.DB, bucket string, pairs ...string) {
	t.Helper()
	err := db.Update(ctx, func(x store.Tx) error {
		for i := 0; i < len(pairs); i += 2 {
			if err := x.Put(bucket, []byte(pairs[i]), []byte(pairs[i+1])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dump returns a range as "k=v k=v".
func dump(x store.Tx, bucket string, from, to []byte) (string, error) {
	var b bytes.Buffer
	err := x.Scan(bucket, from, to, func(k, v []byte) bool {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%s", k, v)
		return true
	})
	return b.String(), err
}

func want(t *testing.T, db store.DB, bucket string, from, to []byte, want string) {
	t.Helper()
	err := db.View(ctx, func(x store.Tx) error {
		got, err := dump(x, bucket, from, to)
		if got != want {
			t.Errorf("bucket %q [%q,%q): got %q, want %q", bucket, from, to, got, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func absent(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	look := func(x store.Tx) error {
		if v, err := x.Get("none", []byte("k")); v != nil || err != nil {
			return fmt.Errorf("absent bucket: %q, %v", v, err)
		}
		return x.Scan("none", nil, nil, func(k, v []byte) bool { t.Error("a key in an absent bucket"); return true })
	}
	if err := errors.Join(db.View(ctx, look), db.Update(ctx, look)); err != nil {
		t.Fatal(err)
	}
	put(t, db, "b", "k", "v")
	err := db.Update(ctx, func(x store.Tx) error {
		if v, err := x.Get("b", []byte("other")); v != nil || err != nil {
			return fmt.Errorf("absent key: %q, %v", v, err)
		}
		return errors.Join(x.Delete("b", []byte("other")), x.Delete("none", []byte("k")))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func putGet(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	put(t, db, "b", "k", "1", "empty", "", "k", "2")
	put(t, db, "c", "k", "other bucket")
	want(t, db, "b", nil, nil, "empty= k=2")
	err := db.View(ctx, func(x store.Tx) error {
		if v, err := x.Get("b", []byte("empty")); v == nil || len(v) != 0 || err != nil {
			t.Errorf("an empty value is not absent: %v, %v", v, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(ctx, func(x store.Tx) error {
		return x.Delete("b", []byte("k"))
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, db, "b", nil, nil, "empty=")
	want(t, db, "c", nil, nil, "k=other bucket")
}

func order(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	put(t, db, "b", "b", "3", "a\xff", "2", "\x00", "0", "a", "1", "\xff\xff", "5", "b\x00", "4")
	want(t, db, "b", nil, nil, "\x00=0 a=1 a\xff=2 b=3 b\x00=4 \xff\xff=5")
}

func ranges(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	put(t, db, "b", "a", "1", "c", "2", "e", "3")
	for _, c := range []struct{ from, to, want string }{
		{"", "", "a=1 c=2 e=3"}, {"a", "e", "a=1 c=2"}, {"b", "f", "c=2 e=3"}, {"c", "", "c=2 e=3"},
		{"", "c", "a=1"}, {"c", "c", ""}, {"e", "a", ""}, {"x", "", ""}, {"", "a", ""},
	} {
		want(t, db, "b", limit(c.from), limit(c.to), c.want)
	}
	n := 0
	err := db.View(ctx, func(x store.Tx) error {
		n = 0
		return x.Scan("b", nil, nil, func(k, v []byte) bool { n++; return n < 2 })
	})
	if n != 2 || err != nil {
		t.Errorf("a scan that was ended saw %d keys, %v", n, err)
	}
}

func limit(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func ownWrites(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	put(t, db, "b", "a", "1", "b", "2")
	err := db.Update(ctx, func(x store.Tx) error {
		err := errors.Join(x.Put("b", []byte("c"), []byte("3")), x.Put("b", []byte("a"), []byte("9")),
			x.Delete("b", []byte("b")), x.Put("new", []byte("n"), []byte("v")))
		if err != nil {
			return err
		}
		got, err := dump(x, "b", nil, nil)
		if got != "a=9 c=3" {
			t.Errorf("inside its transaction: %q", got)
		}
		v, err2 := x.Get("new", []byte("n"))
		if string(v) != "v" {
			t.Errorf("new bucket: %q", v)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func rollback(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	put(t, db, "b", "a", "1")
	mine := errors.New("mine")
	err := db.Update(ctx, func(x store.Tx) error {
		if err := errors.Join(x.Put("b", []byte("a"), []byte("2")), x.Put("n", []byte("x"), []byte("y"))); err != nil {
			return err
		}
		return mine
	})
	if err != mine {
		t.Errorf("the closure's error comes back as %v", err)
	}
	want(t, db, "b", nil, nil, "a=1")
	want(t, db, "n", nil, nil, "")
}

func panics(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	func() {
		defer func() {
			if p := recover(); p != "boom" {
				t.Errorf("recovered %v", p)
			}
		}()
		db.Update(ctx, func(x store.Tx) error {
			if err := x.Put("b", []byte("a"), []byte("1")); err != nil {
				return err
			}
			panic("boom")
		})
	}()
	want(t, db, "b", nil, nil, "")
	put(t, db, "b", "a", "2") // the writer's place is free again
	want(t, db, "b", nil, nil, "a=2")
}

// serialisable lets many count up one number: every lost update shows.
func serialisable(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	const people, each = 8, 25
	var wg sync.WaitGroup
	for range people {
		wg.Go(func() {
			for range each {
				err := db.Update(ctx, func(x store.Tx) error {
					v, err := x.Get("n", []byte("n"))
					if err != nil {
						return err
					}
					return x.Put("n", []byte("n"), fmt.Appendf(nil, "%d", number(v)+1))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	want(t, db, "n", nil, nil, fmt.Sprintf("n=%d", people*each))
}

func number(b []byte) (n int) {
	for _, c := range b {
		n = n*10 + int(c-'0')
	}
	return n
}

func durable(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	put(t, db, "b", "a", "1", "b", "2")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, "a")
	want(t, db, "b", nil, nil, "a=1 b=2")
	err := db.Update(ctx, func(x store.Tx) error { return x.Delete("b", []byte("a")) })
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	db = open(t, "a")
	defer db.Close()
	want(t, db, "b", nil, nil, "b=2")
}

func big(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	value := bytes.Repeat([]byte("0123456789abcdef"), 1<<17) // 2 MiB
	for i := range 3 {
		put(t, db, "b", fmt.Sprint(i), string(value))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, "a")
	defer db.Close()
	err := db.View(ctx, func(x store.Tx) error {
		v, err := x.Get("b", []byte("2"))
		if !bytes.Equal(v, value) {
			t.Errorf("a value of %d bytes came back with %d", len(value), len(v))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ended(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	gone, cancel := context.WithCancel(ctx)
	err := db.Update(gone, func(x store.Tx) error { cancel(); return x.Put("b", []byte("a"), []byte("1")) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled inside: %v", err)
	}
	never := func(store.Tx) error { t.Error("ran after the end"); return nil }
	if err := db.Update(gone, never); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before Update: %v", err)
	}
	if err := db.View(gone, never); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before View: %v", err)
	}
	want(t, db, "b", nil, nil, "")
}

func waiting(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	err := db.Update(ctx, func(store.Tx) error {
		short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- db.Update(short, func(store.Tx) error { return nil }) }()
		if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for the writer ended with %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func viewWrites(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	put(t, db, "b", "a", "1")
	err := db.View(ctx, func(x store.Tx) error {
		if x.Put("b", []byte("a"), []byte("2")) == nil || x.Delete("b", []byte("a")) == nil || x.Put("n", []byte("a"), nil) == nil {
			t.Error("a View wrote")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, db, "b", nil, nil, "a=1")
}

// reused: what was put is what the slices held then, whatever the caller does with them before the commit.
func reused(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	err := db.Update(ctx, func(x store.Tx) error {
		k, v := []byte("a"), []byte("1")
		for i := range 5 {
			k[0], v[0] = byte('a'+i), byte('1'+i)
			if err := x.Put("b", k, v); err != nil {
				return err
			}
		}
		clear(k)
		clear(v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, db, "b", nil, nil, "a=1 b=2 c=3 d=4 e=5")
}
