package postoffice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
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
	return o.put(to, "INBOX", append([]byte("Return-Path: <"+path+">\r\n"), o.stamp(raw, "", via)...))
}

// Put stores a mail as it is, with no trace and no verdict, as a client's APPEND would.
func (o *Office) Put(addr, folder string, raw []byte, flags ...string) error {
	defer o.announce()
	return o.put(addr, folder, raw, flags...)
}

func (o *Office) put(addr, folder string, raw []byte, flags ...string) error {
	u := o.box(addr)
	if u == nil {
		return fmt.Errorf("deliver to %s: no such account", addr)
	}
	opt := &imap.AppendOptions{Time: o.opt.Now()}
	for _, f := range flags {
		opt.Flags = append(opt.Flags, imap.Flag(f))
	}
	if _, err := u.Append(folder, bytes.NewReader(raw), opt); err != nil {
		return fmt.Errorf("deliver to %s of %s: %w", folder, addr, err)
	}
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
	return smtp.Dial(o.SMTPAddr())
}

// Messages gives what lies in a folder, oldest first; a folder that is not there is empty.
func (o *Office) Messages(addr, folder string) ([]Stored, error) {
	return o.messages(addr, folder, map[uint64][]byte{})
}

// Wait returns the first mail of the folder that matches, as soon as there is one.
func (o *Office) Wait(ctx context.Context, addr, folder string, match func(Stored) bool) (Stored, error) {
	known := map[uint64][]byte{}
	for {
		changed := o.change()
		all, err := o.messages(addr, folder, known)
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
			return Stored{}, fmt.Errorf("wait for mail in %s of %s (%d there): %w", folder, addr, len(all), context.Cause(ctx))
		}
	}
}

// messages asks for the bodies that are not known yet, and remembers them by UIDVALIDITY and UID.
func (o *Office) messages(addr, folder string, known map[uint64][]byte) ([]Stored, error) {
	var all []Stored
	err := o.inside(addr, func(c *imapclient.Client) error {
		box, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
		var no *imap.Error
		if errors.As(err, &no) || err == nil && box.NumMessages == 0 {
			return nil
		} else if err != nil {
			return err
		}
		everything := imap.UIDSet{imap.UIDRange{Start: 1, Stop: 0}}
		heads, err := c.Fetch(everything, &imap.FetchOptions{UID: true, Flags: true, InternalDate: true}).Collect()
		if err != nil {
			return err
		}
		key := func(uid imap.UID) uint64 { return uint64(box.UIDValidity)<<32 | uint64(uid) }
		if err := learn(c, heads, key, known); err != nil {
			return err
		}
		for _, h := range heads {
			all = append(all, stored(h, known[key(h.UID)]))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look into %s of %s: %w", folder, addr, err)
	}
	return all, nil
}

func learn(c *imapclient.Client, heads []*imapclient.FetchMessageBuffer, key func(imap.UID) uint64, known map[uint64][]byte) error {
	var unknown imap.UIDSet
	for _, h := range heads {
		if _, ok := known[key(h.UID)]; !ok {
			unknown.AddNum(h.UID)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	bodies, err := c.Fetch(unknown, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	for _, b := range bodies {
		known[key(b.UID)] = b.FindBodySection(section)
	}
	return err
}

func stored(h *imapclient.FetchMessageBuffer, raw []byte) Stored {
	s := Stored{UID: uint32(h.UID), Raw: raw, Arrived: h.InternalDate}
	for _, f := range h.Flags {
		s.Flags = append(s.Flags, string(f))
	}
	return s
}

// inside speaks IMAP with our own server, behind the counter: no fault reaches it, and it works while the office is stopped.
func (o *Office) inside(addr string, f func(*imapclient.Client) error) error {
	a, ok := o.accounts[strings.ToLower(addr)]
	if !ok {
		return errors.New("no such account")
	}
	nc, err := o.pipes.dial()
	if err != nil {
		return err
	}
	c := imapclient.New(nc, nil)
	defer c.Close()
	if err := c.WaitGreeting(); err != nil {
		return err
	}
	if err := c.Login(a.Address, a.Password.Reveal()).Wait(); err != nil {
		return err
	}
	return f(c)
}

// Renumber gives the folder a new UIDVALIDITY and its mails new UIDs, as a restored or rebuilt server does. All connections are cut.
func (o *Office) Renumber(addr, folder string) error {
	all, err := o.Messages(addr, folder)
	if err != nil {
		return err
	}
	u := o.box(addr)
	if err := errors.Join(u.Delete(folder), u.Create(folder, nil)); err != nil {
		return fmt.Errorf("renumber %s of %s: %w", folder, addr, err)
	}
	for _, m := range all {
		opt := &imap.AppendOptions{Time: m.Arrived}
		for _, f := range m.Flags {
			opt.Flags = append(opt.Flags, imap.Flag(f))
		}
		if _, err := u.Append(folder, bytes.NewReader(m.Raw), opt); err != nil {
			return fmt.Errorf("renumber %s of %s: %w", folder, addr, err)
		}
	}
	o.announce()
	o.Cut()
	return nil
}
