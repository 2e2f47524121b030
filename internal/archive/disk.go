package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// ErrDisk says that the ground fails, not the content: the disk is full, does not answer, is read-only or gone, or the
// process has no descriptors left. It may pass; whatever was held meanwhile is not guilty. The cause is wrapped beside it.
var ErrDisk = errors.New("the disk is full or fails")

var diskErrors = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.ENFILE,
	syscall.ENOMEM, syscall.ESTALE, syscall.ENXIO, syscall.ENODEV, syscall.ENOTCONN, syscall.ETIMEDOUT}

func diskFault(err error) bool {
	var no syscall.Errno
	return errors.As(err, &no) && slices.Contains(diskErrors, no)
}

// doing says what was being done, and marks a fault of the disk.
func doing(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, ErrDisk) && diskFault(err):
		return fmt.Errorf("%s: %w: %w", what, ErrDisk, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// own is for paths that the archive has made itself: where one is missing, the ground is, and not content.
func own(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %v", ErrDisk, err) //nolint:errorlint // it must not look like content that is absent
	}
	return err
}

// ground tells content that is absent from an archive that is: a disk that was taken away holds nothing, and says so.
func (a *Archive) ground(err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, gone := os.Lstat(filepath.Join(a.dir, "blobs")); gone != nil {
		return own(gone)
	}
	return err
}

// sync makes files and their names durable: with one call for the whole file system where the kernel reports its errors,
// else one by one. Measured for 200 papers of 50 KB on ext4: 8 ms against 75 ms.
func (a *Archive) sync(files []string, dirs map[string]struct{}) error {
	if a.whole {
		return syncfs(a.root)
	}
	for _, f := range files {
		if err := syncPath(f); err != nil {
			return err
		}
	}
	for d := range dirs {
		if err := syncPath(d); err != nil {
			return err
		}
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
