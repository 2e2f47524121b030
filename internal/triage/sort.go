package triage

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// Sort passes one mail through the gates. It reads the books through v and writes nothing. Called again with the papers
// read, and once more inside the transaction, it gives the same verdict unless the books have changed.
func (t Triage) Sort(v View, m Mail) (Verdict, error) {
	if again, ok, err := t.earlier(v, m); err != nil || ok {
		return again, err
	}
	if m.Msg.Bounce != nil {
		if out, is, err := t.bounce(v, m.Msg); err != nil || is {
			return out, err
		}
	}
	from, why := t.Author(m.Msg)
	if strings.EqualFold(from.Addr, t.Office.Mailbox.Address) {
		return t.ownName(v, m.Msg)
	}
	if letter, err := t.enrolment(v, m.Msg); err != nil || letter != nil {
		return t.enrols(m, from, why, letter), err
	}
	c, err := t.correlate(v, m.Msg, from.Addr)
	if err != nil {
		return Verdict{}, err
	}
	if m.TooBig != nil {
		return t.oversized(m, from, why, c), nil
	}
	if !c.found {
		return t.uncorrelated(m, from, why, c), nil
	}
	if t.anew(m.Msg, c) {
		if v := t.uncorrelated(m, from, why, c); v.Ours() || v.Papers {
			return v, nil
		}
	}
	return t.reply(v, m, from, why, c)
}

// Author is who wrote a mail, or why nobody can tell. An approver's address is read as strictly as it can be; of everybody else the
// habits of mail programs are forgiven.
func (t Triage) Author(msg *message.Message) (message.Address, string) {
	from, why := msg.Author()
	if _, approver := t.Office.Approver(from.Addr); approver {
		return msg.SoleFrom()
	}
	return from, why
}

// ownName: mail in the office's name stays where it is. Where it asks for accounts and is no letter of ours, a list has put our address
// in the place of the sender's, or somebody pretends: nobody can be answered, so the operator is told.
func (t Triage) ownName(v View, msg *message.Message) (Verdict, error) {
	out := Verdict{Outcome: NotOurs, Gate: "shape", Reason: "own-mail"}
	_, ours, err := v.ByMessageID(msg.MessageID)
	if err == nil && !ours && len(msg.Files) > 0 && asks(msg) {
		out.Reason = "own-name"
		out.OperatorAlert = "request-own-name"
	}
	return out, err
}

// earlier recognises a second delivery, and a Message-ID that comes back with other content. A copy that is proven where the first
// was not is judged again: whoever sends a forged copy ahead would else silence the true one.
func (t Triage) earlier(v View, m Mail) (Verdict, bool, error) {
	msg := m.Msg
	e, ok, err := v.Content(msg.Identity)
	if err != nil || ok && e.Gate == "authenticity" && m.Proof.Result == sop.Proven {
		return Verdict{}, false, err
	}
	if ok {
		out := Duplicate
		if e.Outcome == string(NotOurs) {
			out = NotOurs
		}
		return Verdict{Outcome: out, Gate: "identity", Reason: "seen-before", Case: e.Case, Folder: e.Folder}, true, nil
	}
	if msg.MessageID == "" {
		return Verdict{}, false, nil
	}
	e, ok, err = v.Content("id/" + msg.MessageID)
	if err != nil || !ok {
		return Verdict{}, false, err
	}
	out := Verdict{Outcome: Held, Gate: "identity", Reason: "same-id-other-content", Case: e.Case}
	if e.Case != "" {
		out.What = sop.Held{Why: out.Reason, Gate: out.Gate}
	}
	return out, true, nil
}

