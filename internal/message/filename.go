package message

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
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
	name = cmp.Or(name, extendedName(p.Header.Get("Content-Disposition")), extendedName(p.Header.Get("Content-Type")))
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

func extensionOf(kind string) string { return cmp.Or(extensions[kind], ".bin") }

var extensions = map[string]string{
	"application/pdf": ".pdf", "application/msword": ".doc", "application/vnd.ms-excel": ".xls",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       ".xlsx",
	"application/zip": ".zip", "application/x-zip-compressed": ".zip",
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/tiff": ".tiff", "image/webp": ".webp",
	"text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics",
	"message/rfc822": ".eml", "message/global": ".eml",
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
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.n - b.n })
	charset, out := "", ""
	for i, p := range pieces {
		text := p.text
		if i == 0 && p.percent {
			if parts := strings.SplitN(text, "'", 3); len(parts) == 3 {
				charset, text = strings.ToLower(parts[0]), parts[2]
			}
		}
		if p.percent {
			text, _ = unescaped(text, '%')
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

var charsetToken = regexp.MustCompile(`^[a-z0-9_.:\-]{0,40}$`)
