package stage

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/message"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

// TestNoSheetIsKept: when the last key of a case is destroyed and its letters are archived, its account sheet lies in no live row
// of the store and nowhere in the archive, nor has it before. The archived letter stays what the evidence says was answered, and a
// change of it is found.
func TestNoSheetIsKept(t *testing.T) {
	t.Parallel()
	var c clock
	x := open(t, papersOf(t, 5, 3), clocked(&c))
	x.do(x.Start(x.ctx))
	x.do(x.Request(x.bundle, true))
	approval := x.await(x.Cast.Admin, sop.Persetujuan)
	sheet, ok := SheetFile(approval.Msg)
	if !ok {
		t.Fatal("the letter carries no sheet to begin with")
	}
	planted := filepath.Join(x.Config.Storage.Path, "planted")
	x.do(os.WriteFile(planted, approval.Raw, 0o600))
	if found := x.holding(sheet.Bytes); !slices.Equal(found, []string{planted}) { // the control
		t.Errorf("the sheet lies in %q", found)
	}
	x.do(os.Remove(planted))
	x.do(x.Answer(approval, "SETUJU", rehearsal.Outlook))
	x.finish()
	number := x.only().Number
	x.provesOne(number)
	x.shredAll(&c, number)
	x.do(x.until(x.ctx, func() bool { return len(x.Daemon.Office.Vault.IDs()) == 0 && len(x.endedLetters()) == 0 }))
	if left := x.holding(sheet.Bytes); len(left) > 0 {
		t.Errorf("the sheet is still in %q", left)
	}
	x.sound()
	x.provesOne(number)
	path := x.archivedLetter(number, sop.Persetujuan)
	raw, err := os.ReadFile(path)
	x.do(err)
	if m := message.Parse(raw, message.DefaultLimits(), nil); m.MessageID != approval.Msg.MessageID || m.Text != approval.Msg.Text ||
		!bytes.Contains(raw, []byte("Lembar akun tidak diarsipkan; SHA-256 ")) {
		t.Error("the rest of the letter is another")
	}
	x.do(os.Chmod(path, 0o600))
	x.do(os.WriteFile(path, bytes.Replace(raw, []byte("SHA-256"), []byte("SHA-512"), 1), 0o600))
	if r, err := x.Daemon.Audit.Verify(x.ctx); err != nil || len(r.Findings) == 0 {
		t.Errorf("a changed letter is not found: %v", err)
	}
}

// provesOne wants the books in order, and one decision of the case proved with the letter that it answers.
func (x *play) provesOne(number string) {
	x.t.Helper()
	x.sound()
	raw, err := x.Daemon.Audit.Evidence(x.ctx, number)
	x.do(err)
	key, err := x.Daemon.Office.Verifier()
	x.do(err)
	p, err := audit.Prove(x.ctx, raw, key, nil)
	if err != nil || !p.Sound() || len(p.Decisions) != 1 || !strings.Contains(p.Decisions[0].Letter, number) {
		x.t.Errorf("%+v %v", p, err)
	}
}

// endedLetters are those that are still to be archived.
func (x *play) endedLetters() (rows []store.LetterRow) {
	x.t.Helper()
	_, err := x.Daemon.Archiver.AllLetters(x.ctx)
	x.do(err)
	x.do(x.Daemon.Office.View(x.ctx, func(b store.Books) (err error) {
		rows, err = b.Letters.Unarchived(1000, func(string) bool { return false })
		return err
	}))
	return rows
}

// archivedLetter is where the one letter of that kind lies.
func (x *play) archivedLetter(number string, kind sop.LetterKind) string {
	x.t.Helper()
	all, err := filepath.Glob(filepath.Join(x.Config.Storage.Path, "archive", number[4:8], number, "*-"+string(kind)+".eml"))
	if err != nil || len(all) != 1 {
		x.t.Fatalf("letters %s of %s: %q %v", kind, number, all, err)
	}
	return all[0]
}

// holding names the files of the storage path that hold some bytes, as they are or in base64. The store is written anew before:
// what is left in it are live rows.
func (x *play) holding(content []byte) (out []string) {
	x.t.Helper()
	x.do(x.Daemon.Office.DB.(*bolt.DB).Compact(x.ctx))
	middle := len(content) / 2 / 57 * 57 // where a line of base64 begins
	raw := content[middle : middle+57]
	line := []byte(base64.StdEncoding.EncodeToString(raw))
	x.do(filepath.WalkDir(x.Config.Storage.Path, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, raw) || bytes.Contains(b, line) {
			out = append(out, path)
		}
		return err
	}))
	return out
}
