package postman

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// concealed takes the place of words that must not be kept.
const concealed = "the server's words repeated what is secret and were not kept"

// conceal keeps our login, and words of the letter itself, out of what is kept, should a server repeat them to us, in
// whatever way it writes them.
func (p *Postman) conceal(text string, letter []byte) string {
	text = text[:min(len(text), maxConceal)]
	read := readings(text)
	repeated := func(word string) bool {
		return slices.ContainsFunc(read, func(r string) bool { return strings.Contains(r, word) })
	}
	if pass := p.o.Password.Reveal(); pass != "" && (repeated(pass) || repeated(base64.StdEncoding.EncodeToString([]byte(pass)))) {
		return concealed
	}
	longest := 0
	for _, r := range read {
		longest = max(longest, len(r))
	}
	// A password stands alone on its line of a credential letter.
	for line := range bytes.Lines(letter) {
		line = bytes.TrimSpace(line)
		if len(line) < 8 || len(line) > min(78, 3*longest) || bytes.IndexByte(line, ' ') >= 0 {
			continue
		}
		if repeated(string(line)) || bytes.IndexByte(line, '=') >= 0 && repeated(unescaped(string(line), '=')) {
			return concealed
		}
	}
	return text
}

// maxConceal bounds the words of a server that are looked at, and so what may be kept of them.
const maxConceal = 16 << 10

var (
	inBase64 = regexp.MustCompile(`[A-Za-z0-9+/_-]{11,}`) // eight bytes
	inHex    = regexp.MustCompile(`[0-9A-Fa-f]{16,}`)
)

// readings are what a text may say: as it stands, without blanks and line ends, and each of the two out of the encodings of
// mail, of URLs and of HTML.
func readings(text string) []string {
	joined := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
	out := []string{text, joined}
	for _, t := range []string{text, joined} {
		out = append(out, unescaped(t, '='), unescaped(t, '%'), html.UnescapeString(t))
		for _, run := range inBase64.FindAllString(t, -1) {
			run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
			for shift := range 4 { // where its first group begins is not known
				out = append(out, decoded(run[shift:], base64.RawStdEncoding.Decode))
			}
		}
		for _, run := range inHex.FindAllString(t, -1) {
			out = append(out, decoded(run, hex.Decode), decoded(run[1:], hex.Decode))
		}
	}
	return out
}

// decoded is what comes before a fault.
func decoded(s string, decode func(to, from []byte) (int, error)) string {
	to := make([]byte, len(s))
	n, _ := decode(to, []byte(s)) //nolint:errcheck // the end of a run need not be a whole group
	return string(to[:n])
}

// unescaped reads quoted-printable (RFC 2045 §6.7) or the escapes of URLs; what is none stays.
func unescaped(s string, mark byte) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == mark && i+3 <= len(s) {
			if x, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.WriteByte(x[0])
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
