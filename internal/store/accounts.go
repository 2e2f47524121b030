package store

import (
	"errors"
	"fmt"
	"strings"
)

// UserOf gives the User ID that a NIP has in this office, if any; NIPOf the reverse, letter case folded.
func (b Accounts) UserOf(nip string) (string, error) {
	raw, err := b.tx.Get(bNIPs, []byte(nip))
	return string(raw), err
}

// NIPOf gives the NIP that a User ID belongs to, if any.
func (b Accounts) NIPOf(user string) (string, error) {
	raw, err := b.tx.Get(bUsers, []byte(strings.ToLower(user)))
	return string(raw), err
}

// PutUser gives a User ID to a NIP; it must be free or theirs.
func (b Accounts) PutUser(user, nip string) error {
	owner, err := b.NIPOf(user)
	if err != nil {
		return err
	}
	if owner != "" && owner != nip {
		return fmt.Errorf("user ID %q belongs to another person", user)
	}
	return errors.Join(b.tx.Put(bUsers, []byte(strings.ToLower(user)), []byte(nip)), b.tx.Put(bNIPs, []byte(nip), []byte(user)))
}

const bKnown = "known"

// Confirmed is the address to which a member of this NIP last confirmed receipt, or "".
func (b Accounts) Confirmed(nip string) (string, error) {
	raw, err := b.tx.Get(bKnown, []byte("nip/"+nip))
	return string(raw), err
}

// PutConfirmed remembers where a member confirmed receipt.
func (b Accounts) PutConfirmed(nip, address string) error {
	return b.tx.Put(bKnown, []byte("nip/"+nip), []byte(address))
}