// bounce matches a delivery report by the unguessable Message-ID of the letter that came back. A letter has one recipient, so that
// suffices: a report of a forwarded letter names an address that we never wrote to. What has the words of a report and not its
// form is one only where it names a letter and comes from nobody in the case; a participant's command is none at all.
func (t Triage) bounce(v View, msg *message.Message) (out Verdict, is bool, err error) {
	p, ok, err := v.ByMessageID(msg.Bounce.OriginalID)
	if err == nil && p.Letter == nil {
		p, ok, err = t.renamed(v, msg.Bounce.Subject)
	}
	if err != nil || !ok || p.Letter == nil {
		out = Verdict{Outcome: NotOurs, Gate: "correlation", Reason: "bounce-of-nothing"}
		if ok && msg.Bounce.Formal {
			out.OperatorAlert = "bounce-unmatched"
		}
		return out, msg.Bounce.Formal, err
	}
	c, _, err := v.Case(p.Case)
	if err != nil {
		return out, false, err
	}
	if from, _ := t.Author(msg); len(t.Office.Identify(&c, from.Addr).Roles) > 0 {
		if _, why := intent(msg); why == "" || !msg.Bounce.Formal {
			return out, false, nil
		}
	}
	out = Verdict{Outcome: Ignored, Gate: "bounce", Reason: "report-without-failure", Case: p.Case, What: sop.Automatic{Why: "report-without-failure"}}
	for _, r := range msg.Bounce.Recipients {
		own := strings.EqualFold(r.Address, p.Letter.To.Address)
		if r.Action == "delivered" && own && msg.Bounce.Formal && p.Letter.Key != "" && out.Outcome == Ignored {
			out.Outcome, out.Reason, out.What = Obeyed, "delivered", sop.Delivered{Letter: *p.Letter, Text: r.Text}
		}
		if r.Action == "delivered" || r.Action == "relayed" || r.Action == "expanded" || !own && !msg.Bounce.Formal {
			continue
		}
		action := "failed"
		if r.Action == "delayed" {
			action = "delayed"
		}
		if out.Reason != "bounce" || own {
			out.Outcome, out.Reason, out.What = Obeyed, "bounce", sop.Bounced{Letter: *p.Letter, Action: action, Status: r.Status, Text: r.Text}
		}
	}
	return out, true, nil
}

// renamed finds the letter that came back where a relay has given it another Message-ID, by the code in its subject. A number alone names
// no letter: the operator is told of it.
func (t Triage) renamed(v View, subject string) (ref MessageRef, known bool, err error) {
	tag, code := caseTag.FindStringSubmatch(strings.ToUpper(subject)), subjectCode.FindStringSubmatch(subject)
	if tag == nil {
		return ref, false, nil
	}
	c, known, err := v.Case(tag[1])
	if err != nil || !known || code == nil {
		return ref, known, err
	}
	given := strings.ToUpper(code[1])
	for _, m := range c.Members {
		if m.Letter != "" && given == t.Codes.MemberCode(c.Number, m.Row.NIP) {
			ref.Letter = &sop.Letter{Key: m.Letter, Kind: sop.Kredensial, Role: sop.RoleMember, NIP: m.Row.NIP,
				To: sop.Person{Name: m.Row.Nama, Address: cmp.Or(m.Address, m.Row.Email)}}
		}
	}
	for _, a := range t.Office.Approvers {
		if c.Issue > 0 && given == t.Codes.ApprovalCode(c.Number, c.Revision, c.Issue, a.Address) {
			ref.Letter = &sop.Letter{Kind: sop.Persetujuan, Role: sop.RoleApprover, To: a.Person, Revision: c.Revision, Issue: c.Issue}
		}
	}
	ref.Case = c.Number
	return ref, true, nil
}

// anew: the requester of a closed case answers an old letter with papers. Nothing of that case can change, but the papers may
// be another request.
func (t Triage) anew(msg *message.Message, c match) bool {
	_, why := intent(msg)
	return c.c.Status.Closed() && c.sender.Has(sop.RoleRequester) && why != "" && len(msg.Files) > 0
}

// uncorrelated is a new request, or none of our business.
func (t Triage) uncorrelated(m Mail, from message.Address, shape string, c match) Verdict {
	v := Verdict{Outcome: NotOurs, Gate: "correlation", Reason: "not-ours", From: sop.Sender{Person: sop.Person{Name: from.Name, Address: from.Addr}}}
	if cmd, why := intent(m.Msg); why == "" && t.claimsApprover(m.Msg) {
		v.From = sop.Sender{}
		return v.refuse("correlation", "no-token-"+strings.ToLower(strings.ReplaceAll(string(cmd.Verb), " ", "-")))
	}
	if shape != "" || len(m.Msg.Automation) > 0 {
		return v
	}
	asks := forgot.MatchString(m.Msg.Subject) || !c.found && asks(m.Msg) // the subject of an answer is ours
	if !t.Allowed(from.Addr) {
		if asks && !forgot.MatchString(m.Msg.Subject) && len(m.Msg.Files) > 0 { // staff at a private address, or a stranger who knows the form
			v.OperatorAlert = "request-outside"
		}
		return v
	}
	talks := !c.found && speaksOfAccounts(m.Msg)
	switch {
	case m.Reading == nil && (len(m.Msg.Files) > 0 || talks):
		v.Papers = true
		if !asks {
			return v
		}
	case m.Reading != nil && m.Other != "" && !has(*m.Reading, document.Formulir):
		return t.otherProcedure(v, m)
	case m.Reading != nil && !asks && !isRequest(*m.Reading) && !(talks && official(*m.Reading)):
		return v
	case m.Reading == nil && !asks:
		return v
	}
	return t.request(v, m)
}

