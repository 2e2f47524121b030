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
	first := prefix(line)
	words := starts(line, len(first))
	hang := strings.Repeat(" ", utf8.RuneCountInString(first))
	if strings.HasSuffix(first, "| ") {
		hang = first
	}
	lead := first
	for i := 0; i < len(words); {
		next := breakAt(line, words, i, width-utf8.RuneCountInString(lead))
		out = append(out, lead+piece(line, words, i, next))
		i, lead = next, hang
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

// starts are the byte offsets of the words of line from offset n.
func starts(line string, n int) []int {
	var at []int
	for i := n; i < len(line); i++ {
		if line[i] != ' ' && (i == n || line[i-1] == ' ') {
			at = append(at, i)
		}
	}
	return at
}

// breakAt is the word with which the next line begins: as many as fit, but never one that begins a command; then the line is
// broken earlier, and where that is impossible it stays long.
func breakAt(line string, words []int, from, room int) int {
	end, used := from, 0
	for end < len(words) {
		used += utf8.RuneCountInString(line[words[max(end-1, from)]:words[end]]) // the word before, with its blanks
		last := line[words[end]:]
		if end+1 < len(words) {
			last = strings.TrimRight(line[words[end]:words[end+1]], " ")
		}
		if end > from && used+utf8.RuneCountInString(last) > room {
			break
		}
		end++
	}
	for i := end; i > from; i-- {
		if i == len(words) || !startsAsCommand(line[words[i]:]) {
			return i
		}
	}
	for end < len(words) && startsAsCommand(line[words[end]:]) {
		end++
	}
	return end
}

func piece(line string, words []int, from, to int) string {
	if to == len(words) {
		return line[words[from]:]
	}
	return strings.TrimRight(line[words[from]:words[to]], " ")
}
