package stage

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"regexp"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
)

// options of a mail, in the order in which they stand there.
type mailOptions struct {
	re, subject, prefix, from, quote string
	header, cc, attach               []string
	renamed, unproven                bool
	report, names                    string
}

func (p *player) options(args []string) (o mailOptions, err error) {
	for len(args) > 0 {
		key := args[0]
		if len(args) < 2 {
			return o, fmt.Errorf("%s wants a value", key)
		}
		value := p.fill(args[1], plainly)
		args = args[2:]
		switch key {
		case "re":
			o.re = value
		case "subject":
			o.subject = value
		case "prefix":
			o.prefix = value
		case "from-header":
			o.from = value
		case "header":
			o.header = append(o.header, value)
		case "cc":
			o.cc = append(o.cc, value)
		case "quote":
			o.quote = value
		case "ids":
			o.renamed = true
		case "proof":
			o.unproven = true
		case "report":
			o.report = value
		case "names":
			o.names = value
		case "attach":
			o.attach = []string{value}
			for len(args) > 0 && (strings.Contains(args[0], ":") || args[0] == "blank-form") {
				o.attach, args = append(o.attach, args[0]), args[1:]
			}
		default:
			return o, fmt.Errorf("no option is called %s", key)
		}
	}
	return o, nil
}

func (p *player) mail(s dialogueStep) error {
	o, err := p.options(s.args[1:])
	if err != nil {
		return err
	}
	text := p.fill(s.text, plainly)
	var raw []byte
	p.sent = p.id()
	if s.args[0] == "mailer" {
		raw, err = p.report(o, text)
	} else {
		raw, err = p.write(s.args[0], o, text)
	}
	if err != nil {
		return err
	}
	p.since = p.count()
	if o.report == "" && o.from == "" && !o.unproven {
		err = p.Submit(p.people[s.args[0]], raw, p.Cast.Office)
	} else {
		err = p.Post.Put(p.Cast.Office.Address, "INBOX", append(p.trace(s.args[0], o), raw...))
	}
	return errors.Join(err, p.settle())
}

// write makes the mail of a person.
func (p *player) write(who string, o mailOptions, text string) (raw []byte, err error) {
	from := p.people[who]
	files, err := p.attachments(o.attach)
	if err != nil {
		return nil, err
	}
	if o.re == "" {
		raw = rehearsal.Bundle{Subject: o.subject, Text: text + "\n", Files: files}.Mail(
			rehearsal.Envelope{From: from, To: []sop.Person{p.Cast.Office}, Date: p.clock.now(), MessageID: p.sent})
	} else {
		l, err := p.letter(who, o.re)
		if err != nil {
			return nil, err
		}
		style := map[string]rehearsal.Style{"": rehearsal.Plain, "none": rehearsal.Plain, "ordinary": rehearsal.Thunderbird, "full": rehearsal.Outlook}[o.quote]
		if o.prefix != "" {
			o.subject = o.prefix + " " + l.Msg.Subject
		}
		if raw, err = rehearsal.Reply(l.Raw, rehearsal.Answer{From: from, Text: text, Style: style, Date: p.clock.now(), MessageID: p.sent, Files: files, Subject: o.subject}); err != nil {
			return nil, err
		}
	}
	if o.from != "" {
		raw = setField(raw, "From", o.from)
	}
	if o.renamed {
		raw = setField(setField(raw, "References", "<relay-1@relay.example>"), "In-Reply-To", "<relay-1@relay.example>")
	}
	for _, c := range o.cc {
		o.header = append(o.header, "Cc: "+mime.QEncoding.Encode("UTF-8", p.people[c].Name)+" <"+p.people[c].Address+">")
	}
	for _, h := range o.header {
		raw = append([]byte(h+"\r\n"), raw...)
	}
	return raw, nil
}

