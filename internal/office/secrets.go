package office

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/queue"
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

// SecretWatch returns the watch, filled with every password that can be opened. A case that cannot be read, or a seal that does not
// open, is passed over and counted: it is nobody's mail that is at fault. Any other error is the machine's.
func (c *Clerk) SecretWatch(ctx context.Context) (*credential.Watch, error) {
	c.secret.mu.Lock()
	defer c.secret.mu.Unlock()
	if c.secret.filled {
		return c.secret.Watch, nil
	}
	var unwatched []string
	err := c.View(ctx, func(b store.Books) error {
		var cs sop.Case
		for _, id := range c.Vault.IDs() { // in order: a case comes once
			number, nip, _ := strings.Cut(id, "/")
			if number != cs.Number {
				var err error
				if cs, _, err = b.Cases.Get(number); store.IsRow(err) {
					unwatched = append(unwatched, number)
				} else if err != nil {
					return err
				}
				cs.Number = number
			}
			a := cs.Accounts[nip]
			if len(a.Sealed) == 0 {
				continue
			}
			p, err := c.Vault.Open(id, credential.ForPassword, a.Sealed)
			switch {
			case err == nil:
				c.secret.Add(id, p)
			case !errors.Is(err, credential.ErrShredded):
				unwatched = append(unwatched, id)
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, queue.Ground(fmt.Errorf("watch for passwords: %w", err))
	}
	c.secret.filled, c.secret.unwatched = true, unwatched
	return c.secret.Watch, nil
}

// Unwatched names the passwords, or whole cases, that nobody can watch for, as they cannot be read; "": there are none.
func (c *Clerk) Unwatched() string {
	c.secret.mu.Lock()
	defer c.secret.mu.Unlock()
	if len(c.secret.unwatched) == 0 {
		return ""
	}
	return fmt.Sprintf("%d passwords cannot be watched for, as their rows cannot be read: %s", len(c.secret.unwatched), strings.Join(c.secret.unwatched[:min(3, len(c.secret.unwatched))], ", "))
}

// SealedUnder are the keys without which a sealed letter cannot be opened: its member's, and for an approval letter with its sheet, or
// Kepala LPSE's copy, those of all members whose passwords it carries, one seal in the other. So it is gone with the first key that is
// destroyed, in the same rewriting of the key file, and has no key of its own that might be left over.
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
