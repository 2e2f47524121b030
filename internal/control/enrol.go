package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
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

// enrolCall writes to all approvers and deputies, or to the one named, and says what is known of each.
func enrolCall(c *Control, ctx context.Context, x Call) (any, error) {
	now := c.Now().UTC()
	found := false
	err := c.Commit(ctx, 1, func(b store.Books) error {
		found = false
		for i, a := range c.registered() {
			if x.Arg != "" && x.Arg != a.Address {
				continue
			}
			found = true
			e, err := b.State.Enrolment(a.Address)
			if err != nil {
				return err
			}
			e.Asked = now
			key := fmt.Sprintf("%d/%s/%d", now.UnixMilli(), sop.Pendaftaran, i)
			l := sop.Letter{Key: key, Kind: sop.Pendaftaran, To: a.Person, Role: sop.RoleApprover}
			if err := errors.Join(b.State.PutEnrolment(a.Address, e), c.Queue(b, sop.Case{Number: store.Office}, l),
				c.journal(b, "operator", "enrolment-asked", "enrol", "Surat uji balasan ditulis kepada "+a.Address+".")); err != nil {
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

// registered are the approvers, each with their deputies after them.
func (c *Control) registered() (all []sop.Approver) {
	for _, a := range c.Office.Approvers {
		all = append(append(all, a), a.Deputies...)
	}
	return all
}

// Enrolments say of each approver and deputy which level their replies reach.
func (c *Control) Enrolments(ctx context.Context) ([]Enrolment, error) {
	return office.Read(ctx, c.Clerk, func(b store.Books) (out []Enrolment, err error) {
		for _, a := range c.registered() {
			kept, err := b.State.Enrolment(a.Address)
			if err != nil {
				return nil, err
			}
			deputy := !slices.ContainsFunc(c.Office.Approvers, func(p sop.Approver) bool { return p.Address == a.Address })
			e := Enrolment{Name: a.Name, Address: a.Address, Deputy: deputy, Asked: kept.Asked, Carried: kept.Carried, Needs: c.Office.Level}
			if kept.Carried != nil {
				e.Reach, e.Enough = kept.Carried.Reach(), kept.Carried.Enough(c.Office.Level)
			}
			out = append(out, e)
		}
		return out, nil
	})
}
