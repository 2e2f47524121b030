package intake

import (
	"cmp"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
)

// MailPapers is what one mail gives to read: its files, its sender's own words (of its HTML where it has no plain text), and the
// domain of the office mailbox, against which look-alikes are told. The daemon and `ukpbjd read` both go by it, so that they
// cannot come to different readings.
func MailPapers(msg *message.Message, files []document.Source, mailbox string) document.Bundle {
	b := document.Bundle{Sources: files, Body: cmp.Or(msg.Own, msg.HTMLOwn)}
	if mailbox != "" {
		b.OwnDomains = []string{mailbox[strings.LastIndexByte(mailbox, '@')+1:]}
	}
	return b
}