// setField gives a field that stands there another value.
func setField(raw []byte, name, value string) []byte {
	at := regexp.MustCompile(`(?m)^` + name + `: .*\r\n([ \t].*\r\n)*`)
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	head = at.ReplaceAllLiteral(append(head, "\r\n"...), []byte(name+": "+value+"\r\n"))
	return append(append(head, "\r\n"...), body...)
}

// trace is what the mail server writes above a mail that was not handed in over it.
func (p *player) trace(who string, o mailOptions) []byte {
	from := p.people[who].Address
	verdict := "Authentication-Results: " + p.Post.AuthservID() + "; dmarc=none\r\n"
	switch {
	case o.unproven:
		verdict = ""
	case from != "" && strings.Contains(o.from, "<"+from+">") || strings.HasPrefix(o.from, from+" "):
		verdict = "Authentication-Results: " + p.Post.AuthservID() + "; auth=pass smtp.auth=" + from + "\r\n"
	}
	return fmt.Appendf(nil, "Return-Path: <%s>\r\n%sReceived: from relay.example (relay.example [192.0.2.1])\r\n\tby %s (postoffice) with ESMTP;\r\n\t%s\r\n",
		from, verdict, p.Post.Host(), p.clock.now().Format(time.RFC1123Z))
}

// report is what a mail server says of a letter (RFC 3464).
func (p *player) report(o mailOptions, text string) ([]byte, error) {
	l, err := p.letter("", o.re)
	if err != nil {
		return nil, err
	}
	head, _, _ := bytes.Cut(l.Raw, []byte("\r\n\r\n"))
	head = append(head, "\r\n"...)
	if o.renamed {
		head = setField(append(head, "\r\n"...), "Message-ID", "<relay-2@relay.example>")
	}
	names := l.To.Address
	if o.names != "" {
		names = o.names
	}
	var b bytes.Buffer
	line := func(format string, v ...any) { fmt.Fprintf(&b, format+"\r\n", v...) }
	line("From: Mail Delivery System <MAILER-DAEMON@mx.%s>\r\nTo: %s\r\nSubject: Laporan pengiriman\r\nDate: %s\r\nMessage-ID: %s\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0",
		Domain, p.Cast.Office.Address, p.clock.now().Format(time.RFC1123Z), p.sent)
	if o.report == "plain" {
		line("Content-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n\r\n%s", strings.ReplaceAll(text, "\n", "\r\n"), head)
		return b.Bytes(), nil
	}
	status := map[string]string{"failed": "5.1.1", "delayed": "4.4.1", "delivered": "2.0.0"}[o.report]
	const edge = "=_laporan"
	line("Content-Type: multipart/report; report-type=delivery-status; boundary=%q\r\n", edge)
	line("--%s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s", edge, strings.ReplaceAll(text, "\n", "\r\n"))
	line("--%s\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.%s\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: %s\r\nStatus: %s", edge, Domain, names, o.report, status)
	line("--%s\r\nContent-Type: text/rfc822-headers\r\n\r\n%s\r\n--%s--", edge, head, edge)
	return b.Bytes(), nil
}

func (p *player) command(s dialogueStep) error {
	if p.conf == "" {
		dir := p.t.TempDir()
		var err error
		if p.conf, err = p.Write(dir); err != nil {
			return err
		}
	}
	args := []string{"--config", p.conf}
	for _, a := range s.args {
		args = append(args, p.fill(a, plainly))
	}
	p.since = p.count()
	var out, bad bytes.Buffer
	code := operate(p.ctx, args, &out, &bad)
	if err := p.settle(); err != nil {
		return err
	}
	for _, w := range s.wants {
		if !p.matches(w[1], out.String()) {
			return fmt.Errorf("prints nothing like %q (exit %d): %s%s", w[1], code, out.String(), bad.String())
		}
	}
	return nil
}

