package office

import (
	"errors"
	"slices"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// History adds to a request what earlier cases know of its people, so that the approver sees what is new about them.
func (c *Clerk) History(b store.Books, requester string, w sop.What) (sop.What, error) {
	var err error
	switch x := w.(type) {
	case sop.Request:
		x.Past, err = c.past(b, requester, x.Reading.Roster)
		return x, err
	case sop.Supplement:
		x.Past, err = c.past(b, requester, x.Reading.Roster)
		return x, err
	}
	return w, nil
}

// past: whom the configuration names by address is no stranger; whom it only admits with a whole domain is one until a case
// of theirs has been approved.
func (c *Clerk) past(b store.Books, requester string, roster []document.Row) (sop.Past, error) {
	p := sop.Past{Confirmed: map[string]string{}}
	known, any, err := b.Cases.ApprovedRequester(requester)
	if err != nil {
		return p, err
	}
	p.Stranger = any && !known && !slices.ContainsFunc(c.Requesters, func(r string) bool { return strings.EqualFold(r, requester) })
	for _, row := range roster {
		if row.NIP == "" {
			continue
		}
		if p.Confirmed[row.NIP], err = b.Accounts.Confirmed(row.NIP); err != nil {
			return p, err
		}
	}
	return p, nil
}

// addHistory writes down what later cases will want to know of this one.
func (c *Clerk) addHistory(b store.Books, old, now sop.Case) error {
	var errs []error
	if now.Approval != nil && now.Approval.Released && (old.Approval == nil || !old.Approval.Released) {
		errs = append(errs, b.Cases.PutApprovedRequester(now.Requester.Address, now.Number))
	}
	for nip, a := range now.Accounts {
		if was := old.Accounts[nip].UserID; was != "" && was != a.UserID { // an approver's USER
			errs = append(errs, b.Accounts.PutUser(a.UserID, nip))
		}
	}
	for _, m := range now.Members {
		if m.State != sop.MemberConfirmed || m.Address == "" {
			continue
		}
		if was := old.Member(m.Row.NIP); was == nil || was.State != sop.MemberConfirmed {
			errs = append(errs, b.Accounts.PutConfirmed(m.Row.NIP, m.Address))
		}
	}
	return errors.Join(errs...)
}
