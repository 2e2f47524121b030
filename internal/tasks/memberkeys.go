package tasks

import (
	"fmt"
	"strings"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/sop"
)

// MemberKeys are the registered keys of members, by lower-case address and by NIP.
type MemberKeys map[string]credential.Recipient

// of finds a member's key. The address is the one frozen at approval: a key for another address of the same person is none.
func (k MemberKeys) of(l sop.Letter) (credential.Recipient, bool) {
	r, ok := k[strings.ToLower(l.To.Address)]
	if !ok && l.NIP != "" {
		r, ok = k[l.NIP]
	}
	return r, ok
}

// encrypted is a credential letter for its member's eyes only. A key that has come to its end is an error, never a reason to
// send the letter in the clear.
func (w *Worker) encrypted(r credential.Recipient, body []byte) ([]byte, error) {
	sealed, err := r.Encrypt(body, w.Now())
	if err != nil {
		return nil, fmt.Errorf("%w; register another in people.member_keys, or remove it there", err)
	}
	return sealed, nil
}
