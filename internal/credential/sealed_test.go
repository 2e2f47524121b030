package credential

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
)

// TestSealedUnderAll: what several keys seal opens with all of them, in their order, and never again once one is destroyed, in
// whatever place it stands. Under the first alone it would outlive the others.
func TestSealedUnderAll(t *testing.T) {
	ids := []string{"PKJ-2026-0001/1", "PKJ-2026-0001/2", "PKJ-2026-0001/3"}
	body := []byte("Subject: Tembusan\r\n\r\nisi\r\n")
	for lost := range ids {
		v := openVault(t, filepath.Join(t.TempDir(), "keys.db"))
		if err := v.Ensure(ids...); err != nil {
			t.Fatal(err)
		}
		sealed, err := v.SealLetter(ids, body)
		if err != nil || bytes.Contains(sealed, []byte("Tembusan")) {
			t.Fatalf("%v", err)
		}
		first, err := v.SealLetter(ids[:1], body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.OpenLetter(ids, sealed); err != nil || !bytes.Equal(got, body) {
			t.Fatalf("it does not open with all its keys: %v", err)
		}
		if _, err := v.OpenLetter([]string{ids[1], ids[0], ids[2]}, sealed); err == nil {
			t.Error("it opens in another order")
		}
		if err := v.Shred(ids[lost]); err != nil {
			t.Fatal(err)
		}
		if _, err := v.OpenLetter(ids, sealed); !errors.Is(err, ErrShredded) {
			t.Errorf("it opens without key %d: %v", lost, err)
		}
		if _, err := v.OpenLetter(ids[:1], first); (err == nil) != (lost != 0) {
			t.Errorf("control, key %d destroyed: %v", lost, err)
		}
		if _, err := v.SealLetter(ids, body); !errors.Is(err, ErrShredded) {
			t.Errorf("it is sealed without key %d: %v", lost, err)
		}
	}
	v := openVault(t, filepath.Join(t.TempDir(), "keys.db"))
	if _, err := v.SealAll(nil, ForMail, body); err == nil {
		t.Error("sealed under no key")
	}
	if _, err := v.OpenAll(nil, ForMail, body); err == nil {
		t.Error("opened with no key")
	}
}
