package message

import (
	"bytes"
	"fmt"
	"net/mail"
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
	m.Sender = readAddresses(m.Fields("Sender"))
	m.To = readAddresses(m.Fields("To"))
	m.Cc = readAddresses(m.Fields("Cc"))
	m.ReplyTo = readAddresses(m.Fields("Reply-To"))
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
	m.typeFaults()
}

var boundaryParam = regexp.MustCompile(`(?i)[;\s]boundary\s*(\*\d*\*?)?\s*=`)

// typeFaults finds what would make two readers cut the body differently.
func (m *Message) typeFaults() {
	m.cutFaults(m.field("Content-Type"), m.field("Content-Transfer-Encoding"))
}

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
	if v == "" || len(v) > 200 {
		return time.Time{}
	}
	t, err := mail.ParseDate(v)
	if err != nil {
		return time.Time{}
	}
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
	if own, certain := stripQuotes(m.Text, banners, lim.OwnBytes); certain {
		m.Own = own
	} else {
		m.Below = true
	}
	if m.HTML == "" {
		return
	}
	if own, certain := stripQuotes(htmlText(m.HTML, 4*lim.OwnBytes), banners, lim.OwnBytes); certain {
		m.HTMLOwn = own
	}
}
