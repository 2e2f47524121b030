package store_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

// Keys that are none, rows without a letter and letters without bytes are named, and stop neither the other letters nor a
// restore.
func TestBrokenOutboxRowsStopNobody(t *testing.T) {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "ukpbjd.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // nothing of it is needed
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	do := func(fn func(store.Tx, store.Books) error) {
		t.Helper()
		if err := db.Update(t.Context(), func(tx store.Tx) error { return fn(tx, store.In(tx)) }); err != nil {
			t.Fatal(err)
		}
	}
	do(func(tx store.Tx, b store.Books) error {
		b.Letters.Hold("PKJ-2026-0002", true) //nolint:errcheck // it shows
		err := errors.Join(
			tx.Put("outbox", []byte("0"), nil),
			tx.Put("outbox", []byte("01780000000000000000/PKJ-2026-0001/nobody"), nil),
			b.Letters.Put(store.LetterRow{Case: "PKJ-2026-0001", Letter: sop.Letter{Key: "a"}, Next: now}, []byte("surat")),
			b.Letters.Put(store.LetterRow{Case: "PKJ-2026-0001", Letter: sop.Letter{Key: "b"}, Next: now}, nil),
			b.Letters.Put(store.LetterRow{Case: "PKJ-2026-0002", Letter: sop.Letter{Key: "held"}, Next: now}, []byte("surat")))
		return err
	})
	do(func(_ store.Tx, b store.Books) error { // as a restore does
		n, err := b.State.Restore(store.Restored{At: now})
		if err != nil || n != 3 {
			t.Errorf("%d letters in doubt, %v", n, err)
		}
		held, _, err := b.Letters.Get("PKJ-2026-0002", "held")
		if held.State != store.InDoubt {
			t.Errorf("the letter of a held case is %s", held.State)
		}
		return errors.Join(err, b.State.Reconciled())
	})
	do(func(_ store.Tx, b store.Books) error {
		if next, _, err := b.Letters.Next(1); err != nil || next.After(now) {
			t.Errorf("next at %s, %v", next, err)
		}
		claimed, stuck, err := b.Letters.Claimable(now, 10, nil)
		if len(claimed) != 1 || claimed[0].Row.Letter.Key != "a" || len(stuck) != 3 {
			t.Errorf("claimed %v, stuck %v", claimed, stuck)
		}
		return err
	})
}

// TestRestoreDoubtsWhatWasOnItsWay: a letter that was on its way at the moment of a backup is in doubt after the restore, and bears
// the name of no run whose log could say that it was not sent. The control: before the restore it bears it.
func TestRestoreDoubtsWhatWasOnItsWay(t *testing.T) {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "ukpbjd.db"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // nothing of it is needed
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	if err := db.Update(t.Context(), func(tx store.Tx) error {
		b := store.In(tx)
		err := b.Letters.Put(store.LetterRow{Case: "PKJ-2026-0001", Letter: sop.Letter{Key: "a"}, Next: now}, []byte("surat"))
		claimed, _, bad := b.Letters.Claimable(now, 10, nil)
		claimed, _, alas := b.Letters.Claim(claimed, now, "run")
		bad = errors.Join(bad, alas)
		if len(claimed) != 1 || claimed[0].Row.Run != "run" || claimed[0].Row.State != store.Sending {
			t.Errorf("control: claimed %v", claimed)
		}
		n, worse := b.State.Restore(store.Restored{At: now})
		rows, worst := b.Letters.Sending()
		if n != 1 || len(rows) != 1 || rows[0].State != store.InDoubt || rows[0].Run != "" {
			t.Errorf("%d in doubt, on their way %v", n, rows)
		}
		return errors.Join(err, bad, worse, worst)
	}); err != nil {
		t.Fatal(err)
	}
}
