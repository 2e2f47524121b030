package office

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// SealPassword puts a member's password under their own key, which is made where there is none, and watches for it from now on.
func (c *Clerk) SealPassword(number, nip string, s secret.Secret) ([]byte, error) {
	id := KeyID(number, nip)
	if err := c.Vault.Ensure(id); err != nil {
		return nil, err
	}
	c.secret.Add(id, s)
	return c.Vault.SealPassword(id, s)
}

// Shred destroys a member's key. What was sealed under it cannot be opened any more.
func (c *Clerk) Shred(number, nip string) error {
	c.secret.Forget(KeyID(number, nip))
	return c.Vault.Shred(KeyID(number, nip))
}

// Issued opens the accounts of a case, but for those that are to be made anew.
func (c *Clerk) Issued(cs sop.Case) (map[string]credential.Issued, error) {
	out := map[string]credential.Issued{}
	for nip, a := range cs.Accounts {
		if a.Renew {
			continue
		}
		i := credential.Issued{UserID: a.UserID}
		if len(a.Sealed) > 0 {
			var err error
			if i.Password, err = c.Vault.Open(KeyID(cs.Number, nip), credential.ForPassword, a.Sealed); err != nil {
				return nil, fmt.Errorf("open the account of %s: %w", KeyID(cs.Number, nip), err)
			}
		}
		out[nip] = i
	}
	return out, nil
}

// SecretWatch returns the watch, filled with every password that can be opened.
func (c *Clerk) SecretWatch(ctx context.Context) (*credential.Watch, error) {
	c.secret.mu.Lock()
	defer c.secret.mu.Unlock()
	if c.secret.filled {
		return c.secret.Watch, nil
	}
	err := c.View(ctx, func(b store.Books) error {
		var cs sop.Case
		for _, id := range c.Vault.IDs() { // in order: a case comes once
			number, nip, _ := strings.Cut(id, "/")
			if number != cs.Number {
				var err error
				if cs, _, err = b.Cases.Get(number); err != nil {
					return err
				}
				cs.Number = number
			}
			a := cs.Accounts[nip]
			if len(a.Sealed) == 0 {
				continue
			}
			p, err := c.Vault.Open(id, credential.ForPassword, a.Sealed)
			if err != nil && !errors.Is(err, credential.ErrShredded) {
				return fmt.Errorf("watch for the password of %s: %w", id, err)
			}
			if err == nil {
				c.secret.Add(id, p)
			}
		}
		return ctx.Err()
	})
	c.secret.filled = err == nil
	return c.secret.Watch, err
}

// SealedUnder are the keys without which a sealed letter cannot be opened: its member's, and for Kepala LPSE's copy those of all
// members whose passwords it carries, one seal in the other. So the copy is gone with the first key that is destroyed, in the
// same rewriting of the key file, and has no key of its own that might be left over.
func SealedUnder(number string, l sop.Letter) []string {
	if len(l.Of) == 0 {
		return []string{KeyID(number, l.NIP)}
	}
	var ids []string
	for _, nip := range l.Of {
		ids = append(ids, KeyID(number, nip))
	}
	return ids
}
