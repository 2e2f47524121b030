package postman

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// phase is how far one transaction has come.
type phase int

const (
	phaseMail phase = iota // nothing of the letter has left
	phaseRcpt
	phaseBegin // the caller records that DATA comes
	phaseData
	phaseBody // the letter is under way, its end is not
	phaseDot  // the end may have arrived
)

func (p phase) String() string {
	return [...]string{"sender", "recipient", "recording", "announcement of the letter", "letter", "end of the letter"}[p]
}

// ending is how one transaction ended.
type ending struct {
	phase  phase
	err    error // nil: accepted
	text   string
	usable bool // the connection may carry another letter
}

var errTooLarge = errors.New("the letter is too large")

func tooLarge(most string, n int) bool {
	limit, err := strconv.Atoi(most)
	return err == nil && limit > 0 && n > limit
}

const chunk = 64 << 10

// check refuses what cannot be put into an envelope.
func (it Item) check() error {
	if it.From != "" && !Reachable(it.From) {
		return fmt.Errorf("the sender %q is no plain address", it.From)
	}
	if !Reachable(it.To) {
		return fmt.Errorf("the recipient %q is no plain address", it.To)
	}
	if len(it.Bytes) == 0 {
		return errors.New("the letter is empty")
	}
	return nil
}

// deliver runs MAIL, RCPT, DATA, the letter, the dot.
func (s *session) deliver(ctx context.Context, it Item) ending {
	if s.dirty {
		s.begin(s.step)
		if err := s.c.Reset(); err != nil {
			return ending{phase: phaseMail, err: err}
		}
		s.dirty = false
	}
	if _, most := s.c.Extension("SIZE"); tooLarge(most, len(it.Bytes)) { // RFC 1870
		return ending{phase: phaseMail, err: fmt.Errorf("%w: it has %d bytes, the server takes %s", errTooLarge, len(it.Bytes), most), usable: true}
	}
	s.begin(s.step)
	if err := s.c.Mail("<" + it.From + ">"); err != nil {
		return s.broken(phaseMail, err)
	}
	s.begin(s.step)
	if err := s.c.Rcpt("<" + it.To + ">"); err != nil {
		return s.broken(phaseRcpt, err)
	}
	if err := it.begin(ctx); err != nil {
		return s.abandon(err)
	}
	s.begin(s.step)
	w, err := s.c.Data()
	if err != nil {
		return s.broken(phaseData, err)
	}
	if err := s.write(w, it.Bytes); err != nil {
		return ending{phase: phaseBody, err: s.parting(err)}
	}
	return s.dot(w)
}

func (it Item) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil || it.Begin == nil {
		return err
	}
	return it.Begin()
}

// abandon takes back a transaction of which the caller could not record that it begins.
func (s *session) abandon(err error) ending {
	s.begin(s.step)
	return ending{phase: phaseBegin, err: err, usable: s.c.Reset() == nil}
}

// broken is a transaction that the server, or the line, ended before the letter.
func (s *session) broken(p phase, err error) ending {
	code, answered := codeOf(err)
	s.dirty = true
	return ending{phase: p, err: err, usable: answered && code != 421 && !loginCode(code)}
}

