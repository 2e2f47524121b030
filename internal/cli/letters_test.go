package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/sop"
)

// TestLetters: each kind can be looked at before there is a configuration; with one it is the office's own name and templates that are seen.
func TestLetters(t *testing.T) {
	dir := t.TempDir()
	code, said := tryRun(t, "--config", filepath.Join(dir, "none.yaml"), "letters", filepath.Join(dir, "shipped"))
	if code != exitOK || !strings.Contains(said, "as they are shipped") || !strings.Contains(said, filepath.Join(dir, "shipped", "index.html")) {
		t.Fatalf("%d %s", code, said)
	}
	index, err := os.ReadFile(filepath.Join(dir, "shipped", "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range sop.LetterKinds {
		if !strings.Contains(string(index), `<a href="`+string(kind)+"-") {
			t.Errorf("no %s", kind)
		}
	}
	path := filepath.Join(dir, "ukpbjd.yaml")
	if code, said := tryRun(t, "--config", path, "init", "--office", "Bagian PBJ Kabupaten Misal", "--storage", dir); code != exitOK {
		t.Fatal(said)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	help, err := os.ReadFile("../../templates/bantuan.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"credentials/imap": "not-a-real-password", "credentials/smtp": "not-a-real-password",
		"ukpbjd.yaml": string(text) + "letters: {override: own}\n", "own/bantuan.tmpl": strings.Replace(string(help), `{{define "subject"}}`, `{{define "subject"}}KHAS `, 1)} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, said := tryRun(t, "--config", path, "letters", filepath.Join(dir, "own-letters")); code != exitOK || strings.Contains(said, "shipped") {
		t.Fatalf("%d %s", code, said)
	}
	index, err = os.ReadFile(filepath.Join(dir, "own-letters", "index.html"))
	letter, bad := os.ReadFile(filepath.Join(dir, "own-letters", "kredensial-member.html"))
	if err != nil || bad != nil || !strings.Contains(string(index), "KHAS") || !strings.Contains(string(letter), "Kabupaten Misal") {
		t.Errorf("%v %v\n%s", err, bad, index)
	}
	if err := os.WriteFile(filepath.Join(dir, "own", "bantuan.tmpl"), []byte("{{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := tryRun(t, "--config", path, "letters", filepath.Join(dir, "again")); code != exitConfig || !strings.Contains(said, "bantuan") {
		t.Errorf("%d %s", code, said)
	}
}
