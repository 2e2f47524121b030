package bolt

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"ukpbjd/internal/store"
)

// FuzzOpen changes bytes of a small store. bbolt ends the process when it finds damage in a goroutine of its own, so every
// page must have been refused before, or be good enough to read and to write.
func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x.db")
	db := open(f, path, Options{NoSync: true, Map: 32 << 10})
	for i := range 30 {
		err := db.Update(ctx, func(x store.Tx) error {
			return x.Put(fmt.Sprint("b", i%3), fmt.Appendf(nil, "k%02d", i), value(i%4))
		})
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), []byte{})
	f.Add(uint32(8192+10), []byte{0xff, 0xff})
	f.Fuzz(func(t *testing.T, at uint32, change []byte) {
		bad := append([]byte(nil), whole...)
		// the metas carry a checksum; what follows is where damage passes unseen
		copy(bad[8192+int(at)%(len(bad)-8192):], change)
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(path, Options{NoSync: true, Map: 32 << 10})
		if err != nil {
			return
		}
		defer db.Close()
		// An error is fine, the end of the process is not.
		db.View(ctx, func(x store.Tx) error {
			for i := range 3 {
				x.Scan(fmt.Sprint("b", i), nil, nil, func(k, v []byte) bool { return true })
			}
			return nil
		})
		db.Update(ctx, func(x store.Tx) error {
			for i := range 30 {
				x.Put(fmt.Sprint("b", i%3), fmt.Appendf(nil, "k%02d", i), value(i%5))
				x.Delete(fmt.Sprint("b", i%3), fmt.Appendf(nil, "k%02d", i+7))
			}
			return nil
		})
	})
}