func (p *player) ifAsked(who, word string) error {
	if err := p.settle(); err != nil {
		return err
	}
	for _, l := range slices.Backward(p.letters(who)[p.since[who]:]) {
		if !regexp.MustCompile(`\b` + word + `\b`).MatchString(l.Msg.Text) {
			continue
		}
		raw, err := rehearsal.Reply(l.Raw, rehearsal.Answer{From: p.people[who], Text: word, Style: rehearsal.Plain, Date: p.clock.now(), MessageID: p.id()})
		if err != nil {
			return err
		}
		return errors.Join(p.Submit(p.people[who], raw, p.Cast.Office), p.settle())
	}
	return nil
}

// expect looks for the letter, and lets the time pass in which it may come.
func (p *player) expect(s dialogueStep) error {
	if s.args[0] == "nobody" {
		for who := range p.people {
			if fresh := slices.DeleteFunc(slices.Clone(p.letters(who)[p.since[who]:]), ofTheCalendar); len(fresh) > 0 {
				return fmt.Errorf("%s got %s", who, kinds(fresh))
			}
		}
		return nil
	}
	all := append([]dialogueStep{s}, s.others...)
	met := func() bool { return slices.ContainsFunc(all, func(a dialogueStep) bool { return p.came(a) == nil }) }
	until := p.clock.now()
	for _, a := range all {
		within := a.args[len(a.args)-1]
		at := p.clock.now().Add(time.Minute)
		if n, err := days(within); err == nil {
			at = p.later(p.clock.now(), n)
		}
		if at.After(until) {
			until = at
		}
	}
	if !met() {
		if err := p.walk(until, met); err != nil {
			return err
		}
	}
	for _, a := range all {
		if err := p.came(a); err == nil {
			return p.notSaid(a)
		}
	}
	return p.came(s)
}

// came says what is missing of a letter.
func (p *player) came(s dialogueStep) error {
	who := s.args[0]
	fresh := p.letters(who)[p.since[who]:]
	missing := errors.New("it did not come")
	for _, l := range fresh {
		if kind := s.args[1]; kind != "any" && string(KindOf(l.Msg)) != kind {
			continue
		}
		lacks := ""
		for _, w := range s.wants {
			ok := true
			switch w[0] {
			case "contains":
				ok = p.matches(w[1], l.Msg.Subject+" "+l.Msg.Text)
			case "top":
				ok = p.matches(w[1], top(l.Msg.Text))
			case "attached":
				ok = slices.ContainsFunc(l.Msg.Files, func(f message.Attachment) bool { return p.matches(w[1], f.Name) })
			}
			if !ok {
				lacks = w[0] + ": " + p.fill(w[1], plainly)
				break
			}
		}
		if lacks == "" {
			return nil
		}
		missing = fmt.Errorf("a letter came without %q:\n%s\n%s", lacks, l.Msg.Subject, l.Msg.Text)
	}
	return fmt.Errorf("%w; %s got: %s", missing, who, kinds(fresh))
}

func (p *player) notSaid(s dialogueStep) error {
	for _, w := range s.wants {
		for _, l := range p.letters(s.args[0])[p.since[s.args[0]]:] {
			if w[0] == "not" && p.matches(w[1], l.Msg.Subject+" "+l.Msg.Text) {
				return fmt.Errorf("it says %q:\n%s\n%s", w[1], l.Msg.Subject, l.Msg.Text)
			}
		}
	}
	return nil
}

func (p *player) matches(expression, text string) bool {
	literal := func(s string) string {
		if groups := document.GroupNIP(s); groups != s { // as letters print a NIP
			return strings.ReplaceAll(groups, " ", " ?")
		}
		return regexp.QuoteMeta(s)
	}
	return regexp.MustCompile(`(?i)` + p.fill(expression, literal)).MatchString(strings.Join(strings.Fields(strings.ReplaceAll(text, "\n| ", "\n")), " "))
}

// top are the first eight filled lines of a letter below its greeting.
func top(text string) string {
	if _, below, ok := strings.Cut(text, "Dengan hormat,"); ok {
		text = below
	}
	var filled []string
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l != "" && len(filled) < 8 {
			filled = append(filled, l)
		}
	}
	return strings.Join(filled, "\n")
}

