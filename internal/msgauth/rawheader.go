package msgauth

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// maxHeader bounds the header block that level strict will look at.
const maxHeader = 256 << 10

var errHeader = errors.New("malformed header")

// rawField is one field as the bytes have it, folds included; name in lower case.
type rawField struct{ name, value string }

// splitHeader cuts the header block into fields and refuses everything that two readers could cut differently: a line that
// is no field, space in a name, a bare carriage return, a first line that is folded.
func splitHeader(raw []byte) ([]rawField, error) {
	var fields []rawField
	for pos, start := 0, 0; ; { // start: of the present field's value
		length := bytes.IndexByte(raw[pos:], '\n')
		if length < 0 || pos+length > maxHeader {
			return nil, errHeader
		}
		line := bytes.TrimSuffix(raw[pos:pos+length], []byte("\r"))
		folded := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
		if folded && len(fields) == 0 || bytes.ContainsAny(line, "\r\x00") {
			return nil, errHeader
		}
		if !folded && len(fields) > 0 {
			fields[len(fields)-1].value = string(raw[start:pos])
		}
		if len(line) == 0 {
			return fields, nil
		}
		if !folded {
			name, _, ok := bytes.Cut(line, []byte(":"))
			if !ok || !fieldName(string(name)) {
				return nil, errHeader
			}
			fields, start = append(fields, rawField{name: lower(string(name))}), pos+len(name)+1
		}
		pos += length + 1
	}
}

// fieldName is visible ASCII without a colon (RFC 5322 §2.2).
func fieldName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f })
}

func count(h []rawField, name string) (n int) {
	for _, f := range h {
		if f.name == name {
			n++
		}
	}
	return n
}

// standOnce names the first field that stands twice or is missing.
func standOnce(h []rawField) string {
	for i, name := range signedOnce {
		switch n := count(h, name); {
		case n > 1:
			return "duplicate-" + name
		case n == 0 && i < mustStand:
			return "missing-" + name
		}
	}
	return ""
}

// unsigned names the first field that stands in the mail and not in the signature's h=.
func unsigned(h []rawField, keys []string) string {
	for _, name := range signedOnce {
		signed := slices.ContainsFunc(keys, func(k string) bool { return same(k, name) })
		if !signed && count(h, name) > 0 {
			return name
		}
	}
	return ""
}

// valueOf is the value of the n-th field of that name.
func valueOf(h []rawField, name string, n int) string {
	for _, f := range h {
		if f.name != name {
			continue
		}
		if n == 0 {
			return f.value
		}
		n--
	}
	return ""
}

// parseTags reads a tag list (RFC 6376 §3.2), white space dropped. Names that stand twice are left to the library, which
// refuses them.
func parseTags(s string) map[string]string {
	tags := make(map[string]string)
	for pair := range strings.SplitSeq(s, ";") {
		if k, v, ok := strings.Cut(pair, "="); ok {
			tags[strings.TrimSpace(k)] = strings.Join(strings.Fields(v), "")
		}
	}
	return tags
}
