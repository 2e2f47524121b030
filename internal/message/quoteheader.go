package message

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A quote opener is the line, or the two to four lines, that a mail client writes above a quoted mail: "Pada Sel, 5 Mei 2026
// pukul 10.15 Budi <budi@kantor.example> menulis:". Every language has its own, so it is known by what it must hold: a date, an
// address, a verb of writing, and a colon at the end.

var (
	openerYear = regexp.MustCompile(`(?:^|[^\d])(?:19|20)\d\d(?:[^\d]|$)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d年`)
	openerTime = regexp.MustCompile(`\d{1,2}[:.h]\d{2}|\d时|\d時`)
	openerAddr = regexp.MustCompile(`[^\s<>()"',;:]+@[^\s<>()"',;:]+`)
	// Clients that end without a colon: Zoho, old web mail.
	openerBare = regexp.MustCompile(`(?i)(?:\bwrote|\bmenulis|\bnapisal|գրեց\.?)\s*-*$|^:כתב`)
	// Android: "2013/7/20 Budi <budi@kantor.example>"; "2016-03-03 17:21 GMT+01:00 Budi".
	openerAndroid = regexp.MustCompile(`^\d{4}[-/]\d{1,2}[-/]\d{1,2}\b.*(?:<\s*[^<>]+@[^<>]+>$|(?:GMT|UTC)[+-]\d{1,2}:\d\d\b)`)
	openerVerb    = regexp.MustCompile(`(?i)(?:^|[\s:"(,،\-])(?:` + writingVerbs + `)`)
)

// writingVerbs in the forms that clients use, from the openers of 79 Android and 73 Roundcube locales.
const writingVerbs = `wrote|writes|menulis|ditulis|tulis|balas|schrieb|schreift|schreef|geschreven|geskryf|skreau|skrev|skreiv|skrifaði|skrivaði|` +
	`a écrit|ecrit|escribió|escribio|escreveu|escribiu|va escriure|ha scritto|ha scribite|a scris|skribis|idatzi du|kirjoitti|kirjutas|` +
	`napisał|napisal|napísal|napsal|напис|писал|пише|напиша|жазды|жазған|жазган|бичсэн|yazdı|yazmış|yazıb|yozdi|yozgan|írta|` +
	`rakstīja|rašė|shkroi|ysgrifennodd|sgrìobh|scríobh|έγραψε|napisao|napisala|aliandika|ubhale|isinulat|viết|nivîsî|skrivet|messaç|` +
	`נכתב|כתב|كتب|جاء من|نوشت|لکھا|写道|寫道|寫到|書きました|작성|쓴 내용|लिहि|लिही|लिखा|लेख्नु|লিখেছেন|લખ્યું|எழுதியது|వ్రాసినది|ಬರೆದರು|എഴുതി|` +
	`เขียน|ຂຽນ|សរសេរ|დაწერა|գրել|գրեց|ጽፏል|ලියන|ရေးခဲ့|يازدى|напісаў`

const (
	openerLines  = 4
	openerLength = 500
)

// quoteHeaderAt returns how many lines the quote opener at lines[i] takes, 0 if there is none.
func quoteHeaderAt(lines []string, i int) int {
	joined, taken := "", 0
	for n := 1; n <= openerLines+2 && i+n <= len(lines) && taken < openerLines; n++ {
		line := strings.TrimSpace(visible(lines[i+n-1]))
		if line == "" {
			if !opensAddress(lines, i+n) {
				break
			}
			continue
		}
		if n > 1 && (isQuoted(line) && !strings.HasPrefix(line, ">") || strings.HasPrefix(line, "> ") && !strings.Contains(line, ":")) {
			break
		}
		taken++
		joined = strings.TrimSpace(joined + " " + line)
		if len(joined) > openerLength {
			break
		}
		if strongQuoteHeader(joined, taken) {
			return quoteHeaderStart(lines, i, n)
		}
		if taken == 1 && !strings.ContainsAny(line, "0123456789<@") {
			break
		}
	}
	if weakQuoteHeader(lines, i) {
		return 1
	}
	return 0
}

// quoteHeaderStart guards against swallowing an own line that stands directly above the opener: if the lines after the first are an
// opener by themselves, the first is no part of it.
func quoteHeaderStart(lines []string, i, n int) int {
	for skip := 1; skip < n; skip++ {
		rest := strings.TrimSpace(visible(strings.Join(lines[i+skip:i+n], " ")))
		balanced := strings.Count(rest, "<") == strings.Count(rest, ">") && !strings.HasPrefix(rest, "<")
		if balanced && openerYear.MatchString(rest) && strongQuoteHeader(rest, n-skip) && (openerAddr.MatchString(rest) || openerVerb.MatchString(rest)) {
			return 0
		}
	}
	return n
}

// opensAddress allows a blank line inside an opener where the address follows on a line of its own.
func opensAddress(lines []string, i int) bool {
	return i < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[i]), "<")
}

func strongQuoteHeader(s string, lines int) bool {
	s = strings.Trim(s, "*_ ")
	if !opensByItsEnd(s) {
		return false
	}
	if openerAndroid.MatchString(s) {
		return true
	}
	date, addr := openerYear.MatchString(s), openerAddr.MatchString(s)
	switch {
	case openerBare.MatchString(s):
		return date && (addr || openerTime.MatchString(s))
	case !endsInColon(s):
		return false
	case date && addr:
		return true
	case !openerVerb.MatchString(s):
		return false
	case date || addr || openerTime.MatchString(s):
		return true
	}
	return lines == 1 && len(strings.Fields(s)) <= 8 && quoteHeaderLastWord(s)
}

// opensByItsEnd rejects almost every line at little cost.
func opensByItsEnd(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	switch {
	case strings.ContainsRune(colons, last), s != "" && s[0] >= '0' && s[0] <= '9' && openerAndroid.MatchString(s):
		return true
	}
	return openerBare.MatchString(s[max(0, len(s)-30):]) || strings.HasPrefix(s, ":")
}

const colons = ":：፦៖`"

// endsInColon passes over emphasis behind the colon.
func endsInColon(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(strings.TrimRight(s, "*_"), " \t\n\f\r"))
	return strings.ContainsRune(colons, last)
}

// quoteHeaderLastWord: "Budi Santoso menulis:", the verb being the last word.
func quoteHeaderLastWord(s string) bool {
	at := openerVerb.FindAllStringIndex(s, -1)
	last := at[len(at)-1]
	return len(strings.Fields(s[last[1]:])) <= 1
}

// weakQuoteHeader is a line with a date or a time and a colon at its end, in a language not known here, right above marked text.
func weakQuoteHeader(lines []string, i int) bool {
	s := strings.TrimSpace(visible(lines[i]))
	if len(s) > openerLength || !endsInColon(s) || !openerYear.MatchString(s) && !openerTime.MatchString(s) && !openerAddr.MatchString(s) {
		return false
	}
	for _, next := range lines[i+1 : min(len(lines), i+4)] {
		if strings.TrimSpace(next) != "" {
			return isQuoted(next)
		}
	}
	return false
}

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
	if role = headerLabels[strings.ToLower(strings.TrimSpace(m[1]))]; role != "" {
		return role, m[2]
	}
	return "", ""
}
