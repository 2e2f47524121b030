package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/mail"
	"path"
	"regexp"
	"strings"
	"time"
)

// Parse reads one raw mail. It always returns a Message, whatever raw holds; what is wrong stands in Problems. The result
// keeps no part of raw itself.
func Parse(raw []byte, lim Limits, banners []string) *Message {
	return parseAt(raw, lim, banners, lim.AttachedDepth)
}

// parseAt opens attached mails down to depth more levels.
func parseAt(raw []byte, lim Limits, banners []string, depth int) (m *Message) {
	m = &Message{Size: len(raw)}
	defer func() {
		if r := recover(); r != nil {
			m.problem("parser-panic", fmt.Sprint(r), true)
		}
	}()
	head, body := splitMail(raw)
	name, detail := lim.overHeader(head)
	if name != "" {
		m.problem(name, detail, true)
		head = head[:min(len(head), lim.HeaderBytes)]
	}
	if rest := skipMboxLine(raw); len(rest) < len(raw) {
		m.problem("mbox-line", "", false)
		raw = rest
	}
	m.readHeader(head, lim)
	switch {
	case name != "":
		m.identify(raw, body, nil)
	case len(raw) > lim.Bytes:
		m.problem("too-large", fmt.Sprintf("%d bytes", len(raw)), true)
		m.identify(raw, body, nil)
	default:
		leaves := findBigParts(raw, lim)
		m.identify(raw, body, leaves)
		m.readBody(raw, body, leaves, lim, depth)
	}
	m.ownWords(banners, lim)
	m.Bounce = m.findBounce()
	m.Automation = m.automationMarks()
	return m
}

func (m *Message) problem(name, detail string, severe bool) {
	if len(m.Problems) < 200 {
		m.Problems = append(m.Problems, Problem{Name: name, Detail: fmt.Sprintf("%.120q", detail), Severe: severe})
	}
}

func (m *Message) readHeader(head []byte, lim Limits) {
	fields, problems := readHeader(head, lim)
	m.Header, m.Problems = fields, append(m.Problems, problems...)
	m.FromRaw = m.Fields("From")
	m.From = readAddresses(m.FromRaw)
	if a, why := m.Author(); why == "" {
		m.From = []Address{a}
	}
	m.Sender = readAddresses(m.Fields("Sender"))
	m.To = readAddresses(m.Fields("To"))
	m.Cc = readAddresses(m.Fields("Cc"))
	m.Subject = strings.TrimSpace(decodeWords(m.field("Subject")))
	m.InReplyTo = messageIDs(m.Fields("In-Reply-To"))
	m.References = messageIDs(m.Fields("References"))
	if id := strings.TrimSpace(m.field("Message-ID")); id != "" {
		m.MessageID = "<" + strings.Trim(validUTF8(id), "<> \t") + ">"
		if ids := messageIDs([]string{id}); len(ids) > 0 {
			m.MessageID = ids[0]
		}
	}
	m.Date = readDate(m.field("Date"))
	if _, reason := m.SoleFrom(); strings.HasPrefix(reason, "from-malformed") || reason == "from-not-utf8" {
		m.problem("malformed-from", reason, true)
	}
	m.cutFaults(m.field("Content-Type"), m.field("Content-Transfer-Encoding"))
}

var boundaryParam = regexp.MustCompile(`(?i)[;\s]boundary\s*(\*\d*\*?)?\s*=`)

// cutFaults finds what would make two readers cut a body differently.
func (m *Message) cutFaults(ctype, cte string) {
	if len(boundaryParam.FindAllString(ctype, 3)) > 1 {
		m.problem("two-boundaries", ctype, true)
	}
	cte = strings.ToLower(strings.TrimSpace(cte))
	multipart := strings.HasPrefix(strings.ToLower(strings.TrimSpace(ctype)), "multipart/")
	switch cte {
	case "", "7bit", "8bit", "binary":
	case "base64", "quoted-printable":
		if multipart { // RFC 2045 §6.4
			m.problem("conflicting-encoding", cte, true)
		}
	default:
		m.problem("unknown-encoding", cte, true)
	}
	if multipart && !strings.Contains(strings.ToLower(ctype), "boundary") {
		m.problem("no-boundary", ctype, true)
	}
}

// messageID is of any length: what a reply names must be what the mail was called. Limits.HeaderLine bounds it.
var messageID = regexp.MustCompile(`<[^<>\s]+>`)

func messageIDs(values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, messageID.FindAllString(validUTF8(v), 200)...)
	}
	return out
}

func readDate(v string) time.Time {
	if len(v) > 200 {
		return time.Time{}
	}
	t, _ := mail.ParseDate(v) // zero where it cannot be read
	return t
}

