package message

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
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

// sortParts chooses the canonical text and HTML and makes files of every other leaf.
func (m *Message) sortParts(root *enmime.Part, parts []leafPart, rest []byte, lim Limits, depth int) (first chosen) {
	text, html := -1, -1
	for i, leaf := range parts {
		m.partFaults(leaf.part)
		switch kind := leafType(leaf.part); {
		case isAttached(leaf.part, root):
		case kind == "text/plain" && text < 0:
			text, first.text = i, leaf.content
			m.Text = cleanText(leaf)
			if hasParam(leaf.part, "format", "flowed") {
				m.Text = unflow(m.Text, hasParam(leaf.part, "delsp", "yes"))
			}
		case kind == "text/html" && html < 0:
			html, first.html = i, leaf.content
			m.HTML = cleanText(leaf)
		}
	}
	for i, leaf := range parts {
		if i != text && i != html {
			m.addFile(leaf, root, lim, depth)
		}
	}
	m.alternatives(root, rest)
	return first
}

func leafType(p *enmime.Part) string {
	if p.ContentType == "" {
		return "text/plain" // RFC 2045 §5.2
	}
	return strings.ToLower(p.ContentType)
}

// isAttached tells a text that is a file from a text that is the mail's body. The only part of a mail is its body unless
// it says otherwise.
func isAttached(p, root *enmime.Part) bool {
	if strings.EqualFold(p.Disposition, "attachment") {
		return true
	}
	return p != root && p.FileName != ""
}

func cleanText(leaf leafPart) string {
	s := validUTF8(string(leaf.content))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.TrimPrefix(s, "\uFEFF")
}

func hasParam(p *enmime.Part, name, value string) bool {
	field := strings.ToLower(p.Header.Get("Content-Type"))
	field = strings.NewReplacer(" ", "", "\t", "", `"`, "").Replace(field)
	return strings.Contains(field+";", ";"+name+"="+value+";")
}

// partFaults finds fields of one part that readers take differently.
func (m *Message) partFaults(p *enmime.Part) {
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"} {
		if len(p.Header[name]) > 1 && p.Parent != nil {
			m.problem("duplicate-part-header", name, true)
		}
	}
	for _, e := range p.Errors {
		switch e.Name {
		case enmime.ErrorContentEncoding:
			m.problem("unknown-encoding", p.Header.Get("Content-Transfer-Encoding"), leafType(p) == "text/plain")
		case enmime.ErrorCharsetConversion:
			m.problem("unknown-charset", p.Charset, false)
		case enmime.ErrorMalformedHeader:
			m.problem("malformed-part-header", e.Detail, false)
		}
	}
}

