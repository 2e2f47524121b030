package store_test

import (
	"fmt"
	"testing"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestDamagedCaseStopsNoWalk: every walk over the cases visits those that can be decoded, and names the one that cannot. The
// control is the row as it was.
func TestDamagedCaseStopsNoWalk(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	ctx := t.Context()
	number := func(i int) string { return fmt.Sprintf("PKJ-2026-%04d", i) }
	if err := db.Update(ctx, func(tx store.Tx) error {
		for i := 1; i <= 5; i++ {
			b := store.In(tx)
			if _, err := b.Cases.NextNumber("PKJ", 2026); err != nil {
				return err
			}
			if err := b.Cases.Put(sop.Case{Number: number(i), Status: sop.Incomplete, Opened: noon}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	walks := map[string]func(store.Books) (int, error){
		"each": func(b store.Books) (n int, err error) {
			err = b.Cases.Each(false, func(sop.Case) bool { n++; return true })
			return n, err
		},
		"open": func(b store.Books) (n int, err error) {
			err = b.Cases.Each(true, func(sop.Case) bool { n++; return true })
			return n, err
		},
		"after": func(b store.Books) (int, error) {
			list, err := b.Cases.After(2026, "", 10)
			return len(list), err
		},
		"step": func(b store.Books) (int, error) {
			list, _, err := b.Cases.Step("", 0, 10)
			return len(list), err
		},
	}
	look := func(want, damaged int) {
		t.Helper()
		for name, walk := range walks {
			if err := db.View(ctx, func(tx store.Tx) error {
				n, err := walk(store.In(tx))
				rows, other := store.Damaged(err)
				if n != want || len(rows) != damaged || other != nil {
					t.Errorf("%s: %d cases, %v, %v", name, n, rows, other)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	look(5, 0)
	if err := db.Update(ctx, func(tx store.Tx) error { return tx.Put("cases", []byte("2026/00000003"), []byte("{{")) }); err != nil {
		t.Fatal(err)
	}
	look(4, 1)
}
