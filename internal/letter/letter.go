// Package letter turns a sop.Letter into subject, text and HTML with templates that an office can override. No line of any
// letter parses as a command. What comes from outside is cleaned before a template sees it, and only the letter kredensial
// is ever given a password, and the tembusan where its task names the members.
package letter

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
)

// Data is everything that a letter is made from. Templates see it only through View.
type Data struct {
	Office  sop.Office
	Case    sop.Case
	Letter  sop.Letter
	Code    string // of an approval or member letter; "" where the code stands in the sheet
	Asked   string // code of the approval letter that waits for this approver's answer; the links of a letter that asks again carry it
	Now     time.Time
	Report  *Report   // only for laporan-bulanan
	Journal *Journal  // only for titik-periksa
	Waiting []Waiting // only for ringkasan-operator

	Carried *sop.Carried // only for hasil-pendaftaran
	// only for kredensial
	UserID   string
	Password secret.Secret
	Locked   bool // the password stands in an attached page that a phrase opens, and not in the letter

	Passwords map[string]secret.Secret // by NIP; only for a tembusan that names whose it carries
}

// Rendered is one letter ready to be put into a mail.
type Rendered struct{ Subject, Text, HTML string }

const (
	maxSubject = 120     // runes of the letter's own words, without number and code
	maxLetter  = 4 << 20 // bytes of one rendered part
	maxPass    = 128
)

// Render makes one letter. It is deterministic, and safe for concurrent use.
func (s *Set) Render(d Data) (Rendered, error) {
	r, err := s.render(d)
	if err != nil {
		return Rendered{}, fmt.Errorf("render %s: %w", d.Letter.Kind, err)
	}
	r.Text = harmless(r.Text, passwords(d))
	return r, nil
}

// render leaves a line that parses as a command as it is, so that Check can find it.
func (s *Set) render(d Data) (Rendered, error) {
	one, ok := s.letters[d.Letter.Kind]
	if !ok {
		return Rendered{}, errors.New("no such letter")
	}
	if err := fit(d); err != nil {
		return Rendered{}, err
	}
	v := newView(d)
	var err error
	if v.Subject, err = one.words("subject", v); err != nil {
		return Rendered{}, err
	}
	if v.Subject == "" {
		return Rendered{}, errors.New("the subject is empty")
	}
	if v.askSubject, err = s.asked(d, v); err != nil {
		return Rendered{}, err
	}
	if v.Nature, err = one.words("sifat", v); err != nil {
		return Rendered{}, err
	}
	copied, err := one.words("tembusan", v)
	if err != nil {
		return Rendered{}, err
	}
	v.HasCopy, v.mailSubject = copied != "", mailSubject(v)
	var text, page bounded
	if err := one.text.ExecuteTemplate(&text, "surat-text", v); err != nil {
		return Rendered{}, err
	}
	if err := one.html.ExecuteTemplate(&page, "surat-html", v); err != nil {
		return Rendered{}, err
	}
	return Rendered{Subject: v.mailSubject, Text: lay(text.String(), passwords(d)...), HTML: tidy.Replace(page.String())}, nil
}

// asked is the subject of the approval letter that waits for the addressee's answer; empty where none does.
func (s *Set) asked(d Data, v *View) (string, error) {
	if v.Case.ReadBack && v.Role == string(sop.RoleRequester) { // the subject names the revision; there is no code
		subject, err := s.letters[sop.BacaUlang].words("subject", &View{Revision: d.Case.Revision})
		return mailSubject(&View{Subject: subject, Number: v.Number}), err
	}
	if d.Asked == "" || !v.asksAgain() || !v.Case.Asked || d.Case.Expires.IsZero() {
		return "", nil
	}
	subject, err := s.letters[sop.Persetujuan].words("subject", v)
	return mailSubject(&View{Subject: subject, Number: v.Number, Code: d.Asked}), err
}

// tidy takes out paragraphs that had nothing to say.
var tidy = strings.NewReplacer("<p></p>\n", "", "<p><b></b></p>\n", "", "<p></p>", "", "<p><b></b></p>", "")

// mailSubject is what every reply is matched by: the number, and the code where there is one (DESIGN, "Mail grammar").
func mailSubject(v *View) string {
	b := v.Subject
	if v.Number != "" {
		b = "[" + v.Number + "] " + b
	}
	if v.Code != "" {
		b += " - kode " + v.Code
	}
	return b
}

// fit refuses what must never be rendered: a password outside its letter, or one that the letter could not carry exactly.
func fit(d Data) error {
	if full(d.Letter) {
		return fitCopy(d)
	}
	if len(d.Passwords) > 0 || len(d.Letter.Of) > 0 && d.Letter.Kind != sop.Persetujuan { // whose sheet is made elsewhere
		return errors.New("passwords of several members were given to a letter that must not carry them")
	}
	if d.Letter.Kind != sop.Kredensial {
		if !d.Password.Absent() {
			return errors.New("a password was given to a letter that must not carry one")
		}
		return nil
	}
	if d.Letter.NIP == "" || d.Case.Member(d.Letter.NIP) == nil {
		return errors.New("the member is not in the roster")
	}
	if d.UserID == "" || d.UserID != clean(d.UserID, maxUserID) {
		return errors.New("the user ID is empty or cannot be printed exactly")
	}
	if kept := d.Case.Accounts[d.Letter.NIP].Kept; (kept || d.Locked) != d.Password.Absent() {
		return errors.New("a password is needed unless the account is kept, and only then")
	}
	return fitPassword(d.Password.Reveal())
}

// full says that a letter is the tembusan with passwords, to Kepala LPSE.
func full(l sop.Letter) bool {
	return l.Kind == sop.Tembusan && l.Role == sop.RoleKepala && len(l.Of) > 0
}

// fitCopy: exactly the passwords that the letter is to carry, each of a member with an account of their own.
func fitCopy(d Data) error {
	if len(d.Passwords) != len(d.Letter.Of) || !d.Password.Absent() {
		return errors.New("the copy was not given exactly the passwords that it is to carry")
	}
	for _, nip := range d.Letter.Of {
		a := d.Case.Accounts[nip]
		switch {
		case d.Case.Member(nip) == nil:
			return errors.New("a member of the copy is not in the roster")
		case d.Passwords[nip].Absent() || a.Kept:
			return errors.New("the copy was not given exactly the passwords that it is to carry")
		case a.UserID == "" || a.UserID != clean(a.UserID, maxUserID):
			return errors.New("a user ID is empty or cannot be printed exactly")
		}
		if err := fitPassword(d.Passwords[nip].Reveal()); err != nil {
			return err
		}
	}
	return nil
}

// fitPassword keeps a password readable as exactly what it is, alone on its line.
func fitPassword(p string) error {
	if p == "" {
		return nil
	}
	if p != clean(p, maxPass) {
		return errors.New("the password cannot be printed exactly")
	}
	words := strings.Fields(p)
	if strings.ContainsAny(p[:1], ">|") || (len(words) > 1 || isVerb(strings.Trim(p, ".\"'"))) && startsAsCommand(p) {
		return errors.New("the password would read as a command or a quote")
	}
	return nil
}

// passwords are the lines that stay exactly as they are.
func passwords(d Data) (lines []string) {
	if !d.Password.Absent() {
		lines = append(lines, d.Password.Reveal())
	}
	for _, p := range d.Passwords {
		lines = append(lines, p.Reveal())
	}
	return lines
}

// bounded refuses to grow without end; an override may loop.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxLetter {
		return 0, fmt.Errorf("the letter is longer than %d bytes", maxLetter)
	}
	return b.Buffer.Write(p)
}
