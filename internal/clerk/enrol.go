package clerk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/message"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/triage"
)

// Enrolment is what is known of the replies of one approver or deputy, for the operator.
type Enrolment struct {
	Name    string       `json:"name"`
	Address string       `json:"address"`
	Deputy  bool         `json:"deputy,omitempty"`
	Asked   time.Time    `json:"asked,omitzero"`
	Carried *sop.Carried `json:"carried,omitempty"` // nil: no answer yet
	Reach   sop.Level    `json:"reach,omitempty"`
	Needs   sop.Level    `json:"needs"`
	Enough  bool         `json:"enough"`
}

// ErrNoApprover says that an address is no approver's.
var ErrNoApprover = errors.New("no approver or deputy of the configuration has this address")

// answersADay bounds what a mail program that answers by itself can bring about.
const answersADay = 10

// enrolCall writes to all approvers and deputies, or to the one named, and says what is known of each.
func enrolCall(c *Clerk, ctx context.Context, x Call) (any, error) {
	now := c.Now().UTC()
	found := false
	err := c.update(ctx, 1, func(b store.Books) error {
		found = false
		for i, a := range c.registered() {
			if x.Arg != "" && x.Arg != a.Address {
				continue
			}
			found = true
			if err := c.askToEnrol(b, a.Person, fmt.Sprintf("%d/%s/%d", now.UnixMilli(), sop.Pendaftaran, i), now); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("%s: %w", x.Arg, ErrNoApprover)
	}
	if err != nil {
		return nil, err
	}
	return c.Enrolments(ctx)
}

func (c *Clerk) askToEnrol(b store.Books, to sop.Person, key string, now time.Time) error {
	e, err := b.State.Enrolment(to.Address)
	if err != nil {
		return err
	}
	e.Asked = now
	l := sop.Letter{Key: key, Kind: sop.Pendaftaran, To: to, Role: sop.RoleApprover}
	return errors.Join(b.State.PutEnrolment(to.Address, e), c.queue(b, sop.Case{Number: store.Office}, l),
		b.Journal.Append(store.Office, []sop.Event{{At: now, Kind: "enrolment-asked", Actor: "operator", Reason: "enrol", Text: "Surat uji balasan ditulis kepada " + to.Address + "."}}))
}

// registered are the approvers, each with their deputies after them.
func (c *Clerk) registered() (all []sop.Approver) {
	for _, a := range c.Office.Approvers {
		all = append(append(all, a), a.Deputies...)
	}
	return all
}

// Enrolments say of each approver and deputy which level their replies reach.
func (c *Clerk) Enrolments(ctx context.Context) (out []Enrolment, err error) {
	err = c.View(ctx, func(b store.Books) error {
		out = out[:0]
		for _, a := range c.registered() {
			kept, err := b.State.Enrolment(a.Address)
			if err != nil {
				return err
			}
			e := Enrolment{Name: a.Name, Address: a.Address, Deputy: !c.principal(a), Asked: kept.Asked, Carried: kept.Carried, Needs: c.Office.Level}
			if kept.Carried != nil {
				e.Reach, e.Enough = kept.Carried.Reach(), kept.Carried.Enough(c.Office.Level)
			}
			out = append(out, e)
		}
		return nil
	})
	return out, err
}

func (c *Clerk) principal(a sop.Approver) bool {
	for _, x := range c.Office.Approvers {
		if x.Address == a.Address {
			return true
		}
	}
	return false
}

// survey looks at what an answer to an enrolment letter carries, while its bytes are at hand.
func (c *Clerk) survey(ctx context.Context, in Incoming, msg *message.Message, v triage.Verdict) *sop.Carried {
	from, _ := msg.SoleFrom()
	s := msgauth.Survey(ctx, in.Raw, in.Arrived.UTC(), msg.Header, from.Addr, c.Auth)
	s.Fault = v.Fault
	return &s
}

// enrolled records the answer and tells its author, at the registered address, what it carried.
func (c *Clerk) enrolled(b store.Books, p *Prepared, v triage.Verdict) error {
	now, to := c.Now().UTC(), v.From.Person
	e, err := b.State.Enrolment(to.Address)
	if err != nil {
		return err
	}
	e.Carried = p.carried
	if day := now.Format(time.DateOnly); day != e.Day {
		e.Day, e.Told = day, 0
	}
	e.Told++
	event := sop.Event{At: now, Kind: "enrolled", Actor: to.Address, Reason: "enrolment-reply", Text: "Balasan uji diterima; tidak ada yang dijalankan.",
		Data: map[string]string{"reach": string(p.carried.Reach()), "needs": string(c.Office.Level), "fault": p.carried.Fault, "mail": p.sha}}
	if err := errors.Join(b.State.PutEnrolment(to.Address, e), b.Journal.Append(store.Office, []sop.Event{event})); err != nil || e.Told > answersADay {
		return err
	}
	l := sop.Letter{Key: p.mail.Msg.Identity[:16] + "/" + string(sop.HasilPendaftaran), Kind: sop.HasilPendaftaran, To: to, Role: sop.RoleApprover,
		Answers: p.mail.Msg.MessageID}
	return c.queueData(b, letter.Data{Office: c.Office, Case: sop.Case{Number: store.Office}, Letter: l, Now: now, Carried: p.carried})
}
