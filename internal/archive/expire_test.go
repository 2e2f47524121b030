package archive

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// aged is an archive with one case of three files: one of its own, one shared with another case, one that is still needed.
func aged(t *testing.T, age time.Duration) (a *Archive, shas [3]string) {
	t.Helper()
	a, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	b := a.Batch()
	for i, s := range []string{"own", "shared", "needed"} {
		if shas[i], err = b.Put([]byte(s)); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-age)
		if err := os.Chtimes(a.blob(shas[i]), old, old); err != nil {
			t.Fatal(err)
		}
	}
	for number, items := range map[string][]Item{"PKJ-2026-0001": {{shas[0], "a.pdf"}, {shas[0], "b.pdf"}, {shas[1], "c.pdf"}, {shas[2], "d.pdf"}}, "PKJ-2026-0002": {{shas[1], "c.pdf"}}} {
		if err := link(a, number, items...); err != nil {
			t.Fatal(err)
		}
	}
	return a, shas
}

func TestRemove(t *testing.T) {
	a, shas := aged(t, 2*youngest)
	dir, _ := a.Dir(2026, "PKJ-2026-0001")
	if err := os.WriteFile(filepath.Join(dir, "catatan.txt"), []byte("a person's own"), 0o600); err != nil {
		t.Fatal(err)
	}
	sum, list, err := a.Manifest(2026, "PKJ-2026-0001")
	if err != nil || len(sum) != 64 || len(list) != 4 {
		t.Fatalf("manifest %q %v %v", sum, list, err)
	}
	for range 2 { // the second time finds nothing to do
		if _, _, err := a.Remove(2026, "PKJ-2026-0001", func(sha string) bool { return sha == shas[2] }); err != nil {
			t.Fatal(err)
		}
	}
	if exists(t, a, shas[0]) || !exists(t, a, shas[1]) || !exists(t, a, shas[2]) {
		t.Errorf("own %v, shared %v, needed %v; want only the last two", exists(t, a, shas[0]), exists(t, a, shas[1]), exists(t, a, shas[2]))
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 1 || left[0].Name() != "catatan.txt" {
		t.Errorf("left in the folder: %v", left)
	}
	if _, err := a.Get(shas[1]); err != nil {
		t.Error(err)
	}
}

// TestYoungStays: a mail that is being read rests on content that was put a moment ago, again or for the first time.
func TestYoungStays(t *testing.T) {
	a, shas := aged(t, 2*youngest)
	if _, err := a.Batch().Put([]byte("own")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Remove(2026, "PKJ-2026-0001", func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if !exists(t, a, shas[0]) {
		t.Error("content that was just put is gone")
	}
	if exists(t, a, shas[2]) {
		t.Error("old content that nobody needs is still there")
	}
}
