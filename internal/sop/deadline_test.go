package sop_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

var deadlineZone = time.FixedZone("WITA", 8*3600)

func deadlineOffice(days ...workday.Day) sop.Office {
	p := func(s string) sop.Person { return sop.Person{Name: s, Address: s + "@kantor.example"} }
	return sop.Office{Approvers: []sop.Approver{{Person: p("admin")}}, KepalaLPSE: p("kepala"), KepalaBagian: p("kabag"), Operator: p("operator"), Mailbox: p("ukpbj"),
		ApprovalDays: 1, CompletionDays: 3, ReceiptDays: 1, ExpiryDays: 7, Expires: 3, ShredAfter: 24 * time.Hour, Calendar: workday.New(deadlineZone, workday.Usual, days...)}
}

// waiting is a case in which somebody owes a step since from.
func waiting(o sop.Office, owes string, from time.Time, days int) sop.Case {
	c := sop.Case{Number: "PKJ-2026-0001", Status: sop.AwaitingApproval, Revision: 1, Issue: 1, Owes: owes, StepFrom: from, Due: o.Calendar.Deadline(from, days).UTC(),
		Requester: sop.Person{Name: "staf", Address: "staf@kantor.example"}, Accounts: map[string]sop.Account{}}
	if owes == "requester" {
		c.Status = sop.Incomplete
	}
	return c
}

// said is one letter with its time, as the office's clock shows it.
func said(at time.Time, l sop.Letter) string {
	return fmt.Sprintf("%s %s %s", at.In(deadlineZone).Format("Mon 02 15:04"), l.Kind, strings.TrimSuffix(l.To.Address, "@kantor.example"))
}

// run ticks at every wake until nothing falls due any more.
func runDeadlines(o sop.Office, c sop.Case, now time.Time) (out []string, _ sop.Case) {
	c = o.Decide(c, sop.Input{What: sop.Tick{}}, now).Case
	for i := 0; i < 100 && !c.Wake.IsZero(); i++ {
		now = c.Wake
		x := o.Decide(c, sop.Input{What: sop.Tick{}}, now)
		for _, l := range x.Letters {
			out = append(out, said(now, l))
		}
		c = x.Case
	}
	return out, c
}

func TestDeadlineTable(t *testing.T) {
	monday := func(day, hour, minute int) time.Time {
		return time.Date(2026, 5, day, hour, minute, 0, 0, deadlineZone)
	} // 4 May 2026 is a Monday
	for name, x := range map[string]struct {
		owes  string
		days  int
		from  time.Time
		start time.Time
		free  []int
		want  string
	}{
		"approval": {"approver", 1, monday(4, 10, 0), monday(4, 10, 0), nil, "Tue 05 07:30 pengingat admin, Tue 05 15:00 pengingat admin, Wed 06 07:30 eskalasi kepala, Wed 06 07:30 eskalasi kabag"},
		"completion": {"requester", 3, monday(4, 10, 0), monday(4, 10, 0), nil, "Thu 07 07:30 pengingat staf, Thu 07 15:00 pengingat staf, Fri 08 07:30 eskalasi kepala, Fri 08 07:30 eskalasi kabag, " +
			"Wed 13 07:30 pengingat staf, Tue 19 07:30 pengingat staf, Wed 27 07:30 pengingat staf, Thu 11 07:30 dibatalkan staf"},
		"midnight":  {"approver", 1, monday(8, 23, 59), monday(8, 23, 59), nil, "Mon 11 07:30 pengingat admin, Mon 11 15:00 pengingat admin, Tue 12 07:30 eskalasi kepala, Tue 12 07:30 eskalasi kabag"},
		"holidays":  {"approver", 1, monday(4, 10, 0), monday(4, 10, 0), []int{5, 6}, "Thu 07 07:30 pengingat admin, Thu 07 15:00 pengingat admin, Fri 08 07:30 eskalasi kepala, Fri 08 07:30 eskalasi kabag"},
		"friday":    {"approver", 1, monday(7, 10, 0), monday(7, 10, 0), nil, "Fri 08 07:30 pengingat admin, Fri 08 15:30 pengingat admin, Mon 11 07:30 eskalasi kepala, Mon 11 07:30 eskalasi kabag"},
		"was down":  {"approver", 1, monday(4, 10, 0), monday(5, 15, 30), nil, "Wed 06 07:30 eskalasi kepala, Wed 06 07:30 eskalasi kabag"}, // the last reminder goes at the start itself
		"down long": {"approver", 1, monday(4, 10, 0), monday(9, 22, 0), nil, "Tue 12 07:30 eskalasi kepala, Tue 12 07:30 eskalasi kabag"},  // Saturday night: seen on Monday, done a day later
	} {
		var free []workday.Day
		for _, d := range x.free {
			free = append(free, workday.Day{Date: workday.Date{Year: 2026, Month: 5, Day: d}, Kind: workday.Local})
		}
		o := deadlineOffice(free...)
		got, c := runDeadlines(o, waiting(o, x.owes, x.from, x.days), x.start)
		if s := strings.Join(got, ", "); s != x.want {
			t.Errorf("%s:\n got %s\nwant %s", name, s, x.want)
		}
		if v := c.Deviations; x.owes == "requester" && len(v) == 2 && v[1].Kind == "perlengkapan" && c.Status == sop.Cancelled { // it ended
			c.Deviations = v[:1]
		}
		if len(c.Deviations) != 1 || c.Deviations[0].Kind != "waktu" || c.Deviations[0].Owed != x.owes {
			t.Errorf("%s: deviations %+v", name, c.Deviations)
		}
	}
}

