package store

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Account is what the office knows of a person's account in SPSE, over all cases. It holds no secret.
type Account struct {
	NIP     string    `json:"nip"`
	Name    string    `json:"nama,omitempty"`
	UserID  string    `json:"user_id"`
	Since   time.Time `json:"since,omitzero"`    // of the first release; zero: from before this register
	Case    string    `json:"case,omitempty"`    // that gave the last password; "": none did
	Live    bool      `json:"live,omitempty"`    // that password can still be opened
	Exposed bool      `json:"exposed,omitempty"` // somebody else may have seen it: another one is due
}

// Get finds the account of a NIP.
func (b Accounts) Get(nip string) (Account, bool, error) { return row[Account](b.rows, bAccounts, nip) }

// Put writes an account, and gives its user ID to its owner.
func (b Accounts) Put(a Account) error {
	if err := b.PutUser(a.UserID, a.NIP); err != nil {
		return err
	}
	return b.put(bAccounts, a.NIP, a)
}

// All are the accounts by NIP. Rows that cannot be decoded are the error: see Damaged.
func (b Accounts) All() (out []Account, err error) {
	err = decode(b.rows, bAccounts, "", "", func(_ string, a Account) bool {
		out = append(out, a)
		return true
	})
	return out, err
}

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

// Printed is whose password has this print, and whether it may be given no more: it was released, seen, or replaced. "": nobody's.
func (b Accounts) Printed(print string) (nip string, spent bool, err error) {
	text, err := b.text(bKnown, "print/"+print)
	nip, spent = strings.CutSuffix(text, "!")
	return nip, spent, err
}

// PutPrint remembers a password by its print, with what Printed says of it.
func (b Accounts) PutPrint(print, nip string, spent bool) error {
	if spent {
		nip += "!"
	}
	return b.putText(bKnown, "print/"+print, nip)
}

// FreeUser takes back a user ID that was only proposed to a person: their account has another, or they have none.
func (b Accounts) FreeUser(user, nip string) error {
	r, _, err := b.Get(nip)
	if err != nil || strings.EqualFold(r.UserID, user) {
		return err
	}
	if had, err := b.UserOf(nip); err != nil || strings.EqualFold(had, user) {
		return errors.Join(err, b.erase(bUsers, strings.ToLower(user)), b.erase(bNIPs, nip))
	}
	return b.erase(bUsers, strings.ToLower(user))
}

const bKnown = "known"

// Confirmed is the address to which a member of this NIP last confirmed receipt, or "".
func (b Accounts) Confirmed(nip string) (string, error) { return b.text(bKnown, "nip/"+nip) }

// PutConfirmed remembers where a member confirmed receipt.
func (b Accounts) PutConfirmed(nip, address string) error {
	return b.putText(bKnown, "nip/"+nip, address)
}
