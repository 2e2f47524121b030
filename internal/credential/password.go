// Package credential makes the accounts of Pokja members and keeps their secrets: user IDs and passwords, the vault in which
// a secret is sealed under its member's own key until that key is destroyed, the account sheet that the approver types
// from and returns, the codes and Message-IDs that follow from the master key, and the search for live secrets in what
// comes in. A secret leaves here as a secret.Secret only. State on disk:
//
//	keys.db   wrapped data keys, rewritten as a whole and synced at each change; see vaultfile.go
package credential

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"ukpbjd/internal/secret"
)

const (
	lower    = "abcdefghijkmnpqrstuvwxyz" // no l, o
	upper    = "ABCDEFGHJKLMNPQRSTUVWXYZ" // no I, O
	digits   = "23456789"                 // no 0, 1
	specials = "@#$%*+=?"                 // on every keyboard, whole in HTML, no quotes
	alphabet = lower + upper + digits + specials

	passwordLength = 14
	longest        = 64 // of a password that an approver types
)

// Generate makes a password: 14 of 64 characters that people do not confuse (DOMAIN, "SPSE password rule"), uniform over
// those that begin with a letter, end with none of the specials and hold all four kinds: about 82 bits. So it is no
// formula, and no full stop or bracket of a sentence sticks to it.
func Generate(random io.Reader) (secret.Secret, error) {
	var b [passwordLength]byte
	defer clear(b[:])
	for range 1000 { // two in five are good; a thousand bad ones are a broken source
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return secret.Secret{}, fmt.Errorf("generate a password: %w", err)
		}
		for i := range b {
			b[i] = alphabet[b[i]&63] // 64 characters: every byte is used without bias
		}
		if wellFormed(b[:]) {
			return secret.New(b[:]), nil
		}
	}
	return secret.Secret{}, errors.New("generate a password: the random source repeats itself")
}

func wellFormed(b []byte) bool {
	has := func(set string) bool { return strings.ContainsAny(string(b), set) }
	return has(lower) && has(upper) && has(digits) && has(specials) &&
		strings.IndexByte(lower+upper, b[0]) >= 0 && strings.IndexByte(specials, b[len(b)-1]) < 0
}

// Strong says whether a password that somebody chose keeps SPSE's rule: at least 8 characters with lower case, upper case,
// digit and special. It must also be printable ASCII without blanks, so that the letter shows exactly what was typed.
func Strong(s secret.Secret) bool {
	p := s.Reveal()
	has := func(is func(rune) bool) bool { return strings.ContainsFunc(p, is) }
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	special := func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }
	return len(p) >= 8 && len(p) <= longest && !has(odd) && has(unicode.IsLower) && has(unicode.IsUpper) && has(unicode.IsDigit) && has(special)
}
