//go:build unix

package credential

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the file for this process, or says at once that another has it.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrVaultLocked
	}
	return err
}
