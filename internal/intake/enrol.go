package intake

import (
	"errors"
	"time"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
)

// maxAnswersADay bounds what a mail program that answers by itself can bring about.
const maxAnswersADay = 10

// enrolled records the answer and tells its author, at the registered address, what it carried.
func (m *Intake) enrolled(b store.Books, p *Prepared, v triage.Verdict) error {
	now, to := m.Now().UTC(), v.From.Person
	e, err := b.State.Enrolment(to.Address)
	if err != nil {
		return err
	}
	if old := e.Carried; old == nil || !old.Enough(sop.Standard) || p.carried.Reach() != sop.Basic {
		e.Carried = p.carried // what nobody vouches for tells nothing about the replies of somebody who is vouched for
	}
	if day := now.Format(time.DateOnly); day != e.Day {
		e.Day, e.Told = day, 0
	}
	e.Told++
	event := sop.Event{At: now, Kind: "enrolled", Actor: to.Address, Reason: "enrolment-reply", Text: "Balasan uji diterima; tidak ada yang dijalankan.",
		Data: map[string]string{"reach": string(p.carried.Reach()), "needs": string(m.Office.Level), "fault": p.carried.Fault, "mail": p.sha}}
	if err := errors.Join(b.State.PutEnrolment(to.Address, e), b.Journal.Append(store.Office, []sop.Event{event})); err != nil || e.Told > maxAnswersADay {
		return err
	}
	l := sop.Letter{Key: p.mail.Msg.Identity[:16] + "/" + string(sop.HasilPendaftaran), Kind: sop.HasilPendaftaran, To: to, Role: sop.RoleApprover,
		Answers: p.mail.Msg.MessageID}
	return m.QueueData(b, letter.Data{Office: m.Office, Case: sop.Case{Number: store.Office}, Letter: l, Now: now, Carried: p.carried})
}
