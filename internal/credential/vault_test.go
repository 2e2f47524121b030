package credential

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/store/storetest"
)

func master(b byte) secret.Secret { return secret.New(bytes.Repeat([]byte{b}, 32)) }

func openVault(t testing.TB, path string) *Vault {
	t.Helper()
	v, err := OpenVault(path, master(1), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func reopen(t testing.TB, v *Vault) *Vault {
	t.Helper()
	v.Close()
	return openVault(t, v.path)
}

func ensure(t testing.TB, v *Vault, ids ...string) {
	t.Helper()
	if err := v.Ensure(ids...); err != nil {
		t.Fatal(err)
	}
}

func TestVaultRoundTrip(t *testing.T) {
	v := openVault(t, filepath.Join(t.TempDir(), "keys.db"))
	const id = "PKJ-2026-0001/198609262015051001"
	if _, err := v.Seal(id, ForPassword, []byte("x")); !errors.Is(err, ErrShredded) {
		t.Errorf("sealing without a key: %v", err)
	}
	ensure(t, v, id, "other", id)
	sealed, err := v.Seal(id, ForPassword, []byte("isi"))
	if err != nil {
		t.Fatal(err)
	}
	ensure(t, v, id, "third") // the key that is there stays
	v = reopen(t, v)
	if got, err := v.Open(id, ForPassword, sealed); err != nil || got.Reveal() != "isi" {
		t.Errorf("open: %v", err)
	}
	if !slices.Equal(v.IDs(), []string{id, "other", "third"}) {
		t.Errorf("ids: %v", v.IDs())
	}
	again, _ := v.Seal(id, ForPassword, []byte("isi"))
	if bytes.Equal(again, sealed) || bytes.Contains(sealed, []byte("isi")) {
		t.Error("sealed values repeat or show their content")
	}
	for name, f := range map[string]func() (secret.Secret, error){
		"another id":      func() (secret.Secret, error) { return v.Open("other", ForPassword, sealed) },
		"another purpose": func() (secret.Secret, error) { return v.Open(id, ForLetter, sealed) },
		"cut":             func() (secret.Secret, error) { return v.Open(id, ForPassword, sealed[:len(sealed)-1]) },
		"nothing":         func() (secret.Secret, error) { return v.Open(id, ForPassword, nil) },
	} {
		if s, err := f(); !errors.Is(err, ErrSealBroken) || !s.Absent() {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := v.Open(id, ForPassword, bad); !errors.Is(err, ErrSealBroken) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for _, id := range []string{"", strings.Repeat("x", 201)} {
		if v.Ensure(id) == nil {
			t.Errorf("an id of %d bytes was taken", len(id))
		}
	}
}

func TestVaultMasterAndDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	v := openVault(t, path)
	ensure(t, v, "a", "b")
	if _, err := OpenVault(path, master(1), rand.Reader); !errors.Is(err, ErrVaultLocked) {
		t.Errorf("second opener: %v", err)
	}
	v.Close()
	if _, err := OpenVault(path, master(2), rand.Reader); !errors.Is(err, ErrWrongMaster) {
		t.Errorf("another master key: %v", err)
	}
	if _, err := OpenVault(path, secret.New([]byte("short")), rand.Reader); err == nil {
		t.Error("a short master key was taken")
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		tryBad(t, path, bad, fmt.Sprint("byte ", i))
		tryBad(t, path, good[:i], fmt.Sprint("cut at ", i))
	}
	tryBad(t, path, append(bytes.Clone(good), 0), "longer")
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := openVault(t, path).IDs(); len(got) != 2 {
		t.Errorf("the file itself: %v", got)
	}
}

func tryBad(t *testing.T, path string, b []byte, what string) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if v, err := OpenVault(path, master(1), rand.Reader); err == nil {
		v.Close()
		t.Fatalf("%s: opened", what)
	}
}

// rawDir is every byte of every file of a directory.
func rawDir(t testing.TB, dir string) (all []byte) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func TestShred(t *testing.T) {
	dir := t.TempDir()
	v := openVault(t, filepath.Join(dir, "keys.db"))
	ensure(t, v, "a", "b", "c")
	sealed, err := v.Seal("b", ForLetter, []byte("surat"))
	if err != nil {
		t.Fatal(err)
	}
	wrapped := v.keys["b"]
	if !bytes.Contains(rawDir(t, dir), wrapped[:16]) {
		t.Fatal("the search does not find a key that is there")
	}
	old, err := os.Open(v.path) // the file as it was, by a descriptor that outlives its name
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := v.Shred("b", "never"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open("b", ForLetter, sealed); !errors.Is(err, ErrShredded) {
		t.Errorf("open after shredding: %v", err)
	}
	for i := 0; i+16 <= len(wrapped); i += 16 {
		if bytes.Contains(rawDir(t, dir), wrapped[i:i+16]) {
			t.Error("bytes of the wrapped key are still in the directory")
		}
	}
	left := make([]byte, 4096)
	if n, _ := old.ReadAt(left, 0); len(bytes.Trim(left[:n], "\x00")) > 0 {
		t.Error("the old file was not overwritten")
	}
	v = reopen(t, v)
	if !slices.Equal(v.IDs(), []string{"a", "c"}) {
		t.Errorf("ids: %v", v.IDs())
	}
	ensure(t, v, "b") // a new key of the same name opens nothing old
	if _, err := v.Open("b", ForLetter, sealed); !errors.Is(err, ErrSealBroken) {
		t.Errorf("open with a new key: %v", err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
}

// A process that dies at any step leaves a vault that opens, with the keys from before or after, and settles by itself.
func TestVaultDiesAtEachStep(t *testing.T) {
	for _, step := range []string{"written", "renamed", "settled", "wiped"} {
		dir, dead := t.TempDir(), t.TempDir()
		v := openVault(t, filepath.Join(dir, "keys.db"))
		ensure(t, v, "a", "b")
		gone := v.keys["b"][:32]
		v.step = func(s string) {
			if s == step {
				if err := os.CopyFS(filepath.Join(dead, "x"), os.DirFS(dir)); err != nil {
					t.Error(err)
				}
			}
		}
		if err := v.Shred("b"); err != nil {
			t.Fatal(err)
		}
		after := openVault(t, filepath.Join(dead, "x", "keys.db"))
		if ids := strings.Join(after.IDs(), " "); ids != "a" && (ids != "a b" || step != "written") {
			t.Errorf("died when %s: %q", step, ids)
		}
		if err := after.Shred("b"); err != nil {
			t.Error(err)
		}
		if bytes.Contains(rawDir(t, filepath.Join(dead, "x")), gone) {
			t.Errorf("died when %s: the key is still there after shredding again", step)
		}
		if files, _ := os.ReadDir(filepath.Join(dead, "x")); len(files) != 1 {
			t.Errorf("died when %s: left behind %v", step, files)
		}
	}
}

func TestVaultModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "v")
		if err != nil {
			t.Fatal(err)
		}
		v := openVault(t, filepath.Join(dir, "keys.db"))
		truth := map[string][]byte{}
		ids := rapid.SliceOfN(rapid.StringMatching(`[a-f]`), 1, 4)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			some := ids.Draw(rt, "ids")
			switch rapid.IntRange(0, 2).Draw(rt, "step") {
			case 0:
				ensure(t, v, some...)
				for _, id := range some {
					if truth[id] == nil {
						if truth[id], err = v.Seal(id, ForMail, []byte(id)); err != nil {
							rt.Fatal(err)
						}
					}
				}
			case 1:
				if err := v.Shred(some...); err != nil {
					rt.Fatal(err)
				}
				for _, id := range some {
					delete(truth, id)
				}
			case 2:
				v = reopen(t, v)
			}
		}
		if len(v.IDs()) != len(truth) {
			rt.Fatalf("%v, want %d", v.IDs(), len(truth))
		}
		for id, sealed := range truth {
			if s, err := v.Open(id, ForMail, sealed); err != nil || s.Reveal() != id {
				rt.Fatal(err)
			}
		}
		v.Close()
	})
}

