package credential

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"

	"ukpbjd/internal/secret"
)

// TestRenewedKey: beside a renewed key what was sealed before it opens still; after ShredOlder only what came after it does, also when the
// file is opened anew. The control is the key that was not renewed.
func TestRenewedKey(t *testing.T) {
	path, master := filepath.Join(t.TempDir(), "keys.db"), secret.New(make([]byte, 32))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	open := func() *Vault {
		v, err := OpenVault(path, master, rand.Reader)
		must(err)
		return v
	}
	v := open()
	const id, other = "PKJ-2026-0001/1", "PKJ-2026-0001/2"
	must(v.Ensure(id, other))
	seal := func(id, s string) []byte {
		b, err := v.Seal(id, ForLetter, []byte(s))
		must(err)
		return b
	}
	opens := func(id string, sealed []byte, want bool) {
		t.Helper()
		if _, err := v.Open(id, ForLetter, sealed); (err == nil) != want {
			t.Errorf("open: %v, want it open: %v", err, want)
		}
	}
	before, others := seal(id, "lama"), seal(other, "lain")
	must(v.Renew(id))
	after := seal(id, "baru")
	if n := len(v.IDs()); n != 2 {
		t.Errorf("%d ids", n)
	}
	must(v.Close())
	v = open()
	opens(id, before, true)
	opens(id, after, true)
	for range 2 { // once more does no harm
		must(v.ShredOlder(id))
		must(v.ShredOlder(other))
	}
	must(v.Close())
	v = open()
	t.Cleanup(func() { must(v.Close()) })
	opens(id, before, false)
	opens(id, after, true)
	opens(other, others, true)
	must(v.Renew(id))
	must(v.Shred(id))
	if _, err := v.Open(id, ForLetter, after); !errors.Is(err, ErrShredded) || len(v.IDs()) != 1 {
		t.Errorf("after Shred: %v, %v", err, v.IDs())
	}
}
