package store_test

import (
	"context"
	"errors"
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
		"after, over all years": func(b store.Books) (int, error) {
			list, err := b.Cases.After(0, "", 10)
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

// TestWalk passes more cases than one View covers, over a new year and over rows that cannot be decoded.
func TestWalk(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	number := func(i int) string { return fmt.Sprintf("PKJ-%d-%04d", 2026+i/300, i) }
	const all, damaged = 450, 200
	if err := db.Update(t.Context(), func(tx store.Tx) (err error) {
		for i := range all {
			err = errors.Join(err, store.In(tx).Cases.Put(sop.Case{Number: number(i), Status: sop.Incomplete, Opened: noon}))
		}
		return errors.Join(err, tx.Put("cases", fmt.Appendf(nil, "2026/%08d", damaged), []byte("{{")))
	}); err != nil {
		t.Fatal(err)
	}
	i, found := 0, 0
	for cs, err := range store.Walk(t.Context(), db, 0) {
		if err != nil {
			rows, other := store.Damaged(err)
			if found += len(rows); other != nil {
				t.Fatal(other)
			}
			continue
		}
		if i == damaged {
			i++
		}
		if cs.Number != number(i) {
			t.Fatalf("case %d is %s", i, cs.Number)
		}
		i++
	}
	if i != all || found != 1 {
		t.Errorf("%d cases, %d damaged rows", i, found)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for cs, err := range store.Walk(gone, db, 0) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after the end: %s, %v", cs.Number, err)
		}
	}
}
