package credential

import "ukpbjd/internal/secret"

// SealPassword seals a password under the member's key.
func (v *Vault) SealPassword(id string, password secret.Secret) ([]byte, error) {
	return v.Seal(id, ForPassword, []byte(password.Reveal()))
}

// OpenLetter opens the exact bytes of a credential letter, for the postman to send to the one addressee.
func (v *Vault) OpenLetter(id string, sealed []byte) ([]byte, error) {
	s, err := v.Open(id, ForLetter, sealed)
	return []byte(s.Reveal()), err
}
