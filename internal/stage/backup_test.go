package stage

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"ukpbjd/internal/backup"
	"ukpbjd/internal/control"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/office"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// disaster is an office that was backed up when the approver had been asked, and went on until the credentials were sent.
type disaster struct {
	*play
	number   string
	members  []sop.Person
	approval Letter
	id       *age.X25519Identity
	whole    string // backup with keys
	keyless  string // backup without
	raw      []byte // the store alone, as somebody would copy it by hand
}

func newDisaster(t *testing.T) *disaster {
	t.Helper()
	x := open(t, papersOf(t, 5, 2), Options{Clerk: func(p *daemon.Parts) { p.ClaimEvery = 50 * time.Millisecond }}) // what is restored waits for it
	d := &disaster{play: x, members: People(x.bundle)}
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	d.approval = x.await(x.Cast.Admin, sop.Persetujuan)
	d.number = x.only().Number
	var err error
	if d.id, err = age.GenerateX25519Identity(); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	d.whole, d.keyless = filepath.Join(out, "dengan-kunci.tar"), filepath.Join(out, "tanpa-kunci.tar")
	d.backup(d.whole, &credential.Lock{Recipients: d.id.Recipient().String()})
	d.backup(d.keyless, nil)
	var raw bytes.Buffer
	x.do(x.Daemon.Control.Snapshot(x.ctx, &raw))
	d.raw = raw.Bytes()
	x.do(x.Answer(d.approval, "SETUJU", rehearsal.Outlook))
	for _, m := range d.members {
		x.await(m, sop.Kredensial)
	}
	x.do(x.Stop())
	return d
}

func (d *disaster) backup(file string, lock *credential.Lock) {
	d.t.Helper()
	_, err := backup.Backup(d.ctx, d.Config, backup.BackupOptions{File: file, Lock: lock, Snapshot: d.Daemon.Control.Snapshot})
	d.do(err)
}

// second waits for the second letter of a kind to somebody. It may be the first once more.
func (d *disaster) second(to sop.Person, kind sop.LetterKind) Letter {
	d.t.Helper()
	d.do(d.until(d.ctx, func() bool { return len(d.letters(to, kind)) > 1 }))
	return d.letters(to, kind)[1]
}

// sentByOffice counts what has left.
func (d *disaster) sentByOffice() (n int) {
	for _, t := range d.Post.Journal() {
		if t.From == d.Cast.Office.Address {
			n++
		}
	}
	return n
}

// judged waits until so many mails of the case have their outcome, and gives the last.
func (d *disaster) judged(n int) (last control.MailView) {
	d.t.Helper()
	d.do(d.until(d.ctx, func() bool {
		w, err := d.Daemon.Control.Why(d.ctx, d.number)
		d.do(err)
		if len(w.Mails) >= n {
			last = w.Mails[n-1]
		}
		return len(w.Mails) >= n
	}))
	return last
}

func (d *disaster) move() {
	d.t.Helper()
	d.Config.Storage.Path = filepath.Join(d.t.TempDir(), "baru")
}

func (d *disaster) identity() *credential.Unlock {
	return &credential.Unlock{Identity: secret.New([]byte(d.id.String()))}
}

