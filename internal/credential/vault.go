package credential

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"

	"ukpbjd/internal/secret"
)

var (
	// ErrShredded says that the member's key does not exist: what was sealed under it cannot be opened by anybody.
	ErrShredded = errors.New("the key is destroyed")
	// ErrWrongMaster says that the file belongs to another master key.
	ErrWrongMaster = errors.New("the master key is not the one that this file was made with")
	// ErrVaultDamaged says that the key file was altered or cut short.
	ErrVaultDamaged = errors.New("the key file is damaged")
	// ErrVaultLocked says that another process holds the key file.
	ErrVaultLocked = errors.New("another process has the key file open")
	// ErrSealBroken says that a sealed value is not what was sealed under this id for this purpose.
	ErrSealBroken = errors.New("the sealed value does not open")
)

// Purpose is what a sealed value is for; a value sealed for one purpose does not open for another.
type Purpose string

const (
	ForPassword Purpose = "password" // of an account
	ForLetter   Purpose = "letter"   // a rendered credential letter in the outbox
	ForMail     Purpose = "mail"     // a raw mail in which a live secret was found
)

const maxKeyID = 200

// Vault holds a data key for each member, wrapped by the master key. It is safe for concurrent use; one process at a time
// has it open. What it is asked for is durable when it returns.
type Vault struct {
	path   string
	random io.Reader
	wrap   cipher.AEAD
	mac    secret.Secret

	mu        sync.RWMutex
	keys      map[string][]byte // wrapped, by id
	file      *os.File          // the present file, locked
	unsettled bool              // a rename may not be on disk: the next change writes again in any case
	step      func(string)      // tests only: called after each step of a rewrite
}

// OpenVault opens the key file, or makes an empty one. random is crypto/rand.Reader.
func OpenVault(path string, master secret.Secret, random io.Reader) (*Vault, error) {
	v := &Vault{path: path, random: random, keys: map[string][]byte{}, step: func(string) {}}
	if err := v.derive(master); err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	if err := v.load(); err != nil {
		if v.file != nil {
			v.file.Close()
		}
		return nil, fmt.Errorf("open vault %s: %w", path, err)
	}
	return v, nil
}

func (v *Vault) derive(master secret.Secret) error {
	key, err := derive(master, "vault wrap")
	if err != nil {
		return err
	}
	if v.mac, err = derive(master, "vault file"); err != nil {
		return err
	}
	v.wrap, err = chacha20poly1305.NewX([]byte(key.Reveal()))
	return err
}

// String keeps a vault out of logs.
func (v *Vault) String() string { return "vault " + v.path }

// GoString keeps a vault out of logs.
func (v *Vault) GoString() string { return v.String() }

// Close gives the file free.
func (v *Vault) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.file.Close()
}

// IDs lists the keys that exist, in order.
func (v *Vault) IDs() []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(v.keys)), func(id string) bool { return strings.HasSuffix(id, renewed) })
}

// renewed marks the id of a key that follows another one of the same member: what is sealed from now on lies under it, and both open.
const renewed = "\x00+"

// Renew makes a new key beside the one that there is. Call it before the commit that needs it, and ShredOlder after that.
func (v *Vault) Renew(id string) error { return v.Ensure(id, id+renewed) }

// ShredOlder destroys what Renew has left behind.
func (v *Vault) ShredOlder(id string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	next := maps.Clone(v.keys)
	if w, ok := v.keys[id+renewed]; ok {
		key, err := open(v.wrap, w, bound("key", id+renewed))
		if err != nil {
			return ErrVaultDamaged
		}
		defer clear(key)
		delete(next, id+renewed)
		if next[id], err = seal(v.wrap, v.random, key, bound("key", id)); err != nil {
			return err
		}
	}
	return v.change(next, "shred an older key")
}

