package archive

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// operations are all that may meet a failing disk.
func operations(a *Archive, items []Item) map[string]func() error {
	return map[string]func() error{
		"exists":   func() error { _, err := a.Exists(items[0].SHA256); return err },
		"get":      func() error { _, err := a.Get(items[0].SHA256); return err },
		"put":      func() error { _, err := a.Batch().Put([]byte("isi yang baru")); return err },
		"put same": func() error { _, err := a.Batch().Put([]byte("surel")); return err },
		"link":     func() error { return link(a, "PKJ-2026-0001", items...) },
		"manifest": func() error {
			sum, _, err := a.Manifest(2026, "PKJ-2026-0001")
			if err == nil && sum == "" {
				return fs.ErrNotExist
			}
			return err
		},
		"remove": func() error {
			_, _, err := a.Remove(2026, "PKJ-2026-0001", func(string) bool { return true })
			return err
		},
		"sweep":  a.Sweep,
		"verify": func() error { return a.Verify(context.Background(), func(string, error) {}) },
	}
}

// A process without descriptors has lost nothing: everything says so, nothing says that content is absent, and nothing is
// replaced or removed.
func TestNoDescriptors(t *testing.T) {
	a, items, _, _ := filed(t)
	ops := operations(a, items)
	delete(ops, "exists") // needs none
	got := map[string]error{}
	func() {
		var before unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
			t.Fatal(err)
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: before.Max}); err != nil {
			t.Skip(err)
		}
		defer unix.Setrlimit(unix.RLIMIT_NOFILE, &before) //nolint:errcheck // what follows would fail
		for name, op := range ops {
			got[name] = op()
		}
	}()
	for name, err := range got {
		if !errors.Is(err, ErrDisk) || !errors.Is(err, syscall.EMFILE) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, wrong := wrongs(t, a); n != 6 || len(wrong) > 0 {
		t.Errorf("afterwards: %d files, %v", n, wrong)
	}
	delete(ops, "remove")
	for name, op := range ops {
		if err := op(); err != nil {
			t.Errorf("control: %s: %v", name, err)
		}
	}
}

// A disk that was taken away holds nothing; that is not the same as content that is absent.
func TestDiskTakenAway(t *testing.T) {
	a, items, _, _ := filed(t)
	if _, err := a.Get(hexSum([]byte("tiada"))); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDisk) {
		t.Errorf("control: absent content: %v", err)
	}
	if err := os.Rename(a.dir, a.dir+"-away"); err != nil {
		t.Fatal(err)
	}
	ops := operations(a, items)
	for _, passes := range []string{"verify", "sweep"} { // what walks the whole tree says which part is missing
		delete(ops, passes)
	}
	for name, op := range ops {
		if err := op(); !errors.Is(err, ErrDisk) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be looked at is neither there nor absent, and is not overwritten.
func TestUnreadableIsNotAbsent(t *testing.T) {
	a, items, _, _ := filed(t)
	shard := filepath.Dir(a.blob(items[0].SHA256))
	if err := errors.Join(os.Rename(shard, shard+"-away"), os.WriteFile(shard, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if there, err := a.Exists(items[0].SHA256); there || err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, %v", there, err)
	}
	if _, _, err := a.Remove(2026, "PKJ-2026-0001", func(string) bool { return false }); err == nil {
		t.Error("removed what could not be looked at")
	}
	if err := errors.Join(os.Remove(shard), os.Rename(shard+"-away", shard)); err != nil {
		t.Fatal(err)
	}
	dir, _ := a.Dir(2026, "PKJ-2026-0001")
	if !sameFile(a.blob(items[0].SHA256), filepath.Join(dir, items[0].SHA256[:8]+"-surel.eml")) {
		t.Error("the name is gone, and nothing leads to the content any more")
	}
}

// A disk that is full while a manifest is written leaves the old one, and the same batch may be synced again.
func TestFullDiskKeepsTheManifest(t *testing.T) {
	a, items, manifest, raw := filed(t)
	b := a.Batch()
	if err := b.Link(2026, "PKJ-2026-0001", Item{items[0].SHA256, "bukti.json"}); err != nil {
		t.Fatal(err)
	}
	write := a.write
	a.write = func(f *os.File, b []byte) error {
		f.Write(b[:len(b)/2])
		return &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	if err := b.Sync(); !errors.Is(err, ErrDisk) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v", err)
	}
	if got, _ := os.ReadFile(manifest); string(got) != string(raw) {
		t.Errorf("%q", got)
	}
	a.write = write
	if err := b.Sync(); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(manifest); len(got) <= len(raw) {
		t.Errorf("%q", got)
	}
}