// TestByHowMuch: the deviation says in the end how late the step was, and only who owed it explains it.
func TestByHowMuch(t *testing.T) {
	o := deadlineOffice()
	from := time.Date(2026, 5, 4, 10, 0, 0, 0, deadlineZone)
	c := sop.Case{Number: "PKJ-2026-0001", Status: sop.AwaitingReceipt, Revision: 1, Issue: 1, Owes: "member", StepFrom: from, Due: o.Calendar.Deadline(from, 1).UTC(),
		Accounts: map[string]sop.Account{}, Approval: &sop.Approval{Released: true, Revision: 1}, Requester: sop.Person{Address: "staf@kantor.example"}}
	for i, nip := range []string{"1", "2"} {
		sent := from.AddDate(0, 0, i)
		c.Members = append(c.Members, sop.Member{Row: document.Row{Nama: "m" + nip, NIP: nip, Email: "m" + nip + "@kantor.example"}, Address: "m" + nip + "@kantor.example",
			State: sop.MemberSent, Sends: 1, SentAt: sent, Due: o.Calendar.Deadline(sent, 1).UTC()})
	}
	var got []string
	now := from
	tick := func() {
		x := o.Decide(c, sop.Input{What: sop.Tick{}}, now)
		for _, l := range x.Letters {
			got = append(got, said(now, l))
		}
		c = x.Case
	}
	for tick(); !c.Wake.IsZero() && c.Wake.Before(from.AddDate(0, 0, 4)); tick() {
		now = c.Wake
	}
	want := "Tue 05 07:30 pengingat m1, Tue 05 15:00 pengingat m1, Wed 06 07:30 pengingat m2, Wed 06 07:30 eskalasi kepala, Wed 06 07:30 eskalasi kabag, " +
		"Wed 06 15:00 pengingat m2, Thu 07 07:30 eskalasi kepala, Thu 07 07:30 eskalasi kabag"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("each member's own deadline:\n got %s\nwant %s", s, want)
	}
	now = time.Date(2026, 5, 8, 9, 0, 0, 0, deadlineZone)
	say := func(nip string, verb sop.Verb, arg string) string {
		m := c.Member(nip)
		x := o.Decide(c, sop.Input{At: now, From: sop.Sender{Person: sop.Person{Name: m.Row.Nama, Address: m.Address}, Roles: []sop.Role{sop.RoleMember}, NIP: nip, Proof: sop.Proof{Level: sop.Standard, Result: sop.Proven}},
			What: sop.Command{Verb: verb, Arg: arg, Ref: sop.Ref{NIP: nip}}}, now)
		c = x.Case
		return x.Reason
	}
	if r := say("1", sop.Terima, ""); r != "receipt-confirmed" {
		t.Fatal(r)
	}
	if len(c.Deviations) != 2 || c.Deviations[0].NIP != "1" || c.Deviations[0].By != "3 hari kerja" || c.Deviations[1].By != "1 hari kerja" {
		t.Errorf("by how much: %+v", c.Deviations)
	}
	if r := say("1", sop.Jelaskan, "dinas luar"); r != "deviation-explained" || c.Deviations[0].Reply != "dinas luar" || c.Deviations[1].Reply != "" {
		t.Errorf("%s: %+v", r, c.Deviations)
	}
	if r := say("1", sop.Jelaskan, "bukan saya"); r != "no-deviation" {
		t.Errorf("another's deviation was explained: %s", r)
	}
}

