// Package archive keeps papers and raw mails for ever, byte for byte, under their SHA-256 (SOP R.1). Bytes are written and
// synced in batches before the commit that mentions them; when a case has its number they get a name there that a person
// can browse. Nothing is ever deleted here but by the office's own
// retention schedule (UU 43/2009), and then the journal says so first. State on disk:
//
//	archive/blobs/ab/ab12…                        content, read only, named by the hex SHA-256 of its bytes
//	archive/incoming/                             half-written content; swept at start
//	archive/2026/PKJ-2026-0001/1a2b3c4d-SK.pdf    a second name (hard link) of the same content
//	archive/2026/PKJ-2026-0001/SHA256SUMS         for "sha256sum -c"
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
	"sync/atomic"
	"time"
)

// Largest is how many bytes one paper or mail may have.
const Largest = 256 << 20

// ErrDamaged says that content is not what its name says.
var ErrDamaged = errors.New("content does not match its SHA-256")

// Archive is one archive directory; it is safe for concurrent use.
type Archive struct {
	dir     string
	root    *os.File // kept open, so that syncing it tells of every write error since
	serial  atomic.Int64
	whole   bool // one syncfs for a batch, not a sync for each file
	write   func(*os.File, []byte) error
	naming  sync.Mutex // held while names are given in a case's directory
	syncing sync.Mutex

	mu     sync.Mutex
	shards map[string]bool // directories known to exist
	failed error           // of a sync: what is on disk is not known until the archive is opened again
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
	a := &Archive{dir: dir, root: root, whole: syncfsTells(), shards: map[string]bool{}}
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
	left, err := filepath.Glob(filepath.Join(a.dir, "incoming", "*"))
	for _, f := range left {
		err = errors.Join(err, os.Remove(f))
	}
	if err != nil {
		return fmt.Errorf("sweep archive: %w", err)
	}
	return nil
}

// valid says whether sha is the lower-case hex of 32 bytes, and so safe in a path.
func valid(sha string) bool {
	b, err := hex.DecodeString(sha)
	return err == nil && len(b) == sha256.Size && hex.EncodeToString(b) == sha
}

func (a *Archive) blob(sha string) string { return filepath.Join(a.dir, "blobs", sha[:2], sha) }

// Exists says whether content of this name is there; Get and Verify look at the bytes.
func (a *Archive) Exists(sha string) bool {
	if !valid(sha) {
		return false
	}
	st, err := os.Lstat(a.blob(sha))
	return err == nil && st.Mode().IsRegular()
}

// Get gives the bytes, compared with their name.
func (a *Archive) Get(sha string) ([]byte, error) {
	if !valid(sha) {
		return nil, fmt.Errorf("read archived %.70q: not a SHA-256", sha)
	}
	f, err := os.Open(a.blob(sha))
	if err != nil {
		return nil, fmt.Errorf("read archived content: %w", err)
	}
	defer f.Close()
	b, err := readAll(f)
	if err != nil {
		return nil, fmt.Errorf("read archived content: %w", err)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != sha {
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

// Batch is content on its way in. Put may be called from several goroutines; Sync comes after the last.
type Batch struct {
	a   *Archive
	mu  sync.Mutex
	new []string            // written by this batch
	all map[string]struct{} // paths that Sync must make durable
}

// Batch begins one.
func (a *Archive) Batch() *Batch { return &Batch{a: a, all: map[string]struct{}{}} }

// Put writes content and gives its hex SHA-256. It is durable after Sync. What is there already is compared, not trusted.
func (b *Batch) Put(content []byte) (sha string, err error) {
	if len(content) > Largest {
		return "", fmt.Errorf("archive %d bytes: more than %d", len(content), Largest)
	}
	sum := sha256.Sum256(content)
	sha = hex.EncodeToString(sum[:])
	return sha, b.PutAs(sha, content)
}

// PutAs is Put for content whose hex SHA-256 the caller has computed already.
func (b *Batch) PutAs(sha string, content []byte) error {
	if !valid(sha) || len(content) > Largest {
		return fmt.Errorf("archive %d bytes as %.70q: more than %d, or no SHA-256", len(content), sha, Largest)
	}
	path := b.a.blob(sha)
	written := false
	if !holds(path, content) || os.Chtimes(path, time.Now(), time.Now()) != nil { // young again: see Remove
		written = true
		if err := b.a.place(path, content); err != nil {
			return fmt.Errorf("archive %s: %w", path, err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all[path] = struct{}{}
	if written {
		b.new = append(b.new, path)
	}
	return nil
}

// holds compares a file with content, piece by piece.
func holds(path string, content []byte) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || st.Size() != int64(len(content)) {
		return false
	}
	piece := make([]byte, min(len(content), 64<<10))
	for len(content) > 0 {
		n := min(len(piece), len(content))
		if _, err := io.ReadFull(f, piece[:n]); err != nil || !bytes.Equal(piece[:n], content[:n]) {
			return false
		}
		content = content[n:]
	}
	return true
}

// place puts content where it belongs.
func (a *Archive) place(path string, content []byte) error {
	if err := a.shard(filepath.Dir(path)); err != nil {
		return err
	}
	return a.replace(path, content, 0o400)
}

// fresh makes a file in incoming, passing over what a killed process left there.
func (a *Archive) fresh(mode os.FileMode) (*os.File, error) {
	for {
		name := filepath.Join(a.dir, "incoming", fmt.Sprintf("w%d", a.serial.Add(1)))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// replace writes beside and renames, so that no half-written content ever has a name.
func (a *Archive) replace(path string, content []byte, mode os.FileMode) error {
	f, err := a.fresh(mode)
	if err != nil {
		return err
	}
	err = errors.Join(a.write(f, content), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

func (a *Archive) shard(dir string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed != nil {
		return a.failed
	}
	if a.shards[dir] {
		return nil
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	a.shards[dir] = true
	return nil
}

// Sync makes the whole batch durable. After an error nothing may be committed that mentions it, and the archive must be
// opened again: a disk reports a lost write once, and the bytes still look well in memory.
func (b *Batch) Sync() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) == 0 {
		return nil
	}
	if err := b.a.settle(b.all); err != nil {
		for _, path := range b.new {
			os.Remove(path)
		}
		return err
	}
	b.all, b.new = map[string]struct{}{}, nil
	return nil
}

// settle syncs, one batch at a time, and remembers a failure.
func (a *Archive) settle(paths map[string]struct{}) error {
	a.syncing.Lock()
	defer a.syncing.Unlock()
	err := a.failure()
	if err != nil {
		return err
	}
	if err = a.sync(paths); err != nil {
		err = fmt.Errorf("sync archive %s: %w", a.dir, err)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.failed = err
	}
	return err
}

func (a *Archive) failure() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}
