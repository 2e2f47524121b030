package store_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

// TestRenumberedForgetsWhatIsOwed (A3): what was owed to UIDs of another validity is forgotten in every bucket, and counted; a mail that
// is owed another judgement and may lie in its folder by now is brought back from there. The control: what is owed under the present one
// stays, and one that lies in the inbox is not looked for elsewhere.
func TestRenumberedForgetsWhatIsOwed(t *testing.T) {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "ukpbjd.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // nothing of it is needed
	buckets := []string{"tofile", "replace", "again", "attempts"}
	if err := db.Update(t.Context(), func(tx store.Tx) (err error) {
		for _, bucket := range buckets {
			for _, key := range []string{"00000001/00000007", "00000002/00000007", "00000003/00000007"} {
				err = errors.Join(err, tx.Put(bucket, []byte(key), []byte("{}")))
			}
		}
		err = errors.Join(err, tx.Put("again", []byte("00000001/00000008"), nil))
		n, bad := store.In(tx).Mails.Renumbered(2)
		if n != 2*len(buckets)+1 {
			t.Errorf("%d were forgotten", n)
		}
		var back []string
		bad = errors.Join(bad, tx.Scan("return", nil, nil, func(k, _ []byte) bool { back = append(back, string(k)); return true }))
		if !slices.Equal(back, []string{"00000001/00000007", "00000003/00000007"}) {
			t.Errorf("%q are brought back", back)
		}
		for _, bucket := range buckets {
			var left []string
			bad = errors.Join(bad, tx.Scan(bucket, nil, nil, func(k, _ []byte) bool { left = append(left, string(k)); return true }))
			if !slices.Equal(left, []string{"00000002/00000007"}) {
				t.Errorf("%s: %q is left", bucket, left)
			}
		}
		return errors.Join(err, bad)
	}); err != nil {
		t.Fatal(err)
	}
}
