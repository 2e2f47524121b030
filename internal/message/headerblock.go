package message

import (
	"regexp"
	"strings"
)

// headerBlock reports whether a quoted mail's header begins at lines[i], as Outlook writes it with no mark at all.
func headerBlock(lines []string, i int) bool {
	first, value := label(lines[i])
	if first == "" || notaDinas(lines, i) {
		return false
	}
	seen := map[string]bool{first: true}
	address := strings.Contains(value, "@")
	other := 0
	for _, line := range lines[i+1 : min(len(lines), i+12)] {
		role, _ := label(line)
		address = address || strings.Contains(line, "@")
		switch {
		case role != "":
			seen[role] = true
		case strings.TrimSpace(line) == "" && len(seen) >= 3:
			return blockOf(first, seen, address)
		default:
			other++
		}
		if other > 3 {
			break
		}
	}
	return blockOf(first, seen, address)
}

func blockOf(first string, seen map[string]bool, address bool) bool {
	if !seen["from"] {
		return false
	}
	return len(seen) >= 3 || len(seen) == 2 && address && first == "from"
}

var (
	notaTo      = regexp.MustCompile(`(?i)^\s*(?:kepada\s*(?:yth\.?)?|yth\.?)\s*(?::|$)`)
	notaSubject = regexp.MustCompile(`(?i)^\s*(?:hal|perihal)\s*:`)
	notaNot     = regexp.MustCompile(`(?i)@|^\s*(?:dikirim|sent)\b`)
)

// notaDinas: an office note also has Kepada, Dari, Tanggal and Hal, but it begins with whom it is for, and holds no address and
// no time of sending. No mail client quotes a header in that order.
func notaDinas(lines []string, i int) bool {
	to, subject := false, false
	for n, line := range lines[max(0, i-3):min(len(lines), i+8)] {
		at := max(0, i-3) + n
		switch {
		case notaNot.MatchString(line):
			return false
		case at <= i && notaTo.MatchString(line):
			to = true
		case notaSubject.MatchString(line):
			subject = true
		}
	}
	return to && subject
}

var labelLine = regexp.MustCompile("^[\\s*_|]{0,12}([\\p{L}\\p{M}][\\p{L}\\p{M}'’ /.-]{0,30}?)[*_]*\\s{0,3}[:：፦៖`][*_]*\\s*(.*)$")

// label returns what a "Label: value" line labels: from, to, date, subject, cc, or "".
func label(line string) (role, value string) {
	if !strings.ContainsAny(line, colons) {
		return "", ""
	}
	m := labelLine.FindStringSubmatch(visible(line))
	if m == nil {
		return "", ""
	}
	name := "|" + strings.ToLower(strings.TrimSpace(m[1])) + "|"
	for _, role := range [...]string{"from", "to", "date", "subject", "cc"} {
		if strings.Contains(headerLabels[role], name) {
			return role, m[2]
		}
	}
	return "", ""
}