func (m *Message) readBody(raw, body []byte, leaves []bigPart, lim Limits, depth int) {
	if bytes.IndexByte(body, 0) >= 0 {
		m.problem("nul-byte", "body", true)
	}
	rest := withPlaceholders(raw, leaves)
	if name, detail := lim.overBody(rest); name != "" {
		m.problem(name, detail, true)
		return
	}
	root, parts, ok := readTree(rest, leaves, lim)
	if !ok && len(leaves) > 0 {
		if name, detail := lim.overBody(raw); name != "" {
			m.problem(name, detail, true)
			return
		}
		rest = raw
		root, parts, ok = readTree(raw, nil, lim)
	}
	if !ok {
		m.problem("unreadable-structure", "", true)
	}
	first := m.sortParts(root, parts, rest, lim, depth)
	if depth == lim.AttachedDepth {
		m.compare(rest, root, first)
	}
	m.recoverBody(body, lim, depth)
	if depth == lim.AttachedDepth {
		m.signedBody(raw, body, lim)
	}
}

func (m *Message) ownWords(banners []string, lim Limits) {
	var beside [2]string
	own, aside, certain := stripQuotes(m.Text, banners, lim.OwnBytes, false)
	m.Below = !certain
	if certain {
		m.Own, beside[0] = own, aside
	}
	if own, aside, certain = stripQuotes(htmlText(m.HTML, 4*lim.OwnBytes), banners, lim.OwnBytes, true); certain {
		m.HTMLOwn, beside[1] = own, aside
	}
	m.Beside = strings.TrimSpace(strings.Join(append(beside[:], m.furtherTexts(lim)...), "\n"))
}

// furtherTexts are what the sender wrote in text parts beside the first: inline behind a picture, in another form, or attached.
func (m *Message) furtherTexts(lim Limits) (out []string) {
	for _, f := range m.Files {
		ending := strings.ToLower(path.Ext(f.Name))
		page := f.ContentType == "text/html" || ending == ".html" || ending == ".htm"
		if strings.Contains(f.Name, "/") || !page && ending != ".txt" && (!strings.HasPrefix(f.ContentType, "text/") || ending == ".csv" || ending == ".vcf") {
			continue // a file of an attached mail, or no text
		}
		text := validUTF8(string(f.Bytes))
		if page || strings.HasSuffix(f.ContentType, "html") {
			text = htmlText(text, 4*lim.OwnBytes)
		}
		own, beside, certain := stripQuotes(text, nil, lim.OwnBytes, page)
		if certain {
			out = append(out, own, beside)
		}
	}
	return out
}

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
	} else if strings.HasPrefix(strings.ToLower(m.field("Content-Type")), "multipart/") || m.Severe() != "" || len(bytes.Trim(body, "=\r\n\t ")) > 0 {
		// Something shows: a quoted-printable body of soft breaks, say, does not.
		m.problem("body-vanished", "", true)
	}
	if m.Text == "" && m.HTML == "" && len(m.Files) == 0 {
		m.Text = cleanText(leafPart{content: body[:min(len(body), lim.OwnBytes)]})
	}
}

var partStart = regexp.MustCompile(`(?m)^--([^\s"\\]{1,70})[ \t]*\r?\n(?:[A-Za-z\-]{3,40}:|\r?\n)`)

// guessBoundary finds the line that the sender's parts really begin with.
func guessBoundary(body []byte) string {
	if m := partStart.FindSubmatch(body[:min(len(body), 1<<20)]); m != nil {
		return strings.TrimSuffix(string(m[1]), "--")
	}
	return ""
}

// identify hashes what two deliveries of one mail share. Trace fields (Received, Delivered-To, Return-Path, X-…) differ, and so
// may folding, line ends and empty lines at the end. A leaf that was decoded counts by its content, which is hashed anyway.
func (m *Message) identify(raw, body []byte, leaves []bigPart) {
	content := sha256.New()
	for _, name := range []string{"From", "To", "Subject", "Date"} {
		for _, v := range m.Fields(name) {
			io.WriteString(content, strings.Join(strings.Fields(v), " "))
		}
		content.Write([]byte{0})
	}
	rest, at := sha256.New(), len(raw)-len(body)
	for i := range leaves {
		content.Write(leaves[i].sum[:])
		hashBody(rest, raw[at:leaves[i].start])
		rest.Write([]byte{0})
		at = leaves[i].end
	}
	hashBody(rest, bytes.TrimRight(raw[at:], "\r\n \t"))
	content.Write(rest.Sum(nil))
	sum := content.Sum(nil)
	m.ContentHash = hex.EncodeToString(sum)
	whole := sha256.New()
	io.WriteString(whole, strings.Join(strings.Fields(m.field("Message-ID")), " "))
	whole.Write([]byte{0})
	whole.Write(sum)
	m.Identity = hex.EncodeToString(whole.Sum(nil))
}

// hashBody writes body without carriage returns before line feeds.
func hashBody(h hash.Hash, body []byte) {
	for len(body) > 0 { // in blocks, for the sake of memory; none ends between the two
		n := min(len(body), 16<<10)
		for n < len(body) && body[n-1] == '\r' {
			n++
		}
		h.Write(bytes.ReplaceAll(body[:n], []byte("\r\n"), []byte("\n")))
		body = body[n:]
	}
}
