package sop_test

import (
	"testing"
	"time"

	"ukpbjd/internal/sop"
)

// TestVotesAreJudgedAtRelease: at the end of the undo window an approval by somebody whom the configuration does not name any more
// releases nothing, and the others are asked anew. The control is the same case with the configuration of that day.
func TestVotesAreJudgedAtRelease(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, zone)
	vote := sop.Approval{By: cast["admin"], Address: cast["admin"].Address, Revision: 1, Release: now.Add(-time.Minute)}
	for stands, released := range map[bool]bool{true: true, false: false} {
		o := testOffice()
		if !stands {
			o.Approvers = o.Approvers[1:]
		}
		c := sop.Case{Number: "PKJ-2026-0001", Status: sop.Approved, Requester: cast["staf"], Opened: now.Add(-time.Hour), Revision: 1,
			Reading: reading(1, "a"), Approval: &vote, Votes: []sop.Approval{vote}}
		out := o.Decide(c, sop.Input{At: now, What: sop.Tick{}}, now)
		if got := out.Case.Approval != nil && out.Case.Approval.Released; got != released {
			t.Errorf("named %v: released %v", stands, got)
		}
		if !stands && (out.Case.Status != sop.AwaitingApproval || len(out.Letters) == 0) {
			t.Errorf("nobody is asked anew: %s, %d letters", out.Case.Status, len(out.Letters))
		}
	}
}

// TestVotesHoldTheirSeat: what an approver may not do, nobody does for them; and a vote counts only as long as who gave it may decide.
func TestVotesHoldTheirSeat(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, zone)
	deputy := sop.Person{Name: "Wakil", Address: "wakil@gov.example"}
	lent := func(from string, until time.Time) sop.Delegation {
		return sop.Delegation{From: cast[from], To: deputy, Until: until}
	}
	begin := func(quorum int, requester string) (sop.Office, sop.Case) {
		o := testOffice()
		o.Quorum = quorum
		for i := range o.Approvers {
			o.Approvers[i].Deputies = []sop.Approver{{Person: deputy}}
		}
		return o, sop.Case{Number: "PKJ-2026-0001", Status: sop.AwaitingApproval, Requester: cast[requester], Opened: now.Add(-time.Hour), Revision: 1, Issue: 1,
			Reading: reading(1, "a"), Expires: now.Add(72 * time.Hour), Delegations: []sop.Delegation{lent("admin", now.Add(48*time.Hour))}}
	}
	say := func(o sop.Office, c sop.Case, who sop.Person, at time.Time) (sop.Case, string) {
		from := o.Identify(&c, who.Address)
		from.Proof = sop.Proof{Level: sop.Standard, Result: sop.Proven}
		out := o.Decide(c, sop.Input{At: at, From: from, What: sop.Command{Verb: sop.Setuju,
			Ref: sop.Ref{Via: "message-id", Kind: sop.Persetujuan, Revision: c.Revision, Issue: c.Issue, To: who.Address}}}, at)
		return out.Case, out.Reason
	}
	expect := func(name, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}

	o, c := begin(1, "staf") // the control
	_, why := say(o, c, deputy, now)
	expect("a deputy", why, "approved")
	o, c = begin(1, "admin")
	_, why = say(o, c, deputy, now)
	expect("a deputy of the requester", why, "own-request")
	c.Delegations = append(c.Delegations, lent("admin2", now.Add(48*time.Hour)))
	_, why = say(o, c, deputy, now)
	expect("who is another's deputy, too", why, "approved")

	for name, x := range map[string]struct {
		change func(o *sop.Office, c *sop.Case)
		want   string
	}{
		"as it was": {func(*sop.Office, *sop.Case) {}, "approved"},
		"the delegation was recalled": {func(_ *sop.Office, c *sop.Case) {
			c.Delegations = []sop.Delegation{lent("admin", now.Add(time.Minute))}
		}, "vote-counted"},
		"the deputy was removed":   {func(o *sop.Office, _ *sop.Case) { o.Approvers[0].Deputies = nil }, "vote-counted"},
		"the approver was removed": {func(o *sop.Office, _ *sop.Case) { o.Approvers = o.Approvers[1:] }, "vote-counted"},
	} {
		o, c := begin(2, "staf")
		c, why := say(o, c, deputy, now)
		expect(name+", the first", why, "vote-counted")
		_, why = say(o, c, cast["admin"], now.Add(2*time.Minute))
		expect(name+", from the same seat", why, "already-approved")
		x.change(&o, &c)
		_, why = say(o, c, cast["admin2"], now.Add(time.Hour))
		expect(name, why, x.want)
		if name == "the delegation was recalled" {
			_, why = say(o, c, cast["admin"], now.Add(time.Hour))
			expect("the approver themselves, after the recall", why, "vote-counted")
		}
	}
}
