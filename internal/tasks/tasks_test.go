package tasks

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

// TestShreddingIsNeverGivenUp: a task to destroy a key stays in the books until it is carried out, however often it fails. Others
// go back to their case; it is not in these books, so that is an error, and nothing is lost.
func TestShreddingIsNeverGivenUp(t *testing.T) {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "ukpbjd.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	w := New(Options{Clerk: &office.Clerk{Options: office.Options{DB: db, Now: func() time.Time { return now }}}})
	for kind, stays := range map[sop.TaskKind]bool{sop.TaskShred: true, sop.TaskCredential: false, sop.TaskTembusan: false, sop.TaskAccounts: false} {
		failed := Result{Row: store.TaskRow{Task: sop.Task{ID: "PKJ-2026-0001/7/" + string(kind), Kind: kind, Case: "PKJ-2026-0001"}, Failures: 10 * maxTries},
			Err: errors.New("no space left on device")}
		if err := db.Update(t.Context(), func(tx store.Tx) error { return store.In(tx).Tasks.Put(failed.Row) }); err != nil {
			t.Fatal(err)
		}
		err := db.Update(t.Context(), func(tx store.Tx) error { return w.settle(store.In(tx), failed) })
		if (err == nil) != stays {
			t.Errorf("%s: %v", kind, err)
		}
		rows := []store.TaskRow{}
		if err := db.View(t.Context(), func(tx store.Tx) (err error) {
			rows, _, err = store.In(tx).Tasks.Due(now, 10, func(id string) bool { return id != failed.Row.Task.ID })
			return err
		}); err != nil || len(rows) != 1 {
			t.Errorf("%s: %d tasks are kept, %v", kind, len(rows), err)
		}
	}
}
