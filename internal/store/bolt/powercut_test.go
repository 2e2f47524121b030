package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"ukpbjd/internal/store"
	"ukpbjd/internal/store/storetest"
)

const steps = 80

// renameFirst is a compaction as it must not be: the new file gets the name before it is synced.
func renameFirst(d *DB, ctx context.Context) error {
	f, err := d.rewrite(ctx)
	if err != nil {
		return err
	}
	return errors.Join(d.replace(f), f.f.Sync())
}

// commitMany makes and acknowledges the steps; step n puts n under "last" and a value that tells of n under one of ten keys.
// Now and then the store is compacted, while it is open and at its next opening.
func commitMany(dir string, o Options, compact func(*DB, context.Context) error) error {
	o.Map, o.CompactOver = 32<<10, 1<<10
	for n := 0; n < steps; {
		db, err := Open(filepath.Join(dir, "x.db"), o)
		if err != nil {
			return err
		}
		for range steps / 2 {
			if n++; n%15 == 0 && compact != nil {
				if err := compact(db, ctx); err != nil {
					return err
				}
			}
			if err := step(db, n); err != nil {
				return err
			}
		}
		if err := errors.Join(bulk(db), db.Close()); err != nil {
			return err
		}
	}
	return nil
}

func step(db *DB, n int) error {
	err := db.Update(ctx, func(x store.Tx) error {
		return errors.Join(x.Put("n", []byte("last"), []byte(strconv.Itoa(n))), x.Put("v", fmt.Appendf(nil, "k%d", n%10), value(n)))
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "ACK %d\n", n)
	return err
}

// bulk leaves a store that is mostly free.
func bulk(db *DB) error {
	err := db.Update(ctx, func(x store.Tx) error { return x.Put("n", []byte("bulk"), make([]byte, 200<<10)) })
	return errors.Join(err, db.Update(ctx, func(x store.Tx) error { return x.Delete("n", []byte("bulk")) }))
}

func value(n int) []byte { return bytes.Repeat([]byte(strconv.Itoa(n)+" "), n*7919%2000) }

// checkImage wants a consistent store whose last step is acked or later, and everything that this step left.
func checkImage(dir string, acked int) error {
	db, err := Open(filepath.Join(dir, "x.db"), Options{NoSync: true, Map: 32 << 10})
	if err != nil {
		return err
	}
	err = db.View(ctx, func(x store.Tx) error {
		b, err := x.Get("n", []byte("last"))
		last, _ := strconv.Atoi(string(b))
		if last < acked {
			return errors.Join(err, fmt.Errorf("step %d was acknowledged, the store ends at %d", acked, last))
		}
		for n := max(1, last-9); n <= last; n++ {
			if v, _ := x.Get("v", fmt.Appendf(nil, "k%d", n%10)); !bytes.Equal(v, value(n)) {
				return fmt.Errorf("step %d of %d left another value", n, last)
			}
		}
		return err
	})
	if left, e := filepath.Glob(filepath.Join(dir, "*"+unfinished+"*")); len(left) > 0 || e != nil {
		err = errors.Join(err, e, fmt.Errorf("left behind: %q", left))
	}
	return errors.Join(err, db.Check(ctx), db.Close())
}

func cut(t *testing.T, child string) (storetest.Result, error) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), child+"="+dir)
	return storetest.PowerCut{Child: c, Dir: dir, Images: 400, Check: checkImage}.Run(t)
}

func TestPowerCut(t *testing.T) {
	r, err := cut(t, "UKPBJD_POWERCUT")
	if err != nil {
		t.Errorf("%+v: %v", r, err)
	}
	t.Logf("%+v", r)
}

// Without syncing, or with a compaction that syncs too late, the same test must complain, or it proves nothing.
func TestPowerCutLoses(t *testing.T) {
	for _, child := range []string{"UKPBJD_POWERCUT_NOSYNC", "UKPBJD_POWERCUT_RENAMED"} {
		r, err := cut(t, child)
		if r.Bad == 0 {
			t.Errorf("%s: %+v: nothing was lost", child, r)
		}
		t.Logf("%s: %+v; first: %v", child, r, err)
	}
}
