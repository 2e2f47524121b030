package msgauth

import "strings"

// sender is the one From address, taken apart: the local part counts byte for byte, the domain in any letter case.
type sender struct{ local, domain string }

// parseSender takes only a plain ASCII dot-atom address; everything else is left to a person.
func parseSender(s string) (sender, bool) {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || !dotAtom(local) || !hostName(domain) || len(s) > 254 {
		return sender{}, false
	}
	return sender{local, lower(domain)}, true
}

// is says that a verdict's address is the sender's.
func (s sender) is(address string) bool {
	o, ok := parseSender(address)
	return ok && o == s
}

// within says that header.from of a verdict names the sender's domain; some servers write the whole address there.
func (s sender) within(from string) bool {
	if strings.Contains(from, "@") {
		return s.is(from)
	}
	return hostName(from) && lower(from) == s.domain
}

// dotAtom of RFC 5322 §3.2.3, ASCII only.
func dotAtom(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~") != "" {
			return false
		}
	}
	return true
}

// hostName is a domain of letters, digits and hyphens with at least two labels.
func hostName(s string) bool {
	if len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.ContainsFunc(label, func(r rune) bool { return r > 0x7f || !keyword(byte(r)) }) {
			return false
		}
	}
	return true
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }

// lower folds ASCII only: strings.EqualFold would take U+017F for an s and U+212A for a k.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func same(a, b string) bool { return lower(a) == lower(b) }
