package store

import (
	"errors"
	"fmt"
	"strings"
)

// UserOf gives the User ID that a NIP has in this office, if any; NIPOf the reverse, letter case folded.
func (b Accounts) UserOf(nip string) (string, error) { return b.text(bNIPs, nip) }

// NIPOf gives the NIP that a User ID belongs to, if any.
func (b Accounts) NIPOf(user string) (string, error) { return b.text(bUsers, strings.ToLower(user)) }

// PutUser gives a User ID to a NIP; it must be free or theirs.
func (b Accounts) PutUser(user, nip string) error {
	owner, err := b.NIPOf(user)
	if err != nil {
		return err
	}
	if owner != "" && owner != nip {
		return fmt.Errorf("user ID %q belongs to another person", user)
	}
	return errors.Join(b.putText(bUsers, strings.ToLower(user), nip), b.putText(bNIPs, nip, user))
}

const bKnown = "known"

// Confirmed is the address to which a member of this NIP last confirmed receipt, or "".
func (b Accounts) Confirmed(nip string) (string, error) { return b.text(bKnown, "nip/"+nip) }

// PutConfirmed remembers where a member confirmed receipt.
func (b Accounts) PutConfirmed(nip, address string) error {
	return b.putText(bKnown, "nip/"+nip, address)
}
