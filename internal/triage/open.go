package triage

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// Token is what opens something as long as its approval letter is the newest: whoever may write into the mailbox could answer with it.
type Token struct {
	Case  string
	Issue int
}

const (
	maxNested   = 3
	maxCodes    = 500
	maxInHeader = 64 << 10
)

var codeWord = regexp.MustCompile(`\b(?i:` + CodePattern + `)\b`)

// CodesIn are the words of a mail that have the shape of a code: of its header, its text, and the mails in it.
func CodesIn(raw []byte, msg *message.Message) (out []string) {
	texts := []string{string(raw[:min(len(raw), maxInHeader)])}
	var mail func(m *message.Message, depth int)
	mail = func(m *message.Message, depth int) {
		texts = append(texts, m.Subject, m.Text, m.HTML)
		for _, f := range m.Files {
			if f.ContentType == "message/rfc822" && depth < maxNested {
				mail(message.Parse(f.Bytes, message.DefaultLimits(), nil), depth+1)
			}
		}
	}
	mail(msg, 0)
	for _, t := range texts {
		for _, w := range codeWord.FindAllString(t, maxCodes) {
			w = strings.ToUpper(w)
			if strings.ContainsAny(w, "23456789") && strings.Trim(w, "23456789") != "" && !slices.Contains(out, w) && len(out) < maxCodes {
				out = append(out, w)
			}
		}
	}
	return out
}

// Open are the tokens in a mail with which a proven SETUJU would be obeyed: codes among its words, and Message-IDs that it answers.
func (t Triage) Open(v View, msg *message.Message, words, numbers []string, at time.Time) (out []Token, err error) {
	add := func(c *sop.Case, to string, revision, issue int) {
		s := t.Office.Identify(c, to)
		s.Proof = sop.Proof{Level: t.Office.Level, Result: sop.Proven}
		w := sop.Command{Verb: sop.Setuju, Ref: sop.Ref{Via: "code", Kind: sop.Persetujuan, Revision: revision, Issue: issue, To: to}}
		if x := (Token{c.Number, issue}); t.Office.Refusal(c, s, w, at) == "" && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	for _, id := range answers(msg) {
		p, ok, err := v.ByMessageID(id)
		if err != nil {
			return nil, err
		}
		if l := p.Letter; ok && l != nil && l.Kind == sop.Persetujuan && !t.written(l.To.Address) {
			c, ok, err := v.Case(p.Case)
			if err != nil {
				return nil, err
			}
			if ok {
				add(&c, l.To.Address, l.Revision, l.Issue)
			}
		}
	}
	for _, number := range numbers {
		c, ok, err := v.Case(number)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		issues := []int{c.Issue}
		for _, m := range c.Members {
			if m.Mend != nil {
				issues = append(issues, m.Mend.Issue)
			}
		}
		for _, a := range t.Office.Acting(&c, at) {
			for _, issue := range issues {
				if slices.Contains(words, t.Codes.ApprovalCode(number, c.Revision, issue, a.Address)) {
					add(&c, a.Address, c.Revision, issue)
				}
			}
		}
	}
	return out, nil
}
