//go:build bench

package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/textproto"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// given asks the server, where one was named, for its own name, which stands in its Received lines.
func (o Options) given() (p place, ok bool, err error) {
	f := o.Floors
	if f.IMAP == "" {
		return p, false, nil
	}
	p = place{IMAP: f.IMAP, SMTP: f.SMTP, Mailbox: f.Mailbox, People: f.People, Given: true}
	raw, err := os.ReadFile(f.PasswordFile)
	if err != nil {
		return p, true, fmt.Errorf("read the password: %w", err)
	}
	p.Password = strings.TrimSpace(string(raw))
	c, err := textproto.Dial("tcp", f.SMTP)
	if err != nil {
		return p, true, err
	}
	defer c.Close() //nolint:errcheck // nothing was sent
	_, hello, err := c.ReadResponse(220)
	if err != nil {
		return p, true, fmt.Errorf("greeting of %s: %w", f.SMTP, err)
	}
	if p.Host, _, _ = strings.Cut(hello, " "); p.Host == "" {
		return p, true, fmt.Errorf("greeting of %s: no host name in %q", f.SMTP, hello)
	}
	return p, true, p.empty()
}

const maxArrive = 2 * time.Minute

// settled waits until a given server has delivered every mail, and reads from one of them which hosts wrote its trace.
func (p *place) settled(ctx context.Context, want int) error {
	if !p.Given {
		return nil
	}
	m, err := openFloorMailbox(*p, false)
	if err != nil {
		return err
	}
	defer m.close()
	ctx, cancel := context.WithTimeout(ctx, maxArrive)
	defer cancel()
	t := time.NewTicker(look)
	defer t.Stop()
	for {
		data, err := m.c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil {
			return err
		}
		if int(data.NumMessages) >= want {
			break
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d mails were delivered: %w", data.NumMessages, want, ctx.Err())
		}
	}
	uids, err := m.next(ctx)
	if err != nil {
		return err
	}
	raw, err := m.fetch(uids[0])
	if err == nil {
		p.Hosts, err = tracedBy(raw)
	}
	return err
}

var byHost = regexp.MustCompile(`\bby\s+([A-Za-z0-9.-]+)`)

// tracedBy gives every host that names itself in a Received field.
func tracedBy(raw []byte) (hosts []string, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	for _, r := range m.Header["Received"] {
		if by := byHost.FindStringSubmatch(r); by != nil && !slices.Contains(hosts, strings.ToLower(by[1])) {
			hosts = append(hosts, strings.ToLower(by[1]))
		}
	}
	if len(hosts) == 0 {
		return nil, errors.New("no host stands in the trace of the first mail")
	}
	return hosts, nil
}

// empty refuses a mailbox in which other mail lies: it would be answered.
func (p place) empty() error {
	m, err := openFloorMailbox(p, false)
	if err != nil {
		return err
	}
	defer m.close()
	data, err := m.c.Status("INBOX", &imap.StatusOptions{NumMessages: true}).Wait()
	if err != nil {
		return err
	}
	if data.NumMessages != nil && *data.NumMessages > 0 {
		return fmt.Errorf("the inbox of %s holds %d mails; the bench wants an empty one", p.Mailbox, *data.NumMessages)
	}
	return nil
}
