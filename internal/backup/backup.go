// Package backup writes the whole office into one file while it works, and brings it back, held until the operator has reconciled.
package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/secret"
)

// A backup is a tar file: ukpbjd.db, keys.age where keys were asked for, archive/…, and last the list of all with their hashes.
// A file without that list is not whole. The store is copied first: whatever it mentions has been archived before. Behind the tar stands
// the seal: an HMAC-SHA256 of all that is before it, under a key that follows from the master key. DESIGN, law 7
const (
	manifestName  = "MANIFEST.json"
	sealedName    = "keys.age"
	backupVersion = 2
	sealMark      = "ukpbjd-seal "
	sealLength    = len(sealMark) + 2*sha256.Size + 1
	maxManifest   = 256 << 20
)

// Manifest is the list at the end of a backup.
type Manifest struct {
	Version int       `json:"version"`
	Program string    `json:"program"`
	Made    time.Time `json:"made"`
	Keys    bool      `json:"keys"`
	Listed  bool      `json:"listed"` // of the archive only names and hashes are in it
	Files   []Filed   `json:"files"`
	Archive []Filed   `json:"archive,omitempty"` // when only listed
	Seal    string    `json:"seal,omitempty"`    // not in the file's own list
}

// Filed is one file of a backup.
type Filed struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// BackupOptions say what goes in, and where.
type BackupOptions struct {
	File     string
	Lock     *credential.Lock                       // for the keys; nil: they are left out
	List     bool                                   // the archive is listed, not included
	Snapshot func(context.Context, io.Writer) error // copies the store
}

// Backup writes a new file; one that is there already is not touched. The daemon may go on working.
func Backup(ctx context.Context, cfg *config.Config, o BackupOptions) (m Manifest, err error) {
	switch _, err := os.Lstat(o.File); {
	case err == nil:
		return m, fmt.Errorf("back up to %s: the file exists, and is not replaced; name a new one", o.File)
	case !errors.Is(err, fs.ErrNotExist):
		return m, fmt.Errorf("back up: %w", err)
	}
	out, err := os.CreateTemp(filepath.Dir(o.File), ".ukpbjd-backup-*")
	if err != nil {
		return m, fmt.Errorf("back up: %w", err)
	}
	defer os.Remove(out.Name())
	seal, err := sealer(cfg.Credentials.MasterKey)
	if err != nil {
		return m, errors.Join(err, out.Close())
	}
	p := &packer{ctx: ctx, tar: tar.NewWriter(io.MultiWriter(out, seal)), in: cfg.Storage.Path, m: Manifest{Version: backupVersion, Program: daemon.Version,
		Made: time.Now().UTC().Truncate(time.Second), Keys: o.Lock != nil, Listed: o.List, Files: []Filed{}}}
	if err = errors.Join(p.all(cfg, o), p.tar.Close()); err == nil {
		p.m.Seal = hex.EncodeToString(seal.Sum(nil))
		_, err = io.WriteString(out, sealMark+p.m.Seal+"\n")
	}
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = os.Link(out.Name(), o.File) // never over a file that came meanwhile
	}
	if err != nil {
		return m, fmt.Errorf("back up to %s: %w", o.File, err)
	}
	return p.m, syncDir(filepath.Dir(o.File))
}

func sealer(master secret.Secret) (hash.Hash, error) {
	keys, err := credential.NewKeys(master)
	if err != nil {
		return nil, err
	}
	return keys.MAC("backup")
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// packer writes the tar.
type packer struct {
	ctx context.Context
	tar *tar.Writer
	in  string
	m   Manifest
}

func (p *packer) all(cfg *config.Config, o BackupOptions) error {
	if err := p.store(o); err != nil {
		return err
	}
	if o.Lock != nil { // after the store: a key that was shredded meanwhile stays shredded
		vault, err := os.ReadFile(filepath.Join(p.in, daemon.KeysName))
		if err != nil {
			return err
		}
		var sealed bytes.Buffer
		if err := credential.SealKeys(&sealed, *o.Lock, cfg.Credentials.MasterKey, vault); err != nil {
			return err
		}
		if err := p.content(sealedName, &sealed, int64(sealed.Len())); err != nil {
			return err
		}
	}
	if err := p.archive(); err != nil {
		return err
	}
	list, err := json.Marshal(p.m)
	if err != nil {
		return err
	}
	return p.put(manifestName, bytes.NewReader(list), int64(len(list)), io.Discard)
}

// store copies the books beside the backup first: a tar needs the length before the content.
func (p *packer) store(o BackupOptions) error {
	f, err := os.CreateTemp(filepath.Dir(o.File), ".ukpbjd-store-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := o.Snapshot(p.ctx, f); err != nil {
		return err
	}
	return p.file(daemon.StoreName, f)
}

// file packs an open file from its beginning, or only lists it.
func (p *packer) file(name string, f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if !p.m.Listed || !strings.HasPrefix(name, daemon.ArchiveName+"/") {
		return p.content(name, f, st.Size())
	}
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	p.m.Archive = append(p.m.Archive, Filed{name, hex.EncodeToString(sum.Sum(nil)), st.Size()})
	return err
}

// content packs a content and lists it.
func (p *packer) content(name string, r io.Reader, size int64) error {
	sum := sha256.New()
	if err := p.put(name, r, size, sum); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.m.Files = append(p.m.Files, Filed{name, hex.EncodeToString(sum.Sum(nil)), size})
	return nil
}

func (p *packer) put(name string, r io.Reader, size int64, also io.Writer) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	if err := p.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: p.m.Made}); err != nil {
		return err
	}
	_, err := io.CopyN(io.MultiWriter(p.tar, also), r, size)
	return err
}

// archive packs the contents first, then the names in the directories of the cases, as links where they are such.
func (p *packer) archive() error {
	root := filepath.Join(p.in, daemon.ArchiveName)
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	for _, blobs := range []bool{true, false} {
		for _, e := range entries {
			if !e.IsDir() || (e.Name() == "blobs") != blobs || e.Name() == "incoming" {
				continue
			}
			err := filepath.WalkDir(filepath.Join(root, e.Name()), func(at string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return err
				}
				return p.archived(at)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *packer) archived(at string) error {
	rel, err := filepath.Rel(p.in, at)
	if err != nil {
		return err
	}
	name := filepath.ToSlash(rel)
	if sha := sumIn(filepath.Dir(at), filepath.Base(at)); sha != "" {
		blob := path.Join(daemon.ArchiveName, "blobs", sha[:2], sha)
		if _, err := os.Lstat(filepath.Join(p.in, filepath.FromSlash(blob))); err == nil {
			if p.m.Listed {
				return nil
			}
			return p.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: blob, Mode: 0o400, ModTime: p.m.Made})
		}
	}
	f, err := os.Open(at)
	if err != nil {
		return err
	}
	defer f.Close()
	return p.file(name, f)
}

// sumIn is what SHA256SUMS of a directory says of a file; "" when it says nothing.
func sumIn(dir, name string) string {
	f, err := os.Open(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		return ""
	}
	defer f.Close()
	s := bufio.NewScanner(io.LimitReader(f, 4<<20))
	for s.Scan() {
		if sha, n, ok := strings.Cut(s.Text(), "  "); ok && n == name && len(sha) == hex.EncodedLen(sha256.Size) {
			return sha
		}
	}
	return ""
}
