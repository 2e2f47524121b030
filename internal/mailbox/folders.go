package mailbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// learnNames asks how folders are named here: RFC 2342 where offered, else from LIST "" "".
func (s *session) learnNames(ctx context.Context) error {
	if s.caps.Has(imap.CapNamespace) {
		return s.brief(ctx, "ask for the namespace", func() error {
			data, err := s.client.Namespace().Wait()
			if err != nil {
				return err
			}
			if len(data.Personal) > 0 {
				s.prefix, s.delim = data.Personal[0].Prefix, delimiter(data.Personal[0].Delim)
			}
			for _, other := range slices.Concat(data.Other, data.Shared) {
				if other.Prefix != "" && other.Prefix != s.prefix {
					s.foreign = append(s.foreign, other.Prefix)
				}
			}
			return nil
		})
	}
	return s.brief(ctx, "ask for the delimiter", func() error {
		list, err := s.client.List("", "", nil).Collect()
		if err == nil && len(list) > 0 {
			s.delim = delimiter(list[0].Delim)
		}
		return err
	})
}

func delimiter(r rune) string {
	if r == 0 {
		return ""
	}
	return string(r)
}

// name is the server's own name of a folder. INBOX stands in every namespace.
func (s *session) name(folder string) string { return serverName(folder, s.prefix, s.delim) }

func serverName(folder, prefix, delim string) string {
	parts := strings.Split(folder, "/")
	if delim != "" && delim != "/" {
		for i := range parts {
			parts[i] = strings.ReplaceAll(parts[i], delim, "_")
		}
	}
	name := strings.Join(parts, cmp.Or(delim, "/"))
	switch {
	case strings.EqualFold(name, "INBOX"):
		return "INBOX"
	case len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix):
		return prefix + name[len(prefix):]
	}
	return prefix + name
}

// ownName turns a server's name back, as Options would write it.
func ownName(name, prefix, delim string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	name = strings.TrimPrefix(name, prefix)
	if delim != "" && delim != "/" {
		name = strings.ReplaceAll(name, delim, "/")
	}
	return name
}

// ensure makes sure the folder is there, and gives its name.
func (s *session) ensure(ctx context.Context, folder string) (string, error) {
	name := s.name(folder)
	if s.exists[name] {
		return name, nil
	}
	there, err := s.listed(ctx, name)
	if err == nil && !there {
		err = s.create(ctx, name)
	}
	if err != nil {
		return "", fmt.Errorf("folder %s: %w", folder, err)
	}
	s.exists[name] = true
	return name, nil
}

func (s *session) listed(ctx context.Context, name string) (bool, error) {
	found := false
	err := s.brief(ctx, "list", func() error {
		list, err := s.client.List("", escapeWildcards(name), nil).Collect()
		for _, l := range list {
			found = found || usable(l) && (l.Mailbox == name || strings.EqualFold(name, "INBOX") && strings.EqualFold(l.Mailbox, "INBOX"))
		}
		return err
	})
	return found, err
}

func usable(l *imap.ListData) bool {
	return !slices.Contains(l.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(l.Attrs, imap.MailboxAttrNonExistent)
}

// escapeWildcards: "%" stands for itself and for much else; the exact name is looked for in the answer.
func escapeWildcards(name string) string { return strings.ReplaceAll(name, "*", "%") }

func (s *session) create(ctx context.Context, name string) error {
	return s.brief(ctx, "create", func() error {
		if err := s.client.Create(name, nil).Wait(); err != nil {
			if codeOf(err) == imap.ResponseCodeAlreadyExists {
				return nil
			}
			return err
		}
		// Many mail programs show only subscribed folders; a refusal costs nobody anything.
		if err := s.client.Subscribe(name).Wait(); lost(err) {
			return err
		}
		return nil
	})
}
