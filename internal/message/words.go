package message

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
)

// RFC 2047 §2; a space inside the text is not allowed there, yet often seen.
var encodedWord = regexp.MustCompile(`=\?([A-Za-z0-9_.:\-]{1,40})(?:\*[A-Za-z0-9\-]*)?\?([BbQq])\?([^?\r\n]*)\?=`)

// decodeWords decodes each encoded word by itself: one bad word stays as it is and spoils no other. Neighbours of the same
// charset are joined before decoding, since many clients cut a character in two.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return validUTF8(s)
	}
	var out strings.Builder
	var source, charset string // of words that are not yet written
	var run []byte
	flush := func() {
		if source == "" {
			return
		}
		text, ok := decodeCharset(charset, run)
		if !ok {
			text = validUTF8(source)
		}
		out.WriteString(text)
		source, run = "", nil
	}
	end := 0
	for _, m := range encodedWord.FindAllStringSubmatchIndex(s, 500) {
		if gap := s[end:m[0]]; source == "" || strings.TrimSpace(gap) != "" {
			flush()
			out.WriteString(validUTF8(gap))
		}
		word, name := s[m[0]:m[1]], strings.ToLower(s[m[2]:m[3]])
		b, ok := decodeWordText(s[m[4]:m[5]], s[m[6]:m[7]])
		if !ok || name != charset {
			flush()
		}
		if ok {
			source, charset, run = source+word, name, append(run, b...)
		} else {
			out.WriteString(validUTF8(word))
		}
		end = m[1]
	}
	flush()
	out.WriteString(validUTF8(s[end:]))
	return out.String()
}

func decodeWordText(encoding, text string) ([]byte, bool) {
	if strings.EqualFold(encoding, "b") {
		b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.ReplaceAll(text, " ", ""), "="))
		return b, err == nil
	}
	out, ok := unescaped(strings.ReplaceAll(text, "_", " "), '=')
	return []byte(out), ok
}

// unescaped reads the two hexadecimal digits after each mark; whole says that none was without them. Such a one stays.
func unescaped(s string, mark byte) (out string, whole bool) {
	b := make([]byte, 0, len(s))
	whole = true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == mark {
			x, err := hex.DecodeString(s[i+1 : min(i+3, len(s))])
			if err == nil && len(x) == 1 {
				c, i = x[0], i+2
			} else {
				whole = false
			}
		}
		b = append(b, c)
	}
	return string(b), whole
}

// decodeCharset turns bytes of a named charset into UTF-8. The rare charsets are the MIME library's: it is given a
// one-part mail.
func decodeCharset(charset string, b []byte) (string, bool) {
	switch charset {
	case "utf-8", "utf8", "us-ascii", "ascii", "":
		return validUTF8(string(b)), true
	case "iso-8859-1", "latin1", "windows-1252", "cp1252":
		charset = "windows-1252"
	}
	head := "Content-Type: text/plain; charset=" + charset + "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	p := enmime.NewParser(enmime.DisableCharacterDetection(true))
	part, err := p.ReadParts(io.MultiReader(strings.NewReader(head), bytes.NewReader(b)))
	if err != nil || len(part.Errors) > 0 {
		return "", false
	}
	return validUTF8(string(part.Content)), true
}

// validUTF8 reads bytes that are not UTF-8 as Latin-1, which is what unlabelled 8-bit text mostly is.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	if mostlyUTF8(s) {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	out := make([]rune, len(s))
	for i := range len(s) {
		out[i] = rune(s[i])
	}
	return string(out)
}

// mostlyUTF8 says whether the 8-bit characters of s are UTF-8 with a few breaks, rather than another charset.
func mostlyUTF8(s string) bool {
	good, bad := 0, 0
	for _, r := range s {
		if r == utf8.RuneError {
			bad++
		} else if r >= utf8.RuneSelf {
			good++
		}
	}
	return good > bad
}
