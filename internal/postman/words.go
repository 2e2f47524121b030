package postman

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWords bounds the server's words as the outbox keeps them.
const maxWords = 300

// words makes any text fit for one line of a journal: valid, printable, short.
func words(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), 8*maxWords)], "?")
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= maxWords {
		return s
	}
	cut := maxWords - len("…")
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// plainAddress is an ASCII mailbox that needs no quoting in an envelope (RFC 5321 §4.1.2 dot-string, without the rest).
func plainAddress(a string) bool {
	local, domain, ok := strings.Cut(a, "@")
	if !ok || local == "" || len(local) > 64 || len(a) > 254 || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") ||
		strings.Contains(local, "..") {
		return false
	}
	for _, c := range []byte(local) {
		if !alnum(c) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", rune(c)) {
			return false
		}
	}
	return plainDomain(domain)
}

func plainDomain(d string) bool {
	if d == "" {
		return false
	}
	for _, label := range strings.Split(d, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if !alnum(c) && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// Reachable says that a letter can be written to an address: it is plain, and within the lengths of RFC 5321 §4.5.3.1. People
// and robots send mail from others.
func Reachable(addr string) bool {
	local, domain, ok := strings.Cut(addr, "@")
	return ok && len(local) <= 64 && len(domain) <= 255 && len(addr) <= 254 && plainAddress(addr)
}
