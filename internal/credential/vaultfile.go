package credential

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/crypto/chacha20poly1305"
)

// The key file, at most a few hundred keys long:
//
//	"UKPBJD KEYS 1\n"
//	check     the word below under the master key: tells a wrong master key from damage
//	count     4 bytes
//	count ×   length of id 2 · id · nonce 24 · wrapped key 48, ids in order
//	mac       HMAC-SHA256 of all before it, under a key of the master's
//
// It is never changed in place. A new file is written beside it, synced, renamed over it, and the directory synced; then the
// old bytes are overwritten with zeroes through the descriptor that is still open.
const (
	magic       = "UKPBJD KEYS 1\n"
	checkWord   = "the same master key"
	wrappedSize = chacha20poly1305.NonceSizeX + chacha20poly1305.KeySize + chacha20poly1305.Overhead
	checkSize   = chacha20poly1305.NonceSizeX + len(checkWord) + chacha20poly1305.Overhead
	macSize     = 32
	maxFile     = 64 << 20
)

func (v *Vault) encode(keys map[string][]byte) ([]byte, error) {
	check, err := seal(v.wrap, v.random, []byte(checkWord), bound("check", ""))
	if err != nil {
		return nil, err
	}
	b := append([]byte(magic), check...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(keys)))
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		b = binary.BigEndian.AppendUint16(b, uint16(len(id)))
		b = append(b, id...)
		b = append(b, keys[id]...)
	}
	return append(b, mac(v.mac, string(b))...), nil
}

func (v *Vault) decode(b []byte) (map[string][]byte, error) {
	if len(b) < len(magic)+checkSize+4+macSize || !bytes.HasPrefix(b, []byte(magic)) {
		if bytes.HasPrefix(b, []byte("UKPBJD KEYS ")) && !bytes.HasPrefix(b, []byte(magic)) {
			return nil, errors.New("the key file has a newer version than this program knows")
		}
		return nil, ErrVaultDamaged
	}
	check := b[len(magic) : len(magic)+checkSize]
	body, sum := b[:len(b)-macSize], b[len(b)-macSize:]
	right := hmac.Equal(sum, mac(v.mac, string(body)))
	if _, err := open(v.wrap, check, bound("check", "")); err != nil && !right {
		return nil, ErrWrongMaster
	}
	if !right {
		return nil, ErrVaultDamaged
	}
	return readKeys(body[len(magic)+checkSize:])
}

func readKeys(b []byte) (map[string][]byte, error) {
	count := binary.BigEndian.Uint32(b)
	b = b[4:]
	keys := map[string][]byte{}
	for range count {
		if len(b) < 2 {
			return nil, ErrVaultDamaged
		}
		n := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+n+wrappedSize {
			return nil, ErrVaultDamaged
		}
		keys[string(b[2:2+n])] = bytes.Clone(b[2+n : 2+n+wrappedSize])
		b = b[2+n+wrappedSize:]
	}
	if len(b) > 0 || len(keys) != int(count) {
		return nil, ErrVaultDamaged
	}
	return keys, nil
}

// load opens and locks the file. A file that was replaced between opening and locking is opened again.
func (v *Vault) load() error {
	for range 100 {
		f, err := os.OpenFile(v.path, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			if err := v.create(); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := lock(f); err != nil {
			return errors.Join(err, f.Close())
		}
		if !present(f, v.path) {
			f.Close()
			continue
		}
		v.file = f
		return v.read()
	}
	return ErrVaultLocked
}

// lock takes the file for this process, or says at once that another has it.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrVaultLocked
	}
	return err
}

// present says whether f is still the file of that name.
func present(f *os.File, path string) bool {
	a, err1 := f.Stat()
	b, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}

// create makes an empty file, unless another process is quicker.
func (v *Vault) create() error {
	b, err := v.encode(nil)
	if err != nil {
		return err
	}
	f, err := v.beside(b)
	if err != nil {
		return err
	}
	defer f.Close()
	defer os.Remove(f.Name())
	if err := os.Link(f.Name(), v.path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(v.path)
}

// read takes in the file, and settles what a crash may have left: an unsynced rename, and half-written files with keys.
func (v *Vault) read() error {
	st, err := v.file.Stat()
	if err != nil {
		return err
	}
	if st.Size() > maxFile {
		return ErrVaultDamaged
	}
	b, err := io.ReadAll(io.NewSectionReader(v.file, 0, maxFile))
	if err != nil {
		return err
	}
	if v.keys, err = v.decode(b); err != nil {
		return err
	}
	left, err := filepath.Glob(v.path + ".new*")
	for _, name := range left {
		f, e := os.OpenFile(name, os.O_RDWR, 0)
		if e == nil {
			e = discard(f)
		}
		err = errors.Join(err, e)
	}
	return errors.Join(err, v.file.Sync(), syncDir(v.path))
}

// discard leaves nothing of a file that did not come into its place.
func discard(f *os.File) error { return errors.Join(wipe(f), f.Close(), os.Remove(f.Name())) }

// wipe overwrites a file; on a file system that copies on write the old blocks live until they are used again.
func wipe(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(make([]byte, st.Size()), 0); err != nil {
		return err
	}
	return f.Sync()
}

// rewrite puts a new file in the place of the old one. When it fails before the rename, nothing has changed.
func (v *Vault) rewrite(next map[string][]byte) error {
	b, err := v.encode(next)
	if err != nil {
		return err
	}
	f, err := v.beside(b)
	if err != nil {
		return err
	}
	v.step("written")
	err = lock(f)
	if err == nil {
		err = os.Rename(f.Name(), v.path)
	}
	if err != nil {
		return errors.Join(err, discard(f))
	}
	v.step("renamed")
	old := v.file
	v.file, v.keys, v.unsettled = f, next, true
	err = syncDir(v.path)
	v.step("settled")
	if err == nil {
		err = wipe(old) // before the sync of the directory it may still be needed
	}
	v.step("wiped")
	if err = errors.Join(err, old.Close()); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	v.unsettled = false
	return nil
}

// beside writes a synced file next to the present one.
func (v *Vault) beside(b []byte) (*os.File, error) {
	f, err := os.CreateTemp(filepath.Dir(v.path), filepath.Base(v.path)+".new*")
	if err != nil {
		return nil, err
	}
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return nil, errors.Join(err, discard(f))
	}
	return f, nil
}

func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
