package cli

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ukpbjd/internal/config"
)

// zone is a DNS of a few records.
type zone struct {
	srv map[string]net.SRV
	mx  string
}

func (z zone) LookupSRV(_ context.Context, service, _, name string) (string, []*net.SRV, error) {
	if r, ok := z.srv[service+" "+name]; ok {
		return "", []*net.SRV{&r}, nil
	}
	return "", nil, errors.New("no such name")
}

func (z zone) LookupMX(context.Context, string) ([]*net.MX, error) {
	if z.mx == "" {
		return nil, errors.New("no such name")
	}
	return []*net.MX{{Host: z.mx}}, nil
}

// TestInterview: what a person types, and what follows from the mailbox's address, stands in a configuration that loads.
func TestInterview(t *testing.T) {
	for name, x := range map[string]struct {
		zone  zone
		typed []string
		want  []string
	}{
		"SRV": {zone{map[string]net.SRV{"imap contoh.example": {Target: "imap.contoh.example.", Port: 143}, "submission contoh.example": {Target: "kirim.contoh.example.", Port: 587}}, "mx1.contoh.example."},
			[]string{"ukpbj@contoh.example", "", "", "Bagian PBJ Contoh", "", "Ni Made Ratna <ratna@contoh.example>", "lpse@contoh.example", "bagian@contoh.example", "Made <made@contoh.example>"},
			[]string{`"imap.contoh.example:143"`, "security: starttls # tls (993)", `"kirim.contoh.example:587"`, "security: starttls # tls (465)", `"Ni Made Ratna"`, `email: "ratna@contoh.example"`, `"mx1.contoh.example"`, `"*@contoh.example"`, `{name: "Made", email: "made@contoh.example"}`}},
		"MX": {zone{mx: "surat.contoh.example."}, []string{"ukpbj@contoh.example", "", "", "Bagian PBJ", "", "a@contoh.example", "l@contoh.example", "b@contoh.example", "o@contoh.example"},
			[]string{`"surat.contoh.example:993"`, "security: tls # tls (993)", `"surat.contoh.example:465"`}},
		"no record, another server, a slip": {zone{}, []string{"ukpbj", "ukpbj@contoh.example", "surat.lain.example:993", "", "Bagian PBJ", "staf@contoh.example", "a@contoh.example", "l@contoh.example", "b@contoh.example", "o@contoh.example"},
			[]string{`"surat.lain.example:993"`, `"surat.lain.example:465"`, `["staf@contoh.example"]`, `"mail.contoh.example"`}},
		"nothing typed": {zone{}, nil, []string{`"mail.office.example:993"`}},
	} {
		t.Run(name, func(t *testing.T) {
			var a config.Answers
			var out strings.Builder
			interview(strings.NewReader(strings.Join(x.typed, "\n")+"\n"), &out, &a, func(a *config.Answers) { a.Propose(t.Context(), x.zone) })
			a.Propose(t.Context(), x.zone)
			a.Storage = t.TempDir()
			path := filepath.Join(t.TempDir(), "kantor.yaml")
			if _, err := config.Init(config.Place{Config: path, Mode: 0o640, Group: -1}, a, bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef"), 99))); err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range x.want {
				if !strings.Contains(string(raw), want) {
					t.Errorf("no %s in\n%s\n%s", want, raw, out.String())
				}
			}
			for _, secret := range []string{"imap", "smtp"} {
				if err := os.WriteFile(filepath.Join(filepath.Dir(path), "credentials", secret), []byte("not-a-real-password"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cfg, faults := config.Load(path)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if left := cfg.Placeholders(); (len(left) > 0) != (x.typed == nil) {
				t.Errorf("placeholders: %v", left)
			}
		})
	}
}

// TestInitAsRoot: what init writes the service's group may read, and it hands nobody a secret.
func TestInitAsRoot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "etc", "kantor.yaml")
	gid := os.Getgid()
	if _, err := config.Init(config.Place{Config: path, Mode: 0o640, Group: gid}, config.Answers{Storage: t.TempDir()}, bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef"), 99))); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"": 0o755, "kantor.yaml": 0o640, "calendar.yaml": 0o640, "credentials": 0o700, "credentials/master": 0o600, "credentials/sheet": 0o600} {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want || int(info.Sys().(*syscall.Stat_t).Gid) != gid {
			t.Errorf("%s: %v", name, info.Mode())
		}
	}
}

// TestStandIn: root looks with the eyes of the service where its unit is, or of whom --as names; nobody else becomes another.
func TestStandIn(t *testing.T) {
	for _, x := range []struct {
		euid          int
		as, cmd, path string
		want          string
	}{{0, "siapa", "check", "x.yaml", "siapa"}, {1000, "siapa", "check", "x.yaml", ""}, {0, "", "check", "x.yaml", ""}, {0, "", "demo", serviceConfig, ""}} {
		if got := standIn(x.euid, x.as, x.cmd, x.path); got != x.want {
			t.Errorf("%+v: %q", x, got)
		}
	}
}

// TestHandOver: the secrets lie where only the other user enters, and nothing stays where it fails.
func TestHandOver(t *testing.T) {
	from := t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "imap"), []byte("not-a-real-password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir, err := handOver(from, &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())})
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	at, err := os.Stat(dir)
	file, bad := os.Stat(filepath.Join(dir, "imap"))
	if err != nil || bad != nil || at.Mode().Perm() != 0o700 || file.Mode().Perm() != 0o400 {
		t.Error(err, bad, at, file)
	}
	if err := os.WriteFile(filepath.Join(from, "smtp"), make([]byte, maxSecret+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if dir, err := handOver(from, &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}); err == nil {
		t.Errorf("%s holds what is no secret", dir)
	}
}