// TestRestoreSendsNothingUntilReconciled, and believes no log of sending that lies in the place to which it restores.
func TestRestoreSendsNothingUntilReconciled(t *testing.T) {
	t.Parallel()
	d := newDisaster(t)
	d.move()
	log := filepath.Join(d.Config.Storage.Path, daemon.SendLogName)
	d.do(errors.Join(os.MkdirAll(d.Config.Storage.Path, 0o700), os.WriteFile(log, []byte("boot run"), 0o600)))
	r, err := backup.Restore(d.ctx, d.Config, backup.RestoreOptions{File: d.whole, Unlock: d.identity()})
	d.do(err)
	if r.Cases != 1 || len(r.Open) != 1 || r.Keyless != 0 {
		t.Errorf("%+v", r)
	}
	if _, err := os.Lstat(log); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log of sending lies there still: %v", err)
	}
	before := d.sentByOffice()
	d.do(d.Start(d.ctx))
	d.do(d.Answer(d.approval, "SETUJU", rehearsal.Thunderbird)) // to the letter from before the backup
	if m := d.judged(2); m.Outcome != "obeyed" && m.Outcome != "refused" {
		t.Errorf("%+v", m)
	}
	v, err := d.Daemon.Control.Show(d.ctx, d.number)
	d.do(err)
	if v.Approval != nil {
		t.Errorf("an old code was obeyed: %+v", v.Approval)
	}
	if _, err := d.Daemon.Timer.Tick(d.ctx); err != nil {
		t.Fatal(err)
	}
	waiting := 0
	for _, l := range v.Letters {
		if l.State != "accepted" {
			waiting++
		}
	}
	if n := d.sentByOffice(); n != before || waiting == 0 {
		t.Errorf("%d letters left while held, %d wait", n-before, waiting)
	}
	_, err = d.Daemon.Control.Answer(d.ctx, control.Call{Command: "reconcile"})
	d.do(err)
	d.finish()
	if _, err := d.Daemon.Control.Answer(d.ctx, control.Call{Command: "reconcile"}); !errors.Is(err, control.ErrNotHeld) {
		t.Errorf("reconciled twice: %v", err)
	}
}

// finish answers the new approval letter; the credentials of the present books go out, and everything holds.
func (d *disaster) finish() {
	d.t.Helper()
	again := d.second(d.Cast.Admin, sop.Persetujuan)
	if old, now := codeOf(d.approval), codeOf(again); old == now || old == "" {
		d.t.Errorf("the code %q is the old one", now)
	}
	d.do(d.Answer(again, "SETUJU", rehearsal.Outlook))
	for _, m := range d.members {
		d.second(m, sop.Kredensial)
	}
	d.sound()
}

func codeOf(l Letter) string {
	_, code, _ := strings.Cut(l.Msg.Subject, "kode ")
	return code
}

// TestCopiedStoreIsDangerous is the negative control: a store put back by hand sends and obeys at once.
func TestCopiedStoreIsDangerous(t *testing.T) {
	t.Parallel()
	d := newDisaster(t)
	old := d.Config.Storage.Path
	d.move()
	d.do(os.MkdirAll(d.Config.Storage.Path, 0o700))
	d.do(os.WriteFile(filepath.Join(d.Config.Storage.Path, daemon.StoreName), d.raw, 0o600))
	d.do(os.Rename(filepath.Join(old, daemon.KeysName), filepath.Join(d.Config.Storage.Path, daemon.KeysName)))
	d.do(os.Rename(filepath.Join(old, daemon.ArchiveName), filepath.Join(d.Config.Storage.Path, daemon.ArchiveName)))
	d.do(d.Start(d.ctx))
	d.do(d.Answer(d.approval, "SETUJU", rehearsal.Thunderbird))
	for _, m := range d.members {
		d.second(m, sop.Kredensial)
	}
}

// TestRestoreWithoutKeys: live passwords are lost, and new ones go out by a new approval.
func TestRestoreWithoutKeys(t *testing.T) {
	t.Parallel()
	d := newDisaster(t)
	first := map[string]string{}
	for _, m := range d.members {
		first[m.Address] = PasswordIn(d.await(m, sop.Kredensial).Msg)
	}
	d.move()
	r, err := backup.Restore(d.ctx, d.Config, backup.RestoreOptions{File: d.keyless})
	d.do(err)
	if r.Keyless != len(d.members) {
		t.Errorf("%+v", r)
	}
	d.do(d.Start(d.ctx))
	_, err = d.Daemon.Control.Reconcile(d.ctx)
	d.do(err)
	d.finish()
	for _, m := range d.members {
		if p := PasswordIn(d.second(m, sop.Kredensial).Msg); p == "" || p == first[m.Address] {
			t.Errorf("%s has the old password, which nobody could open", m.Address)
		}
	}
}

