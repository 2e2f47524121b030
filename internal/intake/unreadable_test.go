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

// TestMailWithoutSize: a mail that the server will neither describe nor hand over stops neither the first start nor the mails behind it.
func TestMailWithoutSize(t *testing.T) {
	for _, all := range []bool{true, false} {
		d := newDesk(t)
		if !all {
			d.in.Start = Start{}
		}
		for range 3 {
			d.deliver("orang@lain.example", "kabar")
		}
		d.post.Refuse(inbox, "FETCH", 2, "SERVERBUG", -1)
		d.post.Refuse(inbox, "SIZES", 2, "SERVERBUG", -1)
		var err error
		for range 12 {
			err = d.round()
			d.later(11 * time.Minute)
		}
		d.deliver("orang@lain.example", "kabar")
		for range 3 {
			err = d.round()
			d.later(11 * time.Minute)
		}
		if d.in.pos.UIDValidity == 0 {
			t.Errorf("start %v: the first start does not come about: %v", all, err)
			continue
		}
		got := map[uint32]string{}
		for n := range uint32(4) {
			got[n+1] = d.outcome(n + 1)
		}
		if got[4] == "" {
			t.Errorf("start all=%v: outcomes %v; last error %v", all, got, err)
		}
	}
}

// TestCommandWaitsForADamagedRow: a command of which nobody can say whether it came before another does not overtake it.
func TestCommandWaitsForADamagedRow(t *testing.T) {
	d := newDesk(t)
	for range 2 {
		d.deliver("admin@gov.example", "kabar")
	}
	if err := d.in.locate(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := func(n uint32) store.UID { return store.UID{Validity: d.in.pos.UIDValidity, UID: n} }
	if err := d.db.DB.Update(t.Context(), func(tx store.Tx) error {
		return tx.Put("attempts", fmt.Appendf(nil, "%08x/%08x", u(1).Validity, 1), []byte("x"))
	}); err != nil {
		t.Fatal(err)
	}
	refs, err := d.in.pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fit, err := d.in.countAttempts(t.Context(), refs)
	if err != nil || len(fit) != 1 {
		t.Fatal(len(fit), err)
	}
	if !d.in.waiting.before(u(2), turn{sender: "admin@gov.example proven", known: true}, d.in.Now()) {
		t.Error("a command overtakes the mail before it")
	}
}
