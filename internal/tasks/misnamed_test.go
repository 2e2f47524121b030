package tasks_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ukpbjd/internal/office"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestMisnamedTasks (A2): rows of tasks that name another task, or none, are put aside and take nobody's place. The control are rows that
// are no JSON.
func TestMisnamedTasks(t *testing.T) {
	for _, c := range []struct {
		name, row string
		rows      int
	}{{"control", "{", 4}, {"one", "{}", 1}, {"four", "{}", 4}, {"four of another name", `{"task":{"id":"PKJ-2026-0009/1/accounts","kind":"accounts"}}`, 4}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := officetest.New(t, templates.FS)
				x.Write(func(tx store.Tx) error {
					for i := range c.rows {
						if err := tx.Put("tasks", fmt.Appendf(nil, "AAA-2000-%04d/1/accounts", i+1), []byte(c.row)); err != nil {
							return err
						}
					}
					return nil
				})
				good, err := x.Request(officetest.Staff, 2)
				x.Must(err)
				var health queue.Health
				stop := run(t, x, &health)
				defer stop()
				officetest.Pass(30 * 24 * time.Hour)
				if s := x.Get(good).Status; s != sop.AwaitingApproval {
					t.Errorf("after 30 days the accounts of a good case are not made: %s", s)
				}
				if n := len(aside(x)); n != c.rows {
					t.Errorf("%d of %d are put aside; waiting %v; health %v; %d letters to the operator", n, c.rows, waiting(x), health.Faults(),
						len(x.LettersOf(store.Office, sop.PeringatanOperator)))
				}
			})
		})
	}
}

// TestUnreadableShred: an order to destroy a key that cannot be read is not given up, and health says so.
func TestUnreadableShred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		number := x.Ask(1)
		nip := officetest.Member(1).NIP
		x.Write(func(tx store.Tx) error { return tx.Put("tasks", []byte(number+"/9/shred"), []byte("{")) })
		var health queue.Health
		stop := run(t, x, &health)
		defer stop()
		officetest.Pass(6 * time.Hour)
		if slices.Contains(x.Vault.IDs(), office.KeyID(number, nip)) && !slices.Contains(waiting(x), number+"/9/shred") {
			t.Errorf("the key lives and its order is gone; health says %v", health.Faults())
		}
		if len(health.Faults()) == 0 {
			t.Error("nobody hears of it")
		}
	})
}