func TestBackupHoldsNoSecret(t *testing.T) {
	t.Parallel()
	d := newDisaster(t)
	for _, f := range []string{d.whole, d.keyless} {
		d.do(os.Rename(f, filepath.Join(d.Config.Storage.Path, filepath.Base(f))))
	}
	words, err := d.Passwords()
	d.do(err)
	leaks, err := d.Leaks(words)
	if err != nil || len(leaks) > 0 || len(words) != len(d.members) {
		t.Errorf("%d words: %q %v", len(words), leaks, err)
	}
}

// TestDamagedBackup: nothing is restored from it, and nothing lies in the storage path afterwards.
func TestDamagedBackup(t *testing.T) {
	t.Parallel()
	d := newDisaster(t)
	good, err := os.ReadFile(d.whole)
	d.do(err)
	other, err := age.GenerateX25519Identity()
	d.do(err)
	try := func(name string, raw []byte, o backup.RestoreOptions) {
		t.Helper()
		d.move()
		o.File = filepath.Join(t.TempDir(), "cadangan.tar")
		d.do(os.WriteFile(o.File, raw, 0o600))
		if _, err := backup.Restore(d.ctx, d.Config, o); err == nil {
			t.Errorf("%s: restored", name)
		}
		left, err := os.ReadDir(d.Config.Storage.Path)
		if err != nil || len(left) > 0 {
			t.Errorf("%s: %d things are left, %v", name, len(left), err)
		}
	}
	open := backup.RestoreOptions{Unlock: d.identity()}
	for _, at := range []int{600, len(good) / 3, len(good) / 2, len(good) * 9 / 10} {
		flipped := bytes.Clone(good)
		flipped[at] ^= 0x10
		try("flipped", flipped, open)
		try("cut short", good[:at], open)
	}
	try("empty", nil, open)
	try("no identity", good, backup.RestoreOptions{})
	try("another identity", good, backup.RestoreOptions{Unlock: &credential.Unlock{Identity: secret.New([]byte(other.String()))}})
	d.move()
	d.do(os.MkdirAll(filepath.Join(d.Config.Storage.Path, daemon.ArchiveName), 0o700))
	if _, err := backup.Restore(d.ctx, d.Config, backup.RestoreOptions{File: d.whole, Unlock: d.identity()}); err == nil {
		t.Error("restored over something")
	}
	if _, err := backup.Backup(d.ctx, d.Config, backup.BackupOptions{File: d.whole, Snapshot: func(context.Context, io.Writer) error { return nil }}); err == nil {
		t.Error("a backup was replaced")
	}
}

// forged is a backup in which somebody who has no key has put another address in the place of a member's, with every sum made right. keys
// takes the place of the sealed keys.
func (d *disaster) forged(keys []byte) []byte {
	d.t.Helper()
	f, err := os.Open(d.whole)
	d.do(err)
	defer f.Close()
	var out bytes.Buffer
	in, w, sums := tar.NewReader(f), tar.NewWriter(&out), map[string][]byte{}
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		d.do(err)
		raw, err := io.ReadAll(in)
		d.do(err)
		switch h.Name {
		case daemon.StoreName:
			was := []byte(d.members[0].Address)
			if !bytes.Contains(raw, was) {
				d.t.Fatal("the address is not in the store as it stands")
			}
			raw = bytes.ReplaceAll(raw, was, append([]byte("x@"), bytes.Repeat([]byte("e"), len(was)-2)...))
		case "keys.age":
			if keys != nil {
				raw = keys
			}
		case "MANIFEST.json":
			var m backup.Manifest
			d.do(json.Unmarshal(raw, &m))
			for i, x := range m.Files {
				if now, ok := sums[x.Name]; ok {
					m.Files[i] = backup.Filed{Name: x.Name, SHA256: office.Sum(now), Size: int64(len(now))}
				}
			}
			raw, err = json.Marshal(m)
			d.do(err)
		}
		if h.Typeflag == tar.TypeReg {
			sums[h.Name], h.Size = raw, int64(len(raw))
		}
		d.do(w.WriteHeader(h))
		_, err = w.Write(raw)
		d.do(err)
	}
	d.do(w.Close())
	return out.Bytes()
}

