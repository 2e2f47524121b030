package control

import (
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestLoosened: each way to believe more than before is named; its reverse, and a change of order, are not.
func TestLoosened(t *testing.T) {
	base := func() store.Trust {
		return store.Trust{Level: sop.Strict, AuthservID: "mx.office.example", ReceivedBy: []string{"mx.office.example", "b.office.example"}, CodeInSheet: true,
			Quorum: 2, SecondAbove: 5, UndoWindow: time.Hour, Requesters: []string{"*@office.example", "x@gov.example"},
			Approvers: []string{"admin@office.example", "wakil@office.example for admin@office.example"}, NIPs: []string{"admin@office.example 1"}, Pins: []string{"admin@office.example aa"}}
	}
	swapped := base()
	swapped.ReceivedBy[0], swapped.ReceivedBy[1] = swapped.ReceivedBy[1], swapped.ReceivedBy[0]
	if !base().Same(swapped) || len(weakened(base(), swapped)) > 0 {
		t.Error("order counts")
	}
	for want, x := range map[string]struct {
		change func(*store.Trust)
		back   bool // the reverse is looser as well
	}{
		"strict ke standard": {change: func(t *store.Trust) { t.Level = sop.Standard }},
		"mx2.office.example": {func(t *store.Trust) { t.AuthservID = "mx2.office.example" }, true},
		"c.office.example":   {change: func(t *store.Trust) { t.ReceivedBy = append(t.ReceivedBy, "c.office.example") }},
		"baris Received":     {change: func(t *store.Trust) { t.BelowReceived = true }},
		"lembar akun":        {change: func(t *store.Trust) { t.CodeInSheet = false }},
		"dari 2 ke 1":        {change: func(t *store.Trust) { t.Quorum = 1 }},
		"batas anggota":      {change: func(t *store.Trust) { t.SecondAbove = 0 }},
		"masa pembatalan":    {change: func(t *store.Trust) { t.UndoWindow = 0 }},
		"y@gov.example":      {change: func(t *store.Trust) { t.Requesters = append(t.Requesters, "y@gov.example") }},
		"dua@office.example": {change: func(t *store.Trust) { t.Approvers = append(t.Approvers, "dua@office.example") }},
		"wakil2@office.example": {change: func(t *store.Trust) {
			t.Approvers = append(t.Approvers, "wakil2@office.example for admin@office.example")
		}},
		"kepada kepala@office.example": {change: func(t *store.Trust) { t.FullCopy = "kepala@office.example" }},
		"NIP":                          {func(t *store.Trust) { t.NIPs = []string{"admin@office.example 2"} }, true},
	} {
		old, now := base(), base()
		x.change(&now)
		if got := weakened(old, now); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s: %q", want, got)
		}
		if got := weakened(now, old); len(got) > 0 != x.back {
			t.Errorf("the reverse of %s: %q", want, got)
		}
		if old.Same(now) {
			t.Errorf("%s: no difference is seen", want)
		}
	}
	pin := base()
	pin.Pins = append(pin.Pins, "admin@office.example bb")
	if got := weakened(base(), pin); len(got) > 0 {
		t.Errorf("a key counts where nobody asks for one: %q", got)
	}
	signed := base()
	signed.Level, pin.Level = sop.Signed, sop.Signed
	if got := weakened(signed, pin); len(got) != 1 {
		t.Errorf("another key: %q", got)
	}
}
