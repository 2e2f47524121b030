package rehearsal

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"html"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/sop"
)

// Envelope is the head of a mail that a person writes.
type Envelope struct {
	From      sop.Person
	To, Cc    []sop.Person
	Date      time.Time
	MessageID string // with angle brackets; "": made from the rest
	HTML      bool   // an HTML twin of the text
}

// Mail is the request as an ordinary mail program sends it.
func (b Bundle) Mail(e Envelope) []byte {
	l := letter{Envelope: e, subject: b.Subject, text: b.Text, files: b.Files}
	if e.HTML {
		l.html = paragraphs(b.Text)
	}
	return l.bytes()
}

// letter is any mail of an actor.
type letter struct {
	Envelope
	subject, text, html string
	inReplyTo           string
	references          []string
	agent               string
	files               []sop.File
}

func (l letter) id() string {
	if l.MessageID != "" {
		return l.MessageID
	}
	sum := sha256.Sum256([]byte(l.From.Address + "\x00" + l.Date.UTC().String() + "\x00" + l.subject + "\x00" + l.text))
	_, domain, _ := strings.Cut(l.From.Address, "@")
	return "<" + hex.EncodeToString(sum[:12]) + "@" + domain + ">"
}

func (l letter) bytes() []byte {
	var b bytes.Buffer
	l.head(&b)
	seed := hex.EncodeToString([]byte(l.id()))
	seed = seed[max(0, len(seed)-24):]
	if len(l.files) == 0 {
		l.words(&b, seed)
		return b.Bytes()
	}
	mark := "------------" + seed
	field(&b, "Content-Type", "multipart/mixed; boundary=\""+mark+`"`)
	b.WriteString("\r\nThis is a multi-part message in MIME format.\r\n--" + mark + "\r\n")
	l.words(&b, seed)
	for _, f := range l.files {
		b.WriteString("\r\n--" + mark + "\r\n")
		name := mime.QEncoding.Encode("UTF-8", f.Name)
		field(&b, "Content-Type", f.MediaType+`; name="`+name+`"`)
		field(&b, "Content-Disposition", `attachment; filename="`+name+`"`)
		field(&b, "Content-Transfer-Encoding", "base64")
		b.WriteString("\r\n")
		base64Lines(&b, f.Bytes)
	}
	b.WriteString("\r\n--" + mark + "--\r\n")
	return b.Bytes()
}

func (l letter) head(b *bytes.Buffer) {
	thread := ""
	if l.inReplyTo != "" {
		thread = strings.Join(append(l.references, l.inReplyTo), "\r\n ")
	}
	for _, f := range [][2]string{{"Message-ID", l.id()}, {"Date", l.Date.Format(time.RFC1123Z)}, {"MIME-Version", "1.0"}, {"User-Agent", l.agent},
		{"Subject", mime.QEncoding.Encode("UTF-8", oneLine(l.subject))}, {"From", people([]sop.Person{l.From})}, {"To", people(l.To)}, {"Cc", people(l.Cc)},
		{"In-Reply-To", l.inReplyTo}, {"References", thread}} {
		if f[1] != "" {
			field(b, f[0], f[1])
		}
	}
}

// words writes the text part, or text and HTML as alternatives.
func (l letter) words(b *bytes.Buffer, seed string) {
	if l.html == "" {
		textPart(b, "text/plain", l.text)
		return
	}
	mark := "==alt=" + seed
	field(b, "Content-Type", `multipart/alternative; boundary="`+mark+`"`)
	b.WriteString("\r\n--" + mark + "\r\n")
	textPart(b, "text/plain", l.text)
	b.WriteString("\r\n--" + mark + "\r\n")
	textPart(b, "text/html", l.html)
	b.WriteString("\r\n--" + mark + "--\r\n")
}

func textPart(b *bytes.Buffer, kind, text string) {
	field(b, "Content-Type", kind+"; charset=UTF-8")
	field(b, "Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(b)
	w.Write([]byte(crlf(text))) //nolint:errcheck // a buffer does not fail
	w.Close()                   //nolint:errcheck // a buffer does not fail
}

func base64Lines(b *bytes.Buffer, raw []byte) {
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(raw)), 76) {
		b.Write(line)
		b.WriteString("\r\n")
	}
}

// field writes one header field, folded where its words are encoded.
func field(b *bytes.Buffer, name, value string) {
	b.WriteString(name + ": " + strings.ReplaceAll(value, "?= =?", "?=\r\n =?") + "\r\n")
}

func people(list []sop.Person) string {
	var out []string
	for _, p := range list {
		out = append(out, (&mail.Address{Name: oneLine(p.Name), Address: p.Address}).String())
	}
	return strings.Join(out, ",\r\n ")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// paragraphs is the HTML that mail programs make of plain words.
func paragraphs(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(crlfless(text), "\n"), "\n") {
		if line == "" {
			b.WriteString("<div><br></div>\n")
			continue
		}
		b.WriteString("<div>" + html.EscapeString(line) + "</div>\n")
	}
	return b.String()
}

func crlfless(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// WithVerdict puts an Authentication-Results field on top, as the mail server of id would, or as a forger does.
func WithVerdict(raw []byte, id, verdict string) []byte {
	return append([]byte("Authentication-Results: "+id+"; "+verdict+"\r\n"), raw...)
}
