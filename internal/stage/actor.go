package stage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/office"
	"ukpbjd/internal/postoffice"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
)

// Letter is a letter of the office as it lies in somebody's mailbox.
type Letter struct {
	To  sop.Person
	Raw []byte
	Msg *message.Message
}

// Await waits for a letter of that kind to somebody, of a case or, with an empty number, of any.
func (s *Stage) Await(ctx context.Context, to sop.Person, number string, kind sop.LetterKind) (Letter, error) {
	var found Letter
	_, err := s.Post.Wait(ctx, to.Address, "INBOX", func(x postoffice.Stored) bool {
		found = Letter{to, x.Raw, message.Parse(x.Raw, message.DefaultLimits(), nil)}
		return KindOf(found.Msg) == kind && strings.Contains(found.Msg.Subject, number)
	})
	if err != nil {
		return Letter{}, fmt.Errorf("wait for the letter %s to %s: %w", kind, to.Address, err)
	}
	return found, nil
}

// KindOf is the kind of letter that a mail is; empty for mails of people.
func KindOf(m *message.Message) sop.LetterKind {
	if kinds := m.Fields(office.KindHeader); len(kinds) > 0 {
		return sop.LetterKind(strings.TrimSpace(kinds[0]))
	}
	return ""
}

// Request sends a request as staff does, with Kepala LPSE in copy or not.
func (s *Stage) Request(b rehearsal.Bundle, copyKepala bool) error {
	e := rehearsal.Envelope{From: s.Cast.Staff, To: []sop.Person{s.Cast.Office}, Date: time.Now(), HTML: true,
		MessageID: fmt.Sprintf("<permohonan-%d-%d@%s>", time.Now().UnixNano(), s.next(), Domain)}
	to := []sop.Person{s.Cast.Office}
	if copyKepala {
		e.Cc = []sop.Person{s.Cast.KepalaLPSE}
		to = append(to, s.Cast.KepalaLPSE)
	}
	return s.Submit(s.Cast.Staff, b.Mail(e), to...)
}

// Answer replies to a letter as a mail program of that style does.
func (s *Stage) Answer(l Letter, text string, style rehearsal.Style, files ...sop.File) error {
	raw, err := s.Reply(l, text, style, files...)
	if err != nil {
		return err
	}
	return s.Submit(l.To, raw, s.Cast.Office)
}

// Reply makes the bytes of an answer without sending them.
func (s *Stage) Reply(l Letter, text string, style rehearsal.Style, files ...sop.File) ([]byte, error) {
	return rehearsal.Reply(l.Raw, rehearsal.Answer{From: l.To, Text: text, Style: style, Date: time.Now(), Files: files,
		MessageID: fmt.Sprintf("<jawaban-%d-%d@%s>", time.Now().UnixNano(), s.next(), Domain)})
}

// People are the members of a request as addressees.
func People(b rehearsal.Bundle) []sop.Person {
	var out []sop.Person
	for _, r := range b.Roster {
		out = append(out, sop.Person{Name: r.Nama, Address: r.Email})
	}
	return out
}