// claimsApprover says that some From address is an approver's, whoever wrote it.
func (t Triage) claimsApprover(msg *message.Message) bool {
	return slices.ContainsFunc(msg.From, func(a message.Address) bool {
		_, ok := t.Office.Approver(a.Addr)
		return ok
	})
}

// request applies the gates to what asks for accounts. SOP 1.1
func (t Triage) request(v Verdict, m Mail) Verdict {
	v.From.Roles, v.From.Proof = []sop.Role{sop.RoleRequester}, m.Proof
	if why := t.fault(m.Msg); why != "" {
		v.OperatorAlert = "request-held"
		v.Answer = "request-held"
		return v.hold("shape", why)
	}
	switch m.Proof.Result {
	case sop.Proven:
	case sop.Ambiguous, sop.Temporary:
		v.OperatorAlert = "request-held"
		v.Answer = "request-held"
		return v.hold("authenticity", m.Proof.Reason)
	default:
		v.OperatorAlert = "request-unproven"
		v.Answer = "request-unproven"
		return v.refuse("authenticity", m.Proof.Reason)
	}
	v = v.as(Obeyed, "", "request")
	v.Opens = true
	if m.Reading != nil {
		v.Papers = false
		v.What = sop.Request{Subject: m.Msg.Subject, KepalaCopied: t.copied(m.Msg), Colleagues: t.colleagues(m.Msg, v.From.Address), Links: links(m.Msg),
			Reading: *m.Reading}
	} else if len(m.Msg.Files) == 0 {
		v.Papers = true // no papers at all: still read, so that the answer names what is missing
	}
	return v
}

// oversized: a known requester is told the limit, and a case records it. Nobody else's large mail is ours.
func (t Triage) oversized(m Mail, from message.Address, shape string, c match) Verdict {
	v := Verdict{Outcome: NotOurs, Gate: "shape", Reason: "oversized", Case: c.number}
	if shape != "" || !t.Allowed(from.Addr) || m.Proof.Result != sop.Proven || len(m.Msg.Automation) > 0 {
		return v
	}
	v.From = sop.Sender{Person: sop.Person{Name: from.Name, Address: from.Addr}, Roles: []sop.Role{sop.RoleRequester}}
	if c.found {
		v.From = c.sender
	} else if v.Opens = AsksForAccounts(m.Msg.Subject) || speaksOfAccounts(m.Msg); !v.Opens {
		return v
	}
	v.From.Proof, v.What = m.Proof, *m.TooBig
	return v.as(Refused, "shape", "oversized")
}

// otherProcedure answers where to go, and hands the mail to a person (DOMAIN).
func (t Triage) otherProcedure(v Verdict, m Mail) Verdict {
	v.From.Roles, v.From.Proof = []sop.Role{sop.RoleRequester}, m.Proof
	v = v.hold("content", "other-procedure-"+m.Other)
	v.OperatorAlert = "other-procedure"
	if m.Proof.Result == sop.Proven {
		v.Answer = "other-procedure-" + m.Other
	}
	return v
}

// Known: an approver, or who may ask for accounts.
func (t Triage) Known(addr string) bool {
	_, approver := t.Office.Approver(addr)
	return approver || t.Allowed(addr)
}

// Allowed matches requesters: an address, or *@domain.
func (t Triage) Allowed(addr string) bool {
	addr = strings.ToLower(addr)
	return slices.ContainsFunc(t.Requesters, func(p string) bool {
		p = strings.ToLower(p)
		return p == addr || strings.HasPrefix(p, "*@") && strings.HasSuffix(addr, p[1:]) && strings.Count(addr, "@") == 1
	})
}

func (t Triage) copied(msg *message.Message) bool {
	return slices.ContainsFunc(slices.Concat(msg.To, msg.Cc), func(a message.Address) bool {
		return strings.EqualFold(a.Addr, t.Office.KepalaLPSE.Address)
	})
}

// maxColleagues bounds whom a case remembers as copied.
const maxColleagues = 20

// colleagues are those whom the requester copied and who may ask for accounts themselves: they may send what is missing.
func (t Triage) colleagues(msg *message.Message, requester string) (out []string) {
	for _, a := range slices.Concat(msg.To, msg.Cc) {
		own := strings.EqualFold(a.Addr, t.Office.Mailbox.Address) || strings.EqualFold(a.Addr, requester)
		if !own && t.Allowed(a.Addr) && len(out) < maxColleagues {
			out = append(out, strings.ToLower(a.Addr))
		}
	}
	return out
}

