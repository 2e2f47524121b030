package stage

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// TestLettersAreKept: every letter lies in the archive beside the papers, but no password does, and no account sheet.
func TestLettersAreKept(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	b, err := rehearsal.Papers(1, 3, rehearsal.Office{Domain: Domain})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := Open(Options{Dir: dir, Members: People(b)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	await := func(to sop.Person, kind sop.LetterKind) Letter {
		t.Helper()
		l, err := s.Await(ctx, to, "", kind)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if err := s.Request(b, true); err != nil {
		t.Fatal(err)
	}
	approval := await(s.Cast.Admin, sop.Persetujuan)
	if err := s.Answer(approval, "SETUJU", rehearsal.Outlook); err != nil {
		t.Fatal(err)
	}
	var passwords []string
	for _, m := range People(b) {
		l := await(m, sop.Kredensial)
		passwords = append(passwords, PasswordIn(l.Msg))
		if err := s.Answer(l, "TERIMA", rehearsal.Plain); err != nil {
			t.Fatal(err)
		}
	}
	await(s.Cast.Staff, sop.Selesai)
	kept := map[string]int{}
	for deadline := time.Now().Add(20 * time.Second); kept["kredensial"] < 3 || kept["persetujuan"] < 1 || kept["selesai"] < 5; {
		if _, err := s.Daemon.Clerk.KeepLetters(ctx); err != nil {
			t.Fatal(err)
		}
		kept = lookAtLetters(t, filepath.Join(dir, "office", "archive"), passwords)
		if time.Now().After(deadline) {
			t.Fatalf("kept: %v", kept)
		}
	}
	r, err := s.Daemon.Clerk.Verify(ctx)
	if err != nil || len(r.Findings) > 0 {
		t.Errorf("verify: %v %v", r.Findings, err)
	}
	if n, err := s.Daemon.Clerk.KeepLetters(ctx); n != 0 || err != nil {
		t.Errorf("%d letters are kept twice (%v)", n, err)
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
