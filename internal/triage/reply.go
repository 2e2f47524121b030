package triage

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// reply passes a mail that is tied to a case through the gates.
func (t Triage) reply(b View, m Mail, from message.Address, shape string, c match) (Verdict, error) {
	v := Verdict{Case: c.number, From: c.sender}
	v.From.Proof = m.Proof
	if len(m.Msg.Automation) > 0 {
		v.What = sop.Automatic{Why: m.Msg.Automation[0]}
		return v.as(Ignored, "shape", "automatic"), nil
	}
	if v, stop := t.shape(v, m.Msg, shape); stop {
		return v, nil
	}
	if v, stop := t.participant(v, m.Msg, c); stop {
		return v, nil
	}
	return t.intended(b, v, m, c)
}

// shapeRefusals are faults that only an attack has: they have no valid proof, ever. Other severe faults are held.
var shapeRefusals = []string{"duplicate-", "from-", "space-before-colon", "leading-space", "folded-header", "malformed-header", "bare-cr-header", "bare-cr", "nul"}

// shape: exactly one plain From, no duplicate or malformed header, no Sender other than From.
func (t Triage) shape(v Verdict, msg *message.Message, why string) (Verdict, bool) {
	if why != "" {
		v.From = sop.Sender{} // nobody is told: who it was is not known
		return t.refused(v, "shape", why, false), true
	}
	why = t.fault(msg)
	switch {
	case why == "":
		return v, false
	case slices.ContainsFunc(shapeRefusals, func(s string) bool { return strings.HasPrefix(why, s) }):
		return t.refused(v, "shape", why, false), true
	}
	v.What = sop.Held{Why: why, Gate: "shape"}
	return v.hold("shape", why), true
}

// participant: the sender takes part in the case, and the reply has a token: a known Message-ID of ours, or the code.
func (t Triage) participant(v Verdict, msg *message.Message, c match) (Verdict, bool) {
	switch {
	case len(v.From.Roles) == 0 && t.Allowed(v.From.Address):
		v.Answer = "not-a-party"
		return t.refused(v, "correlation", "stranger", false), true
	case len(v.From.Roles) == 0:
		return t.stranger(v, c), true
	case c.wrong && c.ref.Via == "":
		v.What = sop.Refused{Why: "code-wrong", Gate: "correlation", Tell: true, WrongCode: v.From.Proof.Result == sop.Proven} // else anybody could spend the tries
		return v.refuse("correlation", "code-wrong"), true
	case c.wrong:
		return t.refused(v, "correlation", "code-differs", true), true
	case c.bare && c.ref.Kind == sop.Persetujuan: // the letter alone is no token
		return t.refused(v, "correlation", "code-missing", true), true
	case c.other:
		return t.refused(v, "correlation", "case-differs", true), true
	case c.typed && c.supplements() && brings(msg) && !c.c.Status.Closed(): // a relay renamed what was answered; papers only add
	case c.typed:
		return t.refused(v, "correlation", "no-token", true), true
	}
	return v, false
}

// stranger: somebody with no part in the case answers a letter to another. Whom we know is told so; else the addressee is, at the
// address that is registered for them.
func (t Triage) stranger(v Verdict, c match) Verdict {
	if t.Allowed(v.From.Address) && v.From.Proof.Result == sop.Proven {
		v.Answer = "not-addressee"
		return t.refused(v, "correlation", "stranger", false)
	}
	to := t.Office.Identify(&c.c, c.ref.To)
	v.What = sop.Refused{Why: "stranger", Gate: "correlation", Tell: len(to.Roles) > 0, To: to}
	return v.refuse("correlation", "stranger")
}

func (t Triage) refused(v Verdict, gate, why string, tell bool) Verdict {
	v.What = sop.Refused{Why: why, Gate: gate, Tell: tell}
	return v.refuse(gate, why)
}

// intended reads the command, or sees more papers in a requester's reply.
func (t Triage) intended(b View, v Verdict, m Mail, c match) (Verdict, error) {
	said, why := intent(m.Msg)
	if out, done := t.readBack(v, m, c, said, why); done {
		return out, nil
	}
	switch {
	case why == "html-differs":
		v.What = sop.Held{Why: why, Gate: "intent"}
		return v.hold("intent", why), nil
	case why != "" && v.From.Has(sop.RoleRequester) && c.c.Approval != nil && !c.c.Status.Closed() && t.corrects(m.Msg, &c):
		return t.correction(v, m, c), nil
	case why != "" && c.supplements() && brings(m.Msg):
		return t.supplement(v, m, c, why), nil
	case why != "":
		return t.unclear(v, c, why, heard(v.From, m.Msg)), nil
	}
	cmd := sop.Command{Verb: said.Verb, Arg: said.Arg, Ref: c.ref}
	if said.Verb != sop.Setuju {
		return t.admit(v, m, &c, cmd), nil
	}
	cmd.Arg = ""
	for _, book := range m.Books {
		if !c.c.Issued(c.ref.To, book.SHA256) {
			return t.unclear(v, c, "workbook", book.Name), nil
		}
	}
	lines, why, quote := t.conditions(m.Msg, &c.c)
	if why != "" {
		return t.unclear(v, c, why, quote), nil
	}
	for i, l := range lines {
		if l.Verb == sop.GantiUser {
			var err error
			if lines[i].Owner, err = b.Owner(l.Arg); err != nil {
				return v, err
			}
		}
	}
	cmd.Lines = lines
	v = t.admit(v, m, &c, cmd)
	if outdated, err := b.Outdated(c.c); err != nil || v.Outcome == Obeyed && len(outdated) > 0 {
		return v.refuse("correlation", "accounts-outdated"), err
	}
	return v, nil
}

