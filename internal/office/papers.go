package office

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"ukpbjd/internal/message"
	"ukpbjd/internal/store"
)

// Papers loads the papers of a case from the archive, oldest first. What has no place of its own there yet is taken from the
// archived mail that it came with.
func (c *Clerk) Papers(ctx context.Context, number string) ([]message.Attachment, error) {
	cs, err := c.Case(ctx, number)
	if err != nil {
		return nil, err
	}
	var out []message.Attachment
	done := map[string]bool{}
	mails := mailsOf{c: c, ctx: ctx, number: number}
	for _, p := range cs.Reading.Papers {
		name, _, _ := strings.Cut(p.File, "/")
		if p.SHA256 == "" || done[p.SHA256] {
			continue
		}
		done[p.SHA256] = true
		b, err := mails.archived(p.SHA256)
		if err != nil {
			return nil, fmt.Errorf("read paper %q of %s: %w", name, number, err)
		}
		out = append(out, message.Attachment{Name: name, Bytes: b, SHA256: p.SHA256})
	}
	return out, nil
}

// mailsOf holds the mails of one case whose papers are still to be archived, each parsed once.
type mailsOf struct {
	c      *Clerk
	ctx    context.Context
	number string
	papers map[string][]byte
}

// archived is a paper from its own place in the archive, or out of its mail.
func (m *mailsOf) archived(sha string) ([]byte, error) {
	b, err := m.c.Archive.Get(sha)
	if errors.Is(err, fs.ErrNotExist) {
		b, err = m.paper(sha)
	}
	return b, err
}

func (m *mailsOf) paper(sha string) ([]byte, error) {
	if m.papers == nil {
		if err := m.load(); err != nil {
			return nil, err
		}
	}
	b, ok := m.papers[sha]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return b, nil
}

func (m *mailsOf) load() error {
	var list []store.Unarchived
	if err := m.c.View(m.ctx, func(b store.Books) (err error) {
		list, err = b.Papers.OfCase(m.number)
		return err
	}); err != nil {
		return err
	}
	m.papers = map[string][]byte{}
	for _, u := range list {
		papers, err := m.c.Unpack(u)
		if err != nil {
			return err
		}
		for sha, b := range papers {
			m.papers[sha] = b
		}
	}
	return nil
}

// Unpack reads the papers of a mail out of its archived bytes. Each paper that the books name is there, or it is an error.
func (c *Clerk) Unpack(u store.Unarchived) (map[string][]byte, error) {
	if len(u.Papers) == 0 {
		return nil, nil
	}
	raw, err := c.Archive.Get(u.Mail)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, f := range message.Parse(raw, message.DefaultLimits(), nil).Files {
		out[f.SHA256] = f.Bytes
	}
	for _, p := range u.Papers {
		if _, ok := out[p.SHA256]; !ok {
			return nil, fmt.Errorf("paper %s is not in mail %s", p.SHA256, u.Mail)
		}
	}
	return out, nil
}
