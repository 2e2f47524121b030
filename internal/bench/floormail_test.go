package bench

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/jhillyerd/enmime/v2"

	"ukpbjd/internal/message"
)

// floorMailbox is one IMAP connection with nothing around it.
type floorMailbox struct {
	c    *imapclient.Client
	news chan struct{}
	live bool
	from uint32 // the next UID to look for
}

func openFloorMailbox(p place, live bool) (*floorMailbox, error) {
	m := &floorMailbox{news: make(chan struct{}, 1), live: live}
	c, err := imapclient.DialInsecure(p.IMAP, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				select {
				case m.news <- struct{}{}:
				default:
				}
			}
		}}})
	if err != nil {
		return nil, err
	}
	m.c = c
	if err := c.Login(p.Mailbox, p.Password).Wait(); err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	data, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return nil, err
	}
	if m.from = 1; live {
		m.from = uint32(data.UIDNext)
	}
	return m, nil
}

func (m *floorMailbox) close() { m.c.Close() } //nolint:errcheck // nothing was changed

// next gives the UIDs that have not been given yet, after waiting for one when live.
func (m *floorMailbox) next(ctx context.Context) ([]uint32, error) {
	for {
		data, err := m.c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{{{Start: imap.UID(m.from)}}}}, nil).Wait()
		if err != nil {
			return nil, err
		}
		var uids []uint32
		for _, u := range data.AllUIDs() {
			if uint32(u) >= m.from { // "n:*" always names the last one
				uids = append(uids, uint32(u))
			}
		}
		if len(uids) > 0 {
			m.from = uids[len(uids)-1] + 1
			return uids, nil
		}
		if !m.live {
			return nil, fmt.Errorf("the inbox holds fewer mails than were sent")
		}
		if err := m.idle(ctx); err != nil {
			return nil, err
		}
	}
}

func (m *floorMailbox) idle(ctx context.Context) error {
	cmd, err := m.c.Idle()
	if err != nil {
		return err
	}
	select {
	case <-m.news:
	case <-m.c.Closed():
		return errGone
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := cmd.Close(); err != nil {
		return err
	}
	return cmd.Wait()
}

var whole = &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}}

func (m *floorMailbox) fetch(uid uint32) (raw []byte, err error) {
	err = m.each(imap.UIDSetNum(imap.UID(uid)), func(b []byte) error { raw = b; return nil })
	return raw, err
}

// stream fetches ahead with one command for all that is there.
func (m *floorMailbox) stream(ctx context.Context, want int, out chan<- []byte) error {
	for n := 0; n < want; {
		uids, err := m.next(ctx)
		if err != nil {
			return err
		}
		var set imap.UIDSet
		for _, u := range uids[:min(len(uids), want-n)] {
			set.AddNum(imap.UID(u))
			n++
		}
		err = m.each(set, func(b []byte) error {
			select {
			case out <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *floorMailbox) each(set imap.UIDSet, fn func([]byte) error) error {
	cmd := m.c.Fetch(set, whole)
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		for item := msg.Next(); item != nil; item = msg.Next() {
			body, ok := item.(imapclient.FetchItemDataBodySection)
			if !ok || body.Literal == nil {
				continue
			}
			raw := make([]byte, body.Literal.Size())
			if _, err := io.ReadFull(body.Literal, raw); err != nil {
				return err
			}
			if err := fn(raw); err != nil {
				return err
			}
		}
	}
	return cmd.Close()
}

func parseEnmime(raw []byte) (m parsed, err error) {
	e, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return m, err
	}
	m = parsed{id: e.GetHeader("Message-ID"), from: bare(e.GetHeader("From")), subject: e.GetHeader("Subject"), text: e.Text}
	for _, a := range e.Attachments {
		m.files = append(m.files, message.Attachment{Name: a.FileName, ContentType: a.ContentType, Bytes: a.Content})
	}
	return m, nil
}

func bare(from string) string {
	a, err := mail.ParseAddress(from)
	if err != nil {
		return ""
	}
	return a.Address
}

func parseStandard(raw []byte) (m parsed, err error) {
	e, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, err
	}
	m = parsed{id: e.Header.Get("Message-ID"), from: bare(e.Header.Get("From")), subject: e.Header.Get("Subject")}
	return m, m.part(e.Header.Get("Content-Type"), e.Header.Get("Content-Transfer-Encoding"), "", e.Body)
}

// part walks the tree of parts.
func (m *parsed) part(kind, encoding, name string, body io.Reader) error {
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		return err
	}
	if strings.HasPrefix(media, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := m.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.FileName(), p); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	raw, err := io.ReadAll(body)
	if name != "" {
		m.files = append(m.files, message.Attachment{Name: name, ContentType: media, Bytes: raw})
	} else if media == "text/plain" {
		m.text = string(raw)
	}
	return err
}
