package triage_test

import (
	"testing"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/triage"
)

// TestEnrolmentReplies: an answer to an enrolment letter decides nothing, at any level, whatever its subject, code, thread and
// words; the same words in answer to the approval letter approve.
func TestEnrolmentReplies(t *testing.T) {
	const enrolment, result = "<office.1.pendaftaran.0@gov.example>", "<office.2.hasil-pendaftaran@gov.example>"
	for _, level := range []sop.Level{sop.Basic, sop.Standard} {
		for name, x := range map[string]struct {
			bend    func(d *desk, m mail) mail
			outcome triage.Outcome
			enrols  bool
			fault   string
		}{
			"plain":              {nil, triage.Obeyed, true, ""},
			"answer to a result": {func(_ *desk, m mail) mail { return m.set("In-Reply-To", result) }, triage.Obeyed, true, ""},
			"case and code in the subject": {func(d *desk, m mail) mail {
				return m.set("Subject", "Re: ["+first+"] Surat - kode "+d.code(first, "admin"))
			}, triage.Obeyed, true, ""},
			"code beside the word": {func(d *desk, m mail) mail { return m.text("SETUJU " + d.code(first, "admin")) }, triage.Obeyed, true, ""},
			"approval letter among the references": {func(d *desk, m mail) mail {
				return m.set("References", d.letter(first, sop.Persetujuan, "admin")+" "+enrolment)
			}, triage.Obeyed, true, ""},
			"another approver": {func(_ *desk, m mail) mail { return m.set("From", "admin2@gov.example") }, triage.Refused, false, ""},
			"an alias":         {func(_ *desk, m mail) mail { return m.set("From", "admin.lain@gov.example") }, triage.Obeyed, true, ""},
			"a stranger":       {func(_ *desk, m mail) mail { return m.set("From", "orang@evil.example") }, triage.Refused, false, ""},
			"two authors":      {func(_ *desk, m mail) mail { return m.before("From: orang@evil.example") }, triage.Refused, false, ""},
			"another's hand":   {func(_ *desk, m mail) mail { return m.set("Sender", "orang@evil.example") }, triage.Obeyed, true, "sender-differs"},
			"automatic":        {func(_ *desk, m mail) mail { return m.set("Auto-Submitted", "auto-replied") }, triage.Ignored, false, ""},
		} {
			d := newDesk(t, level)
			for _, id := range []string{enrolment, result} {
				d.books.pointers[id] = triage.MessageRef{Case: "office", Letter: &sop.Letter{Kind: sop.Pendaftaran, To: person("admin")}}
			}
			d.books.pointers[result].Letter.Kind = sop.HasilPendaftaran
			m := d.reply("admin", enrolment, "Re: Uji balasan", "SETUJU")
			if x.bend != nil {
				m = x.bend(d, m)
			}
			r := d.take(m)
			if r.Verdict.Outcome != x.outcome || r.Enrols != x.enrols || r.Fault != x.fault || r.What != nil || r.decided {
				t.Errorf("%s at %s: %s %s, enrols %v, fault %q, asks for %v", name, level, r.Verdict.Outcome, r.Verdict.Reason, r.Enrols, r.Fault, r.What)
			}
			if control := d.take(d.answer("admin", first, sop.Persetujuan, "SETUJU")); !control.released {
				t.Errorf("%s at %s: an honest approval is %s", name, level, control.Verdict.Reason)
			}
		}
	}
}
