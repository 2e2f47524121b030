package triage

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// A requester answers the roster that was read back to them with BENAR, with lines such as "2 email putu@example.go.id", or with the workbook.

var (
	// amendLine is one line of an answer: a number of the letter's list or a NIP, the name of a value, the value. The rows of our own letters
	// have more blanks.
	amendLine = regexp.MustCompile(`(?i)^[-–•* ]{0,3}(?:(?:no|nomor)[. ] ?)?(\d{18}|\d{1,3})[.):]? (?:adalah )?(` + document.AmendLabels + `)\b ?[:=]? ?([^\s:=].*)$`)
	// about begins like such a line.
	about = regexp.MustCompile(`(?i)^[-–•* ]{0,3}(?:(?:no|nomor)[. ] ?)?\d{1,18}[.):]? ?(?:` + document.AmendLabels + `)`)
	// removes are words about who is a member: a list that changes so is sent anew, not amended.
	removes = regexp.MustCompile(`(?i)\b(di)?(hapus|coret|keluarkan|mutasi|ganti(kan)?|tambah(kan)?)\b|\b(pindah|pensiun|mundur|batal|bukan|kecuali|jangan|tunda|tunggu|tidak|belum)\b`)
	// readBackMark is what the subject of a letter that reads back says of its revision.
	readBackMark = regexp.MustCompile(`(?i)\(revisi (\d{1,4})\)`)
)

// amends reads the lines of an answer. some: there is one that is, or begins like, such a line; quote is the one that stops all of them.
func (t Triage) amends(msg *message.Message, c *match) (out []document.Amendment, some bool, quote string) {
	for _, l := range spoken(msg) {
		l = spacedNIP.ReplaceAllString(strings.TrimSpace(visible(l)), "$1$2$3$4")
		m := amendLine.FindStringSubmatch(l)
		switch a, ok := amendment(m, c); {
		case ok:
			out, some = append(out, a), true
		case m != nil || about.MatchString(l):
			some, quote = true, cmp.Or(quote, l)
		case removes.MatchString(l), len(t.unknown(l, c)) > 0, anyNIP.MatchString(l):
			quote = cmp.Or(quote, l)
		}
	}
	return out, some, quote
}

// amendment is what one line says of a member. A number means the list of the letter that is answered, and no other.
func amendment(m []string, c *match) (a document.Amendment, ok bool) {
	if m == nil {
		return a, false
	}
	n, _ := strconv.Atoi(m[1])
	for i, x := range c.c.Members {
		if len(m[1]) == 18 && x.Row.NIP == m[1] || i+1 == n && c.ref.Revision == c.c.Revision {
			return document.Amend(x.Row, m[2], m[3])
		}
	}
	return a, false
}

// readBack reads what a requester, or whom they copied, answers to a roster; done: that is what the mail is. A workbook, or other papers, are
// looked at first: where they say nothing new, the word beside them holds.
func (t Triage) readBack(v Verdict, m Mail, c match, said Command, why string) (out Verdict, done bool) {
	confirms := why == "" && said.Verb == sop.Benar
	if why == "html-differs" || !c.supplements() || c.c.Approval != nil || c.c.Status.Closed() || len(c.c.Members) == 0 || why == "" && !confirms {
		return v, false
	}
	lines, some, quote := t.amends(m.Msg, &c)
	switch {
	case quote != "" && (some || confirms):
		return t.unclear(v, c, "lines-unread", quote), true
	case len(lines) > 0 && v.From.Proof.Result != sop.Proven:
		return t.unproven(v, m.Proof), true
	case len(lines) > 0:
		v.Amends = lines
		return t.supplement(v, m, c, why), true
	case confirms && len(m.Msg.Files) > 0 && v.From.Proof.Result == sop.Proven && (m.Reading == nil || !sop.Same(c.c.Reading, *m.Reading)):
		return t.supplement(v, m, c, why), true
	case confirms:
		return v, false
	}
	return t.readdresses(v, m, c)
}

// marked ties a BENAR that was written as a mail of its own to what was read back, by the revision in its subject: it releases nothing, and
// is asked for its proof as papers are.
func marked(msg *message.Message, c *match) {
	said, why := intent(msg)
	mark := readBackMark.FindStringSubmatch(msg.Subject)
	if mark == nil || !c.typed || !c.supplements() || why == "" && said.Verb != sop.Benar {
		return
	}
	n, _ := strconv.Atoi(mark[1])
	c.typed, c.ref = false, sop.Ref{Via: "revision", Kind: sop.BacaUlang, Revision: n, To: c.c.Requester.Address}
}
