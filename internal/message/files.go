package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

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

func limitProblem(name string) bool {
	name = strings.TrimPrefix(name, "attached-")
	return strings.HasPrefix(name, "too-") || strings.HasPrefix(name, "header-") || name == "unreadable-structure"
}
