package message

import (
	"bytes"
	"mime"
	"strings"
)

// Signed is a mail whose whole body is one signed part and its signature (RFC 1847 §2.1).
type Signed struct {
	Protocol  string // application/pkcs7-signature, application/pgp-signature
	Entity    []byte // the signed part with its own header, byte for byte, lines ended by CRLF
	Signature []byte // decoded
}

// CutSigned cuts a multipart/signed mail out of its raw bytes, since no MIME parser keeps them. It takes only what every reader
// cuts alike, and only where nothing but the signature stands beside the signed part: no second text, nothing after the
// last boundary. The line or two before the first one, which no reader shows, may be there. Reason says why a mail is none.
func CutSigned(raw []byte) (s Signed, reason string) {
	head, body := splitMail(raw)
	ctype, _, ok := contentFields(head, Limits{HeaderCount: 2000, HeaderLine: 32 << 10})
	kind, params, err := mime.ParseMediaType(ctype)
	switch {
	case err != nil || kind != "multipart/signed":
		return s, "not-signed"
	case !ok:
		return s, "signed-malformed"
	}
	parts, plain := cutParts(body, params["boundary"])
	if !plain || len(parts) != 2 {
		return s, "signed-malformed"
	}
	s.Protocol = strings.ToLower(params["protocol"])
	if s.Signature, ok = signatureOf(parts[1], s.Protocol); !ok {
		return s, "signed-malformed"
	}
	s.Entity, ok = canonical(parts[0])
	if !ok {
		return s, "signed-mixed-lines"
	}
	return s, ""
}

// cutParts cuts at the delimiter lines and wants the last one closed and nothing visible after it.
func cutParts(body []byte, boundary string) (parts [][]byte, plain bool) {
	if boundary == "" || strings.TrimRight(boundary, " ") != boundary {
		return nil, false
	}
	delimiter, start := "--"+boundary, -1
	for at := 0; at < len(body); {
		end := len(body)
		if i := bytes.IndexByte(body[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := strings.TrimRight(string(body[at:min(end, at+len(delimiter)+100)]), " \t\r\n")
		switch {
		case line == delimiter:
			if start >= 0 {
				parts = append(parts, body[start:max(start, beforeNewline(body, at))])
			}
			start = end
		case line == delimiter+"--":
			if start < 0 {
				return nil, false
			}
			return append(parts, body[start:max(start, beforeNewline(body, at))]), len(bytes.TrimSpace(body[end:])) == 0
		case strings.HasPrefix(line, delimiter): // another boundary that begins alike: readers differ
			return nil, false
		}
		at = end
	}
	return nil, false
}

// signatureOf decodes the second part, which must be what the protocol says.
func signatureOf(part []byte, protocol string) ([]byte, bool) {
	head, body := splitMail(part)
	ctype, cte, ok := contentFields(head, Limits{HeaderCount: 100, HeaderLine: 8 << 10})
	kind, _ := mediaType(ctype)
	if !ok || strings.Replace(kind, "/x-pkcs7", "/pkcs7", 1) != strings.Replace(protocol, "/x-pkcs7", "/pkcs7", 1) {
		return nil, false
	}
	switch strings.ToLower(cte) {
	case "base64":
		out := decodeSound(body)
		return out, out != nil
	case "", "7bit":
		return body, true
	}
	return nil, false
}

// canonical ends every line with CRLF (RFC 8551 §3.1.1, RFC 3156 §5). Bytes that have both kinds of line ends have no one form.
func canonical(part []byte) ([]byte, bool) {
	lf := bytes.Count(part, []byte("\n"))
	crlf := bytes.Count(part, []byte("\r\n"))
	cr := bytes.Count(part, []byte("\r"))
	switch {
	case cr != crlf || crlf > 0 && crlf != lf:
		return nil, false
	case crlf == 0:
		return bytes.ReplaceAll(part, []byte("\n"), []byte("\r\n")), true
	}
	return part, true
}

// signedBody makes sure that the text of a multipart/signed mail stands in its signed part: that part, cut out and read by
// itself, must give the same text and the same HTML. Whether the signature is good, and covers every file, is asked where
// the level wants it (CutSigned).
func (m *Message) signedBody(raw, body []byte, lim Limits) {
	kind, params := mediaType(m.field("Content-Type"))
	if kind != "multipart/signed" || m.Severe() != "" {
		return
	}
	parts, _ := cutParts(body, params["boundary"])
	if len(parts) == 0 {
		m.problem("signed-malformed", "", true)
		return
	}
	alone := &Message{}
	_, inner := splitMail(parts[0])
	alone.readBody(parts[0], inner, findBigParts(parts[0], lim), lim, lim.AttachedDepth-1)
	if alone.Severe() != "" || alone.Text != m.Text || alone.HTML != m.HTML {
		m.problem("signed-outside", alone.Severe(), true)
	}
}
