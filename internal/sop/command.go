package sop

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// rule is one row of the mail grammar: who may say a verb, when, and what it must be bound to.
type rule struct {
	role       Role // RoleNone: any participant
	whenClosed bool // a direct question is answered even then
	proven     bool // needs a proof of the sender
	bound      func(o Office, c *Case, s Sender, w Command, at time.Time) string
	do         func(*decision, Command) string
}

// rules is the mail grammar (DESIGN): who may say what.
var rules = map[Verb]rule{
	Setuju:       {RoleApprover, false, true, Office.binding, (*decision).setuju},
	Tolak:        {RoleApprover, false, true, Office.binding, (*decision).tolak},
	Lengkapi:     {RoleApprover, false, true, Office.binding, (*decision).lengkapi},
	Stop:         {RoleApprover, false, true, stoppable, (*decision).stop},
	KirimUlang:   {RoleApprover, false, true, resendable, (*decision).kirimUlang},
	Delegasi:     {RoleApprover, false, true, delegable, (*decision).delegasi},
	Batal:        {RoleRequester, false, true, withdrawable, (*decision).batal},
	Benar:        {RoleNone, false, true, confirmable, (*decision).benar},
	Terima:       {RoleMember, false, false, ownLetter, (*decision).terima},
	Salah:        {RoleMember, true, false, ownLetter, (*decision).salah},
	Kendala:      {RoleMember, true, false, ownLetter, (*decision).kendala},
	Jelaskan:     {RoleNone, true, true, nil, (*decision).jelaskan},
	TanyaStatus:  {RoleNone, true, false, nil, told(StatusKasus, "status-told", "Keadaan kasus ditanyakan dan dijawab.")},
	TanyaBantuan: {RoleNone, true, false, nil, told(Bantuan, "help-told", "Cara menjawab ditanyakan dan dijelaskan.")},
}

// Refusal says why a command that arrived at the given time would not be obeyed, or "". The gates ask it, so that the record
// of a mail tells what became of it; Decide asks it again.
func (o Office) Refusal(c *Case, s Sender, w Command, at time.Time) string {
	r, ok := rules[w.Verb]
	switch {
	case !ok:
		return "not-a-command"
	case c.Status.Closed() && !r.whenClosed:
		return "closed"
	case len(s.Roles) == 0 || r.role != RoleNone && !s.Has(r.role) || r.role == RoleApprover && !o.acts(c, s.Address, at):
		return "wrong-role"
	case w.Verb != Salah && s.onlyFormer(c):
		return "not-your-letter"
	case r.proven && !o.proven(s):
		return "unproven"
	case r.bound != nil:
		return r.bound(o, c, s, w, at)
	}
	return ""
}

// proven: an approver needs the office's level, everybody else what their proof was asked for.
func (o Office) proven(s Sender) bool {
	return s.Proof.Result == Proven && (!s.Has(RoleApprover) || s.Proof.Level.rank() >= o.Level.rank())
}

func (l Level) rank() int { return slices.Index([]Level{Basic, Standard, Strict, Signed}, l) }

// decide obeys one line of the mail grammar, or answers why it does not.
func (w Command) decide(d *decision) string {
	why := cmp.Or(w.Why, d.o.Refusal(&d.c, d.in.From, w, d.arrived()))
	if why == "" && w.Verb == Setuju && len(d.in.Outdated) > 0 {
		why = "accounts-outdated"
	}
	switch why {
	case "":
		return rules[w.Verb].do(d, w)
	case "closed":
		d.event("late-command", "Perintah "+string(w.Verb)+" diterima setelah kasus ditutup; tidak ada yang dijalankan.")
		topic := d.c.ended()
		if w.Verb == KirimUlang && d.c.Status == Done {
			topic = "closed-resend"
		}
		d.answer(topic, "")
		return why
	case "accounts-outdated":
		if len(d.in.Outdated) > 0 { // else the letter that the sender's code was taken out of use by asks about the present ones
			d.askAnew("")
		}
	case "expired": // an expired letter is issued anew
		if m := d.c.mending(w.Ref); m != nil {
			d.askMend(m)
		} else {
			d.askApproval()
		}
	case "line-mend":
		return d.reject(why, w.Lines[0].text())
	case "line-unknown", "line-twice", "user-id-bad", "user-id-taken":
		_, bad := d.c.lineFault(w.Lines)
		return d.reject(why, bad.text())
	case "read-back-open":
		return d.reject(why, d.shortfall())
	case "member-unknown", "shredded", "nothing-to-resend":
		return d.reject(why, w.Arg)
	}
	return d.reject(why, "")
}

// arrived is when the mail reached the mailbox: a daemon that was down does not make a punctual answer late.
func (d *decision) arrived() time.Time { return cmp.Or(d.in.At, d.now) }