func (t Triage) unclear(v Verdict, c match, why, quote string) Verdict {
	v.What = sop.Unclear{Why: why, Quote: quote, Ref: c.ref}
	return v.refuse("intent", why)
}

// maxHeard bounds what of somebody's words is said back to them, in runes.
const maxHeard = 160

// heard is what stands first in the mail, to be said back to an approver or a requester. A member may have written a password.
func heard(s sop.Sender, msg *message.Message) string {
	lines := ownLines(msg.Own)
	if len(lines) == 0 || s.Has(sop.RoleMember) {
		return ""
	}
	said := []rune(strings.Join(lines[:min(len(lines), 3)], " "))
	if len(said) > maxHeard {
		return string(said[:maxHeard]) + " …"
	}
	return string(said)
}

// admit asks the procedure whether it would obey, so that the record of the mail says what becomes of it; the procedure
// asks itself again. What is refused is decided all the same: it is answered, and an expired letter is issued anew.
func (t Triage) admit(v Verdict, m Mail, c *match, cmd sop.Command) Verdict {
	why := t.Office.Refusal(&c.c, v.From, cmd, m.Arrived)
	if why == "unproven" || why == "" && contradicted(cmd.Verb, m.Proof) {
		return t.unproven(v, m.Proof)
	}
	v.What = cmd
	if why != "" {
		return v.refuse("correlation", why)
	}
	return v.as(Obeyed, "", "command-"+strings.ToLower(strings.ReplaceAll(string(cmd.Verb), " ", "-")))
}

// contradicted: a member's answer counts without a verdict, but not against one. SALAH counts even so: it only freezes.
func contradicted(verb sop.Verb, p sop.Proof) bool {
	return (verb == sop.Terima || verb == sop.Kendala) && p.Result == sop.Failed
}

func (t Triage) unproven(v Verdict, p sop.Proof) Verdict {
	switch p.Result {
	case sop.Temporary:
		v.What = sop.Held{Why: "temporary", Gate: "authenticity"}
		return v.hold("authenticity", p.Reason)
	case sop.Ambiguous:
		v.What = sop.Held{Why: p.Reason, Gate: "authenticity"}
		return v.hold("authenticity", p.Reason)
	}
	if v.From.Has(sop.RoleApprover) { // the mail server can be mended
		v.OperatorAlert = "approver-unproven"
	}
	v.What = sop.Refused{Why: "unproven", Gate: "authenticity", Tell: true}
	return v.refuse("authenticity", p.Reason)
}

var typed = regexp.MustCompile(`@|\b\d{8}\s?\d{6}\s?\d\s?\d{3}\b`)

// brings: papers, or an address or a NIP in the sender's own words.
func brings(msg *message.Message) bool {
	return len(msg.Files) > 0 || typed.MatchString(cmp.Or(msg.Own, msg.HTMLOwn))
}

// supplement is a reply of the requester, or of a colleague whom they copied, with more papers, or with addresses and numbers in its text;
// a text in which there is nothing of the kind is read as any other.
func (t Triage) supplement(v Verdict, m Mail, c match, why string) Verdict {
	words := len(m.Msg.Files) == 0 && len(v.Amends) == 0
	switch {
	case words && (c.c.Status.Closed() || c.c.Approval != nil || m.Reading != nil && sop.Same(c.c.Reading, *m.Reading)):
		return t.unclear(v, c, why, "")
	case v.From.Proof.Result != sop.Proven:
		return t.unproven(v, m.Proof)
	case c.c.Status.Closed():
		return t.refused(v, "correlation", "closed", true)
	case c.c.Approval != nil: // approval freezes NIP → address
		return t.refused(v, "correlation", "after-approval", true)
	}
	v = v.as(Obeyed, "", "supplement")
	if m.Reading == nil {
		v.Papers = true
		return v
	}
	v.What = sop.Supplement{Reading: *m.Reading, Links: links(m.Msg)}
	return v
}
