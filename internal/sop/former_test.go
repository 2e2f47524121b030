package sop_test

import (
	"testing"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

// TestFormerAddress: whoever writes from an address that the row had before writes as a former one; from the present address, before the
// approval too, or as nobody of the case they do not.
func TestFormerAddress(t *testing.T) {
	c := sop.Case{Members: []sop.Member{{Row: document.Row{NIP: "1", Email: "baru@office.example"}, Address: "baru@office.example",
		Former: []sop.Former{{Address: "lama@office.example"}}}, {Row: document.Row{NIP: "2", Email: "dua@office.example"}}}}
	for _, x := range []struct {
		nip, address string
		want         bool
	}{{"1", "lama@office.example", true}, {"1", "Baru@office.example", false}, {"2", "dua@office.example", false}, {"2", "lain@office.example", true},
		{"3", "lama@office.example", false}, {"", "lama@office.example", false}} {
		if got := (sop.Sender{Person: sop.Person{Address: x.address}, NIP: x.nip}).Former(&c); got != x.want {
			t.Errorf("%s from %s: %v", x.nip, x.address, got)
		}
	}
}