// reject answers a command that is not obeyed, with the reason.
func (d *decision) reject(topic, note string) string {
	d.event("not-obeyed", "Perintah tidak dijalankan.", "why", topic)
	d.answer(topic, note)
	return topic
}

// ended is what can still be said of a closed case.
func (c *Case) ended() string {
	return map[Status]string{Done: "closed-done", Rejected: "closed-refused", Cancelled: "closed-cancelled"}[c.Status]
}

// maxAnswered bounds the memory of answers, and so the answers.
const maxAnswered = 200

// answer tells the sender, at their registered address, why nothing happened. DESIGN, "Who hears"
func (d *decision) answer(topic, note string) {
	if r := d.role(); r == RoleKepala || r == RoleBagian { // nothing is asked of them, so nothing can be wrong
		d.paced(StatusKasus, "noted", "")
		return
	}
	d.paced(TidakDikenali, topic, note)
}

// paced answers at once; the same answer to the same person once more when a day is over, however often they write meanwhile. What is
// said of a command names its fault, and another fault is another answer.
func (d *decision) paced(kind LetterKind, topic, note string) {
	if len(d.in.From.Roles) == 0 {
		return
	}
	key := strings.Join([]string{d.in.From.Address, string(kind), topic, string(d.c.Status)}, " ")
	if _, command := d.in.What.(Command); command {
		key += " " + note
	}
	maps.DeleteFunc(d.c.Answered, func(_ string, at time.Time) bool { return at.Before(d.now.Add(-day)) })
	last, again := d.c.Answered[key]
	if again = again && !last.After(d.now); !again && len(d.c.Answered) < maxAnswered {
		d.c.Answered[key] = d.now
		d.reply(kind, d.in.From.Person, d.role(), topic, note).NIP = d.in.From.NIP
		return
	}
	d.c.Waiting = slices.DeleteFunc(d.c.Waiting, func(w WaitingAnswer) bool { return w.Key == key })
	if len(d.c.Waiting) < maxAnswered {
		d.c.Waiting = append(d.c.Waiting, WaitingAnswer{Key: key, At: cmp.Or(last, d.now).Add(day), Letter: Letter{Kind: kind, To: d.in.From.Person,
			Role: d.role(), Topic: topic, Note: note, NIP: d.in.From.NIP, Answers: d.in.Mail.MessageID}})
	}
}

// answersDue sends the answers whose day is over.
func (d *decision) answersDue() string {
	reason := ""
	for _, w := range slices.Clone(d.c.Waiting) {
		if !d.due(moment{at: w.At, wait: day}) {
			continue
		}
		d.c.Waiting = slices.DeleteFunc(d.c.Waiting, func(x WaitingAnswer) bool { return x.Key == w.Key })
		s := d.o.Identify(&d.c, w.Letter.To.Address)
		if reason = "answered-later"; len(s.Roles) == 0 { // they have left the roster since, and were answered once
			d.event(reason, "Jawaban gugur: penerimanya tidak lagi terlibat.")
			continue
		}
		d.c.Answered[w.Key] = d.now
		if !s.Has(w.Letter.Role) { // the office or the roster has changed since: they read what they may read now
			w.Letter.Role, w.Letter.NIP = s.Roles[0], s.NIP
		}
		l := d.tell(w.Letter.Kind, w.Letter.To, w.Letter.Role, w.Letter.Topic, w.Letter.Note)
		l.NIP, l.Answers = w.Letter.NIP, w.Letter.Answers
		d.event("answered-later", "Balasan yang berulang dijawab.", "to", w.Letter.To.Address)
	}
	return reason
}

func (d *decision) role() Role {
	if len(d.in.From.Roles) == 0 {
		return RoleNone
	}
	return d.in.From.Roles[0]
}

// told answers a question with a letter of this kind.
func told(kind LetterKind, reason, text string) func(*decision, Command) string {
	return func(d *decision, _ Command) string {
		d.event(reason, text)
		d.reply(kind, d.in.From.Person, d.role(), "", "").NIP = d.in.From.NIP
		return reason
	}
}

// jelaskan puts the words of the one who owed the step beside the deviation. SOP W.2
func (d *decision) jelaskan(w Command) string {
	for i := len(d.c.Deviations) - 1; i >= 0; i-- {
		v := &d.c.Deviations[i]
		if v.Reply == "" && d.in.From.Has(Role(v.Owed)) && (v.NIP == "" || v.NIP == d.in.From.NIP) {
			v.Reply = w.Arg
			d.event("deviation-explained", "Penjelasan penyimpangan dicatat.", "step", v.Step, "reply", w.Arg)
			d.reply(Pemberitahuan, d.in.From.Person, d.role(), "explained", w.Arg).NIP = d.in.From.NIP
			return "deviation-explained"
		}
	}
	return d.reject("no-deviation", "")
}
