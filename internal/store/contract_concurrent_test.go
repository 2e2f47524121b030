package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ukpbjd/internal/store"
)

// twice is an engine whose closures all run twice, the first time in a transaction that is rolled back: what a closure does
// outside of its transaction is done twice then, and shows. An engine may do so whenever two writers meet.
type twice struct{ store.DB }

func (t twice) Update(ctx context.Context, fn func(store.Tx) error) error {
	t.DB.Update(ctx, func(x store.Tx) error { return errors.Join(fn(x), errRollback) }) //nolint:errcheck // it counts for nothing
	return t.DB.Update(ctx, fn)
}

func (t twice) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := t.DB.View(ctx, fn); err != nil {
		return err
	}
	return t.DB.View(ctx, fn)
}

// again runs a closure that fails at first: the second time it finds what the first one found.
func again(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	put(t, db, "b", "n", "1", "gone", "soon")
	var found []string
	count := func(x store.Tx) error {
		before, err := dump(x, "b", nil, nil)
		if err != nil {
			return err
		}
		found = append(found, before)
		v, err := x.Get("b", []byte("n"))
		if err != nil {
			return err
		}
		return errors.Join(x.Put("b", []byte("n"), strconv.AppendInt(nil, int64(number(v))+1, 10)), x.Delete("b", []byte("gone")),
			x.Put("made", []byte("k"), []byte("v")))
	}
	if err := db.Update(ctx, func(x store.Tx) error { return errors.Join(count(x), errRollback) }); !errors.Is(err, errRollback) {
		t.Fatal(err)
	}
	if err := db.Update(ctx, count); err != nil {
		t.Fatal(err)
	}
	for i, f := range found {
		if f != "gone=soon n=1" {
			t.Errorf("run %d found %q", i+1, f)
		}
	}
	want(t, db, "b", nil, nil, "n=2")
	want(t, db, "made", nil, nil, "k=v")
}

// picture holds a View open over commits in two buckets: it sees all of it as it was, and the next one as it is.
func picture(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	put(t, db, "b", "a", "0", "gone", "0")
	put(t, db, "c", "a", "0")
	err := db.View(ctx, func(x store.Tx) error {
		before, err := both(x)
		for i := 0; i < 20 && err == nil; i++ {
			done := make(chan error, 1)
			go func() { done <- db.Update(ctx, func(y store.Tx) error { return turn(y, i) }) }()
			if err = <-done; err != nil {
				break
			}
			var now string
			if now, err = both(x); now != before {
				t.Errorf("a View saw %q, and after a commit %q", before, now)
			}
			want(t, db, "b", nil, nil, fmt.Sprintf("a=%d n%02d=", i, i))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, db, "c", nil, nil, "a=19")
}

// both dumps one bucket by a scan and one by its key.
func both(x store.Tx) (string, error) {
	got, err := dump(x, "b", nil, nil)
	v, err2 := x.Get("c", []byte("a"))
	return got + " | " + string(v), errors.Join(err, err2)
}

// turn leaves one new row, and none of before but "a".
func turn(x store.Tx, i int) error {
	var old [][]byte
	if err := x.Scan("b", []byte("b"), nil, func(k, _ []byte) bool { old = append(old, bytes.Clone(k)); return true }); err != nil {
		return err
	}
	for _, k := range old {
		if err := x.Delete("b", k); err != nil {
			return err
		}
	}
	n := fmt.Append(nil, i)
	return errors.Join(x.Put("b", []byte("a"), n), x.Put("c", []byte("a"), n), x.Put("b", fmt.Appendf(nil, "n%02d", i), nil))
}

// oneAfterAnother has each writer go on from what the one before it left.
func oneAfterAnother(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	for i := range 5 {
		err := db.Update(ctx, func(x store.Tx) error {
			got, err := dump(x, "b", nil, nil)
			if want := "0= 1= 2= 3= 4= "[:3*i]; got != strings.TrimSpace(want) {
				t.Errorf("writer %d sees %q", i, got)
			}
			return errors.Join(err, x.Put("b", fmt.Append(nil, i), nil))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want(t, db, "b", nil, nil, "0= 1= 2= 3= 4=")
}

// skew has two writers each read what the other writes. One after another, one of them sees the other's row.
func skew(t *testing.T, open func(*testing.T, string) store.DB) {
	db := open(t, "a")
	defer db.Close()
	for range 20 {
		put(t, db, "b", "x", "0", "y", "0")
		var writers sync.WaitGroup
		for _, k := range [][2]string{{"x", "y"}, {"y", "x"}} {
			writers.Go(func() {
				err := db.Update(ctx, func(x store.Tx) error {
					v, err := x.Get("b", []byte(k[0]))
					if err != nil {
						return err
					}
					return x.Put("b", []byte(k[1]), fmt.Append(nil, number(v)+1))
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		writers.Wait()
		if err := db.View(ctx, func(x store.Tx) error {
			got, err := dump(x, "b", nil, nil)
			if got != "x=1 y=2" && got != "x=2 y=1" {
				t.Errorf("two writers left %q", got)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}
