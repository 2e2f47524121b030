package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// SoleFrom returns the one author of the mail and "", or a named reason why there is not exactly one plain ASCII address
// that every reader would find. A display name may say anything: only the address counts. Names with invisible or
// direction-changing characters are refused all the same, because a person reads them too.
func (m *Message) SoleFrom() (Address, string) {
	switch len(m.FromRaw) {
	case 0:
		return Address{}, "from-missing"
	case 1:
		return plainFrom(m.FromRaw[0])
	}
	return Address{}, "two-from-fields"
}

// Author is SoleFrom, and forgives one habit: a name that stands unquoted although it has a comma, as titles do, or in brackets behind
// the address. There is one "@" in all of the field then, so whoever finds an address in it finds this one.
func (m *Message) Author() (Address, string) {
	a, why := m.SoleFrom()
	if why != "from-list" && why != "from-comment" || strings.Count(m.FromRaw[0], "@") != 1 || strings.ContainsAny(m.FromRaw[0], ":;\"\\") {
		return a, why
	}
	for _, one := range readAddresses(m.FromRaw) {
		if strings.Contains(one.Addr, "@") && plainAddress(one.Addr) == "" {
			name := strings.NewReplacer("<"+one.Addr+">", "", one.Addr, "", "(", "", ")", "").Replace(m.FromRaw[0])
			return Address{Name: displayName(name), Addr: one.Addr}, ""
		}
	}
	return a, why
}

func plainFrom(v string) (Address, string) {
	v = strings.Trim(v, " \t")
	switch {
	case v == "":
		return Address{}, "from-missing"
	case !utf8.ValidString(v):
		return Address{}, "from-not-utf8"
	case hasInvisible(v):
		return Address{}, "from-bidi"
	}
	name, addr, reason := cutMailbox(v)
	if reason != "" {
		return Address{}, reason
	}
	decoded := displayName(name)
	if hasInvisible(decoded) {
		return Address{}, "from-bidi"
	}
	return Address{Name: decoded, Addr: addr}, plainAddress(addr)
}

// hasInvisible finds characters that change the direction of text or are not seen: Unicode's format and other controls,
// fillers and variation selectors.
func hasInvisible(s string) bool {
	for _, r := range s {
		switch {
		case r < 0x80:
			if r < ' ' && r != '\t' || r == 0x7f {
				return true
			}
		case unicode.In(r, unicode.Cf, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Co, unicode.Variation_Selector):
			return true
		case r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, r == 0x034f, r == 0x2800, r == utf8.RuneError:
			return true
		}
	}
	return false
}

// cutMailbox takes "phrase <addr>" or "addr" apart and refuses every other shape RFC 5322 allows: group, list, route, comment.
func cutMailbox(v string) (name, addr, reason string) {
	lt, gt := -1, -1
	scanAddress(v, func(i int, c byte) {
		switch {
		case reason != "":
		case gt >= 0 && c != ' ' && c != '\t' && c != ',' && c != ';' && c != '(':
			reason = "from-malformed"
		case c == ',':
			reason = "from-list"
		case c == ':' || c == ';':
			reason = "from-group"
		case c == '(' || c == ')':
			reason = "from-comment"
		case c == '<' && lt < 0:
			lt = i
		case c == '>' && gt < 0 && lt >= 0:
			gt = i
		case c == '<' || c == '>':
			reason = "from-malformed"
		}
	})
	switch {
	case reason != "":
		return "", "", reason
	case lt < 0:
		return "", v, ""
	case gt < 0:
		return "", "", "from-malformed"
	}
	name, addr = strings.TrimSpace(v[:lt]), v[lt+1:gt]
	if !plainPhrase(name, addr) {
		return "", "", "from-malformed"
	}
	return name, addr, ""
}

// plainPhrase refuses a display name that another reader could take for the address: an unquoted "@" that is not the
// address itself, or a quote that does not close.
func plainPhrase(name, addr string) bool {
	if name == addr {
		return true
	}
	outside, quotes := false, strings.Count(strings.ReplaceAll(name, `\"`, ""), `"`)
	scanAddress(name, func(_ int, c byte) { outside = outside || c == '@' || c == '\\' })
	return !outside && quotes%2 == 0
}

// plainAddress says what keeps addr from being dot-atom@domain in ASCII (RFC 5321 §4.1.2 without its odd forms).
func plainAddress(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	switch {
	case strings.HasPrefix(addr, "@"):
		return "from-route"
	case strings.Contains(addr, "=?"):
		return "from-encoded-word"
	case strings.ContainsAny(addr, `"\`):
		return "from-quoted-local"
	case !ascii(addr):
		return "from-not-ascii"
	case at <= 0 || !DotAtom(addr[:at]) || !HostName(addr[at+1:]) || !strings.Contains(addr[at:], ".") || strings.Contains(addr[at:], "_"):
		return "from-malformed"
	}
	return ""
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// alnum are the letters and digits of ASCII.
const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// DotAtom: RFC 5322 §3.2.3, ASCII only.
func DotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.Trim(atom, alnum+"!#$%&'*+-/=?^_`{|}~") != "" {
			return false
		}
	}
	return true
}

// HostName is labels of letters, digits, hyphens and, as some networks have them, underscores.
func HostName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, alnum+"-_") != "" {
			return false
		}
	}
	return len(s) <= 253
}