// TestIncompleteSupplement: sending something does not buy time. The step ends when the request is complete; until then its deadline
// stands, nobody is reminded of it anew, and it was late by the whole of it.
func TestIncompleteSupplement(t *testing.T) {
	o := deadlineOffice()
	from := time.Date(2026, 5, 4, 10, 0, 0, 0, deadlineZone)
	staff := sop.Sender{Person: sop.Person{Name: "staf", Address: "staf@kantor.example"}, Roles: []sop.Role{sop.RoleRequester}, Proof: sop.Proof{Level: sop.Standard, Result: sop.Proven}}
	reading := func(i int, complete bool) document.Reading {
		r := document.Reading{Papers: []document.Paper{{File: fmt.Sprint(i), SHA256: fmt.Sprint(i), Kind: document.Formulir}}, Missing: []document.Kind{document.SK}}
		if complete {
			r.Missing, r.Complete = nil, true
			for n := range 3 {
				r.Roster = append(r.Roster, document.Row{No: n + 1, Nama: fmt.Sprint("m", n), NIP: fmt.Sprintf("19860926201505100%d", n), Email: fmt.Sprintf("m%d@kantor.example", n)})
			}
		}
		return r
	}
	now := from
	c := o.Decide(sop.Case{Number: "PKJ-2026-0001"}, sop.Input{From: staff, At: now, What: sop.Request{Reading: reading(0, false), KepalaCopied: true}}, now).Case
	due, sent := c.Due, 0
	if c.Status != sop.Incomplete || !due.Equal(o.Calendar.Deadline(from, 3)) {
		t.Fatalf("%s until %s", c.Status, due)
	}
	var got []string
	until := func(end time.Time) {
		for i := 0; !c.Wake.IsZero() && !c.Wake.After(end); i++ {
			now = c.Wake
			x := o.Decide(c, sop.Input{What: sop.Tick{}}, now)
			for _, l := range x.Letters {
				got = append(got, said(now, l))
			}
			c = x.Case
		}
		now = end
	}
	supplement := func(complete bool) string {
		sent++
		x := o.Decide(c, sop.Input{From: staff, At: now, What: sop.Supplement{Reading: reading(sent, complete)}}, now)
		c = x.Case
		return x.Reason
	}
	for day := range 9 { // every day a little something, until Tuesday of the next week
		until(from.AddDate(0, 0, day).Add(time.Hour))
		if r := supplement(false); r != "incomplete" || !c.Due.Equal(due) || c.Owes != "requester" {
			t.Fatalf("day %d: %s, %s until %s; want the deadline %s to stand", day, r, c.Owes, c.Due, due)
		}
	}
	if s := strings.Join(got, ", "); s != "Thu 07 07:30 pengingat staf, Thu 07 15:00 pengingat staf, Fri 08 07:30 eskalasi kepala, Fri 08 07:30 eskalasi kabag" {
		t.Errorf("each once: %s", s)
	}
	if r := supplement(true); r != "complete" || c.Owes == "requester" {
		t.Fatalf("%s, %s", r, c.Owes)
	}
	late := 0
	for _, v := range c.Deviations {
		if v.Kind == "waktu" {
			late++
			if v.By != "3 hari kerja" || v.Step != "1.3" || v.Owed != "requester" {
				t.Errorf("%+v", v)
			}
		}
	}
	if late != 1 || len(c.Deviations) != 11 {
		t.Errorf("%d deviations in time of %d", late, len(c.Deviations))
	}
}