// write sends the letter without its end, and sees it out of our buffer: only the dot itself can then be in doubt.
func (s *session) write(w io.Writer, b []byte) error {
	for piece := range slices.Chunk(b, chunk) {
		s.begin(s.step)
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return s.c.Text.W.Flush()
}

// parting looks for the words with which a server cut the letter off (too large, for one).
func (s *session) parting(err error) error {
	s.begin(min(s.step, time.Second))
	if _, _, told := s.c.Text.ReadResponse(250); told != nil {
		if _, answered := codeOf(told); answered {
			return told
		}
	}
	return err
}

func (s *session) dot(w io.WriteCloser) ending {
	s.begin(s.last)
	err := w.Close()
	if code, answered := codeOf(err); answered {
		// RFC 5321 §4.2: the first digit says it all.
		if code/100 == 2 {
			return ending{phase: phaseDot, text: said(err), usable: true}
		}
		s.dirty = true
		return ending{phase: phaseDot, err: err, usable: code/100 >= 4 && code != 421}
	}
	if err != nil {
		return ending{phase: phaseDot, err: err}
	}
	text := ""
	if d, ok := w.(*smtp.DataCloser); ok {
		text = "250 " + d.ServerResponse()
	}
	return ending{phase: phaseDot, text: text, usable: true}
}

// result names what the ending means for the letter.
func (e ending) result(id string, cancelled error) Result {
	if e.err == nil {
		code, _ := strconv.Atoi(e.text[:min(3, len(e.text))])
		return Result{ID: id, Outcome: Accepted, Begun: true, Code: code, Text: e.text}
	}
	if e.phase == phaseBegin {
		return Result{ID: id, Outcome: Deferred, Text: e.err.Error()}
	}
	code, answered := codeOf(e.err)
	r := Result{ID: id, Outcome: Deferred, Begun: e.phase >= phaseData, Code: code, Text: said(e.err)}
	switch {
	case errors.Is(e.err, errTooLarge):
		r.Outcome = Failed
		return r
	case answered && code/100 == 5:
		if r.Policy = policy(e.phase, e.err); !r.Policy {
			r.Outcome = Failed
		}
		if loginCode(code) {
			r.Text = "login refused: " + r.Text
		}
	case answered && code/100 == 4:
	case e.phase == phaseDot:
		r.Outcome = InDoubt
	}
	if !answered {
		if cancelled != nil {
			e.err = cancelled
		}
		r.Text = fmt.Sprintf("no answer to the %s: %v", e.phase, e.err)
	}
	return r
}

// codeOf finds the server's answer in an error.
func codeOf(err error) (code int, answered bool) {
	var t *textproto.Error
	if errors.As(err, &t) && t.Code >= 200 && t.Code < 600 {
		return t.Code, true
	}
	return 0, false
}

// said gives the server's words as it said them; the standard library would quote them.
func said(err error) string {
	var t *textproto.Error
	if errors.As(err, &t) {
		return fmt.Sprintf("%03d %s", t.Code, t.Msg)
	}
	return err.Error()
}

// policy says whether a 5xx speaks of the office and its server rather than of this letter or its recipient: rules, quotas,
// logins, the dialogue itself. Such a fault meets every letter alike and passes when a person mends it, so it ends none.
func policy(p phase, err error) bool {
	var t *textproto.Error
	if !errors.As(err, &t) {
		return false
	}
	if loginCode(t.Code) {
		return true
	}
	if about, known := policyStatus(p, t.Msg); known {
		return about
	}
	return policyCode(p, t.Code, t.Msg)
}

// loginCode: answers by which a server asks for a login or encryption that the configuration does not give
// (RFC 4954 §6, RFC 3207 §4, RFC 5248 §2.4).
func loginCode(code int) bool {
	return slices.Contains([]int{523, 525, 530, 534, 535, 538}, code)
}

var statusCode = regexp.MustCompile(`^([245])\.(\d{1,3})\.(\d{1,3})\b`)

// policyStatus goes by the enhanced status code (RFC 3463 §3), which is more exact than the reply code; known is false where
// there is none, or where it says nothing.
func policyStatus(p phase, text string) (about, known bool) {
	m := statusCode.FindStringSubmatch(text)
	if m == nil {
		return false, false
	}
	if m[1] != "5" {
		return true, true // "550 4.2.2": the server contradicts itself, and only what is permanent ends a letter
	}
	subject, _ := strconv.Atoi(m[2]) //nolint:errcheck // digits
	detail, _ := strconv.Atoi(m[3])  //nolint:errcheck // digits
	switch subject {
	case 1: // addresses: the recipient's, but for 5.1.7 and 5.1.8, the sender's, which is ours in every letter
		return detail == 7 || detail == 8, true
	case 2: // the recipient's mailbox: disabled, or the letter too long for it; one that is full (5.2.2) will be emptied
		return detail == 2, true
	case 3: // the mail system: full, not accepting, misconfigured; only 5.3.4 is about the letter: too big
		return detail != 4, true
	case 4: // routes: no host answers for the recipient's domain (5.4.1; Exchange says so of unknown recipients), none leads to it (5.4.4), it loops (5.4.6); the rest, with the quotas of 5.4.5, is congestion
		return detail != 1 && detail != 4 && detail != 6, true
	case 5: // the dialogue, which is the same for every letter; at RCPT only the address differs ("504 5.5.2 need fully-qualified address")
		return p != phaseRcpt || detail != 2 && detail != 4, true
	case 6: // the content of this letter
		return false, true
	case 7: // security and policy: rules, reputation, relaying, login
		return true, true
	}
	return false, false // 5.0.0: the reply code has to say it
}

// policyCode goes by the bare reply code (RFC 5321 §4.2.2 and §4.3.2) and the place in the dialogue.
func policyCode(p phase, code int, text string) bool {
	switch {
	case p == phaseMail: // nothing but our own address has been said
		return true
	case code == 501: // a parameter is wrong; at RCPT that is the address
		return p != phaseRcpt
	case code == 500, code == 502, code == 503, code == 504, code == 555: // the dialogue; nothing in it differs from letter to letter
		return true
	case code == 521: // the host takes no mail at all (RFC 7504 §3); 556 is the recipient's domain (§4)
		return true
	case code == 552: // storage exceeded: a quota. A letter that is too big says 5.3.4, or was measured against SIZE
		return true
	case code == 550 && p > phaseRcpt: // the recipient was taken already: "rejections for policy reasons" (§4.3.2)
		return true
	}
	return policyWords.MatchString(mailAddress.ReplaceAllString(text, ""))
}

// policyWords: §4.2.2 gives 550 also to policy, and servers without enhanced codes (Exim) say "550 relay not permitted" with
// it, which would end every letter while a login is missing.
var (
	policyWords = regexp.MustCompile(`(?i)\b(relay|polic(y|ies)|quota|spam|block(ed|list)|black ?list|too many|authenticat|not (authori[sz]|permitted)|administrative prohibition)`)
	mailAddress = regexp.MustCompile(`\S+@\S+`)
)
