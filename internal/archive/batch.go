package archive

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
)

// Batch is content and names on their way in. Put and Link may be called from several goroutines; Sync comes after the last,
// and before the commit that mentions any of it.
type Batch struct {
	a       *Archive
	mu      sync.Mutex
	new     []string            // written by this batch
	files   map[string]struct{} // content that Sync must make durable
	folders map[string]list     // lines that the manifest of a case must have; Sync makes it and the names durable
}

// Batch begins one.
func (a *Archive) Batch() *Batch {
	return &Batch{a: a, files: map[string]struct{}{}, folders: map[string]list{}}
}

// Join makes one batch of several, so that one Sync makes them all durable. The others must not be used afterwards.
func (b *Batch) Join(others ...*Batch) {
	for _, o := range others {
		o.mu.Lock()
		b.mu.Lock()
		maps.Copy(b.files, o.files)
		for dir, lines := range o.folders {
			b.touch(dir, lines)
		}
		b.new = append(b.new, o.new...)
		b.mu.Unlock()
		o.mu.Unlock()
	}
}

// touch is called with b.mu held.
func (b *Batch) touch(dir string, lines list) {
	all := b.folders[dir]
	all.merge(lines)
	b.folders[dir] = all
}

// Sync makes the whole batch durable: content and names first, then the manifests that mention them. Where ErrDisk comes
// before anything was synced it may be called again. After a sync that failed nothing may be committed that mentions the
// batch, and the archive must be opened again: a disk reports a lost write once, and the bytes still look well in memory.
func (b *Batch) Sync() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.files)+len(b.folders) == 0 {
		return nil
	}
	a := b.a
	a.syncing.Lock()
	defer a.syncing.Unlock()
	if len(b.folders) > 0 {
		a.naming.Lock()
		defer a.naming.Unlock()
	}
	if err := a.failure(); err != nil {
		return err
	}
	drafts, err := b.draftSums()
	defer func() {
		for _, d := range drafts {
			os.Remove(d) // one that was renamed is not there any more
		}
	}()
	if err != nil {
		return doing("sync archive "+a.dir, own(err))
	}
	if err := a.settle(b.touched(drafts)); err != nil {
		for _, path := range b.new {
			os.Remove(path)
		}
		return err
	}
	if err := a.publish(drafts); err != nil {
		return err
	}
	b.files, b.folders, b.new = map[string]struct{}{}, map[string]list{}, nil
	return nil
}

// draftSums writes the manifests that change, without their names: a manifest that replaced its forerunner before it was
// synced would be empty after a power cut.
func (b *Batch) draftSums() (drafts map[string]string, err error) {
	drafts = map[string]string{}
	for dir := range b.folders {
		l, whole, err := b.a.readSums(dir)
		if err != nil {
			return drafts, err
		}
		known := len(l)
		if !whole {
			named, err := b.a.named(dir)
			if err != nil {
				return drafts, err
			}
			b.touch(dir, named)
		}
		l.merge(b.folders[dir])
		if whole && len(l) == known || len(l) == 0 {
			continue
		}
		if drafts[dir], err = b.a.draft(l.bytes(), 0o600); err != nil {
			return drafts, err
		}
	}
	return drafts, nil
}

// touched is what the first sync is about.
func (b *Batch) touched(drafts map[string]string) (files []string, dirs map[string]struct{}) {
	dirs = map[string]struct{}{b.a.dir: {}}
	for p := range b.files {
		files = append(files, p)
		dirs[filepath.Dir(p)], dirs[filepath.Join(b.a.dir, "blobs")] = struct{}{}, struct{}{}
	}
	for dir, lines := range b.folders {
		dirs[dir], dirs[filepath.Dir(dir)] = struct{}{}, struct{}{}
		for _, e := range lines {
			files = append(files, filepath.Join(dir, e.Name)) // a copy, where the file system has no links
		}
	}
	for _, d := range drafts {
		files = append(files, d)
	}
	return files, dirs
}

// publish gives synced manifests their name.
func (a *Archive) publish(drafts map[string]string) error {
	if len(drafts) == 0 {
		return nil
	}
	dirs := map[string]struct{}{}
	for dir, d := range drafts {
		if err := os.Rename(d, filepath.Join(dir, sums)); err != nil {
			return doing("archive a manifest", own(err))
		}
		dirs[dir] = struct{}{}
	}
	return a.settle(nil, dirs)
}

// settle syncs, with a.syncing held, and remembers a failure.
func (a *Archive) settle(files []string, dirs map[string]struct{}) error {
	err := a.failure()
	if err != nil {
		return err
	}
	if err = doing("sync archive "+a.dir, own(a.sync(files, dirs))); err != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.failed = err
	}
	return err
}

// forget makes it durable that names are gone from directories; a power cut must not bring back what the books say is
// destroyed.
func (a *Archive) forget(dirs ...string) error {
	a.syncing.Lock()
	defer a.syncing.Unlock()
	set := map[string]struct{}{}
	for _, d := range dirs {
		if _, err := os.Lstat(d); err == nil || !errors.Is(err, fs.ErrNotExist) {
			set[d] = struct{}{}
		}
	}
	return a.settle(nil, set)
}

func (a *Archive) failure() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}