// TestOtherSideOwes: while the requester owes the papers, nobody reminds the approver, whose step begins anew when they are there.
func TestOtherSideOwes(t *testing.T) {
	o := deadlineOffice()
	from := time.Date(2026, 5, 4, 10, 0, 0, 0, deadlineZone)
	c := waiting(o, "approver", from, 1)
	c.Expires = c.Due
	admin := sop.Sender{Person: o.Approvers[0].Person, Roles: []sop.Role{sop.RoleApprover}, Proof: sop.Proof{Level: sop.Standard, Result: sop.Proven}}
	back := sop.Command{Verb: sop.Lengkapi, Arg: "SK belum ditandatangani", Ref: sop.Ref{Kind: sop.Persetujuan, To: admin.Address, Revision: 1, Issue: 1, Via: "message-id+code"}}
	x := o.Decide(c, sop.Input{At: from, From: admin, What: back}, from.Add(time.Hour))
	if c = x.Case; c.Owes != "requester" {
		t.Fatalf("%s: %s owes", x.Reason, c.Owes)
	}
	got, _ := runDeadlines(o, c, from.Add(2*time.Hour))
	if s := strings.Join(got[:4], ", "); strings.Contains(strings.Join(got, ", "), "admin") || s != "Thu 07 07:30 pengingat staf, Thu 07 15:00 pengingat staf, Fri 08 07:30 eskalasi kepala, Fri 08 07:30 eskalasi kabag" {
		t.Errorf("while the requester owes: %s", s)
	}
}

// TestHeldPauses: while a case is held nobody is reminded, and the days of the hold are given back.
func TestHeldPauses(t *testing.T) {
	o := deadlineOffice()
	from := time.Date(2026, 5, 4, 10, 0, 0, 0, deadlineZone)
	c := waiting(o, "approver", from, 1)
	c = o.Decide(c, sop.Input{What: sop.Instruct{Verb: "hold"}}, from.Add(time.Hour)).Case
	if got, _ := runDeadlines(o, c, from.Add(2*time.Hour)); len(got) > 0 {
		t.Errorf("while it is held: %v", got)
	}
	c = o.Decide(c, sop.Input{What: sop.Instruct{Verb: "release"}}, from.AddDate(0, 0, 3)).Case
	got, _ := runDeadlines(o, c, from.AddDate(0, 0, 3))
	if s := strings.Join(got, ", "); s != "Fri 08 07:30 pengingat admin, Fri 08 15:30 pengingat admin, Mon 11 07:30 eskalasi kepala, Mon 11 07:30 eskalasi kabag" {
		t.Errorf("after the hold: %s", s)
	}
}

