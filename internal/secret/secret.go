// Package secret holds the one type in which a password or key may travel. A Secret never prints itself: every way Go has
// of turning a value into text gives "[redacted]". Only Reveal gives the content, and arch_test lists who may call it.
package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"strings"
)

const redacted = "[redacted]"

// Secret is a password, passphrase or key. The content stands behind two pointers: package fmt cannot call the methods of a
// Secret in an unexported field, and for a verb that does not fit, such as %s, it follows one pointer, but never two. The
// zero value is an absent secret.
type Secret struct{ p **[]byte }

// New takes a copy of b.
func New(b []byte) Secret {
	c := append([]byte(nil), b...)
	p := &c
	return Secret{&p}
}

// Reveal gives the content. The caller writes it to the one addressed letter, the encrypted sheet or a login, nowhere else.
func (s Secret) Reveal() string {
	if s.p == nil {
		return ""
	}
	return string(**s.p)
}

// Absent says that nothing is held.
func (s Secret) Absent() bool { return s.p == nil || len(**s.p) == 0 }

// Holds says that a word of six letters or more stands in it, in any letter case: a shorter one may by chance.
func (s Secret) Holds(word string) bool {
	return len(word) >= 6 && strings.Contains(strings.ToLower(s.Reveal()), strings.ToLower(word))
}

// Equal compares in constant time.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

func (Secret) String() string                 { return redacted }
func (Secret) GoString() string               { return redacted }
func (Secret) Format(f fmt.State, _ rune)     { io.WriteString(f, redacted) } //nolint:errcheck // fmt ignores it too
func (Secret) MarshalText() ([]byte, error)   { return []byte(redacted), nil }
func (Secret) MarshalJSON() ([]byte, error)   { return []byte(`"` + redacted + `"`), nil }
func (Secret) MarshalYAML() ([]byte, error)   { return []byte(redacted), nil }
func (Secret) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }
func (Secret) GobEncode() ([]byte, error)     { return []byte(redacted), nil }
