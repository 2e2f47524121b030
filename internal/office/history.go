package office

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// History adds to a request what earlier cases know of its people, so that the approver sees what is new about them.
func (c *Clerk) History(b store.Books, requester string, w sop.What) (sop.What, error) {
	var err error
	switch x := w.(type) {
	case sop.Request:
		if x.Past, err = c.past(b, requester, x.Reading.Roster); err == nil && sop.Forces(x.Subject) {
			x.Past.Repeats, err = c.asked(b, x.Reading)
		}
		return x, err
	case sop.Supplement:
		x.Past, err = c.past(b, requester, x.Reading.Roster)
		return x, err
	case sop.Correction:
		var rows []document.Row
		for _, r := range x.Rows {
			rows = append(rows, document.Row{NIP: r.NIP})
		}
		x.Past, err = c.past(b, requester, rows)
		return x, err
	case sop.Repeat:
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
	released := justReleased(old, now)
	if now.Revision != old.Revision {
		for _, f := range sop.Fingerprints(now.Reading) {
			errs = append(errs, b.Cases.PutRequest(f.Key, now.Number))
		}
	}
	if released {
		errs = append(errs, b.Cases.PutApprovedRequester(now.Requester.Address, now.Number))
	}
	for nip, a := range now.Accounts {
		errs = append(errs, register(b, now, nip, a, old.Accounts[nip], released))
	}
	for nip, was := range old.Accounts {
		if a := now.Accounts[nip]; was.Print != "" && a.Print != was.Print {
			errs = append(errs, b.Accounts.PutPrint(was.Print, nip, true))
		}
	}
	for _, m := range now.Members {
		was := old.Member(m.Row.NIP)
		if m.State == sop.MemberConfirmed && m.Address != "" && (was == nil || was.State != sop.MemberConfirmed) {
			errs = append(errs, b.Accounts.PutConfirmed(m.Row.NIP, m.Address))
		}
		if m.Exposed != (was != nil && was.Exposed) {
			errs = append(errs, change(b, now.Number, m.Row.NIP, func(r *store.Account) { r.Exposed = m.Exposed }))
		}
	}
	return errors.Join(errs...)
}

func justReleased(old, now sop.Case) bool {
	return now.Approval != nil && now.Approval.Released && (old.Approval == nil || !old.Approval.Released)
}

// Outdated are the members of a case that is not released whose accounts the register has gone past since they were proposed: another case
// gave them one, or another user ID, or theirs was seen. An approver must see that before anything is released.
func Outdated(b store.Books, cs sop.Case) (nips []string, err error) {
	if cs.Status != sop.AwaitingApproval && cs.Status != sop.Approved || cs.Approval != nil && cs.Approval.Released {
		return nil, nil
	}
	for _, m := range cs.Members {
		a, made := cs.Accounts[m.Row.NIP]
		r, ok, err := b.Accounts.Get(m.Row.NIP)
		if err != nil && !store.IsRow(err) {
			return nil, err
		}
		owner, bad := b.Accounts.NIPOf(a.UserID)
		if bad != nil {
			return nil, bad
		}
		if made && owner != "" && owner != m.Row.NIP { // it was only proposed, and its true owner's account came in
			nips = append(nips, m.Row.NIP)
			continue
		}
		if !made || !ok || err != nil || r.Case == cs.Number || a.Renew {
			continue
		}
		if a.Kept && (r.Exposed || !strings.EqualFold(r.UserID, a.UserID)) || !a.Kept && !a.Anew && !r.Exposed {
			nips = append(nips, m.Row.NIP)
		}
	}
	return nips, nil
}

// register keeps the register of accounts: who has which user ID since when, and whether a password that was given may still live.
func register(b store.Books, cs sop.Case, nip string, a, was sop.Account, released bool) error {
	if a.UserID != "" && was.UserID != a.UserID { // whoever proposed it: the pattern, credentials.command, an approver's USER
		if err := b.Accounts.PutUser(a.UserID, nip); err != nil {
			return err
		}
	}
	if a.Print != "" && (a.Print != was.Print || released) {
		if err := b.Accounts.PutPrint(a.Print, nip, released); err != nil {
			return err
		}
	}
	m := cs.Member(nip)
	if !released || m == nil {
		if a.Gone && !was.Gone {
			return change(b, cs.Number, nip, func(r *store.Account) { r.Live = false })
		}
		return nil
	}
	r, _, err := b.Accounts.Get(nip)
	if err != nil {
		return err
	}
	r.NIP, r.Name, r.UserID = nip, m.Row.Nama, a.UserID
	if r.Since.IsZero() && !a.Kept {
		r.Since = cs.Approval.At
	}
	if !a.Kept {
		r.Case, r.Live, r.Exposed = cs.Number, true, false
	}
	return b.Accounts.Put(r)
}

// change alters what the register says of a password that this case gave.
func change(b store.Books, number, nip string, do func(*store.Account)) error {
	r, ok, err := b.Accounts.Get(nip)
	if err != nil || !ok || r.Case != number {
		return err
	}
	do(&r)
	return b.Accounts.Put(r)
}

// supersede tells the cases whose passwords may still live that this one gives their people others.
func (c *Clerk) supersede(b store.Books, old, cs sop.Case, now time.Time) error {
	released := justReleased(old, cs)
	for _, nip := range slices.Sorted(maps.Keys(cs.Accounts)) {
		a, was := cs.Accounts[nip], old.Accounts[nip]
		if !(a.Renew && !was.Renew || released && len(a.Sealed) > 0) {
			continue
		}
		r, _, err := b.Accounts.Get(nip)
		if err != nil {
			return err
		}
		if !r.Live || r.Case == cs.Number {
			continue
		}
		other, err := Find(b, r.Case)
		if errors.Is(err, ErrNoCase) || store.IsRow(err) { // nobody can be told, and no approval waits for that; verify names a bad row
			c.Log.Warn("a case is passed over whose password is superseded", "case", r.Case, "error", err)
			continue
		}
		if err == nil {
			err = c.Decide(b, other, sop.Input{At: now, What: sop.Superseded{NIP: nip, By: cs.Number}}, now)
		}
		if err != nil {
			return fmt.Errorf("supersede the password of %s: %w", KeyID(r.Case, nip), err)
		}
	}
	return nil
}

// Repeated finds the case that a request belongs to because it asks for the same thing; "": it is a new one.
func (c *Clerk) Repeated(b store.Books, r sop.Request) (string, error) {
	if sop.Forces(r.Subject) {
		return "", nil
	}
	return c.asked(b, r.Reading)
}

func (c *Clerk) asked(b store.Books, r document.Reading) (string, error) {
	for _, f := range sop.Fingerprints(r) {
		number, err := b.Cases.Requested(f.Key)
		if err != nil {
			return "", err
		}
		if number == "" {
			continue
		}
		cs, ok, err := b.Cases.Get(number)
		if err != nil && !store.IsRow(err) {
			return "", err
		}
		if ok && err == nil && cs.Joins(f) {
			return number, nil
		}
	}
	return "", nil
}
