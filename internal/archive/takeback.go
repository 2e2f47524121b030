package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// TakeBack removes content that was put here and that nothing mentions: it turned out to hold a secret. Its bytes are overwritten
// where the file system writes in place. Content that has a name in the folder of a case stays.
func (a *Archive) TakeBack(sha string) error {
	if !valid(sha) {
		return fmt.Errorf("take back %.70q: not a SHA-256", sha)
	}
	path := a.blob(sha)
	st, err := os.Lstat(path)
	if err = a.ground(err); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return doing("take back archived content", err)
	}
	if names(st) != 1 {
		return nil
	}
	if err := errors.Join(os.Chmod(path, 0o600), overwrite(path, st.Size()), os.Remove(path)); err != nil {
		return doing("take back archived content", err)
	}
	return a.forget(filepath.Dir(path))
}

func overwrite(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, min(size, Largest)))
	return errors.Join(err, f.Sync(), f.Close())
}
