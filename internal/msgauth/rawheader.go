package msgauth

import (
	"bytes"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"
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
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// values are those of every field of that name, top down.
func values(h []rawField, name string) (all []string) {
	for _, f := range h {
		if f.name == name {
			all = append(all, f.value)
		}
	}
	return all
}

// standOnce names the first field that stands twice or is missing.
func standOnce(h []rawField) string {
	for i, name := range signedOnce {
		switch n := len(values(h, name)); {
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
		if !signed && len(values(h, name)) > 0 {
			return name
		}
	}
	return ""
}

// signatureTags are the tags of the n-th DKIM-Signature, in the order in which the library reports them.
func signatureTags(h []rawField, n int) map[string]string {
	if all := values(h, "dkim-signature"); n < len(all) {
		return parseTags(all[n])
	}
	return nil
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

func dateOf(h []rawField) time.Time {
	for _, v := range values(h, "date") {
		if t, err := mail.ParseDate(strings.Join(strings.Fields(v), " ")); err == nil {
			return t
		}
	}
	return time.Time{}
}
