package bolt

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/store"
)

// mapped is how much of a file counts as memory of this process, in KiB.
func mapped(t *testing.T, path string) (rss int) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	ours := false
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		if strings.Contains(strings.Fields(line)[0], "-") {
			ours = strings.HasSuffix(line, path)
		}
		var n int
		if _, err := fmt.Sscanf(line, "Rss: %d kB", &n); err == nil && ours {
			rss += n
		}
	}
	return rss
}

// TestLetsGoOfPages: neither opening a store nor reading it through leaves the whole file in this process's memory.
func TestLetsGoOfPages(t *testing.T) {
	const rows, size = 4000, 4 << 10
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, path, Options{NoSync: true})
	if err := db.Update(ctx, func(x store.Tx) error {
		for i := range rows {
			if err := x.Put("b", fmt.Appendf(nil, "%06d", i), make([]byte, size)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	const whole, little = rows * size >> 10, 1 << 10
	for _, o := range []Options{{NoSync: true}, {ReadOnly: true}} {
		db := open(t, path, o)
		if got := mapped(t, path); got > little {
			t.Errorf("%+v: %d KiB are mapped after opening", o, got)
		}
		sum := byte(0)
		if err := db.View(ctx, func(x store.Tx) error {
			for i := range rows {
				v, err := x.Get("b", fmt.Appendf(nil, "%06d", i))
				if err != nil {
					return err
				}
				sum += v[0] + v[len(v)-1]
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got := mapped(t, path); got < whole/2 {
			t.Errorf("%+v: to look at %d KiB one by one maps %d: this test sees nothing", o, whole, got)
		}
		most := 0
		if err := db.View(ctx, func(x store.Tx) error {
			seen := 0
			return x.Scan("b", nil, nil, func(_, v []byte) bool {
				sum += v[0] + v[len(v)-1]
				if seen++; seen%100 == 0 && seen > manyRows {
					most = max(most, mapped(t, path))
				}
				return true
			})
		}); err != nil {
			t.Fatal(err)
		}
		if most > whole/2 {
			t.Errorf("%+v: a scan of %d KiB maps %d at once", o, whole, most)
		}
		if got := mapped(t, path); got > little {
			t.Errorf("%+v: %d KiB are mapped after the reading", o, got)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
