package message

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// One mail is read twice: leniently, for what is used, and strictly by the standard library, for comparison. Where the two
// find another author, another thread, another boundary or another text, a third program may find something else again; what
// was signed, checked or shown by one is then not what another acts on. Such a mail is held: nobody guesses.

// decisive are the fields that a decision rests on.
var decisive = []string{"From", "Sender", "To", "Subject", "Date", "Message-Id", "In-Reply-To", "References",
	"Mime-Version", "Content-Type", "Content-Transfer-Encoding"}

// chosen are the two parts that the first reader took for text, decoded, before anything was done to them.
type chosen struct{ text, html []byte }

// compare reads raw a second time and makes a severe problem of the first difference. It is called while nothing severe has
// been found: a mail that is held already need not be read again.
func (m *Message) compare(raw []byte, root *enmime.Part, first chosen) {
	if m.Severe() != "" || root == nil {
		return
	}
	second, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.problem("readers-differ", "header", true)
		return
	}
	for _, name := range decisive {
		a, b, c := m.Fields(name), root.Header[name], second.Header[name]
		if !sameWords(a, b) || !sameWords(a, c) {
			m.problem("readers-differ", name, true)
			return
		}
	}
	s := crossReader{left: 2 * maxWalk}
	s.walk(second.Header, second.Body, 0)
	if s.boundary != root.Boundary && (s.boundary != "" || root.FirstChild != nil) {
		m.problem("readers-differ", "boundary", true)
	}
	for _, x := range []struct {
		name          string
		first, second []byte
	}{{"text", first.text, s.found.text}, {"html", first.html, s.found.html}} {
		if !sameASCII(x.first, x.second) {
			m.problem("readers-differ", x.name, true)
			return
		}
	}
}

// sameWords compares the values of one field, folding aside.
func sameWords(a, b []string) bool {
	return slices.EqualFunc(a, b, func(a, b string) bool {
		return a == b || strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
	})
}

// sameASCII compares the visible ASCII of two texts, one of them perhaps not yet in UTF-8. Every command is ASCII, and in every
// character set that a person writes mail in here ASCII is itself: one in which it is not (UTF-7, UTF-16, ISO-2022) shows
// one thing to a program that knows it and another to one that does not.
func sameASCII(a, b []byte) bool {
	for i, j := 0, 0; ; i, j = i+1, j+1 {
		for i < len(a) && !visibleASCII(a[i]) {
			i++
		}
		for j < len(b) && !visibleASCII(b[j]) {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if a[i] != b[j] {
			return false
		}
	}
}

func visibleASCII(c byte) bool { return c > ' ' && c < 0x7f }

const (
	maxWalk  = 4000 // parts; Limits.Parts is checked before
	maxLevel = 60
)

// crossReader walks the parts in the order of the mail and takes the first text and the first HTML that are no files.
type crossReader struct {
	found    chosen
	boundary string
	text     bool
	html     bool
	left     int
}

// fieldsOf is what the standard library's two header types share.
type fieldsOf interface{ Get(string) string }

func (s *crossReader) walk(h fieldsOf, body io.Reader, level int) {
	if s.left--; s.left < 0 || level > maxLevel {
		return
	}
	kind, params := mediaType(h.Get("Content-Type"))
	if level == 0 {
		s.boundary = params["boundary"]
	}
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" {
		s.children(multipart.NewReader(body, params["boundary"]), level)
		return
	}
	isFile := level > 0 && fileParam.MatchString(h.Get("Content-Disposition")+";"+h.Get("Content-Type"))
	if isFile || attachedPart.MatchString(h.Get("Content-Disposition")) {
		return
	}
	cte := strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding")))
	switch {
	case kind == "text/plain" && !s.text:
		s.text, s.found.text = true, decoded(body, cte)
	case kind == "text/html" && !s.html:
		s.html, s.found.html = true, decoded(body, cte)
	}
}

func (s *crossReader) children(r *multipart.Reader, level int) {
	for s.left > 0 {
		p, err := r.NextRawPart()
		if err != nil {
			return
		}
		s.walk(p.Header, p, level+1)
	}
}

var (
	fileParam    = regexp.MustCompile(`(?i)[;\s](?:file)?name(?:\*\d*\*?)?\s*=\s*"?[^";\s]|[;\s]file\s*=\s*"?[^";\s]`)
	attachedPart = regexp.MustCompile(`(?i)^\s*attachment\s*(?:;|$)`)
)

// mediaType reads a Content-Type by the letter. One that is not well formed keeps its type.
func mediaType(v string) (kind string, params map[string]string) {
	if strings.TrimSpace(v) == "" {
		return "text/plain", nil // RFC 2045 §5.2
	}
	kind, params, err := mime.ParseMediaType(v)
	if err == nil {
		return kind, params
	}
	kind, _, _ = strings.Cut(v, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if b := bareBoundary.FindStringSubmatch(v); b != nil {
		params = map[string]string{"boundary": b[1]}
	}
	return kind, params
}

// bareBoundary: old clients leave the quotes away that "=" asks for, and every reader forgives them.
var bareBoundary = regexp.MustCompile(`(?i);\s*boundary=([^";\s]{1,70})\s*(?:;|$)`)

// decoded is the body without its transfer encoding, as far as that is well formed.
func decoded(body io.Reader, cte string) []byte {
	switch cte {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	out, _ := io.ReadAll(body)
	return out
}