// alternatives looks at every multipart: one that is not closed may be cut off; two texts in one alternative are two mails.
func (m *Message) alternatives(root *enmime.Part, rest []byte) {
	if root == nil {
		return
	}
	for _, p := range root.DepthMatchAll(func(p *enmime.Part) bool { return p.FirstChild != nil }) {
		if p != root { // the root's are looked at with the header
			m.cutFaults(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"))
		}
		texts := 0
		for c := p.FirstChild; c != nil; c = c.NextSibling {
			if leafType(c) == "text/plain" && c.FirstChild == nil && !isAttached(c, root) {
				texts++
			}
		}
		if texts > 1 && strings.EqualFold(p.ContentType, "multipart/alternative") {
			m.problem("two-text-alternatives", "", true)
		}
		if p.Boundary != "" && !bytes.Contains(rest, []byte("--"+p.Boundary+"--")) {
			m.problem("unclosed-multipart", p.Boundary, false)
			m.markLastCut(p)
		}
	}
}

// markLastCut marks the file that stands last in a mail which ends before its closing boundary.
func (m *Message) markLastCut(p *enmime.Part) {
	if n := len(m.Files); n > 0 && p.Parent == nil && m.Files[n-1].Problem == "" {
		m.Files[n-1].Problem = "truncated"
	}
}

func (m *Message) addFile(leaf leafPart, root *enmime.Part, lim Limits, depth int) {
	if len(m.Files) >= lim.Files {
		m.problem("too-many-files", "", true)
		return
	}
	kind := leafType(leaf.part)
	if strings.HasPrefix(kind, "multipart/") {
		// A multipart that was read as one part has no structure that can be trusted.
		m.problem("no-boundary", kind, true)
		return
	}
	if leaf.part != root && len(leaf.content) == 0 && leaf.part.FileName == "" && strings.HasPrefix(kind, "text/") {
		return
	}
	file := newAttachment(fileName(leaf.part, kind, len(m.Files)+1), kind, leaf)
	m.Files = append(m.Files, file)
	if file.Problem != "" {
		m.problem("attachment-"+file.Problem, file.Name, false)
	}
	if kind == "message/rfc822" || kind == "message/global" || strings.HasSuffix(strings.ToLower(file.Name), ".eml") {
		m.openAttached(file, lim, depth)
	}
}

func newAttachment(name, kind string, leaf leafPart) Attachment {
	sum := leaf.sum
	if sum == nil {
		s := sha256.Sum256(leaf.content)
		sum = s[:]
	}
	problem := leaf.problem
	if len(leaf.content) == 0 && problem == "" {
		problem = "empty"
	}
	return Attachment{Name: name, ContentType: kind, Bytes: leaf.content, SHA256: hex.EncodeToString(sum), Problem: problem}
}

// openAttached adds the files of an attached mail. Its text never becomes ours.
func (m *Message) openAttached(file Attachment, lim Limits, depth int) {
	if len(file.Bytes) == 0 {
		return
	}
	if depth <= 0 {
		m.problem("attached-too-deep", file.Name, false)
		return
	}
	lim.Files -= len(m.Files)
	inner := &Message{}
	_, body := splitMail(file.Bytes)
	inner.readBody(file.Bytes, body, findBigParts(file.Bytes, lim), lim, depth-1)
	for _, f := range inner.Files {
		f.Name = file.Name + "/" + f.Name
		m.Files = append(m.Files, f)
	}
	for _, p := range inner.Problems {
		if limitProblem(p.Name) {
			m.problem("attached-"+strings.TrimPrefix(p.Name, "attached-"), fmt.Sprintf("%s: %s", file.Name, p.Detail), false)
		}
	}
}

// Unread says that a limit kept parts of the mail, or of one in it, from being read.
func (m *Message) Unread() bool {
	return slices.ContainsFunc(m.Problems, func(p Problem) bool { return limitProblem(p.Name) })
}

func limitProblem(name string) bool {
	name = strings.TrimPrefix(name, "attached-")
	return strings.HasPrefix(name, "too-") || strings.HasPrefix(name, "header-") || name == "unreadable-structure"
}

// unflow joins the soft-broken lines of format=flowed text (RFC 3676 §4): lines that end in a space go on in the next line of
// the same quote depth. The signature line "-- " never joins.
func unflow(text string, delSp bool) string {
	var out []string
	depth, open := -1, false
	for line := range strings.SplitSeq(text, "\n") {
		d := len(line) - len(strings.TrimLeft(line, ">"))
		body := strings.TrimPrefix(line[d:], " ") // space-stuffing
		soft := strings.HasSuffix(body, " ") && body != "-- "
		if soft && delSp {
			body = body[:len(body)-1]
		}
		if n := len(out) - 1; open && d == depth && body != "-- " {
			out[n] += body
		} else {
			if d > 0 {
				body = strings.Repeat(">", d) + " " + body
			}
			out = append(out, body)
		}
		depth, open = d, soft
	}
	return strings.Join(out, "\n")
}

const maxName = 180

// fileName gives a leaf a name that is safe to show and to store: no path, no control or direction characters, not empty.
func fileName(p *enmime.Part, kind string, n int) string {
	name := p.FileName
	if strings.Contains(name, "=?") {
		name = decodeWords(name)
	}
	name = cmp.Or(name, extendedName(p.Header.Get("Content-Disposition")), extendedName(p.Header.Get("Content-Type")))
	if name = CleanName(name); name == "" {
		return fmt.Sprintf("lampiran-%d%s", n, extensionOf(kind))
	}
	return name
}

// CleanName is a file's name without path, control and direction characters; it may be empty.
func CleanName(name string) string {
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
	return strings.ToValidUTF8(name[:maxName-len(ext)], "") + ext
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
