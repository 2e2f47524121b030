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
	"net/textproto"
	"strings"

	"ukpbjd/internal/document"
)

const maxMailParts = 200

// mailFiles takes the attachments out of a mail that was forwarded as an attachment.
func (u *unpacking) mailFiles(ctx context.Context, l leaf) (files []leaf, reason string) {
	msg, err := mail.ReadMessage(bytes.NewReader(l.data))
	if err != nil {
		return nil, document.ReasonCorrupt
	}
	m := &mailParts{ctx: ctx, base: l.src.File, limit: u.r.opt.MaxBytes}
	m.walk(textproto.MIMEHeader(msg.Header), msg.Body, 0)
	return m.files, ""
}

type mailParts struct {
	ctx   context.Context
	base  string
	limit int64 // bytes of one file
	parts int
	files []leaf
}

func (m *mailParts) walk(h textproto.MIMEHeader, body io.Reader, nesting int) {
	if m.parts++; m.parts > maxMailParts || nesting > 8 || m.ctx.Err() != nil {
		return
	}
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
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
			m.walk(p.Header, p, nesting+1)
		}
	}
	name := partName(h.Get("Content-Disposition"), params)
	if name == "" && (media == "text/plain" || media == "text/html") {
		return
	}
	data, err := io.ReadAll(io.LimitReader(decoded(h.Get("Content-Transfer-Encoding"), body), m.limit+1))
	l := newLeaf(m.base+"/"+cleanName(name), data, "")
	switch {
	case int64(len(data)) > m.limit:
		l.refuse(document.ReasonTooLarge)
	case err != nil:
		l.refuse(document.ReasonCorrupt)
	}
	m.files = append(m.files, l)
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
