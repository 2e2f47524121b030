package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"ukpbjd/internal/config"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/secret"
)

// RestoreOptions say what to restore, and how its keys are opened.
type RestoreOptions struct {
	File      string
	Unlock    *credential.Unlock
	LeaveKeys bool   // restore without the keys that the backup holds
	Master    string // new file for the backup's master key, where it is not the configured one
	Seal      string // as it was noted when the backup was made; wanted where only an identity opens the keys, as anybody can lock keys for that
}

// Restore unpacks a backup, whose seal it has checked, into an empty storage path. What is there when it returns is held: see revive. Until then
// nothing has a name that a daemon would open.
func Restore(ctx context.Context, cfg *config.Config, o RestoreOptions) (r Recovery, err error) {
	in := cfg.Storage.Path
	if err := vacant(in); err != nil {
		return r, fmt.Errorf("restore: %w", err)
	}
	f, err := os.Open(o.File)
	if err != nil {
		return r, fmt.Errorf("restore: %w", err)
	}
	defer f.Close()
	master, err := sealedBy(ctx, f, cfg, o)
	if err != nil {
		return r, fmt.Errorf("restore %s: %w", o.File, err)
	}
	stage, err := os.MkdirTemp(in, ".restore-*")
	if err != nil {
		return r, fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(stage)
	u := &unpacker{ctx: ctx, to: stage, sums: map[string]string{}}
	if _, err := sealed(ctx, f, master, u.unpack); err != nil { // checked again while it is read
		return r, fmt.Errorf("restore %s: %w", o.File, err)
	}
	made := *cfg
	made.Storage.Path = stage
	if err := u.keys(&made, cfg, o); err != nil {
		return r, fmt.Errorf("restore %s: %w", o.File, err)
	}
	rooms, err := daemon.OpenRooms(ctx, &made)
	if err != nil {
		return r, fmt.Errorf("restore %s: %w", o.File, err)
	}
	r, err = revive(ctx, rooms.Office, u.m.Made)
	if err = errors.Join(err, rooms.Close()); err != nil {
		return r, fmt.Errorf("restore %s: %w", o.File, err)
	}
	// a log that lies there is of later days: it would say for certain that letters were not sent which the books have on their way
	if err := os.Remove(filepath.Join(in, daemon.SendLogName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("restore: %w", err)
	}
	for _, name := range []string{daemon.ArchiveName, daemon.KeysName, daemon.StoreName} {
		if err := os.Rename(filepath.Join(stage, name), filepath.Join(in, name)); err != nil {
			return r, fmt.Errorf("restore: %w", err)
		}
	}
	return r, syncDir(in)
}

// vacant refuses a storage path in which something lies that a restore would replace.
func vacant(in string) error {
	if err := os.MkdirAll(in, 0o700); err != nil {
		return err
	}
	for _, name := range []string{daemon.StoreName, daemon.KeysName, daemon.ArchiveName} {
		if _, err := os.Lstat(filepath.Join(in, name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s holds %s already; move it away, a restore replaces nothing", in, name)
		}
	}
	return nil
}

var (
	errUnsealed = errors.New("it bears no seal of a master key: it was cut short or changed, or made before backups were sealed. Nothing was taken " +
		"from it. Restore an old one with the version that made it, and back up anew with this one")
	errSeal    = errors.New("its seal is not of the master key in credentials.key_file: it was changed, or made under another key. Nothing was taken from it")
	errWitness = errors.New("it was made under another master key than the one in credentials.key_file, and anybody can lock keys for the recipient of an " +
		"identity: give its seal, as ukpbjd backup printed it (--seal), or put the master key in its place first")
)

// sealed reads what is before the seal, with read and then to the end, and returns the seal where it is right.
func sealed(ctx context.Context, f *os.File, master secret.Secret, read func(io.Reader) error) (string, error) {
	mac, err := sealer(master)
	if err != nil {
		return "", err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if end -= int64(sealLength); err != nil || end < 0 {
		return "", cmp.Or(err, errUnsealed)
	}
	line := make([]byte, sealLength)
	if _, err := f.ReadAt(line, end); err != nil {
		return "", err
	}
	seal, marked := strings.CutPrefix(strings.TrimSuffix(string(line), "\n"), sealMark)
	if !marked {
		return "", errUnsealed
	}
	content := io.TeeReader(reading{ctx, io.NewSectionReader(f, 0, end)}, mac)
	if err := read(content); err != nil {
		return "", err
	}
	if _, err := io.Copy(io.Discard, content); err != nil {
		return "", err
	}
	if !hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(seal)) {
		return "", errSeal
	}
	return seal, nil
}

type reading struct {
	ctx context.Context
	io.Reader
}

func (r reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// sealedBy finds the master key that the whole file is sealed by: the configured one, or one that is in the file. That one vouches for the
// file only with a witness beside it: the passphrase that opened it, or the seal as it was noted. DESIGN, law 7
func sealedBy(ctx context.Context, f *os.File, cfg *config.Config, o RestoreOptions) (master secret.Secret, err error) {
	only := func(io.Reader) error { return nil }
	master = cfg.Credentials.MasterKey
	seal, err := sealed(ctx, f, master, only)
	if errors.Is(err, errSeal) && o.Unlock != nil && !o.LeaveKeys {
		if master, _, err = keysIn(f, *o.Unlock); err != nil {
			return master, err
		}
		if seal, err = sealed(ctx, f, master, only); err == nil && o.Unlock.Passphrase.Absent() && o.Seal == "" {
			err = errWitness
		}
	}
	if err == nil && o.Seal != "" && o.Seal != seal {
		err = errors.New("its seal is not the one that was noted: this is another backup")
	}
	return master, err
}

// keysIn opens the keys that lie in a backup.
func keysIn(f *os.File, u credential.Unlock) (master secret.Secret, vault []byte, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return master, nil, err
	}
	t := tar.NewReader(bufio.NewReader(f))
	for {
		h, err := t.Next()
		if err != nil {
			return master, nil, errors.Join(errSeal, err)
		}
		if h.Name == sealedName {
			return credential.OpenKeys(t, u)
		}
	}
}

// unpacker reads the tar into a directory of its own.
type unpacker struct {
	ctx  context.Context
	to   string
	m    Manifest
	sums map[string]string
}

func (u *unpacker) unpack(r io.Reader) error {
	t := tar.NewReader(r)
	for u.m.Version == 0 {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return errors.New("the list at its end is missing: it is not whole")
		}
		if err == nil {
			err = u.entry(h, t)
		}
		if err = errors.Join(err, u.ctx.Err()); err != nil {
			return err
		}
	}
	if u.m.Version != backupVersion {
		return fmt.Errorf("it is of version %d, this program knows %d", u.m.Version, backupVersion)
	}
	return u.whole()
}

func (u *unpacker) entry(h *tar.Header, r io.Reader) error {
	switch name := h.Name; {
	case name == manifestName:
		if err := json.NewDecoder(io.LimitReader(r, maxManifest)).Decode(&u.m); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		return nil
	case name != path.Clean(name) || !filepath.IsLocal(name) || name != daemon.StoreName && name != sealedName && !strings.HasPrefix(name, daemon.ArchiveName+"/"):
		return fmt.Errorf("%.200q has no place in a backup", name)
	case h.Typeflag == tar.TypeLink:
		return u.link(name, h.Linkname)
	case h.Typeflag != tar.TypeReg:
		return fmt.Errorf("%.200q is no file", name)
	default:
		return u.file(name, r)
	}
}

func (u *unpacker) at(name string) string { return filepath.Join(u.to, filepath.FromSlash(name)) }

func (u *unpacker) file(name string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(u.at(name)), 0o700); err != nil {
		return err
	}
	mode := os.FileMode(0o600)
	if strings.HasPrefix(name, daemon.ArchiveName+"/blobs/") {
		mode = 0o400
	}
	sum := sha256.New()
	if err := create(u.at(name), mode, io.TeeReader(r, sum)); err != nil {
		return fmt.Errorf("unpack %s: %w", name, err)
	}
	u.sums[name] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// create writes a synced file that was not there.
func create(name string, mode os.FileMode, content io.Reader) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Sync(), f.Close())
}

