package extract

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"

	"ukpbjd/internal/document"
)

const maxMailParts = 200

// openMail takes the attachments out of a mail that was forwarded as an attachment.
func (u *unpacking) openMail(ctx context.Context, l leaf, depth int) {
	msg, err := mail.ReadMessage(bytes.NewReader(l.data))
	if err != nil {
		l.src.Unreadable, l.done = document.ReasonCorrupt, true
		u.leaves = append(u.leaves, l)
		return
	}
	m := &mailParts{u: u, ctx: ctx, base: l.src.File, sum: l.src.SHA256, depth: depth}
	h := msg.Header
	m.walk(h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), h.Get("Content-Disposition"), msg.Body, 0)
	if m.found == 0 { // a mail of text alone: nothing of it is a paper
		l.src.Incidental, l.done = true, true
		u.leaves = append(u.leaves, l)
	}
}

type mailParts struct {
	u     *unpacking
	ctx   context.Context
	base  string
	sum   string // of the attached file
	depth int
	parts int
	found int
}

func (m *mailParts) walk(contentType, encoding, disposition string, body io.Reader, nesting int) {
	if m.parts++; m.parts > maxMailParts || nesting > 8 || m.ctx.Err() != nil {
		return
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		media = "text/plain"
	}
	if strings.HasPrefix(media, "multipart/") {
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextRawPart()
			if err != nil {
				return
			}
			m.walk(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.Header.Get("Content-Disposition"), p, nesting+1)
		}
	}
	name := partName(disposition, params)
	if name == "" && (media == "text/plain" || media == "text/html") {
		return
	}
	limit := m.u.r.opt.MaxBytes
	data, err := io.ReadAll(io.LimitReader(decoded(encoding, body), limit+1))
	l := newLeaf(m.base+"/"+cleanName(name), data, m.sum)
	switch {
	case int64(len(data)) > limit:
		l.src.Unreadable, l.done = document.ReasonTooLarge, true
	case err != nil:
		l.src.Unreadable, l.done = document.ReasonCorrupt, true
	}
	m.found++
	m.u.add(m.ctx, l, m.depth+1)
}

func partName(disposition string, params map[string]string) string {
	name := params["name"]
	if _, dp, err := mime.ParseMediaType(disposition); err == nil && dp["filename"] != "" {
		name = dp["filename"]
	}
	if plain, err := new(mime.WordDecoder).DecodeHeader(name); err == nil {
		name = plain
	}
	return name
}

func decoded(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	}
	return r
}
