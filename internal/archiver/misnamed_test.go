package archiver

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestMisnamedLetterEndsArchiving: a letter row that bears another name does not turn archiving round for ever. The control is no JSON.
func TestMisnamedLetterEndsArchiving(t *testing.T) {
	for name, row := range map[string]string{"control": "{", "empty": "{}", "null": "null"} {
		t.Run(name, func(t *testing.T) {
			c := newCellar(t)
			good := store.LetterRow{Case: "PKJ-2026-0001", Letter: sop.Letter{Key: "9/selesai"}, Made: time.Now()}
			c.do(func(tx store.Tx, b store.Books) error {
				return errors.Join(tx.Put("letters", []byte("PKJ-2026-0001/8/selesai"), []byte(row)), tx.Put("unkept", []byte("PKJ-2026-0001/8/selesai"), nil),
					tx.Put("bodies", []byte("PKJ-2026-0001/8/selesai"), []byte("Subject: x\r\n\r\nx\r\n")),
					b.Letters.Put(good, []byte("Subject: x\r\n\r\nx\r\n")), tx.Put("unkept", []byte(good.ID()), nil))
			})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it is done in a moment
			defer cancel()
			n, err := c.AllLetters(ctx)
			if err != nil {
				t.Errorf("it does not come to an end: %d letters \"archived\" in a second, %v", n, err)
			}
		})
	}
}

// TestMisnamedCaseKeepsItsFiles: what a case whose row says nothing of itself needs is not known, so no file is removed.
func TestMisnamedCaseKeepsItsFiles(t *testing.T) {
	for _, row := range []string{"{", "{}", "null"} {
		c := newCellar(t)
		c.do(func(tx store.Tx, b store.Books) error { return tx.Put("cases", []byte("2026/00000001"), []byte(row)) })
		if _, err := c.neededFiles(t.Context()); err == nil {
			t.Errorf("row %s: files may be removed", row)
		}
	}
}

// TestWalkPassesMisnamedCases: a walk over 250 cases of which the 200th row bears no number, or one before it, has an end.
func TestWalkPassesMisnamedCases(t *testing.T) {
	for _, row := range []string{"{", "{}", `{"number":"PKJ-2026-0001"}`} {
		c := newCellar(t)
		c.do(func(tx store.Tx, b store.Books) error {
			for i := range 250 {
				if err := b.Cases.Put(sop.Case{Number: fmt.Sprintf("PKJ-2026-%04d", i+1), Status: sop.AwaitingApproval}); err != nil {
					return err
				}
			}
			return tx.Put("cases", []byte("2026/00000200"), []byte(row))
		})
		n := 0
		for range store.Walk(t.Context(), c.DB, 0) {
			if n++; n > 5000 {
				break
			}
		}
		if n > 300 {
			t.Errorf("row %s: the walk over 250 cases has no end (%d)", row, n)
		}
	}
}
