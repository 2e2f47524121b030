package credential

import (
	"errors"
	"fmt"

	"ukpbjd/internal/secret"
)

// SealPassword seals a password under the member's key.
func (v *Vault) SealPassword(id string, password secret.Secret) ([]byte, error) {
	return v.Seal(id, ForPassword, []byte(password.Reveal()))
}

// SealLetter seals a rendered letter under the keys of all whose passwords it carries.
func (v *Vault) SealLetter(ids []string, body []byte) ([]byte, error) {
	return v.SealAll(ids, ForLetter, body)
}

// OpenLetter opens the exact bytes of a letter with passwords, for the postman to send to the one addressee.
func (v *Vault) OpenLetter(ids []string, sealed []byte) ([]byte, error) {
	s, err := v.OpenAll(ids, ForLetter, sealed)
	return []byte(s.Reveal()), err
}

// SealAll seals plain under each of the keys, one seal in the other: it opens only while all of them exist.
func (v *Vault) SealAll(ids []string, p Purpose, plain []byte) ([]byte, error) {
	if len(ids) == 0 {
		return nil, errors.New("seal under no key")
	}
	for i, id := range ids {
		sealed, err := v.Seal(id, p, plain)
		if i > 0 {
			clear(plain) // a seal of ours
		}
		if err != nil {
			return nil, err
		}
		plain = sealed
	}
	return plain, nil
}

// OpenAll opens what SealAll sealed under the same keys in the same order.
func (v *Vault) OpenAll(ids []string, p Purpose, sealed []byte) (secret.Secret, error) {
	if len(ids) == 0 {
		return secret.Secret{}, errors.New("open with no key")
	}
	var s secret.Secret
	for i := len(ids) - 1; i >= 0; i-- {
		var err error
		if s, err = v.Open(ids[i], p, sealed); err != nil {
			return secret.Secret{}, fmt.Errorf("seal %d of %d: %w", i+1, len(ids), err)
		}
		sealed = []byte(s.Reveal())
	}
	return s, nil
}
