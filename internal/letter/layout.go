package letter

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// width of a line in columns; longer words (links, hashes) are never broken.
const width = 76

// lay sets the text of a letter: paragraphs wrapped with hanging indents, at most one blank line in a row. No new line begins
// with a command verb. A line that is one of verbatim, a password, is left exactly as it is.
func lay(s string, verbatim ...string) string {
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r", ""), "\n") {
		if line != "" && slices.Contains(verbatim, line) {
			out = append(out, line)
			continue
		}
		line = strings.TrimRight(line, " \t")
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = fold(out, line)
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n"
}

// fold wraps one line and appends what it becomes.
func fold(out []string, line string) []string {
	if utf8.RuneCountInString(line) <= width {
		return append(out, line)
	}
	lead := prefix(line)
	hang := strings.Repeat(" ", utf8.RuneCountInString(lead))
	if strings.HasSuffix(lead, "| ") {
		hang = lead
	}
	for rest := line[len(lead):]; rest != ""; lead = hang {
		rest = strings.TrimLeft(rest, " ")
		end := breakAt(rest, width-utf8.RuneCountInString(lead))
		out = append(out, lead+strings.TrimRight(rest[:end], " "))
		rest = rest[end:]
	}
	return out
}

// prefix is the part of a line under which the following lines hang: indent, a bullet, number or quote mark, a padded label.
func prefix(line string) string {
	n := len(line) - len(strings.TrimLeft(line, " "))
	mark := strings.TrimLeft(line[n:], "0123456789")
	switch {
	case mark != line[n:] && strings.HasPrefix(mark, ". "):
		n = len(line) - len(mark) + 2
	case strings.HasPrefix(line[n:], "- "), strings.HasPrefix(line[n:], "| "):
		n += 2
	}
	if i := strings.Index(line[n:], " : "); i >= 0 && i <= 20 {
		n += i + 3
	}
	return line[:n]
}

// breakAt is the blank at which the line ends: as many words as fit, but the next line never begins with a command; then the
// line is broken earlier, and where that is impossible it stays long.
func breakAt(s string, room int) int {
	fit := 0 // bytes of the runes that have room
	for ; room > 0 && fit < len(s); room-- {
		_, n := utf8.DecodeRuneInString(s[fit:])
		fit += n
	}
	if fit == len(s) {
		return fit
	}
	for i := strings.LastIndexByte(s[:fit+1], ' '); i > 0; i = strings.LastIndexByte(s[:i], ' ') {
		if !startsAsCommand(s[i:]) {
			return i
		}
	}
	for i := fit + 1; i < len(s); i++ {
		if s[i] == ' ' && !startsAsCommand(s[i:]) {
			return i
		}
	}
	return len(s)
}
