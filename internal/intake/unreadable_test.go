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

// TestDraggedInAndRenumbered: a mail with an old date that somebody dragged into the inbox, and that still waits to be read, is known again
// when the server has renumbered; the old mail beside it stays unread. The control is an inbox that keeps its numbers.
func TestDraggedInAndRenumbered(t *testing.T) {
	for _, renumber := range []bool{false, true} {
		d := newDesk(t)
		d.in.Start = Start{}
		d.deliver("lama@lain.example", "lama")
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
		old := time.Date(2024, 3, 4, 9, 0, 0, 0, time.UTC)
		raw := fmt.Sprintf("From: staf@gov.example\r\nTo: %s\r\nSubject: seret\r\nMessage-ID: %s\r\nDate: %s\r\n\r\nIsi.\r\n", inbox, nextID(), old.Format(time.RFC1123Z))
		if err := d.post.Drag(inbox, "INBOX", old, []byte(raw)); err != nil {
			t.Fatal(err)
		}
		d.post.Refuse(inbox, "FETCH", 2, "SERVERBUG", -1)
		if err := d.round(); err != nil {
			t.Log(err)
		}
		d.post.Refuse(inbox, "FETCH", 2, "SERVERBUG", 0)
		if renumber {
			if err := d.post.Renumber(inbox, "INBOX"); err != nil {
				t.Fatal(err)
			}
			d.post.Cut()
		}
		d.later(11 * time.Minute)
		for range 3 {
			if err := d.round(); err != nil {
				t.Log(err)
			}
			d.later(11 * time.Minute)
		}
		d.in.reconciled.Pause = 0
		if _, err := d.in.reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := d.round(); err != nil {
			t.Fatal(err)
		}
		if d.outcome(1) != "" {
			t.Errorf("renumbered %t: an old mail is answered", renumber)
		}
		if d.outcome(2) == "" {
			t.Errorf("renumbered %t: the mail that was dragged in is passed over", renumber)
		}
	}
}
