package office_test

import (
	"testing"
	"time"

	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestApprovalBesideAnUnreadableCase: a case that gave one of the members their last password cannot be read any more. The approval
// of another case, which gives them a new one, does not wait for it. The control: where it can be read, it is told.
func TestApprovalBesideAnUnreadableCase(t *testing.T) {
	for name, damaged := range map[string]bool{"unreadable": true, "control": false} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
			old := x.Ask(1)
			x.Approve(old)
			x.Seal(old)
			number := x.Ask(1)
			if damaged {
				x.Write(func(tx store.Tx) error { return tx.Put("cases", []byte("2026/00000001"), []byte("{")) })
			}
			x.Approve(number)
			if x.Get(number).Approval == nil {
				t.Error("it is not approved")
			}
			if !damaged && !x.Get(old).Accounts[officetest.Member(1).NIP].Gone {
				t.Error("control: the old password lives on")
			}
			x.Look(func(b store.Books) error {
				a, _, err := b.Accounts.Get(officetest.Member(1).NIP)
				if a.Case != number || !a.Live {
					t.Errorf("the register has %+v", a)
				}
				return err
			})
		})
	}
}
