package credential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"

	"ukpbjd/internal/secret"
)

// keysCopy is the content of the sealed keys in a backup.
type keysCopy struct {
	Master []byte `json:"master"`
	Vault  []byte `json:"vault"` // the key file as it was
}

// Lock is what the keys of a backup are sealed for: age recipients, one a line, or a passphrase.
type Lock struct {
	Recipients string
	Passphrase secret.Secret
}

const (
	shortestPassphrase = 12
	maxSealedKeys      = 128 << 20
)

// SealKeys writes master key and key file so that only the holder of the lock's other half reads them.
func SealKeys(w io.Writer, l Lock, master secret.Secret, vault []byte) error {
	to, err := l.recipients()
	if err != nil {
		return fmt.Errorf("seal the keys: %w", err)
	}
	plain, err := json.Marshal(keysCopy{[]byte(master.Reveal()), vault})
	if err != nil {
		return errors.New("seal the keys: they cannot be written down")
	}
	defer clear(plain)
	a, err := age.Encrypt(w, to...)
	if err != nil {
		return fmt.Errorf("seal the keys: %w", err)
	}
	if _, err := a.Write(plain); err != nil {
		return fmt.Errorf("seal the keys: %w", err)
	}
	return a.Close()
}

func (l Lock) recipients() ([]age.Recipient, error) {
	switch {
	case l.Recipients != "" && !l.Passphrase.Absent():
		return nil, errors.New("a recipient or a passphrase, not both")
	case l.Recipients != "":
		return age.ParseRecipients(strings.NewReader(l.Recipients))
	case len(l.Passphrase.Reveal()) < shortestPassphrase:
		return nil, fmt.Errorf("the passphrase has fewer than %d characters", shortestPassphrase)
	}
	r, err := age.NewScryptRecipient(l.Passphrase.Reveal())
	return []age.Recipient{r}, err
}

// Unlock opens sealed keys: an age identity file, or a passphrase.
type Unlock struct{ Identity, Passphrase secret.Secret }

// OpenKeys reads sealed keys.
func OpenKeys(r io.Reader, u Unlock) (master secret.Secret, vault []byte, err error) {
	ids, err := u.identities()
	if err != nil {
		return master, nil, fmt.Errorf("open the keys: %w", err)
	}
	a, err := age.Decrypt(r, ids...)
	if err != nil {
		return master, nil, fmt.Errorf("open the keys: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(a, maxSealedKeys))
	if err != nil {
		return master, nil, fmt.Errorf("open the keys: %w", err)
	}
	defer clear(plain)
	var c keysCopy
	if err := json.Unmarshal(plain, &c); err != nil || len(c.Master) != masterLength {
		return master, nil, errors.New("open the keys: they are not what a backup holds")
	}
	defer clear(c.Master)
	return secret.New(c.Master), c.Vault, nil
}

func (u Unlock) identities() ([]age.Identity, error) {
	if !u.Identity.Absent() {
		ids, err := age.ParseIdentities(bytes.NewReader([]byte(u.Identity.Reveal())))
		if err != nil {
			return nil, errors.New("the identity file is malformed") // age names the line
		}
		return ids, nil
	}
	id, err := age.NewScryptIdentity(u.Passphrase.Reveal())
	return []age.Identity{id}, err
}

// MasterFile is a master key as the configuration's reader takes it.
func MasterFile(master secret.Secret) []byte { return []byte(master.Reveal()) }
