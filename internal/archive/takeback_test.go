package archive

import (
	"bytes"
	"os"
	"testing"
)

// TestTakeBack: content that nothing mentions goes, and its bytes with it; what a case has a name for stays.
func TestTakeBack(t *testing.T) {
	a, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	put := func(text string) string {
		t.Helper()
		b := a.Batch()
		sha, err := b.Put([]byte(text))
		if err == nil {
			err = b.Sync()
		}
		if err != nil {
			t.Fatal(err)
		}
		return sha
	}
	loose, named := put("sandi: Kenari-7xQ#mawar"), put("permohonan")
	if err := link(a, "PKJ-2026-0001", Item{SHA256: named, Name: "surat.eml"}); err != nil {
		t.Fatal(err)
	}
	open, err := os.Open(a.blob(loose)) // the bytes themselves, whatever becomes of the name
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	for _, sha := range []string{loose, named, loose} {
		if err := a.TakeBack(sha); err != nil {
			t.Error(err)
		}
	}
	if exists(t, a, loose) || !exists(t, a, named) {
		t.Errorf("loose there: %v, named there: %v", exists(t, a, loose), exists(t, a, named))
	}
	left := make([]byte, 64)
	n, _ := open.Read(left) //nolint:errcheck // whatever can be read
	if n != 23 || bytes.Contains(left, []byte("Kenari")) {
		t.Errorf("%d bytes are left, and say something: %v", n, bytes.Contains(left, []byte("Kenari")))
	}
	if _, err := a.Get(named); err != nil {
		t.Error(err)
	}
	if err := a.TakeBack("../x"); err == nil {
		t.Error("a name that is no SHA-256")
	}
	if again := put("sandi: Kenari-7xQ#mawar"); again != loose || !exists(t, a, loose) {
		t.Error("it cannot be put again")
	}
}
