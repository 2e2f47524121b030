package letter

import "strings"

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
	return "mailto:" + percent(to, "@") + "?subject=" + percent(subject, "") + "&body=" + percent(body, "")
}

func percent(s, keep string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~"+keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// Agree is the link that approves. Where only signed text counts, the code stands in it too: a signature leaves the subject out.
func (v *View) Agree() string {
	if v.Office.Signed && !v.Office.CodeInSheet {
		return v.Link("SETUJU " + v.Code)
	}
	return v.Link("SETUJU")
}
