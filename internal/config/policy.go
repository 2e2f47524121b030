package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"ukpbjd/internal/sop"
)

func (t *Trust) read(s *section) {
	parsed(s, "authserv_id", &t.AuthservID, "write the first word of Authentication-Results as your server writes it", matches(anyHost, "host name"))
	t.ReceivedBy = listed(s, "received_by", "write a host name or address as it stands after `by` in your server's Received lines", hostOrAddress)
	t.Senders = listed(s, "senders", "write addresses that may send for others, as they stand in Sender", address)
	parsed(s, "assurance", &t.Assurance, "write basic, standard, strict or signed", choice(sop.Basic, sop.Standard, sop.Strict, sop.Signed))
	parsed(s, "below_received", &t.BelowReceived, "write true only where milters write below the server's own Received line", truth)
	s.done()
	if t.Assurance != sop.Basic {
		s.need("authserv_id", t.AuthservID != "", "write the first word of Authentication-Results as your server writes it, or set assurance: basic")
		s.need("received_by", len(t.ReceivedBy) > 0, "list your mail server's names as they stand after `by` in its Received lines")
	}
}

func hostOrAddress(s string) (string, error) {
	if !anyHost.MatchString(s) && !strings.Contains(s, ":") {
		return "", fmt.Errorf("%s names no host", shown(s))
	}
	return s, nil
}

