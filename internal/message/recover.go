package message

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// recoverBody handles a mail with a body of which no part came out: a wrong or missing boundary, mostly. What can be had is
// read, and the problem is severe, since another reader may see something else.
func (m *Message) recoverBody(body []byte, lim Limits, depth int) {
	if m.Text != "" || m.HTML != "" || len(m.Files) > 0 || len(bytes.TrimSpace(body)) == 0 {
		return
	}
	if boundary := guessBoundary(body); boundary != "" && depth >= 0 {
		m.problem("body-vanished", "boundary "+boundary, true)
		synthetic := fmt.Appendf(nil, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n", boundary)
		synthetic = append(synthetic, body...)
		leaves := findBigParts(synthetic, lim)
		rest := withPlaceholders(synthetic, leaves)
		if root, parts, ok := readTree(rest, leaves, lim); ok {
			m.sortParts(root, parts, rest, lim, depth)
		}
	} else if strings.HasPrefix(strings.ToLower(m.field("Content-Type")), "multipart/") || m.Severe() != "" || printable(body) {
		m.problem("body-vanished", "", true)
	}
	if m.Text == "" && m.HTML == "" && len(m.Files) == 0 {
		m.Text = cleanText(leafPart{content: body[:min(len(body), lim.OwnBytes)]})
	}
}

// printable reports whether body shows anything at all: a quoted-printable body of soft breaks, say, does not.
func printable(body []byte) bool {
	return len(bytes.Trim(body, "=\r\n\t ")) > 0
}

var partStart = regexp.MustCompile(`(?m)^--([^\s"\\]{1,70})[ \t]*\r?\n(?:[A-Za-z\-]{3,40}:|\r?\n)`)

// guessBoundary finds the line that the sender's parts really begin with.
func guessBoundary(body []byte) string {
	if m := partStart.FindSubmatch(body[:min(len(body), 1<<20)]); m != nil {
		return strings.TrimSuffix(string(m[1]), "--")
	}
	return ""
}
