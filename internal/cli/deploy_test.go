package cli

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// built is the program as a release builds it.
func built(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "ukpbjd")
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-X ukpbjd/internal/daemon.Version=1.2.3+abc", "-o", program, "ukpbjd/cmd/ukpbjd")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	return program
}

// TestRelease: the program says the version that it was built with, and its bill of materials names every module that it is linked of
// once, as CycloneDX and package URLs do. Run by somebody who may not read the configuration it says so.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	program := built(t)
	if out, err := exec.Command(program, "version").Output(); err != nil || !strings.HasPrefix(string(out), "ukpbjd 1.2.3+abc ") {
		t.Errorf("%v %s", err, out)
	}
	closed := filepath.Join(t.TempDir(), "closed")
	if err := errors.Join(os.Mkdir(closed, 0o700), os.WriteFile(filepath.Join(closed, "ukpbjd.yaml"), []byte("office: {}\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "--config", filepath.Join(closed, "ukpbjd.yaml"), "cases")
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		for _, dir := range []string{filepath.Dir(program), filepath.Dir(filepath.Dir(program))} { // the test's own folders
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	} else if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	if out, err := c.CombinedOutput(); err == nil || c.ProcessState.ExitCode() != exitConfig || !strings.Contains(string(out), "run this as root or as the service's user") ||
		strings.Contains(string(out), "ukpbjd init") {
		t.Errorf("%v %s", err, out)
	}
	raw, err := exec.Command("../../deploy/deb/sbom", program, "1.2.3+abc").Output()
	if err != nil {
		t.Fatal(err)
	}
	type component struct{ Type, Name, Version, Purl string }
	var bill struct {
		BomFormat, SpecVersion string
		Version                int
		Metadata               struct{ Component component }
		Components             []struct {
			component
			Ref        string `json:"bom-ref"`
			Properties []struct{ Name, Value string }
		}
	}
	if err := json.Unmarshal(raw, &bill); err != nil {
		t.Fatal(err)
	}
	if bill.BomFormat != "CycloneDX" || bill.SpecVersion != "1.5" || bill.Version != 1 || bill.Metadata.Component.Name != "ukpbjd" || bill.Metadata.Component.Version != "1.2.3+abc" {
		t.Errorf("%.300s", raw)
	}
	seen := map[string]bool{}
	for _, c := range bill.Components {
		if c.Type != "library" || c.Purl != "pkg:golang/"+c.Name+"@"+strings.ReplaceAll(c.Version, "+", "%2B") || seen[c.Ref] {
			t.Errorf("%+v", c)
		}
		if c.Name != "std" && (len(c.Properties) != 1 || !strings.HasPrefix(c.Properties[0].Value, "h1:")) {
			t.Errorf("%s bears no sum: %+v", c.Name, c.Properties)
		}
		seen[c.Ref], seen[c.Name] = true, true
	}
	for _, name := range []string{"std", "go.etcd.io/bbolt", "github.com/emersion/go-imap/v2", "golang.org/x/crypto"} {
		if !seen[name] {
			t.Errorf("%s is missing among %d", name, len(bill.Components))
		}
	}
	if out, err := exec.Command("../../deploy/deb/sbom", "/bin/true", "1").Output(); err == nil { // control: not a Go program
		t.Errorf("%s", out)
	}
}

// TestVersion: a build that is not told its version says so, and what comes from git names time and commit.
func TestVersion(t *testing.T) {
	if code, said := tryRun(t, "version"); code != exitOK || !strings.HasPrefix(said, "ukpbjd dev ") {
		t.Errorf("%d %s", code, said)
	}
	for env, want := range map[string]string{"VERSION=1.2.3": "1.2.3\n", "VERSION=": "0.20"} {
		c := exec.Command("../../deploy/version")
		c.Env = append(os.Environ(), env)
		if out, err := c.Output(); err != nil || !strings.HasPrefix(string(out), want) {
			if _, err := os.Stat("../../.git"); err == nil || env != "VERSION=" {
				t.Errorf("%s: %v %q", env, err, out)
			}
		}
	}
}
