package stage

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/backup"
	"ukpbjd/internal/config"
	"ukpbjd/internal/credential"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/office"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// carver looks for passwords in bytes that nobody explains to it, as somebody does who has found the disk and knows the passphrase of
// the account sheets: as they stand, in base64 within base64, and in workbooks, locked or not, wherever they begin.
type carver struct {
	words      map[string]string
	passphrase string
	found      []string
}

var (
	oleMagic, zipMagic, zipEnd = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), []byte("PK\x03\x04"), []byte("PK\x05\x06")
	lineEnds                   = strings.NewReplacer("\r\n", "", "\n", "", `\r\n`, "", `\n`, "")
)

const maxCarved = 8 << 20

func (c *carver) carve(where string, raw []byte, depth int) {
	for w, owner := range c.words {
		if bytes.Contains(raw, []byte(w)) {
			c.found = append(c.found, fmt.Sprintf("%s: the password of %s", where, owner))
		}
	}
	if depth == 0 {
		return
	}
	for at := range places(raw, oleMagic) {
		rest := raw[at:min(len(raw), at+maxCarved)]
		if plain, err := excelize.Decrypt(rest, &excelize.Options{Password: c.passphrase}); err == nil {
			c.carve(where+", a locked workbook", plain, depth-1)
		}
	}
	for at := range places(raw, zipMagic) {
		rest := raw[at:min(len(raw), at+maxCarved)]
		if end := bytes.Index(rest, zipEnd); end > 0 && end+22 <= len(rest) {
			c.unzip(where+", a package", rest[:end+22], depth-1)
		}
	}
	for _, magic := range [][]byte{oleMagic, zipMagic, []byte("Content-Type: ")} { // of a letter, which may lie in JSON
		for shift := range 3 {
			from, to := (shift+2)/3, (shift+len(magic))/3 // groups of four characters that follow from the magic alone
			if from >= to {
				continue
			}
			sure := base64.StdEncoding.EncodeToString(slices.Concat(make([]byte, shift), magic))[4*from : 4*to]
			for at := range places(raw, []byte(sure)) {
				c.carve(where+", base64", unbase64(raw[max(0, at-4*from):min(len(raw), at+maxCarved)]), depth-1)
			}
		}
	}
}

// unbase64 decodes as far as it goes, over ends of lines.
func unbase64(raw []byte) []byte {
	text := lineEnds.Replace(string(raw))
	rest := strings.TrimLeft(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
	inner, _ := base64.RawStdEncoding.DecodeString(text[:len(text)-len(rest)]) //nolint:errcheck // as far as it goes
	return inner
}

func (c *carver) unzip(where string, raw []byte, depth int) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return
	}
	for _, f := range z.File {
		if r, err := f.Open(); err == nil {
			inner, _ := io.ReadAll(io.LimitReader(r, maxCarved)) //nolint:errcheck // as far as it goes
			c.carve(where+", "+f.Name, inner, depth)
		}
	}
}

// places are the offsets at which magic stands.
func places(raw, magic []byte) func(func(int) bool) {
	return func(yield func(int) bool) {
		for at := 0; ; at++ {
			i := bytes.Index(raw[at:], magic)
			if i < 0 || !yield(at+i) {
				return
			}
			at += i
		}
	}
}

// all carves every file below the directories.
func (c *carver) all(dirs ...string) (files int, err error) {
	for _, dir := range dirs {
		err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			files++
			c.carve(path, raw, 4)
			return err
		})
	}
	return files, err
}

// TestNothingOpensAfterShredding plays offices to the destruction of their keys, each another: one approver's mail server takes no
// letter, so that it waits sealed in the outbox; backups are made before and after. Then nobody who has every file, free pages of the
// store included, and the passphrase finds a sheet or a password. Control: whoever kept the keys does, and so does the carver where a
// letter lies in the clear. UKPBJD_LONG=1 plays fifty.
func TestNothingOpensAfterShredding(t *testing.T) {
	t.Parallel()
	runs := 3
	if os.Getenv("UKPBJD_LONG") != "" {
		runs = 50
	}
	for i := range runs {
		t.Run(fmt.Sprint(i), func(t *testing.T) { nothingOpens(t, i) })
	}
}

