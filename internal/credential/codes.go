package credential

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"ukpbjd/internal/secret"
)

const (
	masterLength = 32
	digits       = "23456789"
	codeAlphabet = digits + "ABCDEFGHJKMNPQRSTUVWXYZ" // no 0 O, 1 I L
	codeLength   = 6
)

// Keys makes what follows from the master key alone: the same question has the same answer for ever, and nobody without
// the key can guess it.
type Keys struct{ code, member, id, master secret.Secret }

// NewKeys derives them (RFC 5869).
func NewKeys(master secret.Secret) (Keys, error) { return Keys{master: master}.InEpoch(0) }

// InEpoch gives other codes and Message-IDs from the same master key: after a restore, what was sent since the backup, and is
// not in the books, must match nothing.
func (k Keys) InEpoch(n int) (Keys, error) {
	epoch := ""
	if n > 0 {
		epoch = " epoch " + strconv.Itoa(n)
	}
	for label, to := range map[string]*secret.Secret{"approval code": &k.code, "member code": &k.member, "message-id": &k.id} {
		s, err := k.Derive(label + epoch)
		if err != nil {
			return Keys{}, err
		}
		*to = s
	}
	return k, nil
}

// Derive gives a key of 32 bytes for another purpose.
func (k Keys) Derive(label string) (secret.Secret, error) { return derive(k.master, label) }

// MAC seals bytes for another purpose, with HMAC-SHA256.
func (k Keys) MAC(label string) (hash.Hash, error) {
	key, err := k.Derive(label)
	return hmac.New(sha256.New, []byte(key.Reveal())), err
}

func derive(master secret.Secret, label string) (secret.Secret, error) {
	if len(master.Reveal()) != masterLength {
		return secret.Secret{}, fmt.Errorf("the master key must have %d bytes", masterLength)
	}
	b, err := hkdf.Key(sha256.New, []byte(master.Reveal()), nil, "ukpbjd 1 "+label, masterLength)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("derive the key for %s: %w", label, err)
	}
	defer clear(b)
	return secret.New(b), nil
}

// mac is HMAC-SHA256 over the parts, each with its length, so that no two lists of parts look alike.
func mac(key secret.Secret, parts ...string) []byte {
	h := hmac.New(sha256.New, []byte(key.Reveal()))
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		io.WriteString(h, p) //nolint:errcheck // a hash does not fail
	}
	return h.Sum(nil)
}

// ApprovalCode is the code of one approval letter. approver is the registered address.
func (k Keys) ApprovalCode(number string, revision, issue int, approver string) string {
	return code(k.code, number, strconv.Itoa(revision), strconv.Itoa(issue), strings.ToLower(approver))
}

// MemberCode is the code of one member's letters in a case.
func (k Keys) MemberCode(number, nip string) string { return code(k.member, number, nip) }

// code takes the first number that gives a letter and a digit: so no code is a word, and none is a command.
func code(key secret.Secret, parts ...string) string {
	for n := 0; ; n++ {
		x := binary.BigEndian.Uint64(mac(key, append(parts, strconv.Itoa(n))...))
		var b [codeLength]byte
		for i := range b {
			b[i] = codeAlphabet[x%uint64(len(codeAlphabet))]
			x /= uint64(len(codeAlphabet))
		}
		if c := string(b[:]); strings.ContainsAny(c, digits) && strings.Trim(c, digits) != "" {
			return c
		}
	}
}

// DeliveryPhrase opens the locked pages of a case: four groups of four signs, 79 bits. The approver hands it on by another
// channel than mail.
func (k Keys) DeliveryPhrase(number string) (secret.Secret, error) {
	key, err := k.Derive("delivery phrase")
	if err != nil {
		return secret.Secret{}, err
	}
	var b []byte
	for _, x := range mac(key, number)[:16] { // 256 is 8 × 31 + 8: no sign is more than 12 % likelier than another
		if len(b)%5 == 4 {
			b = append(b, '-')
		}
		b = append(b, codeAlphabet[int(x)%len(codeAlphabet)])
	}
	defer clear(b)
	return secret.New(b), nil
}

// MessageID is the Message-ID of one letter, angle brackets included: 128 bits that only the key gives (DESIGN, "Mail grammar").
func (k Keys) MessageID(number, letterKey, domain string) string {
	enc := base32.StdEncoding.WithPadding(base32.NoPadding)
	return "<" + strings.ToLower(enc.EncodeToString(mac(k.id, number, letterKey)[:16])) + "@" + domain + ">"
}

// Print is by which a password is known again after its key is destroyed: nobody without the master key can try words against it.
func (k Keys) Print(password secret.Secret) (string, error) {
	key, err := k.Derive("password print")
	return hex.EncodeToString(mac(key, password.Reveal())[:16]), err
}

// JournalKey is the public half of the key that signs checkpoints of the journal.
func (k Keys) JournalKey() (ed25519.PublicKey, error) {
	key, err := k.journal()
	if err != nil {
		return nil, err
	}
	return key.Public().(ed25519.PublicKey), nil
}

// SignJournal signs a checkpoint.
func (k Keys) SignJournal(text []byte) ([]byte, error) {
	key, err := k.journal()
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return ed25519.Sign(key, text), nil
}

func (k Keys) journal() (ed25519.PrivateKey, error) {
	seed, err := k.Derive("journal")
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed([]byte(seed.Reveal())), nil
}
