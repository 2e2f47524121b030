package office

import (
	"path/filepath"
	"testing"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

// TestApprovalsAndCredentialsNeverWait: an approver may be asked about hundreds of requests in one morning, and the members of
// one box get their letters whatever else went to it.
func TestApprovalsAndCredentialsNeverWait(t *testing.T) {
	waits := waitsOf(t, 300, sop.Persetujuan, sop.Kredensial)
	for kind, longest := range waits {
		if longest > 0 {
			t.Errorf("%s waits for %s", kind, longest)
		}
	}
}

// TestOtherLettersAreLimited is the control: what else the procedure writes to one address comes at a pace, and is never late by
// more than an hour.
func TestOtherLettersAreLimited(t *testing.T) {
	for kind, longest := range waitsOf(t, 300, sop.TandaTerima, sop.PeringatanOperator) {
		if longest == 0 || kind == sop.TandaTerima && longest > maxWait {
			t.Errorf("%s waits for %s", kind, longest)
		}
	}
}

// waitsOf is the longest wait among n letters of each kind to one address.
func waitsOf(t *testing.T, n int, kinds ...sop.LetterKind) map[sop.LetterKind]time.Duration {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "ukpbjd.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	out := map[sop.LetterKind]time.Duration{}
	now := time.Date(2026, 5, 5, 1, 27, 0, 0, time.UTC)
	if err := db.Update(t.Context(), func(tx store.Tx) error {
		for range n {
			for _, k := range kinds {
				wait, _, err := (&Clerk{}).wait(store.In(tx), sop.Letter{Kind: k, To: sop.Person{Address: "admin@dinas.example"}}, now)
				if err != nil {
					return err
				}
				out[k] = max(out[k], wait)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}
