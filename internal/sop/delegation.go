package sop

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"ukpbjd/internal/workday"
)

// maxDelegation bounds an absence.
const maxDelegation = 366 * 24 * time.Hour

// Acting are the approvers of a case at a moment: all of the office, and the deputies whose DELEGASI runs.
func (o Office) Acting(c *Case, at time.Time) []Approver {
	all := slices.Clone(o.Approvers)
	for _, g := range c.Delegations {
		a, ok := o.deputy(g)
		if ok && !at.After(g.Until) && !slices.ContainsFunc(all, func(x Approver) bool { return x.Address == a.Address }) {
			all = append(all, a)
		}
	}
	return all
}

// deputy finds who is delegated to, as long as they stand in the list of the one who delegated.
func (o Office) deputy(g Delegation) (Approver, bool) {
	i := slices.IndexFunc(o.Approvers, func(a Approver) bool { return a.Address == g.From.Address })
	if i < 0 {
		return Approver{}, false
	}
	j := slices.IndexFunc(o.Approvers[i].Deputies, func(a Approver) bool { return a.Address == g.To.Address })
	if j < 0 {
		return Approver{}, false
	}
	return o.Approvers[i].Deputies[j], true
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

// seat is who a vote counts for: a deputy sits in the seat of the approver, so that the two never make a quorum. "": who acts for parties
// alone may not decide the case.
func (o Office) seat(c *Case, p Person, at time.Time) string {
	if o.principal(p) {
		return p.Address
	}
	for _, g := range slices.Backward(c.Delegations) {
		if g.To.Address == p.Address && o.sits(c, p, g.From.Address, at) {
			return g.From.Address
		}
	}
	return ""
}

// sits says that somebody may decide a case in this seat at a moment: they are no party, nor is the one whose seat it is.
func (o Office) sits(c *Case, p Person, seat string, at time.Time) bool {
	i := slices.IndexFunc(o.Approvers, func(a Approver) bool { return a.Address == seat })
	if i < 0 || o.Approvers[i].party(c) {
		return false
	}
	return p.Address == seat || slices.ContainsFunc(c.Delegations, func(g Delegation) bool {
		a, ok := o.deputy(g)
		return ok && g.From.Address == seat && g.To.Address == p.Address && !at.After(g.Until) && !a.party(c)
	})
}

// barred: the approver is a party to the case, or stands in for none but parties.
func (o Office) barred(c *Case, a Approver, at time.Time) bool {
	return a.party(c) || o.acts(c, a.Address, at) && o.seat(c, a.Person, at) == ""
}

// delegable: an approver names one of their own registered deputies and a day to come, or ends what they have delegated.
func delegable(o Office, c *Case, s Sender, w Command, at time.Time) string {
	who, ends := cutEnd(w.Arg)
	switch {
	case !ends:
		_, _, why := o.delegation(s, w.Arg, at)
		return why
	case !o.principal(s.Person):
		return "wrong-role"
	case len(o.ending(c, s, who, at)) == 0:
		return "no-delegation"
	}
	return ""
}

// cutEnd reads the recall: SELESAI, or "<deputy> SELESAI".
func cutEnd(arg string) (who string, ok bool) {
	fields := strings.Fields(strings.TrimSuffix(strings.TrimSpace(arg), "."))
	last := len(fields) - 1
	if last < 0 || !strings.EqualFold(fields[last], "SELESAI") && !strings.EqualFold(fields[last], "END") {
		return "", false
	}
	return strings.Join(fields[:last], " "), true
}

// ending are the delegations of a sender that run and that a recall means; an empty name means all.
func (o Office) ending(c *Case, s Sender, who string, at time.Time) (out []Delegation) {
	for _, g := range c.Delegations {
		a, ok := o.deputy(g)
		if ok && g.From.Address == s.Address && !at.After(g.Until) && (who == "" || a.named(who)) {
			out = append(out, g)
		}
	}
	return out
}

// named: by an address, or by name.
func (a Approver) named(who string) bool {
	return slices.ContainsFunc(a.addresses(), func(x string) bool { return sameAddress(x, who) }) || matches(a.Name, who)
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
		if x.named(who) {
			to = x
			found++
		}
	}
	if found != 1 {
		return to, until, "deputy-unknown"
	}
	until, ok = o.endOf(day)
	if !ok || !until.After(at) || until.Sub(at) > maxDelegation {
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

// delegasi lets a deputy answer meanwhile, in this case and in all others, with letters of their own; or ends it.
func (d *decision) delegasi(w Command) string {
	at := d.arrived()
	if who, ends := cutEnd(w.Arg); ends {
		for _, g := range d.o.ending(&d.c, d.in.From, who, at) {
			g.Until = at.Add(-time.Nanosecond)
			d.out.Delegated = append(d.out.Delegated, g)
		}
	} else {
		to, until, _ := d.o.delegation(d.in.From, w.Arg, at)
		d.out.Delegated = []Delegation{{From: d.in.From.Person, To: to.Person, Until: until}}
	}
	reason := ""
	for _, g := range d.out.Delegated {
		reason = d.takeDelegation(g)
		d.tellApprovers(reason, d.delegationWords(g))
		if reason == delegationEnded { // who acts no more is told, too
			d.tell(Pemberitahuan, g.To, RoleApprover, reason, d.delegationWords(g))
		}
	}
	return reason
}

// delegated is what an approver said in answer to another case.
func (d *decision) delegated(w Delegated) string {
	if _, ok := d.o.deputy(w.Delegation); !ok {
		return "deputy-unknown"
	}
	if d.c.Status.Closed() {
		return "closed"
	}
	return d.takeDelegation(w.Delegation)
}

const delegationEnded = "delegation-ended"

// takeDelegation puts it in the place of an earlier one between the two. Who begins to act, and may decide this case, gets a
// letter and a sheet of their own; all letters are then issued anew.
func (d *decision) takeDelegation(g Delegation) (reason string) {
	acted := d.o.acts(&d.c, g.To.Address, d.now)
	d.c.Delegations = slices.DeleteFunc(d.c.Delegations, func(x Delegation) bool { return x.From == g.From && x.To == g.To })
	d.c.Delegations = append(d.c.Delegations, g)
	if !d.arrived().Before(g.Until) {
		d.event(delegationEnded, "Pendelegasian kewenangan persetujuan kepada "+g.To.Name+" diakhiri.", "to", g.To.Address)
		return delegationEnded
	}
	d.event("delegated", "Kewenangan persetujuan didelegasikan kepada "+g.To.Name+".", "to", g.To.Address, "until", g.Until.Format(time.RFC3339))
	a, ok := d.o.deputy(g)
	begins := ok && !acted && d.o.acts(&d.c, g.To.Address, d.now)
	if begins {
		d.askMends()
	}
	if begins && d.c.Status == AwaitingApproval && !d.o.barred(&d.c, a, d.now) && !d.voted(a) {
		d.askApproval()
	}
	return "delegated"
}

// delegationWords say who delegated what to whom.
func (d *decision) delegationWords(g Delegation) string {
	words := g.From.Name + ", kepada " + g.To.Name
	if !d.arrived().Before(g.Until) {
		return words
	}
	zone := d.o.Calendar.Zone
	if zone == nil {
		zone = time.UTC
	}
	return words + " sampai " + workday.DateWords(g.Until.In(zone))
}

// inherit gives a new case what approvers have delegated before it was opened.
func (d *decision) inherit() {
	for _, g := range d.o.Standing {
		if _, ok := d.o.deputy(g); ok && !d.now.After(g.Until) {
			d.c.Delegations = append(d.c.Delegations, g)
		}
	}
}

func (d *decision) noteInherited() {
	for _, g := range d.c.Delegations {
		d.event("delegated", "Kewenangan persetujuan sedang didelegasikan kepada "+g.To.Name+".", "to", g.To.Address, "until", g.Until.Format(time.RFC3339))
	}
}
