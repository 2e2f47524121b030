package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func writeDocs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if code, said := tryRun(t, "write-docs", dir, "--date", "2026-12-01"); code != exitOK {
		t.Fatalf("%d %s", code, said)
	}
	return dir
}

// TestManPage: every command and flag that --help shows stands in it, nothing hidden does, and man finds no fault in it.
func TestManPage(t *testing.T) {
	page := filepath.Join(writeDocs(t), "ukpbjd.1")
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), `\-`, "-")
	_, help := tryRun(t, "--help")
	commands := 0
	for line := range strings.Lines(help) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "   ") && !strings.HasPrefix(name, "-") && name != "" {
			commands++
			if !strings.Contains(text, `.SS "ukpbjd `+name) {
				t.Errorf("%s is not in the man page", name)
			}
		}
	}
	for _, flag := range []string{"--config=", "--as=", "--stay", "--kepala-lpse=", "--list-archive", "--evidence="} {
		if !strings.Contains(text, flag) {
			t.Errorf("%s is not in the man page", flag)
		}
	}
	if commands < 20 || strings.Contains(text, "bench-serve") || strings.Contains(text, "write-docs") {
		t.Errorf("%d commands\n%s", commands, text)
	}
	if man, err := exec.LookPath("man"); err == nil {
		var faults strings.Builder
		c := exec.Command(man, "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page)
		c.Stderr = &faults
		if err := c.Run(); err != nil || faults.Len() > 0 {
			t.Errorf("%v %s", err, faults.String())
		}
	}
}

// TestCompletion: bash offers commands, then a command's own flags, then files; zsh and fish find no fault in theirs.
func TestCompletion(t *testing.T) {
	dir := writeDocs(t)
	offers := func(typed ...string) string {
		t.Helper()
		script := `. "$0/ukpbjd.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ukpbjd; printf '%s\n' "${COMPREPLY[@]}"`
		out, err := exec.Command("bash", append([]string{"-c", script, dir, "ukpbjd"}, typed...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v %s", err, out)
		}
		return string(out)
	}
	for _, x := range []struct {
		typed        []string
		want, absent string
	}{
		{[]string{"re"}, "read\nresend\nrelease\nretry\nreject\nrestore\nregister\nreplay\n", "bench-serve"},
		{[]string{"backup", "--"}, "--keys\n--recipient\n--passphrase-file\n", "--open"},
		{[]string{"--config", "x.yaml", "cases", "--o"}, "--open\n", "--json"},
		{[]string{"accounts", ""}, "import\n", "cases"},
		{[]string{"backup", "/etc/x"}, "", "--keys"}, // bash's own names of files come in its place
	} {
		got := offers(x.typed...)
		for line := range strings.Lines(x.want) {
			if !strings.Contains("\n"+got, "\n"+line) {
				t.Errorf("%q: no %q among %q", x.typed, line, got)
			}
		}
		if x.absent != "" && strings.Contains(got, x.absent) {
			t.Errorf("%q: %s among %q", x.typed, x.absent, got)
		}
	}
	for shell, name := range map[string]string{"bash": "ukpbjd.bash", "zsh": "_ukpbjd", "fish": "ukpbjd.fish"} {
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("no %s here: %s is not tried", shell, name)
			continue
		}
		if out, err := exec.Command(shell, "-n", filepath.Join(dir, name)).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v %s", shell, err, out)
		}
	}
}
