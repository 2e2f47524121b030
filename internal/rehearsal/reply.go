package rehearsal

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

// Style is how a mail program writes and quotes (DOMAIN, "Replies as they really arrive").
type Style string

const (
	Gmail       Style = "gmail"
	Outlook     Style = "outlook"
	Thunderbird Style = "thunderbird"
	Roundcube   Style = "roundcube"
	Phone       Style = "phone" // Apple Mail on a phone, in Indonesian
	Plain       Style = "plain" // quotes nothing
)

// Styles lists them all.
var Styles = []Style{Gmail, Outlook, Thunderbird, Roundcube, Phone, Plain}

// Answer is what an actor says to a mail.
type Answer struct {
	From      sop.Person
	Text      string
	Style     Style
	Date      time.Time
	MessageID string // "": made from the rest
	Files     []sop.File
	Subject   string // "": Re: and the original's
}

// original is what a mail program knows of the mail it answers.
type original struct {
	id, subject string
	references  []string
	from        message.Address
	to          string
	date        time.Time
	text        string
}

// Reply answers a raw mail as the style's program would: same thread, own words on top, the original quoted below.
func Reply(raw []byte, a Answer) ([]byte, error) {
	o, err := read(raw)
	if err != nil {
		return nil, fmt.Errorf("reply to a mail: %w", err)
	}
	prefix := "Re: "
	if a.Style == Outlook {
		prefix = "RE: "
	}
	l := letter{Envelope: Envelope{From: a.From, To: []sop.Person{{Name: o.from.Name, Address: o.from.Addr}}, Date: a.Date, MessageID: a.MessageID},
		subject: cmp.Or(a.Subject, prefix+o.subject), inReplyTo: o.id, references: o.references, files: a.Files}
	own := strings.TrimRight(crlfless(a.Text), "\n")
	switch a.Style {
	case Gmail:
		l.gmail(own, o)
	case Outlook:
		l.outlook(own, o)
	case Thunderbird:
		l.agent = "Mozilla Thunderbird"
		when := o.date.Format("02/01/06 15.04")
		l.text = own + "\n\nPada " + when + ", " + called(o.from) + " menulis:\n" + quoted(o.text)
	case Roundcube:
		l.agent = "Roundcube Webmail/1.6.9"
		l.text = own + "\n\nPada " + o.date.Format("2006-01-02 15:04") + ", " + called(o.from) + " menulis:\n\n" + quoted(o.text)
	case Phone:
		l.text = own + "\n\nDikirim dari iPhone saya\n\n> Pada " + workday.DateWords(o.date) + ", pukul " + o.date.Format("15.04") + ", " + called(o.from) +
			" <" + o.from.Addr + "> menulis:\n> \n" + quoted(o.text)
	case Plain:
		l.text = own + "\n"
	default:
		return nil, fmt.Errorf("reply to a mail: style %q is not known", a.Style)
	}
	return l.bytes(), nil
}

func called(a message.Address) string { return cmp.Or(a.Name, a.Addr) }

func (l *letter) gmail(own string, o original) {
	day := workday.WeekdayName(o.date.Weekday())[:3]
	opener := fmt.Sprintf("Pada tanggal %s, %d %s %d pukul %s %s\n<%s> menulis:", day, o.date.Day(), workday.MonthName(o.date.Month())[:3],
		o.date.Year(), o.date.Format("15.04"), called(o.from), o.from.Addr)
	l.text = own + "\n\n" + opener + "\n\n" + quoted(o.text)
	l.html = `<div dir="ltr">` + paragraphs(own) + `</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">` +
		html.EscapeString(opener) + `<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">` +
		paragraphs(o.text) + `</blockquote></div>`
}

func (l *letter) outlook(own string, o original) {
	lines := [][2]string{{"Dari", called(o.from) + " <" + o.from.Addr + ">"},
		{"Dikirim", workday.WeekdayName(o.date.Weekday()) + ", " + workday.DateWords(o.date) + " " + o.date.Format("15.04")},
		{"Kepada", o.to}, {"Subjek", o.subject}}
	l.text = own + "\n\n________________________________\n"
	l.html = `<html><body><div style="font-family:Aptos,Calibri,sans-serif">` + paragraphs(own) + `</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">`
	for _, x := range lines {
		l.text += x[0] + ": " + x[1] + "\n"
		l.html += "<b>" + x[0] + ":</b> " + html.EscapeString(x[1]) + "<br>"
	}
	l.text += "\n" + o.text
	l.html += "</div>" + paragraphs(o.text) + "</body></html>"
}

func quoted(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, ">") {
			b.WriteString(">" + line + "\n")
			continue
		}
		b.WriteString("> " + line + "\n")
	}
	return b.String()
}

// read takes from a mail what a reply needs. The mails are our own; a hostile one gives an error, not a guess.
func read(raw []byte) (original, error) {
	m := message.Parse(raw, message.DefaultLimits(), nil)
	if len(m.From) == 0 {
		return original{}, errors.New("its sender cannot be read")
	}
	o := original{id: m.MessageID, subject: m.Subject, references: m.References, from: m.From[0], date: m.Date, text: crlfless(m.Text)}
	for len(o.subject) > 3 && strings.EqualFold(o.subject[:3], "re:") {
		o.subject = strings.TrimSpace(o.subject[3:])
	}
	if len(m.To) > 0 {
		o.to = called(m.To[0]) + " <" + m.To[0].Addr + ">"
	}
	if o.date.IsZero() {
		o.date = time.Unix(0, 0).UTC()
	}
	return o, nil
}
