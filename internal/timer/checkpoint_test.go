package timer

import (
	"testing"
	"testing/synctest"
	"time"

	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestCheckpointMailed: over two weeks of five office days each, the checkpoint is signed every day, and mailed as often as the office wants it.
// The first office day of the second week is a Tuesday: the daemon stands on Monday.
func TestCheckpointMailed(t *testing.T) {
	for _, x := range []struct {
		often  string
		mailed int
	}{{"daily", 9}, {"", 9}, {"weekly", 2}, {"off", 0}} {
		t.Run(x.often, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := officetest.New(t, templates.FS)
				o.Clerk.Office.Checkpoint = x.often
				var health queue.Health
				w := New(Options{Clerk: o.Clerk, Health: &health})
				signed := 0
				for day := -1; day < 12; day++ { // from a Sunday on
					if day == 7 {
						continue
					}
					o.Set(time.Date(2026, 6, 1+day, 9, 0, 0, 0, officetest.Zone))
					before := journalSize(o)
					if _, err := w.markTime(t.Context(), o.Now().UTC()); err != nil {
						t.Fatal(err)
					}
					if journalSize(o) > before {
						signed++
					}
				}
				if n := len(o.LettersOf(store.Office, sop.TitikPeriksa)); n != 2*x.mailed || signed != 9 {
					t.Errorf("%d letters to two people, %d signed", n, signed)
				}
			})
		})
	}
}

func journalSize(o *officetest.Office) (n int64) {
	o.Look(func(b store.Books) (err error) {
		n, err = b.Journal.Size()
		return err
	})
	return n
}
