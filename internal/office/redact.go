package office

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	netmail "net/mail"

	"ukpbjd/internal/sop"
)

// RedactSheets takes account sheets out of one of our own letters: what lies in the archive for ever is not to open with a
// passphrase. A line with the sheet's sum takes its place.
func RedactSheets(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(sop.SheetPrefix)) {
		return raw
	}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return raw
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		return raw
	}
	mark := []byte("\r\n--" + params["boundary"])
	parts := bytes.Split(raw, mark)
	for i, p := range parts {
		head, body, ok := bytes.Cut(p, []byte("\r\n\r\n"))
		if i == 0 || !ok || !bytes.Contains(head, []byte(sop.SheetPrefix)) {
			continue
		}
		sheet, err := base64.StdEncoding.DecodeString(string(bytes.ReplaceAll(body, []byte("\r\n"), nil)))
		if err != nil {
			sheet = body
		}
		parts[i] = fmt.Appendf(nil, "\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nLembar akun tidak diarsipkan; SHA-256 %s.\r\n", Sum(sheet))
	}
	return bytes.Join(parts, mark)
}
