package msgauth_test

import (
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/msgauth"
)

// TestRegistered: what could not prove anything today is named, and what another program may stumble over.
func TestRegistered(t *testing.T) {
	key := func(name string) []byte { return publicKey(t, pgpKeys()[name]) }
	for name, x := range map[string]struct {
		pem, pgp   []byte
		at         time.Time
		address    string
		fault, odd string
	}{
		"good":              {pem: people()["approver"].pem(), at: arrival},
		"rsa":               {pem: people()["rsa"].pem(), at: arrival},
		"expired":           {pem: people()["expired"].pem(), at: arrival, fault: "expired on"},
		"not yet":           {pem: people()["approver"].pem(), at: arrival.Add(-366 * 24 * time.Hour), fault: "not valid before"},
		"for somebody else": {pem: people()["approver"].pem(), at: arrival, address: "x@gov.example", odd: "is for " + approver},
		"key":               {pgp: key("approver"), at: arrival},
		"key of another":    {pgp: key("approver"), at: arrival, address: "x@gov.example", odd: "is for " + approver},
		"expired key":       {pgp: key("expired"), at: arrival, fault: "expired on"},
		"key of tomorrow":   {pgp: key("approver"), at: arrival.Add(-72 * time.Hour), fault: "not usable"},
	} {
		p, err := msgauth.NewPin(x.pem, x.pgp)
		if err != nil {
			t.Fatal(name, err)
		}
		if x.address == "" {
			x.address = strings.ToUpper(approver[:1]) + approver[1:]
		}
		all := p.Registered(x.at, x.address)
		if len(all) != 1 || !strings.Contains(all[0].Fault, x.fault) || (x.fault == "") != (all[0].Fault == "") ||
			!strings.Contains(all[0].Odd, x.odd) || (x.odd == "") != (all[0].Odd == "") {
			t.Errorf("%s: %+v", name, all)
		}
	}
	if _, err := msgauth.NewPin(people()["weak"].pem(), nil); err == nil {
		t.Error("a short key was registered")
	}
}
