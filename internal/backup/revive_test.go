package backup

import (
	"testing"
	"time"

	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestReviveBesideADamagedCase: one case of a backup cannot be decoded; all others come back, with their codes void. The control:
// undamaged, both do.
func TestReviveBesideADamagedCase(t *testing.T) {
	for name, want := range map[string]int{"damaged": 1, "control": 2} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
			number := x.Ask(1)
			x.Ask(1)
			if want == 1 {
				x.Write(func(tx store.Tx) error { return tx.Put("cases", []byte("2026/00000002"), []byte("{")) })
			}
			issue := x.Get(number).Issue
			r, err := revive(t.Context(), x.Clerk, x.Now())
			if err != nil || r.Cases != want || len(r.Open) != want || x.Get(number).Issue == issue {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}
