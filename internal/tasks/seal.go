package tasks

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/office"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// sealLetter renders the one letter that carries a password and seals it under the member's key. SOP 2.3
func (w *Worker) sealLetter(j Job) (sop.What, error) {
	o := j.Row.Task
	cs := j.Case
	a, ok := cs.Accounts[o.NIP]
	if !ok {
		return nil, fmt.Errorf("no account is kept for %s", office.KeyID(o.Case, o.NIP))
	}
	d := letter.Data{Office: w.Office, Case: cs, Letter: o.Letter, Now: w.Now().UTC(), UserID: a.UserID}
	if !a.Kept {
		var err error
		if d.Password, err = w.Vault.Open(office.KeyID(o.Case, o.NIP), credential.ForPassword, a.Sealed); err != nil {
			return nil, fmt.Errorf("open the account of %s: %w", office.KeyID(o.Case, o.NIP), err)
		}
	}
	password := d.Password
	key, own := w.MemberKeys.of(o.Letter)
	if w.LockedPages && !a.Kept && !own {
		if err := w.lock(&d); err != nil {
			return nil, err
		}
	}
	_, body, err := w.Render(d)
	if err == nil && own && !a.Kept {
		body, err = w.encrypted(key, body)
	}
	if err != nil {
		return nil, fmt.Errorf("write the letter of %s: %w", office.KeyID(o.Case, o.NIP), err)
	}
	d.Letter.Files = nil // a locked page is not archived
	made, id := sop.CredentialSealed{NIP: o.NIP}, office.KeyID(o.Case, o.NIP)
	if o.Renew {
		err = w.Vault.Renew(id)
	} else {
		err = w.Vault.Ensure(id)
	}
	if err == nil && o.Renew && !a.Kept {
		made.Account, err = w.Vault.SealPassword(id, password)
	}
	if err != nil {
		return nil, err
	}
	if made.Sealed, err = w.Vault.Seal(id, credential.ForLetter, body); err != nil {
		return nil, err
	}
	o.Letter.Copy, err = w.withoutPassword(d)
	made.Letter = o.Letter
	return made, err
}

// lock moves the password out of the letter into a page that only the phrase of the case opens.
func (w *Worker) lock(d *letter.Data) error {
	m := d.Case.Member(d.Letter.NIP)
	if m == nil {
		return fmt.Errorf("%s is not in the roster", office.KeyID(d.Case.Number, d.Letter.NIP))
	}
	phrase, err := w.Codes.DeliveryPhrase(d.Case.Number)
	if err != nil {
		return err
	}
	page, err := credential.AccountPDF(rand.Reader, d.Office.Name, d.Case.Number, m.Row.Nama, m.Row.NIP, d.UserID, d.Password, phrase)
	if err != nil {
		return err
	}
	d.Letter.Files = []sop.File{{Name: "akun-" + d.Case.Number + ".pdf", MediaType: "application/pdf", Bytes: page}}
	d.Password, d.Locked = secret.Secret{}, true
	return nil
}

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

// inPlaceOf stands where the password stood.
const inPlaceOf = "[tidak-diarsipkan]"

// withoutPassword renders a credential letter as it was sent, but for its password. SOP R.1
func (w *Worker) withoutPassword(d letter.Data) ([]byte, error) {
	if !d.Password.Absent() {
		d.Password = secret.New([]byte(inPlaceOf))
	}
	kept := map[string]secret.Secret{}
	for nip := range d.Passwords {
		kept[nip] = secret.New([]byte(inPlaceOf))
	}
	d.Passwords = kept
	_, body, err := w.Render(d)
	return body, err
}

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