func TestVaultTogether(t *testing.T) {
	v := openVault(t, filepath.Join(t.TempDir(), "keys.db"))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 5 {
				id := fmt.Sprint(i, "/", j)
				err := v.Ensure(id, "shared")
				sealed, err2 := v.Seal(id, ForLetter, []byte(id))
				_, err3 := v.Open(id, ForLetter, sealed)
				if err := errors.Join(err, err2, err3); err != nil {
					t.Error(err)
				}
				if j%2 == 0 {
					if err := v.Shred(id); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if n := len(reopen(t, v).IDs()); n != 4*2+1 {
		t.Errorf("%d keys", n)
	}
}

func TestVaultShowsNothing(t *testing.T) {
	v := openVault(t, filepath.Join(t.TempDir(), "keys.db"))
	ensure(t, v, "a")
	k, _ := NewKeys(master(0x5a))
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		for _, what := range []any{v, k, struct{ k Keys }{k}} {
			out := fmt.Sprintf(format, what)
			if strings.Contains(out, "ZZZZ") || strings.Contains(out, "5a5a5a") || strings.Contains(out, "90 90 90") || strings.Contains(out, string(v.keys["a"])) {
				t.Errorf("%s shows key bytes", format)
			}
		}
	}
}

func FuzzVaultFile(f *testing.F) {
	v := openVault(f, filepath.Join(f.TempDir(), "keys.db"))
	b, err := v.encode(map[string][]byte{"a": make([]byte, wrappedSize)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		v.decode(b)
		if len(b) >= 4 { // behind the MAC
			readKeys(b)
		}
	})
}

// TestMain is also the child of the power-cut test.
func TestMain(m *testing.M) {
	dir := os.Getenv("UKPBJD_POWERCUT")
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := changeMany(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// changeMany makes two keys at each odd step and shreds one of them at the next.
func changeMany(dir string) error {
	v, err := OpenVault(filepath.Join(dir, "keys.db"), master(1), rand.Reader)
	if err != nil {
		return err
	}
	for n := 1; n <= 20; n++ {
		if n%2 == 1 {
			err = v.Ensure(fmt.Sprint("keep", n), fmt.Sprint("lose", n))
		} else {
			err = v.Shred(fmt.Sprint("lose", n-1))
		}
		_, err2 := os.Stdout.WriteString(fmt.Sprintf("ACK %d\n", n))
		if err := errors.Join(err, err2); err != nil {
			return err
		}
	}
	return v.Close()
}

func checkVault(dir string, acked int) error {
	v, err := OpenVault(filepath.Join(dir, "keys.db"), master(1), rand.Reader)
	if err != nil {
		return err
	}
	defer v.Close()
	has := map[string]bool{}
	for _, id := range v.IDs() {
		has[id] = true
	}
	for n := 1; n <= acked; n++ {
		if n%2 == 1 && !has[fmt.Sprint("keep", n)] {
			return fmt.Errorf("the key of step %d is gone", n)
		}
		if n%2 == 0 && has[fmt.Sprint("lose", n-1)] {
			return fmt.Errorf("the key shredded in step %d is back", n)
		}
	}
	return nil
}

func TestVaultPowerCut(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "UKPBJD_POWERCUT="+dir)
	r, err := storetest.PowerCut{Child: child, Dir: dir, Images: 200, Check: checkVault}.Run(t)
	if err != nil {
		t.Errorf("%+v: %v", r, err)
	}
	t.Logf("%+v", r)
	late := func(dir string, acked int) error { return checkVault(dir, acked+1) } // wants a step more than was acknowledged
	child = exec.Command(os.Args[0])
	again, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	child.Env = append(os.Environ(), "UKPBJD_POWERCUT="+again)
	if r, _ := (storetest.PowerCut{Child: child, Dir: again, Images: 200, Check: late}).Run(t); r.Bad == 0 {
		t.Error("the check is content with anything")
	}
}

// BenchmarkEnsure adds five keys, as one case does, to a thousand.
func BenchmarkEnsure(b *testing.B) {
	v := openVault(b, filepath.Join(b.TempDir(), "keys.db"))
	var ids []string
	for i := range 1000 {
		ids = append(ids, fmt.Sprint("PKJ-2026-0001/", i))
	}
	ensure(b, v, ids...)
	for n := 0; b.Loop(); n++ {
		ensure(b, v, fmt.Sprint(n, "a"), fmt.Sprint(n, "b"), fmt.Sprint(n, "c"), fmt.Sprint(n, "d"), fmt.Sprint(n, "e"))
	}
}
