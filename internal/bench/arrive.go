package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

const arriveMost = 2 * time.Minute

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
	ctx, cancel := context.WithTimeout(ctx, arriveMost)
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
