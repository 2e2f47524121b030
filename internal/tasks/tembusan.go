package tasks

import (
	"errors"
	"fmt"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/office"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// sealCopy renders Kepala LPSE's copy with the passwords and seals it, as a member's letter is; it makes no key. A key that was
// destroyed meanwhile is an answer, not a fault. SOP 2.2
func (w *Worker) sealCopy(j Job) (sop.What, error) {
	o, cs := j.Row.Task, j.Case
	made := sop.TembusanSealed{Letter: o.Letter}
	if w.LockedPages {
		made.Failed = "the members' passwords travel in locked pages, which the copy has none of"
		return made, nil
	}
	d := letter.Data{Office: w.Office, Case: cs, Letter: o.Letter, Now: w.Now().UTC(), Passwords: map[string]secret.Secret{}}
	var err error
	for _, nip := range o.Letter.Of {
		d.Passwords[nip], err = w.Vault.Open(office.KeyID(o.Case, nip), credential.ForPassword, cs.Accounts[nip].Sealed)
		if err != nil {
			return gone(made, fmt.Errorf("open the account of %s: %w", office.KeyID(o.Case, nip), err))
		}
	}
	_, body, err := w.Render(d)
	if key, own := w.MemberKeys.of(o.Letter); err == nil && own {
		body, err = w.encrypted(key, body)
	}
	if err != nil {
		return nil, fmt.Errorf("write the tembusan of %s: %w", o.Case, err)
	}
	if made.Sealed, err = w.Vault.SealLetter(office.SealedUnder(o.Case, o.Letter), body); err != nil {
		return gone(made, err)
	}
	made.Letter.Copy, err = w.withoutPassword(d)
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
