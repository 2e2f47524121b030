package store

import "strings"

const bKnown = "known"

// Confirmed is the address to which a member of this NIP last confirmed receipt, or "".
func (b Books) Confirmed(nip string) (string, error) {
	raw, err := b.tx.Get(bKnown, []byte("nip/"+nip))
	return string(raw), err
}

// PutConfirmed remembers where a member confirmed receipt.
func (b Books) PutConfirmed(nip, address string) error {
	return b.tx.Put(bKnown, []byte("nip/"+nip), []byte(address))
}

// PutVouched remembers that a case of this requester was approved, and its credentials released.
func (b Books) PutVouched(requester, number string) error {
	return b.tx.Put(bKnown, []byte("from/"+strings.ToLower(requester)), []byte(number))
}

// Vouched says whether a case of this requester was ever released, and whether one of anybody was: an office without a past
// has no strangers.
func (b Books) Vouched(requester string) (known, any bool, err error) {
	raw, err := b.tx.Get(bKnown, []byte("from/"+strings.ToLower(requester)))
	if err != nil || raw != nil {
		return raw != nil, raw != nil, err
	}
	keys, err := b.keys(bKnown, "from/", prefixEnd("from/"), 1)
	return false, len(keys) > 0, err
}