func (a *Approval) read(s *section) {
	parsed(s, "undo_window", &a.UndoWindow, "write it as 15m; 0s for none", span(0, 24*time.Hour))
	parsed(s, "expires", &a.Expires, "write office days as 3d", officeDays(1, 60))
	parsed(s, "code", &a.Code, "", choice("subject", "sheet"))
	parsed(s, "quorum", &a.Quorum, "one approver or two", number(1, 2))
	parsed(s, "second_above", &a.SecondAbove, "from how many members on a second approver is wanted; 0 for never", number(0, 1000))
	parsed(s, "papers", &a.Papers, "write it as 10MiB; 0 attaches none", size(0, 100<<20))
	parsed(s, "read_back", &a.ReadBack, "", choice("doubts", "always"))
	s.done()
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// userID takes a pattern that gives SPSE user IDs: the placeholders, and plain characters between them.
func userID(s string) (string, error) {
	for _, p := range placeholder.FindAllString(s, -1) {
		if _, err := choice("{first}", "{last}", "{initial}", "{nip}", "{nip4}")(p); err != nil {
			return "", err
		}
	}
	rest := placeholder.ReplaceAllString(s, "")
	if rest == s || strings.Trim(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" || len(s) > 60 {
		return "", fmt.Errorf("%s is no pattern of user IDs", shown(s))
	}
	return s, nil
}

func (c *Credentials) read(s *section) {
	parsed(s, "source", &c.Source, "", choice("generate", "command"))
	if e, ok := s.find("command"); ok {
		c.Command = s.command(e)
	}
	parsed(s, "sheet", &c.Sheet, "", choice("encrypted", "plain", "none"))
	parsed(s, "tembusan", &c.Tembusan, "", choice("summary", "full"))
	parsed(s, "delivery", &c.Delivery, "", choice("plain", "pdf"))
	c.MasterKey = s.masterKey("key_file")
	parsed(s, "user_id", &c.UserID, `write it of {first}, {last}, {initial}, {nip}, {nip4} and letters, such as "{first}.{last}"`, userID)
	c.password(s.section("password"))
	s.done()
	s.need("command", c.Source != "command" || len(c.Command) > 0, "name the program that makes the accounts, as [/usr/local/bin/program, argument]")
	if c.Sheet == "plain" {
		s.r.warn(s.at("sheet"), "passwords travel to the approver unencrypted")
	}
	if c.Tembusan == "full" {
		s.r.warn(s.at("tembusan"), "full: Kepala LPSE is sent the password of every member, too")
	}
}

// password is the rule of generated passwords, and of those of credentials.command where it is given.
func (c *Credentials) password(s *section) {
	parsed(s, "length", &c.Password.Length, "write a number of characters, such as 14", number(8, 64))
	s.text("letters", &c.Password.Letters)
	s.text("symbols", &c.Password.Symbols)
	s.done()
	if err := c.Password.Check(); err != nil && !s.odd {
		s.r.fault(s.path, `write {length: 14, symbols: "@#$%*+=?"}, or leave the key out`, "%v", err)
	}
}

// command takes a program, or a list of program and arguments; no shell reads it.
func (s *section) command(e entry) []string {
	var args []string
	if _, list := e.value.(*ast.SequenceNode); list {
		args = listed(s, "command", "", plain)
	} else if text, ok := s.r.scalar(e); ok {
		args = []string{text}
	}
	if len(args) == 0 {
		return nil
	}
	info, err := os.Stat(args[0])
	if !filepath.IsAbs(args[0]) || err != nil || info.IsDir() || info.Mode().Perm()&0o111 == 0 {
		s.r.fault(e.path, "name an executable file with its full path", "%s is no program", shown(args[0]))
	}
	return args
}

func (d *Deadlines) read(s *section, zone *time.Location, now time.Time) {
	parsed(s, "approval", &d.Approval, "write office days as 1d", officeDays(1, 60))
	parsed(s, "completion", &d.Completion, "write office days as 3d", officeDays(1, 60))
	parsed(s, "receipt", &d.Receipt, "write office days as 1d", officeDays(1, 60))
	s.text("calendar", &d.CalendarFile)
	s.done()
	d.CalendarFile = s.r.path(d.CalendarFile)
	d.Calendar = s.r.calendar(s.at("calendar"), d.CalendarFile, zone, now)
}

func (t *Retention) read(s *section) {
	parsed(s, "closed", &t.Closed, "write the years of the office's retention schedule as 10y, or leave the key out",
		count("y", "number of years", 2, 100))
	s.done()
	if t.Closed > 0 {
		s.r.warn(s.at("closed"), "mails, papers and letters of a case are deleted %d years after the year in which it was closed; the journal keeps that they were", t.Closed)
	}
}

// agree checks what no section can see alone.
func (c *Config) agree(r *reader) {
	if c.Credentials.Delivery == "pdf" && c.Credentials.Sheet != "encrypted" && !r.wrong("credentials.sheet") {
		r.fault("credentials.delivery", "set credentials.sheet: encrypted, or credentials.delivery: plain",
			"the phrase that opens the pages is to stand in the sheet, which is not encrypted")
	}
	if c.Credentials.Tembusan == "full" && c.Credentials.Delivery == "pdf" {
		r.fault("credentials.tembusan", "set credentials.tembusan: summary, or credentials.delivery: plain",
			"the copy would show the passwords that credentials.delivery: pdf locks")
	}
	if c.Approval.Code == "sheet" && c.Credentials.Sheet != "encrypted" && !r.wrong("credentials.sheet") {
		r.fault("approval.code", "set credentials.sheet: encrypted, or approval.code: subject", "the code is to stand in the sheet, which is not encrypted")
	}
	if n := len(c.People.Approvers); n > 0 && n < 2 && (c.Approval.Quorum > 1 || c.Approval.SecondAbove > 0) {
		key := "approval.quorum"
		if c.Approval.Quorum < 2 {
			key = "approval.second_above"
		}
		r.fault(key, "name a second approver", "two approvers are wanted and one is named")
	}
	c.approversApart(r)
	for path, a := range c.People.Approving() {
		if c.Trust.Assurance == sop.Signed && len(a.Certificates) == 0 && len(a.OpenPGPKey) == 0 &&
			!r.wrong(path+".certificate_file") && !r.wrong(path+".openpgp_key_file") {
			r.fault(path+".certificate_file", "name the PEM file of the certificate they sign mail with, or openpgp_key_file",
				"is needed for assurance: signed")
		}
	}
	if !sameAddress(c.SMTP.From.Address, c.IMAP.Username) && strings.Contains(c.IMAP.Username, "@") && c.SMTP.From.Address != "" {
		r.warn("smtp.from", "replies go to %s, but the mailbox that is read is %s", c.SMTP.From.Address, c.IMAP.Username)
	}
}

// approversApart: an address answers for one approver only, and never for the office itself.
func (c *Config) approversApart(r *reader) {
	type place struct{ path, address string }
	var all []place
	for path, a := range c.People.Approving() {
		all = append(all, place{path + ".email", a.Address})
		for i, alias := range a.Aliases {
			all = append(all, place{index(path+".aliases", i), alias})
		}
	}
	for i, p := range all {
		switch {
		case sameAddress(p.address, c.SMTP.From.Address), sameAddress(p.address, c.IMAP.Username):
			r.fault(p.path, "name the approver's own mailbox", "is the office's own address")
			continue
		case sameAddress(p.address, c.People.KepalaLPSE.Address):
			r.warn(p.path, "is Kepala LPSE's address too: who approves then also receives the tembusan")
		}
		for _, o := range all[:i] {
			if sameAddress(p.address, o.address) {
				r.fault(p.path, "give every approver, deputy and alias an address of its own", "stands at %s already", o.path)
				break
			}
		}
	}
	for _, p := range []place{{"people.kepala_lpse.email", c.People.KepalaLPSE.Address}, {"people.kepala_bagian.email", c.People.KepalaBagian.Address},
		{"people.operator.email", c.People.Operator.Address}} {
		if sameAddress(p.address, c.SMTP.From.Address) || sameAddress(p.address, c.IMAP.Username) {
			r.fault(p.path, "name a mailbox of their own; the daemon would write to itself", "is the office's own address")
		}
	}
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
