package letter

import (
	"net/url"
	"strings"
)

// Link is a mailto address that holds the answer ready: to the office mailbox, the subject that carries the code, and as text
// exactly the command. It is empty where a mail of its own could not be matched: without a code in the subject only a reply
// can (DESIGN, "Mail grammar").
func (v *View) Link(command string) string {
	if v.Code == "" || v.Office.Address == "" {
		return ""
	}
	return mailto(v.Office.Address, "Re: "+v.mailSubject, command)
}

// mailto follows RFC 6068 §2: spaces are %20, never +.
func mailto(to, subject, body string) string {
	percent := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return "mailto:" + strings.ReplaceAll(percent(to), "%40", "@") + "?subject=" + percent(subject) + "&body=" + percent(body)
}

// Agree is the link that approves. Where only signed text counts, the code stands in it too: a signature leaves the subject out.
func (v *View) Agree() string {
	if v.Office.Signed && !v.Office.CodeInSheet {
		return v.Link("SETUJU " + v.Code)
	}
	return v.Link("SETUJU")
}
