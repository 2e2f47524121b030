package letter

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ukpbjd/internal/sop"
)

// verbs are the first words of the mail grammar and their English twins (DESIGN, "Mail grammar"), in capitals. KIRIM is one
// only before ULANG.
var verbs = map[string]bool{
	string(sop.Setuju): true, string(sop.Tolak): true, string(sop.Lengkapi): true, string(sop.Stop): true,
	string(sop.Delegasi): true, string(sop.Terima): true, string(sop.Salah): true, string(sop.Kendala): true,
	string(sop.Batal): true, string(sop.Benar): true, "CORRECT": true, string(sop.Jelaskan): true, string(sop.TanyaStatus): true, string(sop.TanyaBantuan): true,
	"APPROVE": true, "REJECT": true, "RETURN": true, "RESEND": true, "DELEGATE": true, "RECEIVED": true, "WRONG": true,
	"PROBLEM": true, "CANCEL": true, "EXPLAIN": true, "HELP": true,
}

// startsAsCommand says that a reader of the mail grammar, however lenient with quote marks, bullets and numbers in front and
// with letter case, could take the line for a command. It is stricter than the grammar: whatever follows the verb counts.
func startsAsCommand(line string) bool {
	word, rest := firstWord(line)
	if word == "" {
		return false
	}
	if isVerb(word) {
		return !joined(rest)
	}
	if len(word) < 5 || capital(word) != "KIRIM" {
		return false
	}
	second, after := firstWord(rest)
	return capital(second) == "ULANG" && !joined(after)
}

// isVerb knows that verbs have four to eight letters, up to four bytes each.
func isVerb(word string) bool { return len(word) >= 4 && len(word) <= 32 && verbs[capital(word)] }

// firstWord skips everything that is no letter and gives the run of letters after it.
func firstWord(s string) (word, rest string) {
	i := strings.IndexFunc(s, unicode.IsLetter)
	if i < 0 {
		return "", ""
	}
	s = s[i:]
	if j := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }); j >= 0 {
		return s[:j], s[j:]
	}
	return s, ""
}

// joined says that the word goes on: status.example, stop2, batal@dinas.example are no verbs.
func joined(rest string) bool {
	if rest == "" {
		return false
	}
	r, n := utf8.DecodeRuneInString(rest)
	if r == '.' {
		r, _ = utf8.DecodeRuneInString(rest[n:])
		return n < len(rest) && (unicode.IsLetter(r) || unicode.IsDigit(r))
	}
	return r == '@' || r == '_' || unicode.IsDigit(r) || unicode.IsMark(r)
}

// capital folds every way in which Unicode writes these letters to ASCII capitals: ſ, K (Kelvin), ı, İ and full width.
func capital(s string) string {
	if len(s) > 32 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case r < utf8.RuneSelf:
			return r
		case 0xFF21 <= r && r <= 0xFF3A:
			return r - 0xFF21 + 'A'
		case 0xFF41 <= r && r <= 0xFF5A:
			return r - 0xFF41 + 'A'
		}
		return unicode.ToUpper(unicode.ToLower(r))
	}, s)
}

// harmless is the last resort behind clean and lay: a line that could be taken for a command is introduced by a word. Only an
// override can cause one; Check reports it.
func harmless(s string, verbatim []string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if startsAsCommand(l) && !slices.Contains(verbatim, l) {
			lines[i] = written + l
		}
	}
	return strings.Join(lines, "\n")
}
