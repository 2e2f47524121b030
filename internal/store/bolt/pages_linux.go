package bolt

import (
	"os"
	"syscall"

	"go.etcd.io/bbolt"
)

// forget takes the pages of the file out of this process's memory; the system's cache keeps them. The map is read only and
// shared, so a reader meets the same bytes again. It must not run while the map can move.
func forget(b *bbolt.DB, f *os.File) {
	st, err := f.Stat()
	if err != nil {
		return
	}
	size := uintptr(st.Size()) &^ uintptr(os.Getpagesize()-1)
	if i := b.Info(); i.Data != 0 && size > 0 {
		syscall.Syscall(syscall.SYS_MADVISE, i.Data, size, syscall.MADV_DONTNEED) //nolint:errcheck // advice
	}
}
