package stage

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// TestLettersAreArchived: every letter lies in the archive beside the papers, but no password does, and no account sheet.
func TestLettersAreArchived(t *testing.T) {
	t.Parallel()
	x := open(t, papersOf(t, 1, 3), Options{})
	x.do(x.Start(x.ctx))
	x.approve()
	var passwords []string
	for _, m := range People(x.bundle) {
		passwords = append(passwords, PasswordIn(x.await(m, sop.Kredensial).Msg))
	}
	x.finish()
	there := map[string]int{}
	for there["kredensial"] < 3 || there["persetujuan"] < 1 || there["selesai"] < 5 {
		_, err := x.Daemon.Archiver.AllLetters(x.ctx)
		x.do(err)
		there = lookAtLetters(t, filepath.Join(x.Config.Storage.Path, "archive"), passwords)
		if x.ctx.Err() != nil {
			t.Fatalf("archived: %v", there)
		}
	}
	x.sound()
	if n, err := x.Daemon.Archiver.AllLetters(x.ctx); n != 0 || err != nil {
		t.Errorf("%d letters are archived twice (%v)", n, err)
	}
}

// lookAtLetters counts the letters of each kind in the archive, and looks into all of them.
func lookAtLetters(t *testing.T, archive string, passwords []string) map[string]int {
	t.Helper()
	kept := map[string]int{}
	files, err := filepath.Glob(filepath.Join(archive, "2*", "PKJ-*", "*-surat-*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(f[strings.LastIndexByte(f, '-')+1:], ".eml")
		kept[name]++
		m := message.Parse(raw, message.DefaultLimits(), nil)
		for _, p := range passwords {
			if p == "" || strings.Contains(m.Text+m.HTML, p) || bytes.Contains(raw, []byte(p)) {
				t.Errorf("%s holds a password", filepath.Base(f))
			}
		}
		if name == "kredensial" && !strings.Contains(m.Text, "[tidak-diarsipkan]") {
			t.Errorf("%s does not say that the password is left out", filepath.Base(f))
		}
		for _, x := range m.Files {
			if strings.HasPrefix(x.Name, "lembar-akun-") {
				t.Errorf("%s carries the account sheet", filepath.Base(f))
			}
		}
		if name == "persetujuan" && !strings.Contains(string(raw), "Lembar akun tidak diarsipkan; SHA-256 ") {
			t.Errorf("%s does not say that the sheet is left out", filepath.Base(f))
		}
	}
	return kept
}
