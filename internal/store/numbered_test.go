package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

// TestNumberedWithABadKey: beside a key of the outcomes that is none, `retry 7` finds mail 7, and ends. The control has no such key.
func TestNumberedWithABadKey(t *testing.T) {
	for _, key := range []string{"", "!", "junk", "junk/7", "00000001/zz", "ffffffff/ffffffffff"} {
		db, err := bolt.Open(filepath.Join(t.TempDir(), "ukpbjd.db"), bolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Update(t.Context(), func(tx store.Tx) error {
			if key != "" {
				if err := tx.Put("seen", []byte(key), []byte("{}")); err != nil {
					return err
				}
			}
			return tx.Put("seen", []byte("00000001/00000007"), []byte("{}"))
		}); err != nil {
			t.Fatal(err)
		}
		done := make(chan []store.UID, 1)
		go func() {
			_ = db.View(t.Context(), func(tx store.Tx) error {
				out, err := store.In(tx).Mails.Numbered(7)
				done <- out
				return err
			})
		}()
		select {
		case out := <-done:
			if len(out) != 1 || out[0] != (store.UID{Validity: 1, UID: 7}) {
				t.Errorf("%q: %v", key, out)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%q: it does not end", key)
		}
	}
}
