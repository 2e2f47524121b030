package sop

import (
	"bytes"
	"fmt"
	"slices"
)

// askable are the approvers who may decide this case: not the requester, not a member (SOP 2.1, DESIGN "Trust").
func (d *decision) askable() []Approver {
	var out []Approver
	for _, a := range d.o.Approvers {
		if !a.party(&d.c) {
			out = append(out, a)
		}
	}
	return out
}

// accountsMade takes what the worker generated. An account once made is kept: a late result of an older order never
// replaces it, and a sheet that shows another password than the one kept is made anew.
func (d *decision) accountsMade(w AccountsMade) string {
	if d.c.Status.Closed() {
		return "closed"
	}
	if w.Failed != "" {
		d.event("accounts-failed", "Akun tidak dapat disiapkan.", "why", w.Failed)
		d.tell(PeringatanOperator, d.o.Operator, RoleOperator, "accounts-failed", w.Failed)
		d.c.Status = NeedsReview
		d.step("operator", d.o.ApprovalDays)
		return "accounts-failed"
	}
	raced := d.keepAccounts(w.Accounts)
	if d.c.Status != AwaitingApproval || w.Revision != d.c.Revision || w.Issue != d.c.Issue {
		return "stale"
	}
	if raced {
		d.order(OrderAccounts, "")
		return "accounts-raced"
	}
	d.c.Expires = d.o.Calendar.Deadline(d.now, d.o.Expires).UTC()
	d.step("approver", d.o.ApprovalDays) // SOP 1.5, W.1
	for _, a := range d.askable() {
		l := d.letter(Persetujuan, a.Person, RoleApprover)
		if sheet := w.Sheets[a.Address]; sheet != nil {
			l.Files = []File{{Name: "lembar-akun-" + d.c.Number + ".xlsx", Bytes: sheet,
				MediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}}
		}
	}
	d.event("approval-asked", "Persetujuan diminta kepada Admin Agency.", "revision", fmt.Sprint(d.c.Revision), "issue", fmt.Sprint(d.c.Issue))
	return "approval-asked"
}

// keepAccounts merges; it says whether some account had been made by another order meanwhile.
func (d *decision) keepAccounts(made map[string]Account) (raced bool) {
	for nip, a := range made {
		old, ok := d.c.Accounts[nip]
		switch {
		case !ok:
			d.c.Accounts[nip] = a
		case !bytes.Equal(old.Sealed, a.Sealed) || old.UserID != a.UserID:
			raced = true
		}
	}
	return raced
}

// party says that the approver is the requester or a member of the case, by any address or by NIP.
func (a Approver) party(c *Case) bool {
	for _, addr := range append([]string{a.Address}, a.Aliases...) {
		if sameAddress(addr, c.Requester.Address) {
			return true
		}
		if slices.ContainsFunc(c.Members, func(m Member) bool { return sameAddress(addr, m.Row.Email) }) {
			return true
		}
	}
	return a.NIP != "" && c.Member(a.NIP) != nil
}
