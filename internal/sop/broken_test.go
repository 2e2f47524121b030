package sop_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ukpbjd/internal/sop"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

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
	"copies not held against the address of the approval": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		return copied(o, c, in, now, "tembusan-failed")
	},
	"a full copy chosen after the approval": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		if c.Approval != nil {
			a := *c.Approval
			a.Copy, c.Approval = o.KepalaLPSE, &a
		}
		return o.Decide(c, in, now)
	},
	"copies made again and again": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		if !c.Copy.Waits {
			c.Copy.Key = ""
		}
		return o.Decide(c, in, now)
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
		if in.From.Address == o.Mailbox.Address {
			out.Letters = append(out.Letters, sop.Letter{Key: fmt.Sprint("x/", c.Letters, len(c.Mails)), Kind: sop.TidakDikenali, To: o.Mailbox})
		}
		return out
	},
	"strangers are answered": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		out := o.Decide(c, in, now)
		if in.From.Address == cast["orang"].Address {
			out.Letters = append(out.Letters, sop.Letter{Key: fmt.Sprint("x/", c.Letters, len(c.Mails)), Kind: sop.TidakDikenali, To: in.From.Person})
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
	"ticks leave a trace": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		out := o.Decide(c, in, now)
		if out.Quiet() {
			out.Case.Updated = now
		}
		return out
	},
	"woken only by ticks": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		out := o.Decide(c, in, now)
		if _, ok := in.What.(sop.Tick); !ok && !c.Wake.IsZero() {
			out.Case.Wake = c.Wake
		}
		return out
	},
	"an early tick is the last": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		out := o.Decide(c, in, now)
		if out.Quiet() {
			out.Case.Wake = time.Time{}
		}
		return out
	},
	"letter keys used twice": func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		c.Letters = 0
		return o.Decide(c, in, now)
	},
}

// copied lets a copy go that Decide gave up for the given reason.
func copied(o sop.Office, c sop.Case, in sop.Input, now time.Time, reason string) sop.Outcome {
	out := o.Decide(c, in, now)
	if w, ok := in.What.(sop.TembusanSealed); ok && out.Reason == reason {
		w.Letter.Sealed = w.Sealed
		out.Letters = append(out.Letters, w.Letter)
	}
	return out
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

// TestSeenPasswordStaysAway: a worker that began before an account was seen brings it back; it is not taken. Where a
// late result is taken for a new one, the properties notice.
func TestSeenPasswordStaysAway(t *testing.T) {
	forgetful := func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		if m, ok := in.What.(sop.AccountsMade); ok {
			m.Revision, m.Issue = c.Revision, c.Issue
			in.What = m
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
		o, _ := h.take(sop.TaskAccounts, "")
		h.happen(h.carry(o, h.c))
		h.happen(h.mail("staf", sop.Proven, sop.Supplement{Reading: reading(3, "b")}))
		slow, seen := h.tasks[0], h.c
		h.happen(sop.Input{At: h.now, What: sop.Exposed{NIP: nipOf(1), What: "terbaca"}})
		h.happen(h.carry(slow, seen))
		if (caught != "") != x.want {
			t.Errorf("caught %q, want %v", caught, x.want)
		}
	}
}

// TestSeenPasswordIsNotCopied: a password is seen, or its key destroyed, while a worker makes Kepala LPSE's copy. What the worker
// brings is not sent; where it is, the properties notice.
func TestSeenPasswordIsNotCopied(t *testing.T) {
	careless := func(o sop.Office, c sop.Case, in sop.Input, now time.Time) sop.Outcome {
		return copied(o, c, in, now, "tembusan-overtaken")
	}
	for _, x := range []struct {
		decide decider
		want   bool
	}{{sop.Office.Decide, false}, {careless, true}} {
		for _, meanwhile := range []string{"seen", "destroyed"} {
			caught := ""
			o := testOffice()
			o.FullCopy = true
			h := newHistory(o, func(format string, a ...any) { caught = fmt.Sprintf(format, a...) })
			h.decide = x.decide
			h.happen(h.mail("staf", sop.Proven, sop.Request{Reading: reading(2, "a")}))
			accounts, _ := h.take(sop.TaskAccounts, "")
			h.happen(h.carry(accounts, h.c))
			h.happen(h.mail("admin", sop.Proven, sop.Command{Verb: sop.Setuju, Ref: h.ref(sop.Persetujuan, cast["admin"].Address)}))
			for range 2 {
				task, _ := h.take(sop.TaskCredential, "")
				h.happen(h.carry(task, h.c))
				h.happen(sop.Input{At: h.now, What: sop.Accepted{Letter: h.letters[len(h.letters)-1]}})
			}
			slow, ok := h.take(sop.TaskTembusan, "")
			seen := h.c
			if meanwhile == "seen" {
				h.happen(sop.Input{At: h.now, What: sop.Exposed{NIP: nipOf(1), What: "terbaca"}})
			} else {
				h.happen(h.mail("m1", sop.Proven, sop.Command{Verb: sop.Terima, Ref: h.ref(sop.Kredensial, cast["m1"].Address)}))
				h.now = h.now.Add(25 * time.Hour)
				h.happen(sop.Input{At: h.now, What: sop.Tick{}})
			}
			h.happen(h.carry(slow, seen))
			if !ok || (caught != "") != x.want {
				t.Errorf("%s: caught %q, want %v", meanwhile, caught, x.want)
			}
		}
	}
}
