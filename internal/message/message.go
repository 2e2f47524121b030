// Package message reads one raw mail into a Message: header fields, the sender's own words without quotes, attachments,
// and the marks of automatic mail. It reads leniently and keeps every problem, so that an odd mail reaches a person and
// none is lost. It never panics and its work is bounded by Limits.
package message

import (
	"strings"
	"time"
)

// Field is one header field in the order of the mail; Value is unfolded, undecoded.
type Field struct{ Name, Value string }

// Address is one mailbox; Addr is as written (trimmed), Name decoded.
type Address struct{ Name, Addr string }

// Attachment is any leaf that is not the canonical text: attached, inline or nameless.
type Attachment struct {
	Name        string // cleaned: no path, no control characters, never empty
	ContentType string // lower case media type
	Bytes       []byte // decoded
	SHA256      string // hex of Bytes
	Problem     string // empty, or what is wrong: truncated, empty, bad-base64 …
}

// Problem is a fault that was found and survived. Severe ones mean that two readers could read the mail differently.
type Problem struct {
	Name   string // kebab-case: duplicate-header, body-vanished, too-deep …
	Detail string // %q-quoted
	Severe bool
}

// Bounce is what a delivery report or an undeliverable notice says.
type Bounce struct {
	Recipients []BouncedRecipient
	OriginalID string // Message-ID of the letter that came back, if it is quoted
	Subject    string // of that letter
	Formal     bool   // a report by its form; without it only the words are those of one, and people write such words too
}

// BouncedRecipient is one address of a Bounce.
type BouncedRecipient struct {
	Address string
	Action  string // failed, delayed, delivered, relayed, expanded
	Status  string // RFC 3463, e.g. 5.1.1; may be empty
	Text    string
}

// Message is one mail as read.
type Message struct {
	Header      []Field
	From        []Address // every mailbox of every From field
	FromRaw     []string  // the From fields as they stand, unfolded: the shape gate reads these (SoleFrom)
	Sender      []Address
	To, Cc      []Address
	Subject     string
	MessageID   string // with angle brackets
	InReplyTo   []string
	References  []string
	Date        time.Time // zero when absent or unreadable
	Text        string    // the canonical text/plain part, UTF-8
	HTML        string
	Own         string // own words of Text: quotes, signature and banners aside
	HTMLOwn     string // own words of HTML as text, same rules
	Beside      string // what may be the sender's as well: under a signature's mark or between quoted lines, and further parts of text; never obeyed
	Below       bool   // Own is empty, but below what looks like a quote stand words that no mark shows to be quoted
	Files       []Attachment
	Automation  []string // named marks of automatic mail; empty for human mail
	Bounce      *Bounce
	Problems    []Problem
	Identity    string // hex SHA-256 over Message-ID, From, To, Subject, Date and body: equal for two deliveries of one mail
	ContentHash string // the same without Message-ID: tells a second mail that reuses a Message-ID
	Size        int
}

// Severe returns the name of the first problem by which two readers could read this mail differently, or "".
func (m *Message) Severe() string {
	for _, p := range m.Problems {
		if p.Severe {
			return p.Name
		}
	}
	return ""
}

// Fields returns every value of the named header field, in order, any letter case.
func (m *Message) Fields(name string) []string {
	var out []string
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			out = append(out, f.Value)
		}
	}
	return out
}

func (m *Message) field(name string) string {
	if v := m.Fields(name); len(v) > 0 {
		return v[0]
	}
	return ""
}
