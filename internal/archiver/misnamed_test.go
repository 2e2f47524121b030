package archiver

import (
	"context"
	"errors"
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
