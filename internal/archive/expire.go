package archive

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// youngest is the age under which content is not removed: a mail that is being read may rest on it.
const youngest = time.Hour

// Manifest gives the SHA-256 of a case's SHA256SUMS and the content that it names; nothing where there is no such file.
func (a *Archive) Manifest(year int, number string) (sum string, shas []string, err error) {
	dir, err := a.Dir(year, number)
	if err != nil {
		return "", nil, err
	}
	raw, err := os.ReadFile(filepath.Join(dir, sums))
	if err = a.ground(err); errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, doing("read the manifest of "+number, err)
	}
	l, _, err := a.readSums(dir)
	for _, e := range l {
		shas = append(shas, e.SHA256)
	}
	return hexSum(raw), shas, doing("read the manifest of "+number, err)
}

// Remove takes a case out of the archive, after the books say so (UU 43/2009: by the office's schedule only). Content stays
// while another case has a name for it, while needed says so, and while it is young. Files that a person put there stay too.
// It may be repeated after a crash.
func (a *Archive) Remove(year int, number string, needed func(sha string) bool) (files int, bytes int64, err error) {
	dir, err := a.Dir(year, number)
	if err != nil {
		return 0, 0, err
	}
	files, bytes, gone, err := a.removeFolder(dir, needed)
	if err == nil {
		err = a.forget(gone...)
	}
	return files, bytes, doing("remove case "+number, err)
}

// removeFolder also returns the directories from which names have gone.
func (a *Archive) removeFolder(dir string, needed func(sha string) bool) (files int, bytes int64, gone []string, err error) {
	a.naming.Lock()
	defer a.naming.Unlock()
	l, whole, err := a.readSums(dir)
	if err != nil {
		return 0, 0, nil, err
	}
	if named, err := a.named(dir); !whole && err == nil {
		l.merge(named) // names whose lines are lost would stay for ever
	} else if !whole && !errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil, err
	}
	gone = []string{dir, filepath.Dir(dir)}
	for _, e := range l {
		n, err := a.removeOne(filepath.Join(dir, e.Name), e.SHA256, needed(e.SHA256))
		if err != nil {
			return files, bytes, gone, err
		}
		files, bytes, gone = files+1, bytes+n, append(gone, filepath.Dir(a.blob(e.SHA256)))
	}
	if err := os.Remove(filepath.Join(dir, sums)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return files, bytes, gone, err
	}
	os.Remove(dir) // fails where a person's own files lie in it
	return files, bytes, gone, nil
}

// names is how many names content has, its place among the blobs counted; 0 where that cannot be told.
func names(st os.FileInfo) uint64 {
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		return uint64(sys.Nlink) //nolint:unconvert // it is narrower on other systems
	}
	return 0
}

// removeOne takes the content away when this is its last name, then the name: in this order, so that it can be repeated.
func (a *Archive) removeOne(name, sha string, needed bool) (int64, error) {
	freed := int64(0)
	st, err := os.Lstat(a.blob(sha))
	if err = a.ground(err); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err // the name is what leads back to the content
	}
	if err == nil && !needed && sameFile(a.blob(sha), name) { // a copy would say nothing of who else has one
		if names(st) == 2 && time.Since(st.ModTime()) >= youngest {
			if err := os.Remove(a.blob(sha)); err != nil {
				return 0, err
			}
			freed = st.Size()
		}
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return freed, err
	}
	return freed, nil
}