// link gives a content that is there its name in the directory of a case.
func (u *unpacker) link(name, to string) error {
	if _, ok := u.sums[to]; !ok || !strings.HasPrefix(to, daemon.ArchiveName+"/blobs/") || !strings.HasPrefix(name, daemon.ArchiveName+"/") {
		return fmt.Errorf("%.200q is a link to %.200q, which is not there", name, to)
	}
	if err := os.MkdirAll(filepath.Dir(u.at(name)), 0o700); err != nil {
		return err
	}
	return os.Link(u.at(to), u.at(name))
}

// whole compares what came out with the list.
func (u *unpacker) whole() error {
	listed := map[string]bool{}
	for _, f := range u.m.Files {
		if u.sums[f.Name] != f.SHA256 {
			return fmt.Errorf("%.200q is damaged or missing", f.Name)
		}
		if sha, blob := strings.CutPrefix(f.Name, daemon.ArchiveName+"/blobs/"); blob && path.Base(sha) != f.SHA256 {
			return fmt.Errorf("%.200q is not what its name says", f.Name)
		}
		listed[f.Name] = true
	}
	for name := range u.sums {
		if !listed[name] {
			return fmt.Errorf("%.200q is not in its list", name)
		}
	}
	if !listed[daemon.StoreName] {
		return errors.New("there is no store in it")
	}
	return nil
}

// keys puts the key file in its place, and finds the master key that belongs to it.
func (u *unpacker) keys(made, cfg *config.Config, o RestoreOptions) error {
	if !u.m.Keys || o.LeaveKeys {
		return os.RemoveAll(u.at(sealedName))
	}
	if o.Unlock == nil {
		return errors.New("it holds keys: name the identity or passphrase file, or leave the keys out")
	}
	f, err := os.Open(u.at(sealedName))
	if err != nil {
		return err
	}
	defer f.Close()
	master, vault, err := credential.OpenKeys(f, *o.Unlock)
	if err != nil {
		return err
	}
	if !master.Equal(cfg.Credentials.MasterKey) {
		if o.Master == "" {
			return errors.New("it was made under another master key than credentials.key_file: give a new file for that key, and name it there afterwards")
		}
		if err := create(o.Master, 0o600, bytes.NewReader(credential.MasterFile(master))); err != nil {
			return err
		}
		made.Credentials.MasterKey = master
	}
	return errors.Join(create(u.at(daemon.KeysName), 0o600, bytes.NewReader(vault)), os.Remove(u.at(sealedName)))
}