// Ensure makes the keys that do not exist yet. Call it, for a whole batch at once, before the commit that needs them.
func (v *Vault) Ensure(ids ...string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	next := maps.Clone(v.keys)
	for _, id := range ids {
		if id == "" || len(id) > maxKeyID {
			return fmt.Errorf("make key %.40q: not an id of 1 to %d bytes", id, maxKeyID)
		}
		if next[id] != nil {
			continue
		}
		w, err := v.wrapNew(id)
		if err != nil {
			return fmt.Errorf("make key %q: %w", id, err)
		}
		next[id] = w
	}
	return v.change(next, "make keys")
}

// Shred destroys keys, and with them everything sealed under them. The file is written anew and its old bytes are
// overwritten where the file system writes in place. A key that does not exist is shredded already.
func (v *Vault) Shred(ids ...string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	next := maps.Clone(v.keys)
	for _, id := range ids {
		delete(next, id)
		delete(next, id+renewed)
	}
	return v.change(next, "shred keys")
}

// change writes next if it differs: keys are only added or only taken away.
func (v *Vault) change(next map[string][]byte, what string) error {
	if len(next) == len(v.keys) && !v.unsettled {
		return nil
	}
	if err := v.rewrite(next); err != nil {
		return fmt.Errorf("%s in %s: %w", what, v.path, err)
	}
	return nil
}

func (v *Vault) wrapNew(id string) ([]byte, error) {
	var key [chacha20poly1305.KeySize]byte
	defer clear(key[:])
	if _, err := io.ReadFull(v.random, key[:]); err != nil {
		return nil, err
	}
	return seal(v.wrap, v.random, key[:], bound("key", id))
}

// bound is the additional data: what for and under which id.
func bound(purpose, id string) []byte { return []byte("ukpbjd 1\x00" + purpose + "\x00" + id) }

// seal gives nonce and ciphertext; 24 random bytes do not meet twice.
func seal(a cipher.AEAD, random io.Reader, plain, bound []byte) ([]byte, error) {
	out := make([]byte, a.NonceSize(), a.NonceSize()+len(plain)+a.Overhead())
	if _, err := io.ReadFull(random, out); err != nil {
		return nil, err
	}
	return a.Seal(out, out, plain, bound), nil
}

func open(a cipher.AEAD, sealed, bound []byte) ([]byte, error) {
	if len(sealed) < a.NonceSize() {
		return nil, ErrSealBroken
	}
	plain, err := a.Open(nil, sealed[:a.NonceSize()], sealed[a.NonceSize():], bound)
	if err != nil {
		return nil, ErrSealBroken
	}
	return plain, nil
}

// key unwraps one member's key.
func (v *Vault) key(id string) (cipher.AEAD, error) {
	v.mu.RLock()
	w := v.keys[id]
	v.mu.RUnlock()
	if w == nil {
		return nil, ErrShredded
	}
	k, err := open(v.wrap, w, bound("key", id))
	if err != nil {
		return nil, ErrVaultDamaged
	}
	defer clear(k)
	return chacha20poly1305.NewX(k)
}

// Seal seals plain under a member's newest key, which Ensure or Renew has made.
func (v *Vault) Seal(id string, p Purpose, plain []byte) ([]byte, error) {
	a, err := v.key(id + renewed)
	if errors.Is(err, ErrShredded) {
		a, err = v.key(id)
	}
	if err == nil {
		var sealed []byte
		if sealed, err = seal(a, v.random, plain, bound("value "+string(p), id)); err == nil {
			return sealed, nil
		}
	}
	return nil, fmt.Errorf("seal a %s under %q: %w", p, id, err)
}

// Open opens what was sealed under this id for this purpose.
func (v *Vault) Open(id string, p Purpose, sealed []byte) (secret.Secret, error) {
	var err error
	for _, of := range []string{id + renewed, id} {
		var a cipher.AEAD
		if a, err = v.key(of); err == nil {
			var plain []byte
			if plain, err = open(a, sealed, bound("value "+string(p), id)); err == nil {
				defer clear(plain)
				return secret.New(plain), nil
			}
		}
	}
	return secret.Secret{}, fmt.Errorf("open a %s under %q: %w", p, id, err)
}

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
