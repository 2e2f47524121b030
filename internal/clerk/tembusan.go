package clerk

import (
	"errors"
	"fmt"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// sealedUnder are the keys without which a sealed letter cannot be opened: its member's, and for Kepala LPSE's copy those of all
// members whose passwords it carries, one seal in the other. So the copy is gone with the first key that is destroyed, in the
// same rewriting of the key file, and has no key of its own that might be left over.
func sealedUnder(number string, l sop.Letter) []string {
	if len(l.Of) == 0 {
		return []string{keyID(number, l.NIP)}
	}
	var ids []string
	for _, nip := range l.Of {
		ids = append(ids, keyID(number, nip))
	}
	return ids
}

// sealCopy renders Kepala LPSE's copy with the passwords and seals it, as a member's letter is; it makes no key. A key that was
// destroyed meanwhile is an answer, not a fault. SOP 2.2
func (c *Clerk) sealCopy(w Work) (sop.What, error) {
	o, cs := w.Row.Task, w.Case
	made := sop.TembusanSealed{Letter: o.Letter}
	if c.LockedPages {
		made.Failed = "the members' passwords travel in locked pages, which the copy has none of"
		return made, nil
	}
	d := letter.Data{Office: c.Office, Case: cs, Letter: o.Letter, Now: c.Now().UTC(), Passwords: map[string]secret.Secret{}}
	var err error
	for _, nip := range o.Letter.Of {
		d.Passwords[nip], err = c.Vault.Open(keyID(o.Case, nip), credential.ForPassword, cs.Accounts[nip].Sealed)
		if err != nil {
			return gone(made, fmt.Errorf("open the account of %s: %w", keyID(o.Case, nip), err))
		}
	}
	_, body, err := c.render(d)
	if key, own := c.MemberKeys.of(o.Letter); err == nil && own {
		body, err = c.encrypted(key, body)
	}
	if err != nil {
		return nil, fmt.Errorf("write the tembusan of %s: %w", o.Case, err)
	}
	if made.Sealed, err = c.Vault.SealLetter(sealedUnder(o.Case, o.Letter), body); err != nil {
		return gone(made, err)
	}
	made.Letter.Copy, err = c.withoutPassword(d)
	return made, err
}

// gone: a destroyed key is the end of it; anything else is tried again.
func gone(made sop.TembusanSealed, err error) (sop.What, error) {
	if errors.Is(err, credential.ErrShredded) {
		made.Failed = err.Error()
		return made, nil
	}
	return nil, err
}
