package timer_test

import (
	"bytes"
	"testing"
	"time"

	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/timer"
	"ukpbjd/templates"
)

// TestMisnamedCaseKeepsItsDeadline (A14): a row that is there and says of itself that it is another case, or none, is not absent: its
// deadline is not taken away without a word. The control is a row that is no JSON.
func TestMisnamedCaseKeepsItsDeadline(t *testing.T) {
	for name, spoil := range map[string]func([]byte) []byte{
		"control: no JSON": func([]byte) []byte { return []byte("{") },
		"empty object":     func([]byte) []byte { return []byte("{}") },
		"null":             func([]byte) []byte { return []byte("null") },
		"one bit": func(raw []byte) []byte {
			return bytes.Replace(raw, []byte("PKJ-2026-0001"), []byte("PKJ-2026-0011"), 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
			number := x.Ask(1)
			wake := x.Get(number).Wake
			var health queue.Health
			w := timer.New(timer.Options{Clerk: x.Clerk, Health: &health})
			x.Write(func(tx store.Tx) error {
				raw, err := tx.Get("cases", []byte("2026/00000001"))
				if err != nil {
					return err
				}
				return tx.Put("cases", []byte("2026/00000001"), spoil(append([]byte(nil), raw...)))
			})
			for range 12 {
				x.Set(maxTime(x.Now(), wake).Add(10 * time.Minute))
				w.Deadlines(t.Context(), x.Now().UTC()) //nolint:errcheck // health has it
			}
			left := 0
			x.Look(func(b store.Books) error {
				due, _, err := b.Cases.Due(x.Now(), 10, func(string) bool { return false })
				left = len(due)
				return err
			})
			told := len(x.LettersOf(store.Office, sop.PeringatanOperator))
			if told == 0 && len(health.Faults()) == 0 {
				t.Errorf("nobody hears; %d wake-ups are left, health %v", left, health.Faults())
			}
		})
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
