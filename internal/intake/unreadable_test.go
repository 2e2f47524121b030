package intake

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ukpbjd/internal/extract"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/office"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestUnreadableCaseAndRestart: after a restart, a case whose row says nothing, or a password whose seal does not open, is no fault of the
// mails of others; the operator sees that its passwords are not watched for.
func TestUnreadableCaseAndRestart(t *testing.T) {
	for _, how := range []string{"none", "case", "sealed"} {
		t.Run(how, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
			number := x.Ask(1)
			x.Write(func(tx store.Tx) error {
				key := []byte("2026/00000001")
				raw, err := tx.Get("cases", key)
				if err != nil || raw == nil {
					return fmt.Errorf("no row: %v", err)
				}
				b := append([]byte(nil), raw...)
				switch how {
				case "case":
					b = append([]byte("{"), b...)
				case "sealed":
					cs, _, err := store.In(tx).Cases.Get(number)
					if err != nil {
						return err
					}
					for nip, a := range cs.Accounts {
						a.Sealed[len(a.Sealed)-1] ^= 1
						cs.Accounts[nip] = a
					}
					return store.In(tx).Cases.Put(cs)
				}
				return tx.Put("cases", key, b)
			})
			clerk, err := office.New(context.Background(), x.Clerk.Options) // as after a restart
			x.Must(err)
			in := New(Options{Clerk: clerk, Archive: x.Archive, Extract: extract.New(extract.Options{OCR: "off"}), Limits: message.DefaultLimits(),
				Auth:       msgauth.Options{AuthservID: "mx.office.example", ReceivedBy: []string{"mx.office.example"}},
				MaxMessage: 40 << 20, Folders: Folders{"Diproses", "Periksa"}})
			raw := plain(officetest.Staff, "Permohonan akun SPSE Pokja", "<lain@office.example>", "", "Mohon dibuatkan akun.")
			if err := in.TakeIn(context.Background(), Incoming{UID: store.UID{Validity: 7, UID: 1}, Arrived: x.Now().UTC(), Size: int64(len(raw)), Raw: raw}); err != nil {
				t.Errorf("a request of another case cannot be read: %v", err)
			}
			if seen := clerk.Unwatched() != ""; seen != (how != "none") {
				t.Errorf("passwords that are not watched for: %q", clerk.Unwatched())
			}
		})
	}
}
