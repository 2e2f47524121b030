package clerk

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	netmail "net/mail"
	"strings"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/letter"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/store"
)

// keepLettersMost is how many letters go into the archive at once.
const keepLettersMost = 200

// inPlaceOf stands where the password stood.
const inPlaceOf = "[tidak-diarsipkan]"

// withoutPassword renders a credential letter as it was sent, but for its password. SOP R.1
func (c *Clerk) withoutPassword(d letter.Data) ([]byte, error) {
	if !d.Password.Absent() {
		d.Password = secret.New([]byte(inPlaceOf))
	}
	kept := map[string]secret.Secret{}
	for nip := range d.Passwords {
		kept[nip] = secret.New([]byte(inPlaceOf))
	}
	d.Passwords = kept
	_, body, err := c.render(d)
	return body, err
}

// KeepLetters puts letters that have ended into the archive, without passwords and account sheets, and gives how many. The
// bytes are durable before the commit that mentions them. SOP R.1
func (c *Clerk) KeepLetters(ctx context.Context) (int, error) {
	var rows []store.LetterRow
	texts := map[string][]byte{}
	err := c.View(ctx, func(b store.Books) (err error) {
		rows, err = b.Letters.Unarchived(keepLettersMost)
		for _, r := range rows {
			read := b.Letters.Body
			if r.Sealed {
				read = b.Letters.Copy
			}
			if err == nil {
				texts[r.ID()], err = read(r.ID())
			}
		}
		return err
	})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	batch := c.Archive.Batch()
	sums := map[string]string{}
	for _, r := range rows {
		if raw := texts[r.ID()]; len(raw) > 0 {
			if sums[r.ID()], err = batch.Put(withoutSheet(raw)); err != nil {
				return 0, err
			}
		}
	}
	if err := batch.Sync(); err != nil {
		return 0, fmt.Errorf("%w: %w", store.ErrUnknown, err)
	}
	if err := c.DB.Update(ctx, func(tx store.Tx) error {
		var err error
		for _, r := range rows {
			err = errors.Join(err, store.In(tx).Letters.MarkArchived(r.ID(), sums[r.ID()]))
		}
		return err
	}); err != nil {
		return 0, err
	}
	c.nameLetters(rows, sums)
	return len(rows), nil
}

// nameLetters gives them names in the folder of their case.
func (c *Clerk) nameLetters(rows []store.LetterRow, sums map[string]string) {
	for _, r := range rows {
		if sums[r.ID()] == "" {
			continue
		}
		year, _, ok := store.Number(r.Case)
		if !ok {
			year = r.Made.In(c.zone()).Year()
		}
		name := "surat-" + strings.ReplaceAll(r.Letter.Key, "/", "-") + ".eml"
		if err := c.Archive.Link(year, r.Case, archive.Item{SHA256: sums[r.ID()], Name: name}); err != nil {
			c.Log.Warn("link into the archive", "case", r.Case, "error", err) // the bytes are safe; they can be linked again
		}
	}
}

// withoutSheet takes account sheets out of one of our own letters: what lies in the archive for ever is not to open with a
// passphrase. A line with the sheet's sum takes its place.
func withoutSheet(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(sheetName)) {
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
		if i == 0 || !ok || !bytes.Contains(head, []byte(sheetName)) {
			continue
		}
		sheet, err := base64.StdEncoding.DecodeString(string(bytes.ReplaceAll(body, []byte("\r\n"), nil)))
		if err != nil {
			sheet = body
		}
		parts[i] = fmt.Appendf(nil, "\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nLembar akun tidak diarsipkan; SHA-256 %s.\r\n", hexOf(sheet))
	}
	return bytes.Join(parts, mark)
}

// sheetName begins the file name of every account sheet.
const sheetName = "lembar-akun-"
