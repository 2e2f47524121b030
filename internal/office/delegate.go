package office

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// delegate carries what an approver delegated, or took back, in answer to one case into all that are open; cases to come begin
// with it.
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
	err = errors.Join(b.State.PutDelegations(all), b.Journal.Append(store.Office, delegationEvents(said, in, list, now)))
	for _, g := range list {
		err = errors.Join(err, c.TellOpen(b, said, sop.Task{Kind: sop.TaskDelegate, Delegation: g, NotBefore: in.At}))
	}
	return err
}

// TellOpen tells every open case but one what was said for all of them: a row for each, which survives a kill, so that one case that
// cannot be decided on keeps the word from no other. Nothing is decided on a case before it has heard: see CatchUp.
func (c *Clerk) TellOpen(b store.Books, but string, t sop.Task) error {
	open, err := c.OpenCases(b)
	for _, cs := range open {
		if err == nil && cs.Number != but {
			err = b.Tasks.Tell(cs.Number, t)
		}
	}
	return err
}

// CatchUp decides on a case what was said for all that were open and it has not heard yet, and returns it as it is then. What is
// decided on it afterwards rests on that: a code that is void releases nothing however soon it comes.
func (c *Clerk) CatchUp(b store.Books, cs sop.Case, now time.Time) (sop.Case, error) {
	list, err := b.Tasks.Told(cs.Number)
	for _, t := range list {
		in, _ := t.Told()
		if err = errors.Join(b.Tasks.End(t.ID), c.decide(b, cs, in, now, "")); err == nil {
			cs, err = Find(b, cs.Number)
		}
		if err != nil {
			return cs, fmt.Errorf("tell %s what was said for all cases: %w", cs.Number, err)
		}
	}
	return cs, err
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
