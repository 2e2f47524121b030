package office

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"mime"
	netmail "net/mail"

	"ukpbjd/internal/postman"
	"ukpbjd/internal/sop"
)

// Redact takes account sheets out of one of our own letters: what lies in the archive for ever is not to open with a passphrase. A
// line with the sheet's sum takes its place, and another says of a paper where it lies.
func Redact(raw []byte) []byte {
	out, _ := eachFile(raw, func(head, body []byte) ([]byte, error) { //nolint:errcheck // there is none
		what := ""
		if bytes.Contains(head, []byte(sop.SheetPrefix)) {
			sheet, err := base64.StdEncoding.DecodeString(string(bytes.ReplaceAll(body, []byte("\r\n"), nil)))
			if err != nil {
				sheet = body
			}
			what = "Lembar akun tidak diarsipkan; SHA-256 " + Sum(sheet)
		} else if sum := paperOf(head); sum != "" {
			what = "Berkas permohonan terlampir pada surat yang dikirim; SHA-256 " + sum
		}
		if what == "" {
			return nil, nil
		}
		return fmt.Appendf(nil, "\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n%s.\r\n", what), nil
	})
	return out
}

// Enclose fills the papers of a case into one of its letters, just before it is sent: the archive has them under their sums, so they
// are the same bytes each time.
func (c *Clerk) Enclose(ctx context.Context, number string, raw []byte) ([]byte, error) {
	mails := mailsOf{c: c, ctx: ctx, number: number}
	return eachFile(raw, func(head, _ []byte) ([]byte, error) {
		sum := paperOf(head)
		if sum == "" {
			return nil, nil
		}
		b, err := mails.archived(sum)
		if err != nil {
			return nil, fmt.Errorf("read paper %s of %s: %w", sum, number, err)
		}
		out := append(make([]byte, 0, len(head)+len(b)*7/5), head...)
		out = append(out, "\r\n"...)
		for from := range (len(b) + lineBytes - 1) / lineBytes {
			out = append(out, "\r\n"...)
			out = base64.StdEncoding.AppendEncode(out, b[from*lineBytes:min((from+1)*lineBytes, len(b))])
		}
		return append(out, "\r\n"...), nil
	})
}

const lineBytes = 57 // 76 characters: RFC 2045 §6.8

// paperOf is the sum of the paper that is to fill a part, or "".
func paperOf(head []byte) string {
	_, rest, _ := bytes.Cut(head, []byte("\r\n"+postman.PaperHeader+": "))
	sum, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return string(sum)
}

// eachFile shows the files of one of our own letters to f, which may put another part in the place of each.
func eachFile(raw []byte, f func(head, body []byte) ([]byte, error)) ([]byte, error) {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return raw, nil
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		return raw, nil
	}
	mark := []byte("\r\n--" + params["boundary"])
	parts := bytes.Split(raw, mark)
	for i, p := range parts {
		head, body, ok := bytes.Cut(p, []byte("\r\n\r\n"))
		if i == 0 || !ok {
			continue
		}
		if part, err := f(head, body); err != nil {
			return nil, err
		} else if part != nil {
			parts[i] = part
		}
	}
	return bytes.Join(parts, mark), nil
}
