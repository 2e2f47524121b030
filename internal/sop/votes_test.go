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