// TestDeadlineProperties: whatever the calendar, the start, the moments at which somebody ticks and the steps of the clock: letters only in office
// hours, none before its moment, each at most once, and one deviation. Who owes papers is reminded three times more, at growing distance, and
// the case ends with a letter and a second deviation.
func TestDeadlineProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var free []workday.Day
		for range rapid.IntRange(0, 10).Draw(t, "holidays") {
			d := rapid.IntRange(0, 60).Draw(t, "holiday")
			free = append(free, workday.Day{Date: workday.DateOf(time.Date(2026, 12, 1+d, 0, 0, 0, 0, deadlineZone)),
				Kind: rapid.SampledFrom(workday.Kinds).Draw(t, "kind")})
		}
		o := deadlineOffice(free...)
		from := time.Date(2026, 12, 1, 0, 0, 0, 0, deadlineZone).Add(time.Duration(rapid.IntRange(0, 45*24*60).Draw(t, "from")) * time.Minute)
		c := waiting(o, rapid.SampledFrom([]string{"approver", "requester"}).Draw(t, "owes"), from, rapid.IntRange(1, 4).Draw(t, "days"))
		due, now := c.Due, from
		count := map[sop.LetterKind]int{}
		var urged []time.Time
		for i := range 400 {
			x := o.Decide(c, sop.Input{What: sop.Tick{}}, now)
			for _, l := range x.Letters {
				count[l.Kind]++
				if !o.Calendar.Open(now) {
					t.Fatalf("%s at %s, when the office is closed", l.Kind, now)
				}
				if early := l.Kind == sop.Eskalasi && !now.After(due); early {
					t.Fatalf("escalated at %s, before the deadline %s", now, due)
				}
				if l.Kind == sop.Pengingat && now.After(due) || l.Kind == sop.Dibatalkan {
					if len(c.Urged) == 0 {
						t.Fatalf("%s at %s, after the deadline %s", l.Kind, now, due)
					}
					urged = append(urged, now)
				}
			}
			if c = x.Case; c.Wake.IsZero() {
				break
			}
			if !c.Wake.After(now) {
				t.Fatalf("wake %s is not after %s", c.Wake, now)
			}
			now = c.Wake
			if rapid.Bool().Draw(t, "late") { // the daemon stood, or its clock was set forward
				now = now.Add(time.Duration(rapid.IntRange(0, 5*24*60).Draw(t, "by")) * time.Minute)
			}
			if i < 40 && rapid.IntRange(0, 3).Draw(t, "step") == 0 { // the clock was set back
				now = now.Add(-time.Duration(rapid.IntRange(0, 3*24*60).Draw(t, "back")) * time.Minute)
			}
		}
		ends := c.Status == sop.Cancelled
		if count[sop.Pengingat]-len(urged)+count[sop.Dibatalkan] > 2 || count[sop.Eskalasi] != 2 || !c.Wake.IsZero() || ends != (len(urged) == 4) || ends != (len(c.Deviations) == 2) ||
			ends != (count[sop.Dibatalkan] == 1) || !ends && len(urged)+len(c.Deviations) != 1 {
			t.Fatalf("letters %v, late ones %v, %d deviations, wake %s", count, urged, len(c.Deviations), c.Wake)
		}
		for i := 1; i < len(urged); i++ {
			if least := []int{2, 3, 5, 10}[i]; o.Calendar.Between(urged[i-1], urged[i]) < least {
				t.Fatalf("urged at %s and again at %s, within %d office days", urged[i-1], urged[i], least)
			}
		}
	})
}

// TestHeldKeepsKeys: an operator's hold stops the clock that gives members up and destroys their keys, too.
func TestHeldKeepsKeys(t *testing.T) {
	o := deadlineOffice()
	from := time.Date(2026, 5, 4, 10, 0, 0, 0, deadlineZone)
	c := sop.Case{Number: "PKJ-2026-0001", Status: sop.AwaitingReceipt, Revision: 1, Issue: 1, Owes: "member", StepFrom: from, Accounts: map[string]sop.Account{"1": {Sealed: []byte("x"), Made: from}},
		Approval: &sop.Approval{Released: true, Revision: 1}, Members: []sop.Member{{Row: document.Row{NIP: "1"}, Address: "m1@kantor.example", State: sop.MemberSent, SentAt: from, Late: true}}}
	instruct := func(verb string, at time.Time) {
		c = o.Decide(c, sop.Input{At: at, What: sop.Instruct{Verb: verb}}, at).Case
	}
	instruct("hold", from.AddDate(0, 0, 1))
	held := from.AddDate(0, 0, 29)
	if x := o.Decide(c, sop.Input{What: sop.Tick{}}, held); !x.Quiet() || !c.Wake.IsZero() {
		t.Errorf("held: %s, wake %s", x.Reason, c.Wake)
	}
	instruct("release", held)
	if want := o.Calendar.Deadline(held, 6); !c.Wake.Equal(want) {
		t.Errorf("let go on %s: wake %s, want the 7 days less the one that had passed: %s", held, c.Wake, want)
	}
	if x := o.Decide(c, sop.Input{What: sop.Tick{}}, c.Wake); x.Case.Status != sop.Done || len(x.Tasks) != 1 {
		t.Errorf("then: %s, %s, %d tasks", x.Reason, x.Case.Status, len(x.Tasks))
	}
}
