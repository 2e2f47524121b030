package bolt

import (
	"bytes"
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

// TestMain is also the child of the power-cut test.
func TestMain(m *testing.M) {
	if dir := os.Getenv("UKPBJD_POWERCUT"); dir != "" {
		if err := commitMany(dir, os.Getenv("UKPBJD_NOSYNC") == "1"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// commitMany makes and acknowledges the steps; step n puts n under "last" and a value that tells of n under one of ten keys.
func commitMany(dir string, noSync bool) error {
	db, err := Open(filepath.Join(dir, "x.db"), Options{NoSync: noSync, Map: 32 << 10})
	if err != nil {
		return err
	}
	for n := 1; n <= steps; n++ {
		err := db.Update(ctx, func(x store.Tx) error {
			return errors.Join(x.Put("n", []byte("last"), []byte(strconv.Itoa(n))), x.Put("v", fmt.Appendf(nil, "k%d", n%10), value(n)))
		})
		if err != nil {
			return err
		}
		if _, err := os.Stdout.WriteString(fmt.Sprintf("ACK %d\n", n)); err != nil {
			return err
		}
	}
	return db.Close()
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
	return errors.Join(err, db.Check(ctx), db.Close())
}

func cut(t *testing.T, noSync string) (storetest.Result, error) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "UKPBJD_POWERCUT="+dir, "UKPBJD_NOSYNC="+noSync)
	return storetest.PowerCut{Child: child, Dir: dir, Images: 400, Check: checkImage}.Run(t)
}

func TestPowerCut(t *testing.T) {
	r, err := cut(t, "0")
	if err != nil {
		t.Errorf("%+v: %v", r, err)
	}
	t.Logf("%+v", r)
}

// Without syncing the same test must complain, or it proves nothing.
func TestPowerCutWithoutSync(t *testing.T) {
	r, err := cut(t, "1")
	if r.Bad == 0 {
		t.Errorf("%+v: nothing was lost without syncing", r)
	}
	t.Logf("%+v; first: %v", r, err)
}
