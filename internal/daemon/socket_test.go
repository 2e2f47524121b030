package daemon

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestSocketIsNeverOpenToOthers: between listening and a chmod there is time enough to connect.
func TestSocketIsNeverOpenToOthers(t *testing.T) {
	before := syscall.Umask(0)
	defer syscall.Umask(before)
	path := filepath.Join(t.TempDir(), "ctl.sock")
	stop, ended := make(chan struct{}), make(chan fs.FileMode)
	go func() {
		var seen fs.FileMode
		for {
			if st, err := os.Stat(path); err == nil {
				seen |= st.Mode().Perm()
			}
			select {
			case <-stop:
				ended <- seen
				return
			default:
			}
		}
	}()
	var failed error
	for range 2000 {
		ln, err := listenSocket(path)
		if err != nil {
			failed = err
			break
		}
		failed = errors.Join(failed, ln.Close())
	}
	close(stop)
	if seen := <-ended; failed != nil || seen != 0o600 {
		t.Errorf("seen with mode %o: %v", seen, failed)
	}
}
