package postman

import (
	"encoding/base64"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"ukpbjd/internal/message"
)

const (
	maxSubject = 400 // bytes
	maxName    = 120
	maxFile    = 100
	maxID      = 250
)

// unstructured makes a text fit for one header field: one line, no control characters, and nothing in it that a reader
// would decode into something else, or that could not be folded.
func unstructured(s string) string {
	s = oneLine(s, maxSubject)
	for _, word := range strings.Fields(s) {
		if len(word) > 70 || strings.Contains(word, "=?") {
			return encodedWords(s)
		}
	}
	return s
}

// encodedWords is RFC 2047 §2 by force, where the standard library sees no need.
func encodedWords(s string) string {
	var out []string
	for s != "" {
		piece := s
		if len(s) > 42 {
			piece = cutAt(s, 42)
		}
		out = append(out, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(piece))+"?=")
		s = s[len(piece):]
	}
	return strings.Join(out, " ")
}

// oneLine drops what is not printable, joins white space, and cuts between two characters.
func oneLine(s string, most int) string {
	s = printable(s, most, "")
	if len(s) > most {
		s = strings.TrimSpace(cutAt(s, most))
	}
	return s
}

// personName is the display name of an address; the standard library quotes or encodes it. It leaves a backslash bare in an
// encoded word, which its own parser then refuses; no name needs one.
func personName(s string) string {
	return oneLine(strings.NewReplacer("=?", "= ?", `\`, " ").Replace(s), maxName)
}

// fileName keeps the last element of a path and its extension, and drops what a mail reader or a disk could trip over.
func fileName(s string) string {
	s = oneLine(path.Base(strings.ReplaceAll(s, `\`, "/")), 4*maxFile)
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"/:<>?|*;=%`, r) {
			return '_'
		}
		return r
	}, s)
	s = strings.Trim(s, ". ")
	if s == "" {
		return "lampiran"
	}
	if len(s) > maxFile {
		ext := path.Ext(s)
		if len(ext) > 10 {
			ext = ""
		}
		s = oneLine(s, maxFile-len(ext)) + ext
	}
	return s
}

// messageID gives the identifier in angle brackets, if it is one (RFC 5322 §3.6.4, leniently).
func messageID(s string) (string, bool) {
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "<"), ">")
	left, right, ok := strings.Cut(s, "@")
	if !ok || left == "" || right == "" || len(s) > maxID || !visible(s, "<>") {
		return "", false
	}
	return "<" + s + ">", true
}

// fieldName: RFC 5322 §2.2, short.
func fieldName(s string) bool { return s != "" && len(s) <= 60 && visible(s, ":") }

// visible is ASCII that shows, without some of it.
func visible(s, without string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(without, c) })
}

// ownField says that Compose writes this field itself.
func ownField(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id", "in-reply-to", "references",
		"mime-version", "auto-submitted", "x-auto-response-suppress", "return-path", "received", "authentication-results":
		return true
	}
	return strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "resent-")
}

// lines gives valid text with CRLF at the end of each line, the last one too.
func lines(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.TrimRight(s, "\n") + "\n"
	return strings.ReplaceAll(s, "\n", "\r\n")
}

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
