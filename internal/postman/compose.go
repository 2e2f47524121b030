package postman

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	netmail "net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"ukpbjd/internal/sop"
)

// Mail is one letter before it becomes bytes.
type Mail struct {
	From, To      sop.Person
	Subject       string
	MessageID     string // with or without angle brackets
	InReplyTo     string
	References    []string
	Date          time.Time
	Text, HTML    string // HTML may be empty
	Files         []sop.File
	AutoSubmitted string // auto-generated (default) or auto-replied; RFC 3834 §5
	Headers       map[string]string
}

// Compose gives the exact bytes of the letter: the same Mail gives the same bytes, for ever. Unusable references, which
// come from other people's mails, are left out; anything else that cannot be said is an error.
func Compose(m Mail) ([]byte, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP), mail.WithCharset(mail.CharsetUTF8))
	if err := m.head(msg); err != nil {
		return nil, fmt.Errorf("compose letter %s: %w", words(m.MessageID), err)
	}
	text := mail.TypeTextPlain
	msg.SetBodyString(text, lines(m.Text))
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, lines(m.HTML))
	}
	var files, shown []*mail.File
	for _, f := range m.Files {
		if m.HTML != "" && contentID.MatchString(f.ContentID) {
			shown = append(shown, picture(f))
			continue
		}
		files = append(files, attachment(f))
	}
	msg.SetEmbeds(shown)
	msg.SetAttachments(files)
	var b bytes.Buffer
	size := 2000 + (len(m.Text)+len(m.HTML))*5/4
	for _, f := range m.Files {
		size += 500 + len(f.Bytes)*7/5
	}
	b.Grow(size)
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("compose letter %s: %w", words(m.MessageID), err)
	}
	return rebound(b.Bytes(), m)
}

func (m Mail) head(msg *mail.Msg) error {
	id, ok := messageID(m.MessageID)
	if !ok {
		return errors.New("the Message-ID is malformed")
	}
	if m.Date.IsZero() {
		return errors.New("the date is missing")
	}
	auto := m.AutoSubmitted
	switch auto {
	case "":
		auto = "auto-generated"
	case "auto-generated", "auto-replied":
	default:
		return fmt.Errorf("Auto-Submitted %q is not known", auto)
	}
	for _, x := range []struct {
		field mail.AddrHeader
		who   sop.Person
	}{{mail.HeaderFrom, m.From}, {mail.HeaderTo, m.To}} {
		if !Reachable(x.who.Address) {
			return fmt.Errorf("%s: %q is no plain address", x.field, words(x.who.Address))
		}
		msg.SetAddrHeaderFromMailAddress(x.field, &netmail.Address{Name: personName(x.who.Name), Address: x.who.Address})
	}
	msg.SetGenHeader(mail.HeaderMessageID, id)
	msg.SetGenHeader(mail.HeaderDate, m.Date.Format(time.RFC1123Z))
	msg.SetGenHeader(mail.HeaderSubject, unstructured(m.Subject))
	msg.SetGenHeader("Auto-Submitted", auto)
	msg.SetGenHeader(mail.HeaderXAutoResponseSuppress, "All")
	m.thread(msg)
	return m.extra(msg)
}

// thread says which mails this one follows.
func (m Mail) thread(msg *mail.Msg) {
	if id, ok := messageID(m.InReplyTo); ok {
		msg.SetGenHeader(mail.HeaderInReplyTo, id)
	}
	var refs []string
	for _, r := range m.References {
		if id, ok := messageID(r); ok {
			refs = append(refs, id)
		}
	}
	const most = 20 // RFC 5322 sets no bound; like other senders, keep the first and the newest
	if len(refs) > most {
		refs = append(refs[:1:1], refs[len(refs)-most+1:]...)
	}
	if len(refs) > 0 {
		msg.SetGenHeader(mail.HeaderReferences, strings.Join(refs, " "))
	}
}

func (m Mail) extra(msg *mail.Msg) error {
	for name, value := range m.Headers {
		if !fieldName(name) || ownField(name) {
			return fmt.Errorf("header field %q cannot be added", words(name))
		}
		msg.SetGenHeader(mail.Header(textproto.CanonicalMIMEHeaderKey(name)), unstructured(value))
	}
	return nil
}

// PaperHeader names, by its SHA-256, the paper that is to fill a part when the letter is sent.
const PaperHeader = "X-Ukpbj-Berkas"

// attachment says everything itself: left alone, go-mail would ask the machine's own MIME tables for the type.
func attachment(f sop.File) *mail.File {
	name := fileName(f.Name)
	kind := mime.FormatMediaType(f.MediaType, map[string]string{"name": name})
	if kind == "" || len(f.MediaType) > 100 || strings.HasPrefix(f.MediaType, "multipart/") || strings.HasPrefix(f.MediaType, "message/") {
		kind = mime.FormatMediaType("application/octet-stream", map[string]string{"name": name})
	}
	head := textproto.MIMEHeader{
		"Content-Type":        {kind},
		"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": name})},
	}
	if f.Paper != "" {
		head.Set(PaperHeader, f.Paper)
	}
	return &mail.File{
		Name:   name,
		Enc:    mail.EncodingB64,
		Header: head,
		Writer: func(w io.Writer) (int64, error) {
			n, err := w.Write(f.Bytes)
			return int64(n), err
		},
	}
}

// contentID is what may name a picture that the HTML part shows (RFC 2392 §2, without what would need escaping).
var contentID = regexp.MustCompile(`^[a-z0-9.-]{1,60}@[a-z0-9.-]{1,60}$`)

// picture is an attachment that stands in the HTML part.
func picture(f sop.File) *mail.File {
	x := attachment(f)
	x.Header.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": x.Name}))
	x.Header.Set("Content-Id", "<"+f.ContentID+">")
	return x
}

// rebound puts boundaries that follow from the letter in the place of go-mail's random ones. go-mail can set one boundary
// only, for all levels at once, which would make a mail with alternatives and attachments unreadable.
// "=_" stands neither in base64 nor in quoted-printable, so no content can look like a boundary.
func rebound(raw []byte, m Mail) ([]byte, error) {
	seed := sha256.Sum256([]byte(m.MessageID))
	start := 0             // of the header that may declare a boundary: the mail's, then its first part's, and so on
	for level := range 3 { // mixed, related, alternative
		old := declared(raw[start:])
		if old == "" {
			break
		}
		next := fmt.Sprintf("=_%d%s", level, hex.EncodeToString(seed[:16]))
		raw = bytes.ReplaceAll(raw, []byte("boundary="+old), []byte(`boundary="`+next+`"`))
		raw = bytes.ReplaceAll(raw, []byte("--"+old), []byte("--"+next))
		first := bytes.Index(raw[start:], []byte("--"+next+"\r\n"))
		if first < 0 {
			return nil, fmt.Errorf("compose letter %s: no part follows boundary %s", words(m.MessageID), next)
		}
		start += first
	}
	return raw, nil
}

// declared is the boundary that the header at the start of b declares, or "". A header line begins with Content-Type only
// where go-mail wrote it; words such as "boundary=" in a subject are not looked at.
func declared(b []byte) string {
	head, _, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	_, field, ok := bytes.Cut(head, []byte("\r\nContent-Type: multipart/"))
	if !ok {
		return ""
	}
	_, value, _ := bytes.Cut(field, []byte("boundary="))
	value, _, _ = bytes.Cut(value, []byte("\r\n"))
	return string(value)
}
