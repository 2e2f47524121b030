package outbox

import (
	"testing"
	"time"

	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestMisnamedLetterInSending is TestLetterLostInSending with rows that can be decoded and are no letter's.
func TestMisnamedLetterInSending(t *testing.T) {
	for _, row := range []string{"{", "{}", "null"} {
		var health queue.Health
		x, o := opened(t, &health)
		_, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		id := due(t, o)[0].Row.ID()
		x.Write(func(tx store.Tx) error { return tx.Put("letters", []byte(id), []byte(row)) })
		o, err = New(t.Context(), Options{Clerk: x.Clerk, Health: &health, Post: o.Post})
		x.Must(err)
		o.ready.open(maxReady)
		for range 5 {
			x.Set(o.Now().Add(24 * time.Hour))
			due(t, o)
		}
		if n, told := len(asides(x)), len(x.LettersOf(store.Office, sop.PeringatanOperator)); n != 1 || told != 1 {
			t.Errorf("row %s: %d put aside, the operator has %d letters, health %v", row, n, told, health.Faults())
		}
	}
}
