package stage

import (
	"bytes"
	"testing"
	"time"

	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/sop"
)

// TestHolds: a mail that arrived is found in its mailbox, with whatever the server wrote above it; one that came back is not.
func TestHolds(t *testing.T) {
	back := sop.Person{Name: "Kembali", Address: "kembali@" + Domain}
	s, err := Open(Options{Dir: t.TempDir(), Members: []sop.Person{back}, Rules: func(_, to string) (b postoffice.Behaviour) {
		if to == back.Address {
			b.Bounce = "5.1.1"
		}
		return b
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	raw := []byte("From: " + s.Cast.Admin.Address + "\r\nSubject: x\r\nMessage-ID: <1@x.example>\r\nDate: " + time.Now().Format(time.RFC1123Z) + "\r\n\r\nisi\r\n")
	for _, to := range []sop.Person{s.Cast.Staff, back} {
		if err := s.Submit(s.Cast.Admin, raw, to); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Post.Wait(t.Context(), s.Cast.Staff.Address, "INBOX", func(x postoffice.Stored) bool { return bytes.Contains(x.Raw, []byte("<1@x.example>")) }); err != nil {
		t.Fatal(err)
	}
	if there, err := s.holds(s.Cast.Staff.Address, raw); err != nil || !there {
		t.Errorf("what arrived: %v, %v", there, err)
	}
	if there, err := s.holds(back.Address, raw); err != nil || there {
		t.Errorf("what came back: %v, %v", there, err)
	}
}
