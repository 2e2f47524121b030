package archive

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// filed is an archive with one case of three files, and the path and bytes of its manifest.
func filed(t *testing.T) (a *Archive, items []Item, manifest string, raw []byte) {
	t.Helper()
	a = open(t, t.TempDir())
	for i, sha := range put(t, a, "surel", "sk", "surat tugas") {
		items = append(items, Item{sha, []string{"surel.eml", "SK.pdf", "Surat Tugas.pdf"}[i]})
	}
	if err := link(a, "PKJ-2026-0001", items...); err != nil {
		t.Fatal(err)
	}
	dir, err := a.Dir(2026, "PKJ-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	manifest = filepath.Join(dir, sums)
	raw, err = os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	return a, items, manifest, raw
}

// A manifest that is gone, empty or torn gets its lines back from the names that the directory has for archived content; a
// person's own files and what is no content of ours get none.
func TestManifestIsRebuilt(t *testing.T) {
	for name, damage := range map[string]func(path string, raw []byte) error{
		"gone":  func(path string, _ []byte) error { return os.Remove(path) },
		"empty": func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o600) },
		"torn":  func(path string, raw []byte) error { return os.WriteFile(path, raw[:len(raw)-5], 0o600) },
		"zeros": func(path string, raw []byte) error {
			return os.WriteFile(path, append(make([]byte, 100_000), raw[200:]...), 0o600)
		},
		"no line": func(path string, _ []byte) error { return os.WriteFile(path, []byte("tiada\n"), 0o600) },
	} {
		a, items, manifest, raw := filed(t)
		dir := filepath.Dir(manifest)
		err := errors.Join(os.WriteFile(filepath.Join(dir, "catatan.txt"), []byte("a person's own"), 0o600),
			os.WriteFile(filepath.Join(dir, items[1].SHA256[:8]+"-palsu.pdf"), []byte("palsu"), 0o600), damage(manifest, raw))
		b := a.Batch()
		err = errors.Join(err, b.Link(2026, "PKJ-2026-0001", items[0]))
		if _, wrong := wrongs(t, a); len(wrong) != 1 && name != "gone" {
			t.Errorf("%s: not noticed: %v", name, wrong)
		}
		if err = errors.Join(err, b.Sync()); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(manifest)
		if err != nil || len(got) != len(raw) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		for line := range strings.Lines(string(raw)) {
			if !strings.Contains(string(got), line) {
				t.Errorf("%s: %q is lost", name, line)
			}
		}
		if _, wrong := wrongs(t, a); len(wrong) > 0 {
			t.Errorf("%s: %v", name, wrong)
		}
	}
}

// Mending must not hide a loss: a line whose file is gone stays, and Verify says so.
func TestRebuildHidesNothing(t *testing.T) {
	a, items, manifest, raw := filed(t)
	if err := os.Remove(filepath.Join(filepath.Dir(manifest), items[2].SHA256[:8]+"-Surat_Tugas.pdf")); err != nil {
		t.Fatal(err)
	}
	b := a.Batch()
	if err := errors.Join(b.Link(2026, "PKJ-2026-0001", items[0]), b.Sync()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(manifest); err != nil || string(got) != string(raw) {
		t.Errorf("changed: %q, %v", got, err)
	}
	if _, wrong := wrongs(t, a); len(wrong) != 1 {
		t.Errorf("%v", wrong)
	}
}

// A batch that only names what is there already must not return before the names are on the disk.
func TestNamesTakePartInTheBatch(t *testing.T) {
	a, items, manifest, raw := filed(t)
	b := a.Batch()
	if err := b.Link(2026, "PKJ-2026-0001", Item{items[0].SHA256, "bukti.json"}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(manifest); string(got) != string(raw) {
		t.Error("the manifest names what is not synced")
	}
	all := a.Batch()
	all.Join(b)
	root := a.root
	a.whole = true
	a.root, _ = os.Open(os.DevNull)
	a.root.Close()
	err := all.Sync()
	a.root = root
	if err == nil {
		t.Fatal("names alone are not synced")
	}
	a = open(t, a.dir)
	b = a.Batch()
	if err := errors.Join(b.Link(2026, "PKJ-2026-0001", Item{items[0].SHA256, "bukti.json"}), b.Sync()); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(manifest); string(got) != string(raw)+items[0].SHA256+"  "+items[0].SHA256[:8]+"-bukti.json\n" {
		t.Errorf("%q", got)
	}
	if left, _ := os.ReadDir(filepath.Join(a.dir, "incoming")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A caller that mixes up sums must not overwrite evidence.
func TestEvidenceIsNeverOverwritten(t *testing.T) {
	a := open(t, t.TempDir())
	sha := put(t, a, "bukti")[0]
	if err := a.Batch().PutAs(sha, []byte("lain")); err == nil {
		t.Error("other content was taken under the sum of evidence")
	}
	if got, err := a.Get(sha); err != nil || string(got) != "bukti" {
		t.Errorf("%q, %v", got, err)
	}
	if err := a.Batch().PutAs(sha, []byte("bukti")); err != nil {
		t.Errorf("control: %v", err)
	}
}
