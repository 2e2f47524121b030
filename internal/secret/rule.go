package secret

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode"
)

const (
	lower    = "abcdefghijkmnpqrstuvwxyz" // no l, o
	upper    = "ABCDEFGHJKLMNPQRSTUVWXYZ" // no I, O
	digits   = "23456789"                 // no 0, 1
	specials = "@#$%*+=?"                 // on every keyboard, whole in HTML, no quotes

	longest = 64 // of a password
	minBits = 70 // below that a password is found by trying
)

// Rule is how passwords are made, and what one must keep that another program has made.
type Rule struct {
	Length           int
	Letters, Symbols string // letters and digits; what stands between them
}

// DefaultRule: 14 of 64 characters that people do not confuse (DOMAIN, "SPSE password rule"), about 82 bits.
var DefaultRule = Rule{Length: 14, Letters: lower + upper + digits, Symbols: specials}

// Check says why passwords cannot be made so, or nil. SPSE wants all four kinds of characters.
func (r Rule) Check() error {
	seen := map[rune]bool{}
	for _, c := range r.Letters + r.Symbols {
		if seen[c] || c <= ' ' || c > '~' || strings.ContainsRune("\"'<>&\\`", c) {
			return fmt.Errorf("%q stands there twice, or cannot be typed everywhere", c)
		}
		seen[c] = true
	}
	is := func(set string, kind func(rune) bool) bool { return strings.ContainsFunc(set, kind) }
	switch {
	case strings.ContainsFunc(r.Letters, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }), is(r.Symbols, unicode.IsLetter), is(r.Symbols, unicode.IsDigit):
		return errors.New("letters and digits stand among letters, everything else among symbols")
	case r.Symbols == "" || !is(r.Letters, unicode.IsLower) || !is(r.Letters, unicode.IsUpper) || !is(r.Letters, unicode.IsDigit):
		return errors.New("SPSE wants a lower-case letter, a capital, a digit and a symbol in every password")
	case r.Length < 8 || r.Length > longest:
		return fmt.Errorf("%d characters, not 8 to %d", r.Length, longest)
	case r.bits() < minBits:
		return fmt.Errorf("%d of %d characters are about %.0f bits; at least %d are needed", r.Length, len(seen), r.bits(), minBits)
	}
	return nil
}

func (r Rule) bits() float64 {
	return float64(r.Length) * math.Log2(float64(len(r.Letters)+len(r.Symbols)))
}

// Keeps says that a password of another program is as long as this rule wants, and of its characters. The default asks only what SPSE does.
func (r Rule) Keeps(s Secret) bool {
	return Strong(s) && (r == DefaultRule || r == Rule{} || len(s.Reveal()) >= r.Length && strings.Trim(s.Reveal(), r.Letters+r.Symbols) == "")
}

// Generate makes a password after the rule, uniform over those that begin with a letter, end with no symbol and hold all four kinds. So it
// is no formula, and no full stop or bracket of a sentence sticks to it.
func (r Rule) Generate(random io.Reader) (Secret, error) {
	set, b, one := r.Letters+r.Symbols, make([]byte, 0, r.Length), make([]byte, 1)
	defer clear(b[:cap(b)])
	for range 1000 * max(r.Length, 1) * 4 { // two in five are good; a thousand bad ones are a broken source
		if _, err := io.ReadFull(random, one); err != nil {
			return Secret{}, fmt.Errorf("generate a password: %w", err)
		}
		if int(one[0]) >= 256-256%len(set) {
			continue // without bias
		}
		if b = append(b, set[int(one[0])%len(set)]); len(b) < r.Length {
			continue
		}
		if s := New(b); r.wellFormed(string(b)) && Strong(s) {
			return s, nil
		}
		b = b[:0]
	}
	return Secret{}, errors.New("generate a password: the random source repeats itself")
}

func (r Rule) wellFormed(p string) bool {
	return unicode.IsLetter(rune(p[0])) && !strings.Contains(r.Symbols, p[len(p)-1:])
}

// Strong says whether a password that somebody chose keeps SPSE's rule: at least 8 characters with lower case, upper case,
// digit and special. It must also be printable ASCII without blanks, so that the letter shows exactly what was typed.
func Strong(s Secret) bool {
	p := s.Reveal()
	has := func(is func(rune) bool) bool { return strings.ContainsFunc(p, is) }
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	special := func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }
	return len(p) >= 8 && len(p) <= longest && !has(odd) && has(unicode.IsLower) && has(unicode.IsUpper) && has(unicode.IsDigit) && has(special)
}
