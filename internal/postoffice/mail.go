package postoffice

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"ukpbjd/internal/secret"
)

// Stored is one mail in a folder.
type Stored struct {
	UID     uint32
	Raw     []byte
	Flags   []string
	Arrived time.Time
}

// Deliver puts a mail into the INBOX of to as if it had come from outside: with a return path, a verdict and a trace.
func (o *Office) Deliver(to string, raw []byte) error {
	path := ""
	if all := fromAddresses(raw); len(all) > 0 {
		path = clean(all[0])
	}
	via := fmt.Sprintf("from outside.invalid (outside.invalid [192.0.2.1])\r\n\tby %s (postoffice) with ESMTP", o.opt.Host)
	defer o.announce()
	return o.put(to, "INBOX", o.opt.Now(), append([]byte("Return-Path: <"+path+">\r\n"), o.addTraceHeaders(raw, "", via)...))
}

// Put stores a mail as it is, with no trace and no verdict, as a client's APPEND would.
func (o *Office) Put(addr, folder string, raw []byte, flags ...string) error {
	defer o.announce()
	return o.put(addr, folder, o.opt.Now(), raw, flags...)
}

// Drag brings a mail from another mailbox, with the date that it had there, as a mail program does for a person.
func (o *Office) Drag(addr, folder string, at time.Time, raw []byte) error {
	defer o.announce()
	return o.put(addr, folder, at, raw)
}

// Discard takes mails out of a folder, as a person does.
func (o *Office) Discard(addr, folder string, match func(Stored) bool) error {
	c := o.box(addr)
	if c == nil || c.find(folder) == nil {
		return fmt.Errorf("discard mails of %s: no folder %s", addr, folder)
	}
	defer o.announce()
	c.find(folder).take(func(m *stored) bool { return match(m.shown()) })
	return nil
}

func (o *Office) put(addr, name string, at time.Time, raw []byte, flags ...string) error {
	c := o.box(addr)
	if c == nil {
		return fmt.Errorf("deliver to %s: no such account", addr)
	}
	f := c.find(name)
	if f == nil {
		return fmt.Errorf("deliver to %s: no folder %s", addr, name)
	}
	var list []imap.Flag
	for _, flag := range flags {
		list = append(list, imap.Flag(flag))
	}
	f.add(bytes.Clone(raw), at, list)
	return nil
}

// Submit sends a mail over SMTP; with an absent password as a stranger from outside.
func (o *Office) Submit(from string, password secret.Secret, to []string, raw []byte) error {
	c, err := o.dialSMTP()
	if err != nil {
		return fmt.Errorf("submit mail of %s: %w", from, err)
	}
	defer c.Close()
	if !password.Absent() {
		if err := c.Auth(sasl.NewPlainClient("", from, password.Reveal())); err != nil {
			return fmt.Errorf("sign in as %s: %w", from, err)
		}
	}
	if err := c.SendMail(from, to, bytes.NewReader(raw)); err != nil {
		return fmt.Errorf("submit mail of %s: %w", from, err)
	}
	return c.Quit()
}

func (o *Office) dialSMTP() (*smtp.Client, error) {
	switch o.opt.Security {
	case "tls":
		return smtp.DialTLS(o.SMTPAddr(), o.ClientTLS())
	case "starttls":
		return smtp.DialStartTLS(o.SMTPAddr(), o.ClientTLS())
	}
	nc, err := o.opt.Dial("tcp", o.SMTPAddr())
	if err != nil {
		return nil, err
	}
	return smtp.NewClient(nc), nil
}

// Messages gives what lies in a folder, oldest first; a folder that is not there is empty. Nobody may change the bytes.
func (o *Office) Messages(addr, name string) ([]Stored, error) {
	c := o.box(addr)
	if c == nil {
		return nil, fmt.Errorf("look into %s of %s: no such account", name, addr)
	}
	f := c.find(name)
	if f == nil {
		return nil, nil
	}
	var list []Stored
	for _, m := range f.all() {
		list = append(list, m.shown())
	}
	return list, nil
}

func (m *stored) shown() Stored {
	s := Stored{UID: uint32(m.uid), Raw: m.raw, Arrived: m.at}
	for _, flag := range m.flagList() {
		s.Flags = append(s.Flags, string(flag))
	}
	return s
}

// Folders gives the names of an account's folders.
func (o *Office) Folders(addr string) []string {
	var names []string
	if c := o.box(addr); c != nil {
		for _, f := range c.list() {
			names = append(names, f.name)
		}
	}
	return names
}

// Wait returns the first mail of the folder that matches, as soon as there is one.
func (o *Office) Wait(ctx context.Context, addr, name string, match func(Stored) bool) (Stored, error) {
	for {
		changed := o.change()
		all, err := o.Messages(addr, name)
		if err != nil {
			return Stored{}, err
		}
		for _, m := range all {
			if match(m) {
				return m, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Stored{}, fmt.Errorf("wait for mail in %s of %s (%d there): %w", name, addr, len(all), context.Cause(ctx))
		}
	}
}

// Renumber gives the folder a new UIDVALIDITY and its mails new UIDs, as a restored or rebuilt server does. All connections are cut.
func (o *Office) Renumber(addr, name string) error {
	if c := o.box(addr); c == nil || !c.renumber(name) {
		return fmt.Errorf("renumber %s of %s: no such folder", name, addr)
	}
	o.announce()
	o.Cut()
	return nil
}
