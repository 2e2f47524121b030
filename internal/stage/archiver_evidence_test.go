package stage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEvidenceIsArchived: the folder of a case holds what its decisions rest on, with the sum that the journal vouches for; its manifest
// names it, and verify finds a change of it. SOP R.1
func TestEvidenceIsArchived(t *testing.T) {
	t.Parallel()
	s, _ := approved(t)
	ctx := s.ctx
	if _, err := s.Daemon.Archiver.Papers(ctx); err != nil {
		t.Fatal(err)
	}
	number := s.only().Number
	folder := filepath.Join(s.Config.Storage.Path, "archive", number[4:8], number)
	names, err := filepath.Glob(filepath.Join(folder, "*-bukti.json"))
	if err != nil || len(names) != 1 {
		t.Fatalf("evidence in %s: %v %v", folder, names, err)
	}
	path := names[0]
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(raw)
	sum := hex.EncodeToString(hash[:])
	view, err := s.Daemon.Control.Show(ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	vouched := ""
	for _, e := range view.Events {
		if e.Kind == "approved" {
			vouched = e.Data["evidence"]
		}
	}
	if vouched != sum || !bytes.Contains(raw, []byte("dkim-pass")) {
		t.Errorf("the journal vouches for %s, the folder has %s:\n%s", vouched, sum, raw)
	}
	if sums, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS")); err != nil || !strings.Contains(string(sums), sum+"  "+filepath.Base(path)) {
		t.Errorf("the manifest: %v\n%s", err, sums)
	}
	if r, err := s.Daemon.Audit.Verify(ctx); err != nil || len(r.Findings) > 0 {
		t.Fatalf("verify: %v %v", r, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(raw, []byte("dkim-pass"), []byte("dkim-fail")), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Daemon.Audit.Verify(ctx); err != nil || len(r.Findings) == 0 {
		t.Errorf("a changed evidence is not found (%v)", err)
	}
}
