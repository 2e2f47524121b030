package message

import (
	"fmt"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
)

const maxName = 180

// fileName gives a leaf a name that is safe to show and to store: no path, no control or direction characters, not empty.
func fileName(p *enmime.Part, kind string, n int) string {
	name := p.FileName
	if strings.Contains(name, "=?") {
		name = decodeWords(name)
	}
	if name == "" {
		name = extendedName(p.Header.Get("Content-Disposition"))
	}
	if name == "" {
		name = extendedName(p.Header.Get("Content-Type"))
	}
	if name = cleanName(name); name == "" {
		return fmt.Sprintf("lampiran-%d%s", n, extensionOf(kind))
	}
	return name
}

func cleanName(name string) string {
	name = validUTF8(name)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || unicode.Is(unicode.Zs, r):
			return ' '
		case r == utf8.RuneError, hasInvisible(string(r)):
			return -1
		case strings.ContainsRune(`:*?"<>|`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	name = strings.TrimRight(strings.TrimLeft(name, ". "), ". ")
	return shorten(name)
}

// shorten keeps the extension.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	stem := name[:maxName-len(ext)]
	for len(stem) > 0 && !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	return stem + ext
}

func extensionOf(kind string) string {
	switch kind {
	case "application/pdf":
		return ".pdf"
	case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		return ".docx"
	case "application/msword":
		return ".doc"
	case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return ".xlsx"
	case "application/vnd.ms-excel":
		return ".xls"
	case "application/zip", "application/x-zip-compressed":
		return ".zip"
	case "image/jpeg":
		return ".jpg"
	case "image/png", "image/gif", "image/tiff", "image/webp":
		return "." + strings.TrimPrefix(kind, "image/")
	case "text/plain":
		return ".txt"
	case "text/html", "text/csv", "text/calendar":
		return map[string]string{"text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics"}[kind]
	case "message/rfc822", "message/global":
		return ".eml"
	}
	return ".bin"
}

var namePiece = regexp.MustCompile(`(?i)(?:file)?name\*(\d{1,3})?(\*)?\s*=\s*(?:"([^"]*)"|([^;\s]*))`)

// extendedName reads an RFC 2231 name in a charset the parser does not know there.
func extendedName(field string) string {
	type piece struct {
		n       int
		text    string
		percent bool
	}
	var pieces []piece
	for _, g := range namePiece.FindAllStringSubmatch(field, 100) {
		n, _ := strconv.Atoi(g[1])
		pieces = append(pieces, piece{n, g[3] + g[4], g[2] == "*" || g[1] == ""})
	}
	sort.SliceStable(pieces, func(i, j int) bool { return pieces[i].n < pieces[j].n })
	charset, out := "", ""
	for i, p := range pieces {
		text := p.text
		if i == 0 && p.percent {
			if parts := strings.SplitN(text, "'", 3); len(parts) == 3 {
				charset, text = strings.ToLower(parts[0]), parts[2]
			}
		}
		if p.percent {
			text = percentDecoded(text)
		}
		out += text
	}
	if charsetToken.MatchString(charset) {
		if name, ok := decodeCharset(charset, []byte(out)); ok {
			return name
		}
	}
	return validUTF8(out)
}

func percentDecoded(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0 {
			out = append(out, byte(hexDigit(s[i+1])<<4|hexDigit(s[i+2])))
			i += 2
		} else {
			out = append(out, s[i])
		}
	}
	return string(out)
}

var charsetToken = regexp.MustCompile(`^[a-z0-9_.:\-]{0,40}$`)
