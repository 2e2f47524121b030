package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"ukpbjd/internal/store/storetest"
)

func open(t testing.TB, dir string) *Archive {
	t.Helper()
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func put(t testing.TB, a *Archive, contents ...string) (shas []string) {
	t.Helper()
	b := a.Batch()
	for _, c := range contents {
		sha, err := b.Put([]byte(c))
		if err != nil {
			t.Fatal(err)
		}
		shas = append(shas, sha)
	}
	if err := b.Sync(); err != nil {
		t.Fatal(err)
	}
	return shas
}

func wrongs(t *testing.T, a *Archive) (n int, wrong []string) {
	t.Helper()
	err := a.Verify(context.Background(), func(path string, err error) {
		n++
		if err != nil {
			wrong = append(wrong, err.Error())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, wrong
}

func TestRoundTrip(t *testing.T) {
	for _, whole := range []bool{true, false} {
		a := open(t, filepath.Join(t.TempDir(), "archive"))
		a.whole = a.whole && whole
		shas := put(t, a, "satu", "dua", "satu", "")
		if shas[0] != shas[2] || shas[0] == shas[1] {
			t.Errorf("names: %v", shas)
		}
		for i, want := range []string{"satu", "dua", "satu", ""} {
			got, err := a.Get(shas[i])
			if err != nil || string(got) != want || !a.Exists(shas[i]) {
				t.Errorf("%d: %q, %v", i, got, err)
			}
		}
		if n, wrong := wrongs(t, a); n != 3 || len(wrong) > 0 {
			t.Errorf("verify: %d files, %v", n, wrong)
		}
		if a.Exists(strings.Repeat("0", 64)) || a.Exists("../../etc/passwd") {
			t.Error("absent content exists")
		}
		if _, err := a.Get("../../etc/passwd"); err == nil {
			t.Error("traversal")
		}
		if _, err := a.Get(strings.Repeat("0", 64)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("absent: %v", err)
		}
	}
}

func TestDamageIsFoundAndMended(t *testing.T) {
	a := open(t, t.TempDir())
	sha := put(t, a, "isi surat tugas")[0]
	if err := a.Link(2026, "PKJ-2026-0001", Item{sha, "Surat Tugas.pdf"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(a.blob(sha)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.blob(sha), []byte("isi surat palsu"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Get(sha); !errors.Is(err, ErrDamaged) {
		t.Errorf("get: %v", err)
	}
	if _, wrong := wrongs(t, a); len(wrong) != 1 {
		t.Errorf("verify: %v", wrong)
	}
	put(t, a, "isi surat tugas") // what is there is compared, not trusted
	if n, wrong := wrongs(t, a); n != 2 || len(wrong) > 0 {
		t.Errorf("verify after mending: %d, %v", n, wrong)
	}
}

func TestLink(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	shas := put(t, a, "a", "b", "c")
	items := []Item{{shas[0], "../SK Pokja\n.pdf"}, {shas[1], "SK Pokja .pdf"}, {shas[2], ""}}
	for range 2 { // repeated, nothing changes
		if err := a.Link(2026, "PKJ-2026-0001", items...); err != nil {
			t.Fatal(err)
		}
	}
	cases := filepath.Join(dir, "2026", "PKJ-2026-0001")
	got, err := os.ReadDir(cases)
	if err != nil || len(got) != 4 {
		t.Fatalf("%v, %v", got, err)
	}
	raw, err := os.ReadFile(filepath.Join(cases, sums))
	if err != nil || strings.Count(string(raw), "\n") != 3 {
		t.Errorf("%q, %v", raw, err)
	}
	if sum, err := exec.LookPath("sha256sum"); err == nil {
		c := exec.Command(sum, "-c", sums)
		c.Dir = cases
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("sha256sum -c: %v\n%s", err, out)
		}
	}
	one := filepath.Join(cases, shas[0][:8]+"-SK_Pokja.pdf")
	if err := errors.Join(os.Remove(one), os.WriteFile(one, []byte("tampered"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, wrong := wrongs(t, a); len(wrong) != 1 {
		t.Errorf("verify: %v", wrong)
	}
	if err := a.Link(2026, "PKJ-2026-0001", items...); err != nil {
		t.Fatal(err)
	}
	if n, wrong := wrongs(t, a); n != 6 || len(wrong) > 0 {
		t.Errorf("verify after mending: %d, %v", n, wrong)
	}
	for _, bad := range []string{"", "..", "../x", "a/b", strings.Repeat("A", 41)} {
		if err := a.Link(2026, bad, items...); err == nil {
			t.Errorf("case number %q was taken", bad)
		}
	}
	if err := a.Link(26, "PKJ", items...); err == nil {
		t.Error("year 26 was taken")
	}
	if err := a.Link(2026, "PKJ-2026-0002", Item{strings.Repeat("0", 64), "x"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent content was named: %v", err)
	}
}

// Two papers whose short names are equal keep both.
func TestNamesThatCollide(t *testing.T) {
	var l list
	a, b := strings.Repeat("a", 64), strings.Repeat("a", 63)+"b"
	x, y := l.add(Item{a, "sk.pdf"}), l.add(Item{b, "sk.pdf"})
	if x.Name == y.Name || len(l) != 2 || l.add(Item{b, "sk.pdf"}) != y || len(l) != 2 {
		t.Errorf("%v", l)
	}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	a.write = func(f *os.File, b []byte) error {
		f.Write(b[:len(b)/2])
		return &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	_, err := a.Batch().Put([]byte("isi yang panjang"))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir) {
		t.Errorf("full disk: %v", err)
	}
	if n, _ := wrongs(t, a); n != 0 {
		t.Error("half-written content is visible")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "incoming", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFailedSyncStops(t *testing.T) {
	a := open(t, t.TempDir())
	a.whole = true
	b := a.Batch()
	sha, err := b.Put([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	root := a.root
	a.root, _ = os.Open(os.DevNull)
	a.root.Close()
	if err := b.Sync(); err == nil {
		t.Fatal("a sync on a closed descriptor succeeded")
	}
	a.root = root
	if a.Exists(sha) {
		t.Error("content that may not be on disk is still there to be trusted")
	}
	if err := b.Sync(); err == nil {
		t.Error("a repeated sync succeeded")
	}
	if _, err := a.Batch().Put([]byte("y")); err == nil {
		t.Error("a new batch succeeded")
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	sha := put(t, a, "x")[0]
	left := filepath.Join(dir, "incoming", "w123")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.Sweep(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) || !a.Exists(sha) {
		t.Errorf("after sweeping: %v", err)
	}
}

func TestTogether(t *testing.T) {
	a := open(t, t.TempDir())
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 5 {
				b := a.Batch()
				sha, err := b.Put(fmt.Appendf(nil, "shared %d", j))
				own, err2 := b.Put(fmt.Appendf(nil, "%d %d", i, j))
				err = errors.Join(err, err2, b.Sync(), a.Link(2026, "PKJ-1", Item{sha, "s"}, Item{own, "o"}))
				if err != nil || !a.Exists(sha) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n, wrong := wrongs(t, a); n != 50 || len(wrong) > 0 {
		t.Errorf("%d files, %v", n, wrong)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"SK Pokja 01.pdf": "SK_Pokja_01.pdf", "../../etc/passwd": "passwd", `C:\x\surat.docx`: "surat.docx", "": "tanpa-nama",
		"a\u202egpj.exe": "agpj.exe", "..": "tanpa-nama", ".pdf": "pdf", "Surat\r\nTugas.pdf": "SuratTugas.pdf", "$(rm).pdf": "_(rm).pdf",
	} {
		if got := Clean(in); got != strings.Trim(want, "_") {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		got := Clean(rapid.String().Draw(t, "name"))
		if got == "" || len(got) > longestName || filepath.Base(got) != got || !filepath.IsLocal(got) || strings.ContainsAny(got, "\x00\n\r \t\"'`$;&|<>*?") {
			t.Fatalf("%q", got)
		}
		if again := Clean(got); again != got {
			t.Fatalf("%q cleaned again is %q", got, again)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("SK Pokja.pdf")
	f.Fuzz(func(t *testing.T, s string) {
		if got := Clean(s); got == "" || len(got) > longestName || filepath.Base(got) != got {
			t.Errorf("%q", got)
		}
	})
}

// TestMain is also the child of the power-cut test.
func TestMain(m *testing.M) {
	dir := os.Getenv("UKPBJD_POWERCUT")
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := archiveMany(dir, os.Getenv("UKPBJD_SYNC")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func content(n, i int) []byte { return bytes.Repeat(fmt.Appendf(nil, "%d/%d ", n, i%3), 100+n*31) }

func archiveMany(dir, how string) error {
	a, err := Open(dir)
	if err != nil {
		return err
	}
	a.whole = a.whole && how == "whole"
	for n := 1; n <= 10; n++ {
		b := a.Batch()
		var items []Item
		for i := range 4 {
			sha, err := b.Put(content(n, i))
			if err != nil {
				return err
			}
			items = append(items, Item{sha, fmt.Sprint("berkas ", i)})
		}
		if how != "none" {
			err = b.Sync()
		}
		_, err2 := os.Stdout.WriteString(fmt.Sprintf("ACK %d\n", n))
		if err = errors.Join(err, err2, a.Link(2026, "PKJ-2026-0001", items...)); err != nil {
			return err
		}
	}
	return nil
}

// checkImage wants what was acknowledged; and after putting and linking again, as the start does, everything is well.
func checkImage(dir string, acked int) error {
	a, err := Open(dir)
	if err != nil {
		return err
	}
	defer a.Close()
	b := a.Batch()
	var items []Item
	for n := 1; n <= 10; n++ {
		for i := range 4 {
			c := content(n, i)
			if n <= acked && !holds(a.blob(hexSum(c)), c) {
				return fmt.Errorf("paper %d of step %d is not there", i, n)
			}
			sha, err := b.Put(c)
			if err != nil {
				return err
			}
			items = append(items, Item{sha, fmt.Sprint("berkas ", i)})
		}
	}
	err = errors.Join(a.Link(2026, "PKJ-2026-0001", items...), a.Sweep())
	return errors.Join(err, a.Verify(context.Background(), func(path string, wrong error) { err = errors.Join(err, wrong) }), err)
}

func cut(t *testing.T, how string) (storetest.Result, error) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "UKPBJD_POWERCUT="+dir, "UKPBJD_SYNC="+how)
	return storetest.PowerCut{Child: child, Dir: dir, Images: 60, Check: checkImage}.Run(t)
}

func TestPowerCut(t *testing.T) {
	for _, how := range []string{"whole", "each"} {
		r, err := cut(t, how)
		t.Logf("%s: %+v", how, r)
		if err != nil {
			t.Error(err)
		}
	}
	r, err := cut(t, "none") // the same test must complain when nothing is synced
	t.Logf("none: %+v: %v", r, err)
	if r.Bad == 0 {
		t.Error("nothing was lost without syncing")
	}
}

// BenchmarkBatch is 50 mails with four files of 50 KB each.
func BenchmarkBatch(b *testing.B) {
	for _, whole := range []bool{true, false} {
		b.Run(fmt.Sprint("whole=", whole), func(b *testing.B) {
			a := open(b, b.TempDir())
			a.whole = a.whole && whole
			paper := make([]byte, 50_000)
			for n := 0; b.Loop(); n++ {
				batch := a.Batch()
				for i := range 200 {
					copy(paper, fmt.Sprint(n, i))
					if _, err := batch.Put(paper); err != nil {
						b.Fatal(err)
					}
				}
				if err := batch.Sync(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
