package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds, in runes, of what letters show of data from outside.
const (
	maxName   = 120
	maxTitle  = 200
	maxFile   = 120
	maxMail   = 254 // RFC 5321 §4.5.3.1.3
	maxNote   = 1200
	maxError  = 400
	maxUserID = 64
	maxRows   = 300
)

// written introduces data whose first word is a command verb.
const written = "tertulis: "

// shown is how data from outside stands in a letter: clean, bounded, and never the beginning of a command.
func shown(s string, most int) string {
	s = clean(s, most)
	if startsAsCommand(s) {
		return written + s
	}
	return s
}

// clean folds whatever could break a line, hide a letter or turn the direction of reading to single spaces, and cuts.
func clean(s string, most int) string {
	if len(s) > 16*most {
		s = s[:16*most]
	}
	if plain(s) && len(s) <= most {
		return s
	}
	var b strings.Builder
	n, marks, gap := 0, 0, false
	for _, r := range s {
		if invisible(r) {
			gap = n > 0
			continue
		}
		if marks = marksIn(r, marks); marks > 2 {
			continue
		}
		if n >= most-1 || gap && n >= most-2 {
			b.WriteRune('…')
			break
		}
		if gap {
			b.WriteByte(' ')
			n, gap = n+1, false
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}

// plain says that s is printable ASCII with single spaces inside, as nearly all data is.
func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(s)-1 || s[i+1] == ' ') {
			return false
		}
	}
	return true
}

// invisible covers controls, line and paragraph separators, every blank, bidi and zero-width marks, private use, unassigned,
// and letters that are drawn as nothing.
func invisible(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == 0x7f
	}
	switch {
	case r == 0x034F, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x2800, r == 0x3164, r == 0xFFA0,
		0x180B <= r && r <= 0x180F, 0xFE00 <= r && r <= 0xFE0F, 0xE0100 <= r && r <= 0xE01EF:
		return true
	}
	return !unicode.IsPrint(r)
}

// marksIn counts combining marks in a row: more than two bury the line above.
func marksIn(r rune, before int) int {
	if r >= utf8.RuneSelf && unicode.IsMark(r) {
		return before + 1
	}
	return 0
}