// ofTheCalendar: letters that come whatever anybody does.
func ofTheCalendar(l Letter) bool {
	k := KindOf(l.Msg)
	return k == sop.TitikPeriksa || k == sop.LaporanBulanan || k == sop.RingkasanOperator
}

func kinds(all []Letter) string {
	var out []string
	for _, l := range all {
		out = append(out, string(KindOf(l.Msg)))
	}
	return "[" + strings.Join(out, " ") + "]"
}

func (p *player) silent(args []string) error {
	kind := ""
	if last := args[len(args)-1]; p.people[last].Address == "" {
		kind, args = last, args[:len(args)-1]
	}
	for _, who := range args {
		for _, l := range p.letters(who)[p.since[who]:] {
			if kind == "" && !ofTheCalendar(l) || string(KindOf(l.Msg)) == kind {
				return fmt.Errorf("%s got a letter:\n%s\n%s", who, l.Msg.Subject, l.Msg.Text)
			}
		}
	}
	return nil
}

func (p *player) state(want string) error {
	v, err := p.Daemon.Control.Show(p.ctx, p.number(1))
	if err == nil && !slices.Contains(strings.Split(want, "|"), v.Status) {
		return fmt.Errorf("the case is %s", v.Status)
	}
	return err
}

func (p *player) stays() error {
	for _, m := range p.folder("INBOX") {
		if parsed(m.Raw).MessageID == p.sent && len(m.Flags) == 0 {
			return nil
		}
	}
	return errors.New("it is not in the inbox, or not as it came")
}

// credentials counts the letters with a password that somebody got, of one case or of any.
func (p *player) credentials(who, number string, from int) (n int) {
	for _, l := range p.letters(who)[from:] {
		if KindOf(l.Msg) == sop.Kredensial && strings.Contains(l.Msg.Subject, number) {
			n++
		}
	}
	return n
}

// invariants hold after every dialogue, whatever it says.
func (p *player) invariants() error {
	var wrong []string
	r, err := p.Daemon.Audit.Verify(p.ctx)
	for _, f := range r.Findings {
		wrong = append(wrong, "verify: "+f.Where+": "+f.What)
	}
	words, e := p.Passwords()
	err = errors.Join(err, e)
	leaks, e := p.Leaks(words, p.log.bytes())
	err = errors.Join(err, e)
	wrong = append(wrong, leaks...)
	live := map[string]string{}
	for who, x := range p.people {
		for _, l := range p.letters(who) {
			if KindOf(l.Msg) == sop.Kredensial {
				if w := PasswordIn(l.Msg); w != "" && live[p.nips[who]] != "" && live[p.nips[who]] != w {
					wrong = append(wrong, who+" has two passwords")
				} else if w != "" {
					live[p.nips[who]] = w
				}
				if p.nips[who] == "" || !strings.Contains(l.Msg.Text, x.Name) {
					wrong = append(wrong, "a password in the mailbox of "+who)
				}
			}
			for line := range strings.Lines(l.Msg.Text) {
				if _, is := triage.ParseCommand(line); is {
					wrong = append(wrong, fmt.Sprintf("a line of %s to %s is a command: %s", KindOf(l.Msg), who, line))
				}
			}
		}
	}
	err = errors.Join(err, p.Daemon.Office.View(p.ctx, func(b store.Books) error {
		pos, _, err := b.Mails.Position()
		for uid := pos.From; uid < pos.Next; uid++ {
			if _, ok, e := b.Mails.Get(store.UID{Validity: pos.UIDValidity, UID: uid}); e != nil || !ok && uid > 0 {
				wrong = append(wrong, fmt.Sprintf("mail %d has no outcome", uid))
			}
		}
		return err
	}))
	if len(wrong) > 0 {
		err = errors.Join(err, errors.New(strings.Join(wrong, "\n")))
	}
	return err
}
