package sop_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ukpbjd/internal/sop"
)

type decider func(sop.Office, sop.Case, sop.Input, time.Time) sop.Outcome

// broken are Decides that each lack one thing. The properties of TestHistories must catch every one of them; otherwise they
// would say nothing about the true Decide either.
var broken = map[string]decider{
	"authenticity gate off": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		in.From.Proof.Result, in.From.Proof.Level = sop.Proven, o.Level
		return o.Decide(c, in, now)
	},
	"sender not looked at": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		if w, ok := in.What.(sop.Command); ok && w.Verb == sop.Setuju {
			in.From = sop.Sender{Person: cast["admin"], Roles: []sop.Role{sop.RoleApprover}, Proof: in.From.Proof}
			w.Ref.To = cast["admin"].Address
			in.What = w
		}
		return o.Decide(c, in, now)
	},
	"token not bound": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		if w, ok := in.What.(sop.Command); ok && w.Verb == sop.Setuju {
			w.Ref = sop.Ref{Via: "message-id", Kind: sop.Persetujuan, Revision: c.Revision, Issue: c.Issue, To: in.From.Address}
			in.What = w
		}
		return o.Decide(c, in, now)
	},
	"quorum ignored": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		o.Quorum = 1
		return o.Decide(c, in, now)
	},
	"inputs not remembered": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		c.Handled = nil
		return o.Decide(c, in, now)
	},
	"addresses not frozen": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		if w, ok := in.What.(sop.Supplement); ok && c.Approval != nil && len(w.Reading.Roster) > 0 {
			c.Members = slices.Clone(c.Members)
			c.Members[0].Address = "baru@office.example"
		}
		return o.Decide(c, in, now)
	},
	"letters not held against the frozen address": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		out := o.Decide(c, in, now)
		if w, ok := in.What.(sop.CredentialSealed); ok && w.Letter.To == cast["orang"] && out.Reason == "sealing-failed" {
			out.Letters = append(out.Letters, w.Letter)
		}
		return out
	},
	"accounts replaced by late results": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		if w, ok := in.What.(sop.AccountsMade); ok && len(w.Accounts) > 0 {
			c.Accounts = w.Accounts
		}
		return o.Decide(c, in, now)
	},
	"closed cases go on": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		if _, ok := in.What.(sop.Supplement); ok && c.Status.Closed() {
			c.Status, c.Approval = sop.Incomplete, nil
		}
		return o.Decide(c, in, now)
	},
	"the office writes to itself": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		out := o.Decide(c, in, now)
		if in.From.Address == o.Mailbox.Address && out.Reason != "already-decided" {
			out.Letters = append(out.Letters, sop.Letter{Key: "x/" + in.ID, Kind: sop.TidakDikenali, To: o.Mailbox})
		}
		return out
	},
	"strangers are answered": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		out := o.Decide(c, in, now)
		if in.From.Address == cast["orang"].Address && out.Reason != "already-decided" {
			out.Letters = append(out.Letters, sop.Letter{Key: "x/" + in.ID, Kind: sop.TidakDikenali, To: in.From.Person})
		}
		return out
	},
	"the argument is changed": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		out := o.Decide(c, in, now)
		if _, ok := in.What.(sop.Accepted); ok && len(c.Members) > 0 {
			c.Members[0].Note = "x"
		}
		return out
	},
	"ticks want ticks": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		out := o.Decide(c, in, now)
		if !out.Case.Wake.IsZero() {
			out.Case.Wake = now
		}
		return out
	},
	"letter keys used twice": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		c.Letters = 0
		return o.Decide(c, in, now)
	},
}

// TestBrokenIsCaught is the negative control of TestHistories.
func TestBrokenIsCaught(t *testing.T) {
	for name, decide := range broken {
		t.Run(name, func(t *testing.T) {
			const most = 400
			caught, runs := "", 0
			history := rapid.Custom(func(t *rapid.T) string {
				said := ""
				h := newHistory(drawOffice(t), func(format string, a ...any) {
					if said == "" {
						said = fmt.Sprintf(format, a...)
					}
				})
				h.decide = decide
				h.run(t)
				return said
			})
			for caught == "" && runs < most {
				caught = history.Example(runs)
				runs++
			}
			if caught == "" {
				t.Fatalf("not caught in %d histories", most)
			}
			t.Logf("caught after %d: %.160s", runs, caught)
		})
	}
}

// TestSeenPasswordStaysAway: a worker that began before an account was seen brings it back; it is not taken. With the memory
// of what was seen taken away, the properties notice.
func TestSeenPasswordStaysAway(t *testing.T) {
	forgetful := func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		if !slices.Contains(c.Handled, in.ID) {
			c.Burnt = nil
		}
		return o.Decide(c, in, now)
	}
	for _, x := range []struct {
		decide decider
		want   bool
	}{{sop.Office.Decide, false}, {forgetful, true}} {
		caught := ""
		h := newHistory(testOffice(), func(format string, a ...any) { caught = fmt.Sprintf(format, a...) })
		h.decide = x.decide
		h.happen(h.mail("staf", sop.Proven, sop.Request{Reading: reading(3, "a")}))
		o, _ := h.take(sop.OrderAccounts, "")
		h.happen(h.carry(o, h.c))
		h.happen(h.mail("staf", sop.Proven, sop.Supplement{Reading: reading(3, "b")}))
		slow, seen := h.orders[0], h.c
		h.happen(sop.Input{At: h.now, What: sop.Exposed{NIP: nipOf(1), What: "terbaca"}})
		h.happen(h.carry(slow, seen))
		if (caught != "") != x.want {
			t.Errorf("caught %q, want %v", caught, x.want)
		}
	}
}
