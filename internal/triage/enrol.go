package triage

import (
	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// enrolment finds the enrolment letter that a mail answers: the first letter of ours that it names is one, or its result.
func (t Triage) enrolment(v View, msg *message.Message) (*sop.Letter, error) {
	for _, id := range answers(msg) {
		p, ok, err := v.ByMessageID(id)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			continue
		case p.Letter != nil && (p.Letter.Kind == sop.Pendaftaran || p.Letter.Kind == sop.HasilPendaftaran):
			return p.Letter, nil
		}
		return nil, nil
	}
	return nil, nil
}

// enrols takes the answer of the approver to whom the letter went, whatever it says. Nothing in it is ever a command: What stays
// nil, so no case hears of it.
func (t Triage) enrols(m Mail, from message.Address, shape string, letter *sop.Letter) Verdict {
	v := Verdict{}
	if letter == nil {
		return v
	}
	a, ok := t.Office.Approver(from.Addr)
	switch {
	case len(m.Msg.Automation) > 0:
		return v.as(Ignored, "shape", "automatic")
	case shape != "":
		return v.refuse("shape", shape)
	case !ok || a.Address != letter.To.Address:
		return v.refuse("correlation", "stranger")
	case m.TooBig != nil:
		return v.refuse("shape", "oversized")
	}
	v.From = sop.Sender{Person: a.Person, Roles: []sop.Role{sop.RoleApprover}, Proof: m.Proof}
	v.Fault, v.Enrols = t.fault(m.Msg), true
	return v.as(Obeyed, "", "enrolment-reply")
}
