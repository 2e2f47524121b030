package postman

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"ukpbjd/internal/message"
)

// maxWords bounds the server's words as the outbox keeps them.
const maxWords = 300

// words makes any text fit for one line of a journal: valid, printable, short.
func words(s string) string {
	s = printable(s, maxWords, "?")
	if len(s) <= maxWords {
		return s
	}
	return cutAt(s, maxWords-len("…")) + "…"
}

// printable is the beginning of a text as one line, with other in the place of what is not printable.
func printable(s string, most int, other string) string {
	s = strings.ToValidUTF8(s[:min(len(s), 8*most)], other)
	instead := rune(-1)
	for _, r := range other {
		instead = r
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return instead
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cutAt cuts between two characters.
func cutAt(s string, most int) string {
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// Reachable says that a letter can be written to an address: an ASCII mailbox that needs no quoting in an envelope, within the
// lengths of RFC 5321 §4.5.3.1. People and robots send mail from others.
func Reachable(addr string) bool {
	local, domain, ok := strings.Cut(addr, "@")
	return ok && len(local) <= 64 && len(addr) <= 254 && message.DotAtom(local) && message.HostName(domain)
}
