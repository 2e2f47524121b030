package sop

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"ukpbjd/internal/workday"
)

// delegationMost bounds an absence.
const delegationMost = 366 * 24 * time.Hour

// Acting are the approvers of a case at a moment: all of the office, and the deputies whose DELEGASI runs.
func (o Office) Acting(c *Case, at time.Time) []Approver {
	all := slices.Clone(o.Approvers)
	for _, g := range c.Delegations {
		a, ok := o.Approver(g.To.Address)
		if ok && !at.After(g.Until) && !slices.ContainsFunc(all, func(x Approver) bool { return x.Address == a.Address }) {
			all = append(all, a)
		}
	}
	return all
}

func (d *decision) acting() []Approver { return d.o.Acting(&d.c, d.now) }

func (o Office) acts(c *Case, addr string, at time.Time) bool {
	return slices.ContainsFunc(o.Acting(c, at), func(a Approver) bool { return a.Address == addr })
}

func (o Office) principal(p Person) bool {
	return slices.ContainsFunc(o.Approvers, func(a Approver) bool { return a.Address == p.Address })
}

func delegated(c *Case, to Person) bool {
	return slices.ContainsFunc(c.Delegations, func(g Delegation) bool { return g.To.Address == to.Address })
}

// seat is who a vote counts for: a deputy sits in the seat of the approver, so that the two never make a quorum.
func (o Office) seat(c *Case, p Person) string {
	if o.principal(p) {
		return p.Address
	}
	for _, g := range slices.Backward(c.Delegations) {
		if g.To.Address == p.Address {
			return g.From.Address
		}
	}
	return p.Address
}

// delegable: an approver names one of their own registered deputies and a day to come.
func delegable(o Office, _ *Case, s Sender, w Command, at time.Time) string {
	_, _, why := o.delegation(s, w.Arg, at)
	return why
}

func (o Office) delegation(s Sender, arg string, at time.Time) (to Approver, until time.Time, why string) {
	who, day, ok := cutUntil(arg)
	i := slices.IndexFunc(o.Approvers, func(a Approver) bool { return a.Address == s.Address })
	if i < 0 {
		return to, until, "wrong-role"
	}
	if !ok {
		return to, until, "date-unreadable"
	}
	found := 0
	for _, x := range o.Approvers[i].Deputies {
		if slices.ContainsFunc(x.addresses(), func(a string) bool { return sameAddress(a, who) }) || matches(x.Name, who) {
			to = x
			found++
		}
	}
	if found != 1 {
		return to, until, "deputy-unknown"
	}
	until, ok = o.endOf(day)
	if !ok || !until.After(at) || until.Sub(at) > delegationMost {
		return to, until, "date-unreadable"
	}
	return to, until, ""
}

func cutUntil(arg string) (who, day string, ok bool) {
	fields := strings.Fields(strings.TrimSuffix(strings.TrimSpace(arg), "."))
	for i, f := range fields {
		if i > 0 && (strings.EqualFold(f, "SAMPAI") || strings.EqualFold(f, "UNTIL")) {
			return strings.Join(fields[:i], " "), strings.Join(fields[i+1:], " "), true
		}
	}
	return "", "", false
}

// endOf is the last moment of a day, written as 2026-05-05, 5 Mei 2026, 05/05/2026 or 5-5-2026.
func (o Office) endOf(day string) (time.Time, bool) {
	zone := o.Calendar.Zone
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range []string{"2006-01-02", "2/1/2006", "2-1-2006"} {
		if t, err := time.ParseInLocation(layout, day, zone); err == nil {
			return t.AddDate(0, 0, 1).Add(-time.Second).UTC(), true
		}
	}
	f := strings.Fields(day)
	if len(f) != 3 {
		return time.Time{}, false
	}
	d, err1 := strconv.Atoi(f[0])
	y, err2 := strconv.Atoi(f[2])
	m := monthOf(f[1])
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if err1 != nil || err2 != nil || m == 0 || y < 2000 || y > 9999 || t.Day() != d {
		return time.Time{}, false
	}
	return t.AddDate(0, 0, 1).Add(-time.Second).UTC(), true
}

// monthOf knows full names and their first three letters, and the two ways to shorten Agustus.
func monthOf(s string) time.Month {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(workday.MonthName(m))
		if s == name || s == name[:3] || m == time.August && (s == "agt" || s == "ags") {
			return m
		}
	}
	return 0
}

// delegasi lets a deputy answer meanwhile, with letters of their own.
func (d *decision) delegasi(w Command) string {
	to, until, _ := d.o.delegation(d.in.From, w.Arg, d.arrived())
	g := Delegation{From: d.in.From.Person, To: to.Person, Until: until}
	d.c.Delegations = slices.DeleteFunc(d.c.Delegations, func(x Delegation) bool { return x.From == g.From && x.To == g.To })
	d.c.Delegations = append(d.c.Delegations, g)
	d.event("delegated", "Kewenangan persetujuan didelegasikan kepada "+to.Name+".", "to", to.Address, "until", until.Format(time.RFC3339))
	d.tellApprovers("delegated", d.in.From.Name)
	if d.c.Status == AwaitingApproval {
		d.askApproval() // the deputy gets a letter and a sheet of their own
	}
	return "delegated"
}
