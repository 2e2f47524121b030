package archive

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"ukpbjd/internal/store/storetest"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

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

// link gives names and makes them durable.
func link(a *Archive, number string, items ...Item) error {
	b := a.Batch()
	return errors.Join(b.Link(2026, number, items...), b.Sync())
}

func exists(t testing.TB, a *Archive, sha string) bool {
	t.Helper()
	there, err := a.Exists(sha)
	if err != nil {
		t.Error(err)
	}
	return there
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
			if err != nil || string(got) != want || !exists(t, a, shas[i]) {
				t.Errorf("%d: %q, %v", i, got, err)
			}
		}
		if n, wrong := wrongs(t, a); n != 3 || len(wrong) > 0 {
			t.Errorf("verify: %d files, %v", n, wrong)
		}
		if exists(t, a, strings.Repeat("0", 64)) || exists(t, a, "../../etc/passwd") {
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
	if err := link(a, "PKJ-2026-0001", Item{sha, "Surat Tugas.pdf"}); err != nil {
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
		if err := link(a, "PKJ-2026-0001", items...); err != nil {
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
	if err := link(a, "PKJ-2026-0001", items...); err != nil {
		t.Fatal(err)
	}
	if n, wrong := wrongs(t, a); n != 6 || len(wrong) > 0 {
		t.Errorf("verify after mending: %d, %v", n, wrong)
	}
	for _, bad := range []string{"", "..", "../x", "a/b", strings.Repeat("A", 41)} {
		if err := link(a, bad, items...); err == nil {
			t.Errorf("case number %q was taken", bad)
		}
	}
	if err := a.Batch().Link(26, "PKJ", items...); err == nil {
		t.Error("year 26 was taken")
	}
	if err := link(a, "PKJ-2026-0002", Item{strings.Repeat("0", 64), "x"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent content was named: %v", err)
	}
}

// Two papers whose short names are equal keep both, whether the first has its line yet or not.
func TestNamesThatCollide(t *testing.T) {
	for _, synced := range []bool{true, false} {
		a := open(t, t.TempDir())
		shas := put(t, a, "satu", "dua")
		other := shas[0][:8] + shas[1][8:] // an attacker needs no more for eight digits than some hours
		if err := a.place(a.blob(other), []byte("dua")); err != nil {
			t.Fatal(err)
		}
		first, second := a.Batch(), a.Batch()
		err := first.Link(2026, "PKJ-2026-0001", Item{shas[0], "sk.pdf"})
		if synced {
			err = errors.Join(err, first.Sync())
		}
		err = errors.Join(err, second.Link(2026, "PKJ-2026-0001", Item{other, "sk.pdf"}), second.Sync(), first.Sync(), second.Link(2026, "PKJ-2026-0001", Item{other, "sk.pdf"}))
		if err != nil {
			t.Fatal(err)
		}
		dir, _ := a.Dir(2026, "PKJ-2026-0001")
		l, whole, err := a.readSums(dir)
		if err != nil || !whole || len(l) != 2 || l[0].Name == l[1].Name || !slices.Contains(l, Item{shas[0], shas[0][:8] + "-sk.pdf"}) || !slices.Contains(l, Item{other, other + "-sk.pdf"}) {
			t.Errorf("synced %v: %v, %v, %v", synced, l, whole, err)
		}
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
	if exists(t, a, sha) {
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
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) || !exists(t, a, sha) {
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
				err = errors.Join(err, err2, b.Sync(), link(a, "PKJ-1", Item{sha, "s"}, Item{own, "o"}))
				if err != nil || !exists(t, a, sha) {
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
		if got == "" || len(got) > maxName || filepath.Base(got) != got || !filepath.IsLocal(got) || strings.ContainsAny(got, "\x00\n\r \t\"'`$;&|<>*?") {
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
		if got := Clean(s); got == "" || len(got) > maxName || filepath.Base(got) != got {
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

// archiveMany works as the clerk does: papers and their names in one batch, then a plain reply, whose content is there already
// and only gets names. Each is acknowledged when it could be committed.
func archiveMany(dir, how string) error {
	a, err := Open(dir)
	if err != nil {
		return err
	}
	a.whole = a.whole && how != "each"
	for n := 1; n <= 10; n++ {
		b, reply := a.Batch(), a.Batch()
		err := errors.Join(stepItems(n, func(content []byte, it Item) error {
			return errors.Join(b.PutAs(it.SHA256, content), b.Link(2026, "PKJ-2026-0001", it))
		}))
		if how != "none" {
			err = errors.Join(err, b.Sync())
		}
		if err = errors.Join(err, acknowledge(2*n-1), stepItems(n, func(_ []byte, it Item) error { return reply.Link(2026, "PKJ-2026-0002", it) })); err != nil {
			return err
		}
		switch how {
		case "none", "no names":
		case "rename first":
			err = renameFirst(a, reply)
		default:
			err = reply.Sync()
		}
		if err = errors.Join(err, acknowledge(2*n)); err != nil {
			return err
		}
	}
	return nil
}

// renameFirst gives a manifest its name before its bytes are on the disk; the name then is.
func renameFirst(a *Archive, b *Batch) error {
	for dir, lines := range b.folders {
		l, _, err := a.readSums(dir)
		l.merge(lines)
		if err = errors.Join(err, a.replace(filepath.Join(dir, sums), l.bytes(), 0o600), syncPath(dir), syncPath(filepath.Dir(dir)), syncPath(a.dir)); err != nil {
			return err
		}
	}
	return nil
}

func acknowledge(n int) error {
	_, err := os.Stdout.WriteString(fmt.Sprintf("ACK %d\n", n))
	return err
}

func stepItems(n int, fn func([]byte, Item) error) (err error) {
	for i := range 4 {
		c := content(n, i)
		err = errors.Join(err, fn(c, Item{hexSum(c), fmt.Sprint("berkas ", i)}))
	}
	return err
}

// checkImage wants what was acknowledged, before anything is mended: content, names, and lines that vouch for nothing else. And
// after all is done again, as the start does from the books, everything is well.
func checkImage(dir string, acked int) error {
	a, err := Open(dir)
	if err != nil {
		return err
	}
	defer a.Close()
	for n := 1; n <= 10; n++ {
		err = errors.Join(err, stepItems(n, func(c []byte, it Item) error {
			return errors.Join(wants(a, "PKJ-2026-0001", it, 2*n-1 <= acked), wants(a, "PKJ-2026-0002", it, 2*n <= acked))
		}))
	}
	if err != nil {
		return err
	}
	b := a.Batch()
	for n := 1; n <= 10; n++ {
		err = errors.Join(err, stepItems(n, func(c []byte, it Item) error {
			return errors.Join(b.PutAs(it.SHA256, c), b.Link(2026, "PKJ-2026-0001", it), b.Link(2026, "PKJ-2026-0002", it))
		}))
	}
	err = errors.Join(err, b.Sync(), a.Sweep())
	return errors.Join(err, a.Verify(context.Background(), func(path string, wrong error) { err = errors.Join(err, wrong) }), err)
}

// wants looks at one item: a line needs its name and its content; what was acknowledged needs its line.
func wants(a *Archive, number string, it Item, acked bool) error {
	_, lines, err := a.Manifest(2026, number)
	if err != nil {
		return err
	}
	line := slices.Contains(lines, it.SHA256)
	if acked && !line {
		return fmt.Errorf("%s has no line in the manifest of %s", it.Name, number)
	}
	if !line {
		return nil
	}
	dir, err := a.Dir(2026, number)
	if err == nil {
		err = hashIs(filepath.Join(dir, it.SHA256[:8]+"-"+Clean(it.Name)), it.SHA256)
	}
	if err != nil {
		return err
	}
	_, err = a.Get(it.SHA256)
	return err
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
	if testing.Short() {
		t.Skip("long")
	}
	for _, how := range []string{"whole", "each"} {
		r, err := cut(t, how)
		t.Logf("%s: %+v", how, r)
		if err != nil {
			t.Error(err)
		}
	}
	for _, how := range []string{"none", "no names", "rename first"} { // the same test must complain
		r, err := cut(t, how)
		t.Logf("%s: %+v: %v", how, r, err)
		if r.Bad == 0 {
			t.Errorf("%s: nothing was lost", how)
		}
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
