package office

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// delegate carries what an approver delegated, or took back, in answer to one case into all that are open, in the same commit;
// cases to come begin with it.
func (c *Clerk) delegate(b store.Books, said string, in sop.Input, list []sop.Delegation, now time.Time) error {
	if len(list) == 0 {
		return nil
	}
	all, err := b.State.Delegations()
	if err != nil {
		return err
	}
	for _, g := range list {
		all = slices.DeleteFunc(all, func(x sop.Delegation) bool { return x.From == g.From && x.To == g.To })
		all = append(all, g)
	}
	all = slices.DeleteFunc(all, func(x sop.Delegation) bool { return now.After(x.Until) })
	if err := errors.Join(b.State.PutDelegations(all), b.Journal.Append(store.Office, delegationEvents(said, in, list, now))); err != nil {
		return err
	}
	open, err := c.OpenCases(b)
	if err != nil {
		return err
	}
	for _, cs := range open {
		if cs.Number == said {
			continue
		}
		for _, g := range list {
			x := sop.Input{At: in.At, From: in.From, What: sop.Delegated{Delegation: g}}
			if err := c.Decide(b, cs, x, now); err != nil {
				return fmt.Errorf("delegate in %s: %w", cs.Number, err)
			}
			if cs, _, err = b.Cases.Get(cs.Number); err != nil {
				return err
			}
		}
	}
	return nil
}

func delegationEvents(said string, in sop.Input, list []sop.Delegation, now time.Time) (out []sop.Event) {
	for _, g := range list {
		e := sop.Event{At: now, Kind: "delegated", Actor: in.From.Address, Reason: "delegated", Text: "Kewenangan persetujuan didelegasikan untuk semua kasus.",
			Data: map[string]string{"from": g.From.Address, "to": g.To.Address, "until": g.Until.Format(time.RFC3339), "case": said, "mail": in.Mail.SHA256}}
		if !in.At.Before(g.Until) {
			e.Kind, e.Reason, e.Text = "delegation-ended", "delegation-ended", "Pendelegasian kewenangan persetujuan diakhiri untuk semua kasus."
		}
		out = append(out, e)
	}
	return out
}
