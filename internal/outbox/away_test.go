package outbox

import (
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestServerAwayForDays (A12): while the office's own mail server is away, or refuses the login, no letter is given up: nothing of that
// speaks of the letter. The control is a server that is there, and does not take it.
func TestServerAwayForDays(t *testing.T) {
	for _, r := range []postman.Result{
		{Outcome: postman.Deferred, Away: true, Text: "dial tcp: connection refused"},
		{Outcome: postman.Deferred, Away: true, Policy: true, Code: 535, Text: "535 5.7.8 who are you"},
		{Outcome: postman.Deferred, Code: 451, Text: "451 4.7.1 come back later"},
	} {
		x, o := opened(t, &queue.Health{})
		number, err := x.Request(officetest.Staff, 1)
		x.Must(err)
		for now := monday; now.Before(monday.AddDate(0, 0, 12)); now = now.Add(2 * time.Hour) {
			x.Set(now)
			for _, c := range due(t, o) {
				if again, err := o.Settle(t.Context(), []Sent{{Row: c.Row, Result: r, At: o.Now()}}); err != nil || len(again) > 0 {
					t.Fatal(again, err)
				}
			}
		}
		if row := x.LettersOf(number, sop.TandaTerima)[0]; (row.State == store.Failed) == r.Away {
			t.Errorf("%q: %s after %d tries", r.Text, row.State, row.Attempts)
		}
	}
}

// TestDamagedSealedLetterIsShown (A13): a sealed letter that cannot be opened waits, and health says so. The control is one that opens.
func TestDamagedSealedLetterIsShown(t *testing.T) {
	for _, damaged := range []bool{true, false} {
		health := &queue.Health{}
		x, o := opened(t, health)
		number := x.Ask(1)
		x.Approve(number)
		x.Seal(number)
		unclaim(x, due(t, o))
		row := x.LettersOf(number, sop.Kredensial)[0]
		if damaged {
			x.Write(func(tx store.Tx) error { return tx.Put("bodies", []byte(row.ID()), []byte("damaged")) })
		}
		x.Set(o.Now().Add(time.Hour))
		for _, c := range due(t, o) {
			r := postman.Result{Outcome: postman.Accepted, Text: "250 ok"}
			if _, err := o.unseal(t.Context(), c); err != nil {
				r = unsendable(err)
			}
			if again, err := o.Settle(t.Context(), []Sent{{Row: c.Row, Result: r, At: o.Now()}}); err != nil || len(again) > 0 {
				t.Fatal(again, err)
			}
		}
		if said := health.Faults()["outbox"]; strings.Contains(said, row.ID()) != damaged {
			t.Errorf("damaged %t: health says %q", damaged, said)
		}
	}
}
