package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"mime"
	"strings"
)

// The MIME parser reads byte by byte, which is most of the cost of a mail with papers. So large base64 leaves are lifted
// out first: found by their boundaries, decoded by the standard library, and replaced by a short placeholder that is
// base64 itself. Base64 holds no "-", so nothing in a lifted leaf could have been a boundary, and the structure of what
// remains is the same. Every placeholder must come back exactly once as the whole content of a part; if one does not, the
// mail is parsed again as it stands.

const (
	liftFrom  = 4 << 10
	liftDepth = 20
	liftMark  = "ukpbjd-bigPart-"
)

// bigPart is one leaf taken out of the raw mail.
type bigPart struct {
	start, end int // of its encoded text in raw
	content    []byte
	sum        [sha256.Size]byte // of content
	problem    string
}

func (l *bigPart) token(i int) []byte {
	return fmt.Appendf(nil, liftMark+"%08d-%08d-", i, l.start)
}

type bigPartFinder struct {
	raw    []byte
	leaves []bigPart
	parts  int
	limit  int
}

// findBigParts finds the leaves of raw that can be decoded here. It changes nothing.
func findBigParts(raw []byte, lim Limits) []bigPart {
	l := &bigPartFinder{raw: raw, limit: lim.Parts}
	l.part(0, len(raw), 0)
	return l.leaves
}

// part looks at raw[start:end], one header and its body.
func (l *bigPartFinder) part(start, end, depth int) {
	if l.parts++; l.parts > l.limit || depth > liftDepth || end < start {
		return
	}
	head, body := splitMail(l.raw[start:end])
	if len(body) == 0 || len(head) > 64<<10 {
		return
	}
	ctype, cte, ok := contentFields(head, Limits{HeaderCount: 2000, HeaderLine: 32 << 10})
	if !ok {
		return
	}
	kind, params, err := mime.ParseMediaType(ctype)
	if err != nil {
		return
	}
	bodyStart := end - len(body)
	switch boundary := params["boundary"]; {
	case strings.HasPrefix(kind, "multipart/"):
		if boundary != "" {
			l.children(bodyStart, end, boundary, depth)
		}
	case boundary != "" || strings.HasPrefix(kind, "text/"):
		// Text has a charset to be found out; a boundary would make the parser look for parts.
	case strings.EqualFold(cte, "base64"):
		l.leaf(bodyStart, end)
	}
}

// contentFields returns the two fields that decide, and whether each stands there at most once.
func contentFields(head []byte, lim Limits) (ctype, cte string, ok bool) {
	fields, problems := readHeader(head, lim)
	for _, f := range fields {
		switch strings.ToLower(f.Name) {
		case "content-type":
			ctype = f.Value
		case "content-transfer-encoding":
			cte = f.Value
		}
	}
	return ctype, cte, len(problems) == 0 && ctype != ""
}

// children cuts raw[start:end] at the delimiter lines. A multipart that is never closed is left to the parser.
func (l *bigPartFinder) children(start, end int, boundary string, depth int) {
	delimiter := []byte("--" + boundary)
	open := -1
	for at := start; at < end; {
		i := bytes.Index(l.raw[at:end], delimiter)
		if i < 0 {
			return
		}
		at += i
		after := at + len(delimiter)
		if at > 0 && l.raw[at-1] != '\n' {
			at = after
			continue
		}
		closes := bytes.HasPrefix(l.raw[after:end], []byte("--"))
		if !closes && !lineEnds(l.raw[after:end]) {
			at = after
			continue
		}
		if open >= 0 {
			l.part(open, beforeNewline(l.raw, at), depth+1)
		}
		if closes {
			return
		}
		nl := bytes.IndexByte(l.raw[after:end], '\n')
		if nl < 0 {
			return
		}
		open = after + nl + 1
		at = open
	}
}

func lineEnds(b []byte) bool {
	b = bytes.TrimLeft(b, " \t")
	return len(b) == 0 || b[0] == '\n' || b[0] == '\r'
}

func beforeNewline(raw []byte, at int) int {
	if at > 0 && raw[at-1] == '\n' {
		at--
	}
	if at > 0 && raw[at-1] == '\r' {
		at--
	}
	return at
}

// leaf decodes raw[start:end] if it is nothing but base64. Text that was cut in the middle is kept as far as it goes. Most leaves
// are sound: their decoding is the check.
func (l *bigPartFinder) leaf(start, end int) {
	text := l.raw[start:end]
	leaf := bigPart{start: start, end: end, content: decodeSound(text)}
	if leaf.content != nil {
		if base64.StdEncoding.EncodedLen(len(leaf.content)) >= liftFrom {
			l.take(leaf)
		}
		return
	}
	n, ok := base64Length(text)
	if ok && n%4 != 0 && !bytes.Contains(text, []byte("=")) {
		leaf.content, leaf.problem = decodeCut(text, n), "truncated"
	}
	if leaf.content != nil {
		l.take(leaf)
	}
}

func (l *bigPartFinder) take(leaf bigPart) {
	leaf.sum = sha256.Sum256(leaf.content)
	l.leaves = append(l.leaves, leaf)
}

// base64Alphabet marks what may stand in a lifted leaf: 1 counts, 2 is a line end.
var base64Alphabet = func() (t [256]byte) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=" {
		t[c] = 1
	}
	t['\r'], t['\n'] = 2, 2
	return t
}()

func base64Length(text []byte) (n int, ok bool) {
	for _, c := range text {
		k := base64Alphabet[c]
		if k == 0 {
			return 0, false
		}
		n += int(k & 1)
	}
	return n, true
}

// decodeSound returns nil unless all of text is base64, line ends aside, padding only at its end.
func decodeSound(text []byte) []byte {
	out := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(out, text)
	if err != nil {
		return nil
	}
	return out[:n:n]
}

// decodeCut decodes n characters without padding; what is left of a last group that says nothing is dropped.
func decodeCut(text []byte, n int) []byte {
	if n%4 == 1 {
		text = bytes.TrimRight(text, "\r\n")
		text = text[:len(text)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	got, err := base64.RawStdEncoding.Decode(out, text)
	if err != nil {
		return nil
	}
	return out[:got]
}

// withPlaceholders returns raw with each leaf replaced. With nothing lifted it is raw itself.
func withPlaceholders(raw []byte, leaves []bigPart) []byte {
	if len(leaves) == 0 {
		return raw
	}
	size := len(raw)
	for _, l := range leaves {
		size -= l.end - l.start - 64
	}
	out := make([]byte, 0, size)
	at := 0
	for i := range leaves {
		out = append(out, raw[at:leaves[i].start]...)
		out = base64.StdEncoding.AppendEncode(out, leaves[i].token(i))
		at = leaves[i].end
	}
	return append(out, raw[at:]...)
}
