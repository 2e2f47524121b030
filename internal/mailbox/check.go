package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// Level says how bad a finding is.
type Level string

const (
	Good Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Finding is one line of Check: what was looked at, what was found, and what to do about it.
type Finding struct {
	Level   Level
	Subject string
	Text    string
	Remedy  string // empty if nothing is to be done
}

// Check signs in, looks at what the server can do, and makes sure of the folders; it goes on after a finding where it can.
func (b *Box) Check(ctx context.Context) []Finding {
	var found []Finding
	err := b.filing.do(ctx, job{work: func(ctx context.Context, s *session) error {
		found = []Finding{{Good, "imap login", fmt.Sprintf("signed in to %s as %s", b.opt.Address, b.opt.Username), ""}}
		found = append(found, s.abilities()...)
		for _, folder := range []string{b.opt.Inbox, b.opt.Processed, b.opt.Review} {
			f, err := s.checkFolder(ctx, folder)
			if lost(err) {
				return err
			}
			f.Subject = "imap folder " + folder
			found = append(found, f)
		}
		return nil
	}})
	if err != nil {
		found = append(found, b.trouble(err))
	}
	return found
}

func (s *session) abilities() []Finding {
	var found []Finding
	for _, c := range []struct {
		has          bool
		name, remedy string
	}{
		{s.caps.Has(imap.CapIdle), "IDLE", "new mail is seen only at each imap.poll; make it shorter if that is too slow"},
		{s.caps.Has(imap.CapMove), "MOVE", "handled mail is copied, then removed; nothing to do"},
		{s.caps.Has(imap.CapUIDPlus), "UIDPLUS", "without it a message cannot be removed alone; with neither MOVE nor UIDPLUS handled mail stays in the inbox, marked; a newer mail server is advised"},
	} {
		f := Finding{Good, "imap " + c.name, "offered", ""}
		if !c.has {
			f = Finding{Warn, "imap " + c.name, "not offered by the server", c.remedy}
		}
		found = append(found, f)
	}
	return found
}

// checkFolder looks at the inbox, or makes sure of another folder; an answer of the server stands in the finding.
func (s *session) checkFolder(ctx context.Context, folder string) (f Finding, err error) {
	f.Level = Good
	if folder != s.box.opt.Inbox {
		f.Text = fmt.Sprintf("there, called %q by the server", s.name(folder))
		f.Remedy = fmt.Sprintf("create %s (here called %q) by hand, or let this user create folders", folder, s.name(folder))
		_, err = s.ensure(ctx, folder)
	} else if err = s.enter(ctx, folder, writing); err != nil {
		f.Remedy = "imap.inbox must name an existing folder that this user may read and write"
	} else if s.at.UIDValidity == 0 {
		f.Remedy, err = "messages cannot be told apart safely; use another mail server", &ownError{errNoValidity}
	} else {
		f.Text = fmt.Sprintf("%d messages", s.at.NumMessages)
	}
	if err == nil {
		f.Remedy = ""
	} else {
		f.Level, f.Text = Fail, err.Error()
	}
	return f, err
}

// trouble turns a failed connection into something to do.
func (b *Box) trouble(err error) Finding {
	f := Finding{Fail, "imap connection", err.Error(), "check imap.address and that this host may reach it (firewall, DNS)"}
	switch {
	case errors.Is(err, ErrLogin):
		f.Subject = "imap login"
		f.Remedy = "check imap.username and the file that imap.password_file names (a trailing space?); some providers want an app password"
	case is[*tls.CertificateVerificationError](err):
		f.Subject = "imap TLS"
		f.Remedy = "imap.address must be a name in the server's certificate, issued by an authority this system trusts (package ca-certificates)"
	case is[tls.RecordHeaderError](err):
		f.Subject = "imap TLS"
		f.Remedy = "the server does not begin with TLS on this port; port 993 is for imap.security tls, port 143 for starttls"
	}
	return f
}