// TestForgedBackup (issue 11, A3): what was changed outside of us is refused before anything is written, although its own sums are right.
// The controls: the same file unchanged is taken, under another master key than the configured one with its seal or its passphrase.
func TestForgedBackup(t *testing.T) {
	t.Parallel()
	d := newDisaster(t)
	good, err := os.ReadFile(d.whole)
	d.do(err)
	content, seal, found := bytes.Cut(good, []byte("ukpbjd-seal "))
	if !found {
		content, seal = good, nil
	}
	seal = append([]byte("ukpbjd-seal "), seal...)
	sealedUnder := func(master secret.Secret, raw []byte) []byte {
		keys, err := credential.NewKeys(master)
		d.do(err)
		key, err := keys.Derive("backup")
		d.do(err)
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		mac.Write(raw)
		return fmt.Appendf(bytes.Clone(raw), "ukpbjd-seal %x\n", mac.Sum(nil))
	}
	theirs, mine := secret.New(bytes.Repeat([]byte("x"), 32)), d.Config.Credentials.MasterKey
	var locked bytes.Buffer
	d.do(credential.SealKeys(&locked, credential.Lock{Recipients: d.id.Recipient().String()}, theirs, []byte("{}")))
	locking := locked.Bytes()
	passphrase := secret.New([]byte("frasa sandi cadangan"))
	other := filepath.Join(t.TempDir(), "lain.tar")
	_, err = backup.Backup(d.ctx, d.Config, backup.BackupOptions{File: other, Lock: &credential.Lock{Passphrase: passphrase}, Snapshot: func(_ context.Context, w io.Writer) error {
		_, err := w.Write(d.raw)
		return err
	}})
	d.do(err)
	locked2, err := os.ReadFile(other)
	d.do(err)
	word := backup.RestoreOptions{Unlock: &credential.Unlock{Passphrase: passphrase}}
	open, noted := backup.RestoreOptions{Unlock: d.identity()}, backup.RestoreOptions{Unlock: d.identity(), Seal: strings.TrimSpace(string(seal[len("ukpbjd-seal "):]))}
	for _, c := range []struct {
		name   string
		raw    []byte
		o      backup.RestoreOptions
		master secret.Secret // configured
		taken  bool
	}{
		{"forged, unsealed", d.forged(nil), open, mine, false},
		{"forged, the old seal", append(d.forged(nil), seal...), open, mine, false},
		{"forged, their seal", sealedUnder(theirs, d.forged(nil)), open, mine, false},
		{"forged, their key locked for us", sealedUnder(theirs, d.forged(locking)), open, mine, false},
		{"forged, their key locked for us, on a new machine", sealedUnder(theirs, d.forged(locking)), open, secret.New(bytes.Repeat([]byte("y"), 32)), false},
		{"forged, their key locked for us, another seal noted", sealedUnder(theirs, d.forged(locking)), noted, mine, false},
		{"forged, their key, a passphrase", sealedUnder(theirs, d.forged(locking)), word, mine, false},
		{"spliced", append(bytes.Clone(content[:len(content)/2]), locked2[len(content)/2:]...), open, mine, false},
		{"appended to", append(bytes.Clone(good), 0), open, mine, false},
		{"unsealed", content, open, mine, false},
		{"another master key", good, open, theirs, false},
		{"another master key, seal noted", good, noted, theirs, true},
		{"another master key, a passphrase", locked2, word, theirs, true},
		{"right", good, open, mine, true},
		{"right, keys left", good, backup.RestoreOptions{LeaveKeys: true}, mine, true},
	} {
		d.move()
		d.Config.Credentials.MasterKey = c.master
		c.o.File, c.o.Master = filepath.Join(t.TempDir(), "cadangan.tar"), filepath.Join(t.TempDir(), "kunci")
		d.do(os.WriteFile(c.o.File, c.raw, 0o600))
		_, err := backup.Restore(d.ctx, d.Config, c.o)
		if (err == nil) != c.taken {
			t.Errorf("%s: %v", c.name, err)
		}
		left, bad := os.ReadDir(d.Config.Storage.Path)
		if bad != nil || !c.taken && len(left) > 0 {
			t.Errorf("%s: %d things are left, %v", c.name, len(left), bad)
		}
		d.Config.Credentials.MasterKey = mine
	}
}