func nothingOpens(t *testing.T, run int) {
	var c clock
	o := Options{Clerk: func(p *daemon.Parts) { p.Office.Now, p.Outbox.FirstRetry = c.now, 50*time.Millisecond }}
	second := sop.Person{Name: "Admin Kedua", Address: "admin.kedua@" + Domain}
	o.Members = []sop.Person{second}
	o.Rules = func(_, to string) (b postoffice.Behaviour) {
		if to == second.Address {
			b.Code, b.Text = 451, "try later"
		}
		return b
	}
	o.Change = func(cfg *config.Config) {
		cfg.People.Approvers = append(cfg.People.Approvers, config.Approver{Person: second, SheetPassphrase: cfg.People.Approvers[0].SheetPassphrase})
		cfg.Credentials.Sheet = []string{"encrypted", "encrypted", "plain"}[run%3]
		if run%5 == 3 {
			cfg.Credentials.Tembusan = "full"
		}
	}
	x := open(t, papersOf(t, int64(run+1), 3+run%4), o)
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	approval := x.await(x.Cast.Admin, sop.Persetujuan)
	number := x.only().Number
	waiting, sealed := x.letterTo(number, second.Address)
	backups, kept := t.TempDir(), filepath.Join(t.TempDir(), "keys.db")
	save := func(name string) {
		_, err := backup.Backup(x.ctx, x.Config, backup.BackupOptions{File: filepath.Join(backups, name), Snapshot: x.Daemon.Control.Snapshot})
		x.do(err)
	}
	save("asked.tar")
	keys, err := os.ReadFile(filepath.Join(x.Config.Storage.Path, daemon.KeysName))
	x.do(err)
	x.do(os.WriteFile(kept, keys, 0o600))
	var enclosed []sop.File
	if sheet, _ := SheetFile(approval.Msg); run%2 == 1 && x.Config.Credentials.Sheet == "encrypted" { // in the clear it would be an exposure
		sheet.Name = []string{sheet.Name, "akun.xlsx"}[run/2%2]
		enclosed = append(enclosed, sheet)
	}
	x.do(x.Answer(approval, "SETUJU", rehearsal.Styles[run%len(rehearsal.Styles)], enclosed...))
	x.finish()
	save("before.tar")
	c.set(time.Now().Add(25 * time.Hour))
	x.later(&c, func() bool {
		_, err := x.Daemon.Timer.Tick(x.ctx)
		x.do(err)
		waiting, _ := x.letterTo(number, second.Address)
		return len(x.Daemon.Office.Vault.IDs()) == 0 && waiting.State == store.Failed && len(x.endedLetters()) == 0
	})
	if row, _ := x.letterTo(number, second.Address); !strings.Contains(row.Answer, "destroyed") {
		t.Errorf("the letter that waited ends with %q", row.Answer)
	}
	x.sound()
	x.provesOne(number)
	save("after.tar")
	words, err := x.Passwords()
	x.do(err)
	for w, owner := range words {
		if owner == x.Cast.KepalaLPSE.Address || w == "TETAP" {
			delete(words, w)
		}
	}
	if len(words) != len(x.bundle.Roster) {
		t.Fatalf("%d passwords of %d members", len(words), len(x.bundle.Roster))
	}
	x.do(x.Stop())
	pass := x.Config.People.Approvers[0].SheetPassphrase.Reveal()
	after := &carver{words: words, passphrase: pass}
	files, err := after.all(x.Config.Storage.Path, backups)
	if err != nil || files < 10 || len(after.found) > 0 {
		t.Errorf("%d files: %q %v", files, slices.Compact(after.found), err)
	}
	// the controls
	old, err := credential.OpenVault(kept, x.Config.Credentials.MasterKey, zeroes{})
	x.do(err)
	defer old.Close()
	plain, err := old.OpenLetter(office.SealedUnder(number, waiting.Letter), sealed)
	if err != nil || !waiting.Sealed {
		t.Fatalf("the letter that waited is sealed: %v, and opens with the keys of then: %v", waiting.Sealed, err)
	}
	for what, raw := range map[string][]byte{"with the keys of then": plain, "in the clear": approval.Raw} {
		x.do(os.WriteFile(filepath.Join(x.Config.Storage.Path, "left"), slices.Concat(make([]byte, 1000+run), raw, make([]byte, 99)), 0o600))
		control := &carver{words: words, passphrase: pass}
		if _, err := control.all(x.Config.Storage.Path); err != nil || len(control.found) < len(words) {
			t.Errorf("%s the carver finds %q, %v", what, control.found, err)
		}
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// letterTo is the approval letter to somebody as the store has it.
func (x *play) letterTo(number, address string) (row store.LetterRow, body []byte) {
	x.t.Helper()
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) error {
		rows, err := b.Letters.Of(number)
		for _, r := range rows {
			if r.Letter.To.Address == address && r.Letter.Kind == sop.Persetujuan {
				row = r
			}
		}
		if err == nil {
			body, err = b.Letters.Body(row.ID())
		}
		return err
	}))
	return row, body
}
