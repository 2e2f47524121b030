package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ukpbjd/internal/document"
)

const htmlMail = "From: unit@dinas.example\r\nTo: ukpbj@kantor.example\r\nSubject: Permohonan akun SPSE Pokja\r\nMessage-ID: <1@dinas.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
	"<html><body><p>Mohon dibuatkan akun SPSE untuk:</p><p>1. Ni Made Sari, S.T.<br>NIP: 19860926 201505 2 001<br>Email: sari@kantor.example</p><p>2. I Wayan Putra<br>NIP: 19790228 200412 1 073<br>Email: putra@kamtor.example</p></body></html>\r\n"

// The command reads what the daemon reads (intake.MailPapers): words of a mail that has only HTML, and addresses by the office's
// own domain once there is a configuration.
func TestReadAsTheDaemonDoes(t *testing.T) {
	dir := t.TempDir()
	mail, cfg := filepath.Join(dir, "request.eml"), filepath.Join(dir, "etc", "ukpbjd.yaml")
	if err := os.WriteFile(mail, []byte(htmlMail), 0o600); err != nil {
		t.Fatal(err)
	}
	said := func() (r document.Reading) {
		var out, errs bytes.Buffer
		if code := Main(t.Context(), []string{"--config", cfg, "read", "--json", mail}, &out, &errs); code != exitOK || errs.Len() > 0 {
			t.Fatalf("exit %d: %s", code, errs.String())
		}
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	lookalikes := func(r document.Reading) (n int) {
		for _, p := range r.Problems {
			if p.Code == document.CodeLookalike && p.Row == 2 {
				n++
			}
		}
		return n
	}
	if r := said(); len(r.Roster) != 2 || r.Roster[1].NIP != "197902282004121073" || lookalikes(r) != 0 {
		t.Errorf("without configuration: %+v", r)
	}
	initialise(t, cfg)
	for _, name := range []string{"imap", "smtp"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(cfg), "credentials", name), []byte("rahasia-latihan"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := said(); len(r.Roster) != 2 || lookalikes(r) != 1 {
		t.Errorf("with configuration: %+v", r.Problems)
	}
}

func initialise(t *testing.T, cfg string) string {
	t.Helper()
	var out, errs bytes.Buffer
	args := []string{"--config", cfg, "init", "--office", "UKPBJ Kabupaten Contoh", "--mailbox", "ukpbj@kantor.example", "--imap", "127.0.0.1:1143", "--smtp", "127.0.0.1:1025",
		"--approver", "admin@kantor.example", "--kepala-lpse", "kepala@kantor.example", "--requesters", "*@dinas.example", "--authserv", "mx.kantor.example", "--storage", filepath.Join(filepath.Dir(cfg), "data")}
	if code := Main(t.Context(), args, &out, &errs); code != exitOK {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	return out.String()
}

// init puts the office's blank formulir beside the configuration, and keeps one that is there.
func TestInitWritesBlankForms(t *testing.T) {
	cfg := filepath.Join(t.TempDir(), "etc", "ukpbjd.yaml")
	said := initialise(t, cfg)
	for _, name := range []string{"formulir-kosong.xlsx", "formulir-kosong.docx"} {
		path := filepath.Join(filepath.Dir(cfg), name)
		b, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(b, []byte("PK")) || !strings.Contains(said, "written "+path) {
			t.Errorf("%s: %v, %d bytes; said %s", name, err, len(b), said)
		}
		if err := os.WriteFile(path, []byte("sudah diisi"), 0o600); err != nil {
			t.Fatal(err)
		}
		if again := initialise(t, cfg); !strings.Contains(again, "kept    "+path) {
			t.Errorf("again: %s", again)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "sudah diisi" {
			t.Errorf("%s was overwritten", name)
		}
	}
}