var link = regexp.MustCompile(`(?i)\bhttps?://`)

// links says that the sender's own words point to something elsewhere, where we do not go.
func links(msg *message.Message) bool { return link.MatchString(cmp.Or(msg.Own, msg.HTMLOwn)) }

const account = `(?:user\s*-?\s*(?:id|name)|pass?word|kata\s+sandi|akun)`

var (
	forgot = regexp.MustCompile(`(?i)\blupa\s+(user\s*-?\s*id|password|kata\s+sandi)\b.*\bspse\b`) // another procedure; read, and answered with the way
	asking = regexp.MustCompile(`(?i)\b(permintaan|permohonan|memohon|mohon|mhn|minta|meminta|mengajukan)\b`)
	what   = regexp.MustCompile(`(?i)\b` + account + `\b`)
	whose  = regexp.MustCompile(`(?i)\b(pokja|kelompok\s+kerja|spse)\b`)
	answer = regexp.MustCompile(`(?i)^\s*(re|bls|balas|aw|sv)\s*:`)

	// What is asked for must be the account itself: between the asking and it stand only words of making and of courtesy, so that a
	// meeting, a report or a speaker about accounts is none.
	asksFor = regexp.MustCompile(`(?i)\b(?:permintaan|permohonan|pengajuan|memohon|mohon|mhn|minta|meminta|mengajukan|ajukan|dibuatkan|buatkan)[\s:,]+(?:(?:` +
		`untuk|utk|agar|supaya|kiranya|dapat|dpt|dapatnya|bisa|berkenan|segera|bantuan|bantuannya|dibantu|bantu|pak|bu|bapak|ibu|admin|kami|saudara|` +
		`pembuatan|penerbitan|pemberian|penyediaan|pengadaan|pendaftaran|aktivasi|pengaktifan|penambahan|pengajuan|proses|diproses|memproses|` +
		`dibuatkan|dibuat|buatkan|membuat|membuatkan|diterbitkan|menerbitkan|diberi|diberikan|memberikan|disiapkan|menyiapkan|didaftarkan|` +
		`mendapatkan|memperoleh|hak|akses|baru|atas|dan|atau|serta|\d{1,3}|\([a-z ]{1,20}\))[\s:,]+){0,10}` + account + `\b`)
	askedFor = regexp.MustCompile(`(?i)\b` + account + `\b[^.\n]{0,80}\b(?:mohon|mhn|minta|agar|harap)\s+(?:(?:dapat|dpt|segera|kiranya|bisa)\s+){0,3}(?:dibuatkan|diterbitkan|dibuat)\b`)
)

// AsksForAccounts is the wording of a request (DESIGN, "Mail grammar").
func AsksForAccounts(text string) bool {
	return whose.MatchString(text) && (asksFor.MatchString(text) || askedFor.MatchString(text))
}

// asks: the subject asks, in words of the sender's own, or their text does and something is attached.
func asks(msg *message.Message) bool {
	attached := len(msg.Files) > 0
	return (attached || !answer.MatchString(msg.Subject)) && AsksForAccounts(msg.Subject) || attached && AsksForAccounts(cmp.Or(msg.Own, msg.HTMLOwn))
}

// speaksOfAccounts has the words of a request and may be mere talk: what is attached decides.
func speaksOfAccounts(msg *message.Message) bool {
	text := msg.Subject + "\n" + cmp.Or(msg.Own, msg.HTMLOwn)
	return asking.MatchString(text) && what.MatchString(text) && whose.MatchString(text)
}

func has(r document.Reading, k document.Kind) bool {
	return slices.ContainsFunc(r.Papers, func(p document.Paper) bool { return p.Kind == k })
}

func isRequest(r document.Reading) bool {
	return has(r, document.Formulir) || has(r, document.SK) && has(r, document.SuratTugas)
}

// official: one of the three papers is there, or what nobody could read and may be one.
func official(r document.Reading) bool {
	return has(r, document.Formulir) || has(r, document.SK) || has(r, document.SuratTugas) || has(r, document.Unreadable)
}

// fault is one of the shape by which two readers could read the mail differently: held, not guessed. A Sender field other than From
// is somebody else's hand, unless it is listed.
func (t Triage) fault(msg *message.Message) string {
	for _, p := range msg.Problems {
		if p.Severe {
			return p.Name
		}
	}
	for _, s := range msg.Sender {
		listed := slices.ContainsFunc(t.Senders, func(l string) bool { return strings.EqualFold(l, s.Addr) })
		if len(msg.From) != 1 || !strings.EqualFold(s.Addr, msg.From[0].Addr) && !listed {
			return "sender-differs"
		}
	}
	return ""
}
