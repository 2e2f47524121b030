package sop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// whom finds the member that a line means, by NIP or by the number in the letter's list; nil: nobody.
func (c *Case) whom(l Line) *Member {
	if n, err := strconv.Atoi(l.Who); err == nil && n > 0 && n <= len(c.Members) {
		return &c.Members[n-1]
	}
	return c.Member(l.Who)
}

// lineFault says why the lines below a SETUJU cannot be followed, and which of them. One of them stops all.
func (c *Case) lineFault(lines []Line) (topic string, bad Line) {
	users := map[string]string{} // user IDs as they would be, by NIP
	for nip, a := range c.Accounts {
		if c.Member(nip) != nil {
			users[nip] = a.UserID
		}
	}
	said := map[string]Verb{}
	for _, l := range lines {
		m := c.whom(l)
		if m == nil {
			return "line-unknown", l
		}
		nip, about := m.Row.NIP, "account"
		if l.Verb == GantiUser {
			about, users[nip] = "user", l.Arg
		}
		if _, twice := said[nip+about]; twice {
			return "line-twice", l
		}
		said[nip+about] = l.Verb
		switch {
		case l.Verb == GantiUser && !PlainUser(l.Arg):
			return "user-id-bad", l
		case l.Verb == GantiUser && l.Owner != "" && l.Owner != nip:
			return "user-id-taken", l
		}
	}
	for _, l := range lines {
		for nip, user := range users {
			if l.Verb == GantiUser && nip != c.whom(l).Row.NIP && strings.EqualFold(user, l.Arg) {
				return "user-id-taken", l
			}
		}
	}
	return "", Line{}
}

// PlainUser says that a user ID can be typed and printed as it is.
func PlainUser(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>&\\`", r) })
}

// text is the line as it may be quoted.
func (l Line) text() string { return strings.TrimSpace(string(l.Verb) + " " + l.Who + " " + l.Arg) }

// takeLines changes accounts as an approver says. fresh: somebody is to be given a new password, which the approver must see, and type
// into SPSE, before anything is released.
func (d *decision) takeLines(lines []Line) (changed, fresh bool) {
	for _, l := range lines {
		m := d.c.whom(l)
		nip := m.Row.NIP
		a, ok := d.c.Accounts[nip]
		switch {
		case l.Verb == GantiUser && a.UserID != l.Arg:
			a.UserID, changed = l.Arg, true
		case l.Verb == Tetap && !a.Kept:
			a.Sealed, a.Kept, changed = nil, true, true
		case l.Verb == Baru && a.Kept:
			a = Account{UserID: a.UserID, Renew: true, Anew: true}
			changed, fresh = true, true
			d.change("Password baru dibuat untuk " + m.Row.Nama + " atas permintaan Admin Agency.")
		default:
			continue
		}
		if ok {
			d.c.Accounts[nip] = a
		}
		d.event("line-taken", "Petunjuk Admin Agency atas akun dijalankan.", "line", l.text(), "nip", nip)
	}
	return changed, fresh
}

// change is shown to the approvers as new in this revision, once.
func (d *decision) change(text string) {
	if !slices.Contains(d.c.Changes, text) {
		d.c.Changes = append(d.c.Changes, text)
	}
}

// refresh takes accounts back of which the register says something else by now: whoever is asked is asked about those that are.
func (d *decision) refresh() {
	for _, nip := range d.in.Outdated {
		if m := d.c.Member(nip); m != nil {
			d.change("akun " + m.Row.Nama + " berubah sejak surat persetujuan yang lama: oleh permohonan lain, atau oleh daftar akun kantor")
		}
		d.event("account-outdated", "Akun pada lembar akun tidak sama lagi dengan daftar akun kantor.", "nip", nip)
		d.drop(nip)
	}
	d.in.Outdated = nil
}

// renew asks anew with a sheet that has the new passwords.
func (d *decision) renew(by string) string {
	d.event("accounts-renewed", "Password baru dibuat; persetujuan diminta kembali.", "revision", fmt.Sprint(d.c.Revision))
	d.tellApprovers("accounts-renewed", by)
	d.askApproval()
	return "accounts-renewed"
}
