// Package archive keeps papers and raw mails for ever, byte for byte, under their SHA-256 (SOP R.1). Bytes are written and
// synced in batches before the commit that mentions them; when a case has its number they get a name there that a person
// can browse. Nothing is ever deleted here but by the office's own
// retention schedule (UU 43/2009), and then the journal says so first. State on disk:
//
//	archive/blobs/ab/ab12…                        content, read only, named by the hex SHA-256 of its bytes
//	archive/incoming/                             half-written content; swept at start
//	archive/2026/PKJ-2026-0001/1a2b3c4d-SK.pdf    a second name (hard link) of the same content
//	archive/2026/PKJ-2026-0001/SHA256SUMS         for "sha256sum -c"; whole at every moment, and only names what is durable
package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Largest is how many bytes one paper or mail may have.
const Largest = 256 << 20

// ErrDamaged says that content is not what its name says.
var ErrDamaged = errors.New("content does not match its SHA-256")

// ErrManifest says that a SHA256SUMS may lack lines that it had; the next name in its folder mends it.
var ErrManifest = errors.New("the manifest has a line that is torn, or none of ours")

// Archive is one archive directory; it is safe for concurrent use.
type Archive struct {
	dir     string
	root    *os.File // kept open, so that syncing it tells of every write error since
	whole   bool     // one syncfs for a batch, not a sync for each file
	write   func(*os.File, []byte) error
	naming  sync.Mutex // held while names are given in a case's directory
	syncing sync.Mutex

	mu     sync.Mutex
	failed error // of a sync: what is on disk is not known until the archive is opened again
}

// Open opens the archive in dir, or makes it.
func Open(dir string) (*Archive, error) {
	for _, d := range []string{dir, filepath.Join(dir, "blobs"), filepath.Join(dir, "incoming")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("open archive: %w", err)
		}
	}
	root, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	a := &Archive{dir: dir, root: root, whole: syncfsTells()}
	a.write = func(f *os.File, b []byte) error {
		_, err := f.Write(b)
		return err
	}
	return a, nil
}

// Close gives the directory free; batches must have ended.
func (a *Archive) Close() error { return a.root.Close() }

// Sweep removes what a killed process left half-written. Call it at start, before any batch.
func (a *Archive) Sweep() error {
	dir := filepath.Join(a.dir, "incoming")
	left, err := os.ReadDir(dir)
	for _, f := range left {
		err = errors.Join(err, os.Remove(filepath.Join(dir, f.Name())))
	}
	return doing("sweep archive", err)
}

// valid says whether sha is the lower-case hex of 32 bytes, and so safe in a path.
func valid(sha string) bool {
	b, err := hex.DecodeString(sha)
	return err == nil && len(b) == sha256.Size && hex.EncodeToString(b) == sha
}

func (a *Archive) blob(sha string) string { return filepath.Join(a.dir, "blobs", sha[:2], sha) }

// Exists says whether content of this name is there; Get and Verify look at the bytes. Its error is that this cannot be told.
func (a *Archive) Exists(sha string) (bool, error) {
	if !valid(sha) {
		return false, nil
	}
	st, err := os.Lstat(a.blob(sha))
	if err = a.ground(err); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && st.Mode().IsRegular(), doing("look for archived content", err)
}

// Get returns the bytes, compared with their name. fs.ErrNotExist is content that is not here, and nothing else.
func (a *Archive) Get(sha string) ([]byte, error) {
	if !valid(sha) {
		return nil, fmt.Errorf("read archived %.70q: not a SHA-256", sha)
	}
	f, err := os.Open(a.blob(sha))
	if err != nil {
		return nil, doing("read archived content", a.ground(err))
	}
	defer f.Close()
	b, err := readAll(f)
	if err != nil {
		return nil, doing("read archived content", err)
	}
	if hexSum(b) != sha {
		return nil, fmt.Errorf("read %s: %w", a.blob(sha), ErrDamaged)
	}
	return b, nil
}

func readAll(f *os.File) ([]byte, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > Largest {
		return nil, fmt.Errorf("%s: not a file of at most %d bytes", f.Name(), Largest)
	}
	b := bytes.NewBuffer(make([]byte, 0, st.Size()+bytes.MinRead))
	_, err = b.ReadFrom(io.LimitReader(f, Largest))
	return b.Bytes(), err
}

// Put writes content and returns its hex SHA-256. It is durable after Sync. What is there already is compared, not trusted.
func (b *Batch) Put(content []byte) (sha string, err error) {
	if len(content) > Largest {
		return "", fmt.Errorf("archive %d bytes: more than %d", len(content), Largest)
	}
	sha = hexSum(content)
	return sha, b.put(sha, content)
}

// PutAs is Put for content whose hex SHA-256 the caller knows; it must be so, or what lies there would be overwritten.
func (b *Batch) PutAs(sha string, content []byte) error {
	if !valid(sha) || len(content) > Largest || hexSum(content) != sha {
		return fmt.Errorf("archive %d bytes as %.70q: more than %d, or not their SHA-256", len(content), sha, Largest)
	}
	return b.put(sha, content)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func (b *Batch) put(sha string, content []byte) error {
	path := b.a.blob(sha)
	there, err := holds(path, sha)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if there {
		there = os.Chtimes(path, time.Now(), time.Now()) == nil // young again: see Remove
	}
	if err == nil && !there {
		err = own(b.a.place(path, content))
	}
	if err != nil {
		return doing("archive "+path, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files[path] = struct{}{}
	if !there {
		b.new = append(b.new, path)
	}
	return nil
}

// place puts content where it belongs.
func (a *Archive) place(path string, content []byte) error {
	if err := a.failure(); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return a.replace(path, content, 0o400)
}

// replace writes beside and renames, so that no half-written content ever has a name while the machine runs.
func (a *Archive) replace(path string, content []byte, mode os.FileMode) error {
	draft, err := a.draft(content, mode)
	if err != nil {
		return err
	}
	if err = os.Rename(draft, path); err != nil {
		os.Remove(draft)
	}
	return err
}

// draft writes content without a name of its own.
func (a *Archive) draft(content []byte, mode os.FileMode) (path string, err error) {
	f, err := os.CreateTemp(filepath.Join(a.dir, "incoming"), "w*")
	if err != nil {
		return "", err
	}
	if err = errors.Join(f.Chmod(mode), a.write(f, content), f.Close()); err != nil {
		os.Remove(f.Name())
	}
	return f.Name(), err
}
