package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tryRun gives the exit code and all that was said.
func tryRun(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := Main(t.Context(), args, &out, &out)
	return code, out.String()
}

// TestProofAndBackup goes over the socket of the running daemon, and afterwards over the store itself.
func TestProofAndBackup(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	s, config, _ := played(t)
	number := "PKJ-" + time.Now().In(s.Config.Identity.Zone).Format("2006") + "-0001"
	out := t.TempDir()
	in := func(name string) string { return filepath.Join(out, name) }
	key := strings.TrimSpace(run(t, "--config", config, "version", "--verifier"))

	run(t, "--config", config, "why", number, "--evidence", in("bukti.zip"))
	if code, said := tryRun(t, "--config", config, "why", number, "--evidence", in("bukti.zip")); code != exitUsage {
		t.Errorf("evidence was replaced: %d %s", code, said)
	}
	proved := run(t, "--config", config, "verify", "--evidence", in("bukti.zip"))
	for _, want := range []string{"SETUJU", "approved", key, "answers persetujuan"} {
		if !strings.Contains(proved, want) {
			t.Errorf("no %q in\n%s", want, proved)
		}
	}
	nowhere := in("nowhere.yaml")
	if alone := run(t, "--config", nowhere, "verify", "--evidence", in("bukti.zip"), "--verifier", key); strings.Contains(alone, "own word") {
		t.Error(alone)
	}
	if alone := run(t, "--config", nowhere, "verify", "--evidence", in("bukti.zip")); !strings.Contains(alone, "own word") {
		t.Error(alone)
	}
	if err := os.WriteFile(in("titik.txt"), []byte("ukpbjd/x\n1\nAAAA\n\n— ukpbjd/x AAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := tryRun(t, "--config", config, "verify", "--checkpoint", in("titik.txt")); code != exitTrouble || !strings.Contains(said, "checkpoint") {
		t.Errorf("%d %s", code, said)
	}

	if err := os.WriteFile(in("kalimat"), []byte("kalimat untuk pengujian saja\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "--config", config, "backup", in("jalan.tar"), "--keys", "--passphrase-file", in("kalimat"))
	for _, args := range [][]string{{"backup", in("x.tar"), "--keys"}, {"backup", in("x.tar"), "--recipient", "age1x"}, {"release"}, {"release", "--all", number}} {
		if code, said := tryRun(t, append([]string{"--config", config}, args...)...); code != exitUsage {
			t.Errorf("%v: %d %s", args, code, said)
		}
	}
	if code, said := tryRun(t, "--config", config, "restore", in("jalan.tar"), "--passphrase-file", in("kalimat")); code != exitTrouble || !strings.Contains(said, "already") {
		t.Errorf("restored over a working office: %d %s", code, said)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	run(t, "--config", config, "backup", in("diam.tar"), "--list-archive")
	if err := os.Rename(s.Config.Storage.Path, in("lama")); err != nil {
		t.Fatal(err)
	}
	if code, said := tryRun(t, "--config", config, "restore", in("jalan.tar")); code != exitTrouble || !strings.Contains(said, "identity") {
		t.Errorf("%d %s", code, said)
	}
	if told := run(t, "--config", config, "restore", in("jalan.tar"), "--passphrase-file", in("kalimat")); !strings.Contains(told, "release --all") {
		t.Error(told)
	}
	run(t, "--config", config, "verify")
	run(t, "--config", config, "show", number)
	run(t, "--config", config, "release", "--all")
	if code, said := tryRun(t, "--config", config, "release", "--all"); code == exitOK {
		t.Error(said)
	}
}
