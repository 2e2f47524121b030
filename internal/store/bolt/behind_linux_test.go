package bolt

import (
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"ukpbjd/internal/store"
)

// TestMemoryBehindTheMap (A1): bbolt lets its file grow past its map, and what lies behind the map is somebody else's memory, Go's
// heap too. Here it is a wall of ones, built where the kernel puts the map next to it.
func TestMemoryBehindTheMap(t *testing.T) {
	const size, wall = 32 << 20, 64 << 20
	behind, err := syscall.Mmap(-1, 0, wall, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(behind) //nolint:errcheck // the test's own
	near := behind[:size]
	for i := range near {
		near[i] = 1
	}
	db := open(t, filepath.Join(t.TempDir(), "x.db"), Options{NoSync: true, Map: size})
	defer db.Close()
	if db.cur.b.Info().Data+size != uintptr(unsafe.Pointer(&behind[0])) {
		t.Skip("the kernel put the map elsewhere")
	}
	// More than half of the map, so that the next 16 MiB of the file are longer than it.
	for i := range 24 {
		put(t, db, string(rune('a'+i)), make([]byte, 1<<20))
	}
	n := 0
	if err := db.View(ctx, func(x store.Tx) error {
		return x.Scan("b", nil, nil, func(k, v []byte) bool { n += len(v); return true })
	}); err != nil || n != 24<<20 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	for i, b := range near {
		if b != 1 {
			t.Fatalf("memory %d bytes behind the map was wiped", i)
		}
	}
}
