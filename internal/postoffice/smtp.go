package postoffice

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Transaction is one mail the office took responsibility for, whether or not the client ever heard of it.
type Transaction struct {
	At       time.Time
	Login    string // empty: from outside
	From     string // envelope; empty is the null return path
	To       []string
	Raw      []byte // as it came in
	Answered bool   // the client got its 250
}

// Journal gives every accepted transaction in order.
func (o *Office) Journal() []Transaction {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.journal)
}

func (o *Office) mailServer(ctx context.Context) *smtp.Server {
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &submission{office: o, conn: c, ctx: ctx}, nil
	}))
	srv.Domain, srv.MaxMessageBytes, srv.MaxRecipients = o.opt.Host, o.opt.MaxMessage, 100
	srv.ReadTimeout, srv.WriteTimeout = 5*time.Minute, time.Minute
	srv.TLSConfig, srv.AllowInsecureAuth = o.serverTLS(), o.opt.Security == "none"
	srv.EnableDSN, srv.ErrorLog = true, o.printer()
	return srv
}

// submission is one SMTP conversation.
type submission struct {
	office *Office
	conn   *smtp.Conn
	ctx    context.Context
	login  string
	from   string
	to     []recipient
	how    Behaviour // of the last recipient that misbehaves
}

type recipient struct {
	addr string
	how  Behaviour
}

func (s *submission) addresses() []string {
	var all []string
	for _, r := range s.to {
		all = append(all, r.addr)
	}
	return all
}

func (s *submission) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *submission) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(identity, username, password string) error {
		a, ok := s.office.signIn(username, password)
		if !ok || s.office.submissionRefused(username) || identity != "" && identity != username {
			return smtp.ErrAuthFailed
		}
		s.login = a.Address
		return nil
	}), nil
}

func (s *submission) Reset()        { s.from, s.to, s.how = "", nil, Behaviour{} }
func (s *submission) Logout() error { return nil }

func (s *submission) Mail(from string, _ *smtp.MailOptions) error {
	if s.foreign(from) {
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Sender address rejected: not owned by user"}
	}
	s.from = from
	return nil
}

// foreign: a signed-in sender may write only their own address, or the null path of a report.
func (s *submission) foreign(addr string) bool {
	return s.login != "" && !s.office.opt.Misconfigured && addr != "" && !strings.EqualFold(addr, s.login)
}

func (s *submission) Rcpt(to string, _ *smtp.RcptOptions) error {
	o := s.office
	local := o.domains[domainOf(to)]
	switch {
	case domainOf(to) == "":
		return &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 1, 3}, Message: "Bad recipient address syntax"}
	case !local && s.login == "":
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Relay access denied"}
	}
	b := o.behaviour(s.from, to)
	if b.Code != 0 {
		return &smtp.SMTPError{Code: b.Code, EnhancedCode: smtp.EnhancedCode{b.Code / 100, 0, 0}, Message: cmp.Or(b.Text, "Refused on request")}
	}
	if local && o.box(to) == nil && b.Bounce == "" {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "User unknown"}
	}
	if b != (Behaviour{}) {
		s.how = b
	}
	s.to = append(s.to, recipient{to, b})
	return nil
}

func (s *submission) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.login != "" && !s.office.opt.Misconfigured {
		for _, addr := range fromAddresses(raw) {
			if s.foreign(addr) {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "From header rejected: not owned by user"}
			}
		}
	}
	if s.how.Delay > 0 {
		s.pause(s.how.Delay)
	}
	if s.how.Echo != "" {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "Content rejected: " + quoted(raw, s.how.Echo)}
	}
	return s.end(raw)
}

// quoted is what a talkative filter repeats of a mail: the words that stand alone on their lines, and not too many.
func quoted(raw []byte, how string) string {
	var words []string
	for line := range bytes.Lines(raw) {
		if w := string(bytes.TrimSpace(line)); len(w) >= 8 && !strings.Contains(w, " ") && len(words) < 30 {
			words = append(words, w)
		}
	}
	text := clean(strings.Join(words, " "))
	switch how {
	case "base64":
		return base64.StdEncoding.EncodeToString([]byte(text))
	case "quoted-printable":
		return strings.ReplaceAll(text, "=", "=3D")
	}
	return text
}

// end accepts the mail or not, and answers or not.
func (s *submission) end(raw []byte) error {
	lost := s.how.Ending == DropLost || s.how.Ending == HangLost
	if !lost {
		if err := s.accept(raw); err != nil {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Local error"}
		}
	}
	switch s.how.Ending {
	case HangLost, HangAccepted:
		s.pause(0)
	case DropLost, DropAccepted:
		s.conn.Conn().Close()
	}
	return nil
}

// pause waits d, or without end when d is zero, but never longer than the office is open or the client stays.
func (s *submission) pause(d time.Duration) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	if d > 0 {
		ctx, cancel = context.WithTimeout(s.ctx, d)
		defer cancel()
		<-ctx.Done()
		return
	}
	// Nothing may come from the client now; a read ends when it goes away.
	stop := context.AfterFunc(ctx, func() { s.conn.Conn().Close() })
	defer stop()
	s.conn.Conn().SetReadDeadline(time.Time{}) //nolint:errcheck // a connection that is gone ends the read
	io.Copy(io.Discard, s.conn.Conn())         //nolint:errcheck // its end is all we wait for
}

func (s *submission) accept(raw []byte) error {
	o := s.office
	now := o.opt.Now()
	t := Transaction{At: now, Login: s.login, From: s.from, To: s.addresses(), Raw: raw, Answered: s.how.Ending == Answer}
	if o.opt.BriefJournal {
		t.Raw = nil
	}
	o.mu.Lock()
	o.journal = append(o.journal, t)
	n := len(o.journal)
	o.mu.Unlock()
	defer o.announce()
	via := fmt.Sprintf("from %s ([127.0.0.1])\r\n\tby %s (postoffice) with %s id %06d", clean(s.conn.Hostname()), o.opt.Host, s.protocol(), n)
	stamped := o.addTraceHeaders(raw, s.login, via)
	for _, to := range s.to {
		if err := o.carry(s.from, to, raw, stamped); err != nil {
			return err
		}
	}
	if s.login != "" && o.opt.SaveSent {
		return o.put(s.login, "Sent", o.opt.Now(), raw, `\Seen`)
	}
	return nil
}

func (s *submission) protocol() string {
	p := "ESMTP"
	if _, tls := s.conn.TLSConnectionState(); tls {
		p += "S"
	}
	if s.login != "" {
		p += "A"
	}
	return p
}

// carry puts one recipient's copy where it belongs; mail to other domains is taken and forgotten.
func (o *Office) carry(from string, to recipient, raw, stamped []byte) error {
	if to.how.Bounce != "" {
		return o.bounce(from, to.addr, to.how, raw)
	}
	if o.box(to.addr) == nil || o.opt.BriefJournal && !strings.EqualFold(to.addr, o.opt.Accounts[0].Address) {
		return nil
	}
	return o.put(to.addr, "INBOX", o.opt.Now(), slices.Concat([]byte("Return-Path: <"+clean(from)+">\r\n"), stamped))
}

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '<' || r == '>' {
			return '?'
		}
		return r
	}, s)
}
