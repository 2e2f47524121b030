package triage

import (
	"regexp"
	"slices"
	"strings"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// match is how a mail was tied to a case.
type match struct {
	found  bool
	number string
	c      sop.Case
	ref    sop.Ref
	sender sop.Sender
	typed  bool // only a case number was found: it proves nothing
	wrong  bool // a code was given, and it is not the right one
	other  bool // the subject names another case than the letter that is answered
	bare   bool // SETUJU without the code that has to be written
}

var caseTag = regexp.MustCompile(`\[([A-Z][A-Z0-9]{0,9}-\d{4}-\d{4,8})\]`)
var bareTag = regexp.MustCompile(`\b([A-Z][A-Z0-9]{0,9}-\d{4}-\d{4,8})\b`)

// WithoutCode is a subject as it may be shown and kept.
func WithoutCode(subject string) string {
	return subjectCode.ReplaceAllString(subject, "kode ······")
}

var subjectCode = regexp.MustCompile(`(?i)\bkode\s+(` + CodePattern + `)\b`)

// correlate finds the case of a reply: by a Message-ID of ours that it answers, by the code, or by a number alone.
func (t Triage) correlate(v View, msg *message.Message, from string) (match, error) {
	c, err := t.answered(v, msg)
	if err != nil {
		return c, err
	}
	tag := caseTag.FindStringSubmatch(strings.ToUpper(msg.Subject))
	switch {
	case c.found:
		c.other = tag != nil && tag[1] != c.number
	case tag != nil:
		c.found, c.number, c.typed = true, tag[1], true
	default:
		if tag = bareTag.FindStringSubmatch(strings.ToUpper(msg.Subject)); tag == nil || AsksForAccounts(msg.Subject) {
			return c, nil
		}
		c.found, c.number, c.typed = true, tag[1], true
	}
	var ok bool
	if c.c, ok, err = v.Case(c.number); err != nil || !ok {
		return match{}, err
	}
	c.sender = t.Office.Identify(&c.c, from)
	written := t.written(from)
	given := t.given(msg, written)
	t.code(&c, given, from)
	marked(msg, &c)
	said, _ := intent(msg)
	c.bare = written && given == "" && said.Verb == sop.Setuju
	if c.typed && given == "" && !t.speaksToUs(c, msg, from) {
		return match{}, nil
	}
	return c, nil
}

// answered looks for Message-IDs that we know: of a letter of ours, or of a mail that is part of a case.
func (t Triage) answered(v View, msg *message.Message) (match, error) {
	var c match
	for _, id := range answers(msg) {
		p, ok, err := v.ByMessageID(id)
		if err != nil {
			return c, err
		}
		if !ok || c.found && p.Case != c.number {
			continue
		}
		c.found, c.number = true, p.Case
		if l := p.Letter; l != nil {
			c.ref = sop.Ref{Via: "message-id", Kind: l.Kind, Revision: l.Revision, Issue: l.Issue, To: l.To.Address, NIP: l.NIP}
			return c, nil
		}
	}
	return c, nil
}

// speaksToUs: a number that somebody typed ties a mail to the case only if a participant of the case, or who may ask for accounts like its
// requester, also says a command or sends papers; they are then told how to answer. Everything else is people writing to each other.
func (t Triage) speaksToUs(c match, msg *message.Message, from string) bool {
	_, why := intent(msg)
	party := len(c.sender.Roles) > 0
	papers := len(msg.Files) > 0 && (c.supplements() || !party && t.Allowed(from))
	return papers || party && (why == "" || why == "words-missing" || len(msg.Automation) > 0)
}

// supplements: the sender may send what is missing.
func (c match) supplements() bool {
	return c.sender.Has(sop.RoleRequester) || c.sender.Has(sop.RoleColleague)
}

// answers are the Message-IDs that a mail names, the one it answers first.
func answers(msg *message.Message) []string {
	older := slices.Clone(msg.References)
	slices.Reverse(older)
	ids := slices.Concat(msg.InReplyTo, older)
	return ids[:min(len(ids), 50)]
}

// written: the code counts only where the sender wrote it, because it stands in the encrypted sheet alone, or because a
// signature covers the text and not the subject (DESIGN, "Trust", signed).
func (t Triage) written(from string) bool {
	_, approver := t.Office.Approver(from)
	return t.Office.CodeInSheet || approver && t.Office.Level == sop.Signed
}

// given is the code in the subject, or beside SETUJU, which counts more.
func (t Triage) given(msg *message.Message, written bool) (code string) {
	if s := subjectCode.FindStringSubmatch(msg.Subject); s != nil && !written {
		code = strings.ToUpper(s[1])
	}
	if cmd, why := intent(msg); why == "" && cmd.Verb == sop.Setuju && cmd.Arg != "" {
		code = cmd.Arg
	}
	return code
}

// code compares what was given with the codes that the sender could have.
func (t Triage) code(c *match, given, from string) {
	a, approver := t.Office.Approver(from)
	switch {
	case given == "":
	case approver:
		t.approverCode(c, given, a)
	case c.sender.Has(sop.RoleMember) && given == t.Codes.MemberCode(c.number, c.sender.NIP):
		c.typed, c.ref.NIP, c.ref.Via = false, c.sender.NIP, via(c.ref.Via)
	}
}

func via(had string) string { return strings.TrimPrefix(had+"+code", "+") }

// approverCode matches against the present letter and the earlier ones of this case; an old code is answered, not obeyed.
func (t Triage) approverCode(c *match, given string, a sop.Approver) {
	for rev := c.c.Revision; rev > 0 && rev > c.c.Revision-20; rev-- {
		for issue := issues(c.c, rev); issue > 0; issue-- {
			if given != t.Codes.ApprovalCode(c.number, rev, issue, a.Address) {
				continue
			}
			c.typed = false
			c.ref = sop.Ref{Via: via(c.ref.Via), Kind: sop.Persetujuan, Revision: rev, Issue: issue, To: a.Address}
			return
		}
	}
	c.wrong = true
}

// issues is how many issues of a revision's letter may exist; earlier revisions are tried up to a fixed number.
func issues(c sop.Case, rev int) int {
	if rev == c.Revision {
		return c.Issue
	}
	return 9
}
