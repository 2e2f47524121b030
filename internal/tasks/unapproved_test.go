package tasks_test

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/tasks"
	"ukpbjd/templates"
)

// TestReleaseNeedsTheJournal: the store is changed by hand. A case that says "approved" where its journal does not, an approval line that
// is not in the office's tree, a member's address that is not the approved one: no letter with a password is made, and the operator hears.
// The controls: what was approved goes out, to the address of its row's own approval too.
func TestReleaseNeedsTheJournal(t *testing.T) {
	work := func(x *officetest.Office) {
		w := tasks.New(tasks.Options{Clerk: x.Clerk, Health: &queue.Health{}, Source: tasks.Generator{Random: rand.Reader}, UserID: "{first}.{last}"})
		for range 5 {
			jobs, _, err := w.Claim(t.Context(), 50, func(string) bool { return false })
			x.Must(err)
			var done []tasks.Result
			for _, j := range jobs {
				done = append(done, w.Execute(t.Context(), j))
			}
			_, err = w.Settle(t.Context(), done)
			x.Must(err)
		}
	}
	claim := func(x *officetest.Office, number string) { // the books' own word, without an approver's
		x.Write(func(tx store.Tx) error {
			b := store.In(tx)
			cs, _, err := b.Cases.Get(number)
			if err != nil {
				return err
			}
			at := x.Now().UTC()
			cs.Status, cs.Approval = sop.Approved, &sop.Approval{By: officetest.Admin, Address: officetest.Admin.Address, At: at, Release: at, Released: true,
				Revision: cs.Revision, Issue: cs.Issue, Roster: sop.RosterHash(cs.Reading.Roster)}
			m := &cs.Members[0]
			m.Address, m.State, m.Sends, m.Letter = m.Row.Email, sop.MemberSealing, 1, "90/kredensial"
			l := sop.Letter{Key: m.Letter, Kind: sop.Kredensial, To: sop.Person{Name: m.Row.Nama, Address: m.Address}, Role: sop.RoleMember, NIP: m.Row.NIP,
				Revision: cs.Revision, Issue: cs.Issue}
			if err := b.Cases.Put(cs); err != nil {
				return err
			}
			return b.Tasks.Put(store.TaskRow{Task: sop.Task{ID: number + "/90/credential", Kind: sop.TaskCredential, Case: number, Revision: cs.Revision, NIP: m.Row.NIP, Letter: l}})
		})
	}
	redirect := func(x *officetest.Office, number string, roster bool) {
		x.Write(func(tx store.Tx) error {
			b := store.In(tx)
			cs, _, err := b.Cases.Get(number)
			if err != nil {
				return err
			}
			m := &cs.Members[0]
			m.Address, m.Row.Email = "x@evil.example", "x@evil.example"
			if roster {
				cs.Reading.Roster = slices.Clone(cs.Reading.Roster)
				cs.Reading.Roster[0].Email = m.Address
				cs.Approval.Roster = sop.RosterHash(cs.Reading.Roster)
			}
			rows, _, err := b.Tasks.Due(x.Now().Add(time.Hour), 100, func(string) bool { return false })
			for _, r := range rows {
				if r.Task.NIP == m.Row.NIP && err == nil {
					r.Task.Letter.To.Address = m.Address
					err = b.Tasks.Put(r)
				}
			}
			if err != nil {
				return err
			}
			return b.Cases.Put(cs)
		})
	}
	for name, c := range map[string]struct {
		do   func(x *officetest.Office, number string)
		want int
	}{
		"approved":    {func(x *officetest.Office, number string) { x.Approve(number) }, 2},
		"books alone": {claim, 0},
		"line beside the tree": {func(x *officetest.Office, number string) {
			x.Write(func(tx store.Tx) error {
				cs, _, err := store.In(tx).Cases.Get(number)
				if err != nil {
					return err
				}
				raw, err := json.Marshal(store.Record{N: 90, Seq: 1, Event: sop.Event{At: x.Now(), Kind: "approved",
					Data: map[string]string{"roster": sop.RosterHash(cs.Reading.Roster)}}})
				if err != nil {
					return err
				}
				return tx.Put("journal", []byte(number+"/00000090"), raw)
			})
			claim(x, number)
		}, 0},
		"withdrawn": {func(x *officetest.Office, number string) {
			rules := x.Clerk.Office
			x.Clerk.Office.UndoWindow = time.Hour
			x.Approve(number)
			x.Must(x.Tell(number, officetest.Admin, sop.Command{Verb: sop.Stop, Ref: sop.Ref{Via: "message-id"}}))
			x.Clerk.Office = rules
			x.EndTasks(number)
			claim(x, number)
		}, 0},
		"redirected":                  {func(x *officetest.Office, number string) { x.Approve(number); redirect(x, number, false) }, 1},
		"redirected, with the roster": {func(x *officetest.Office, number string) { x.Approve(number); redirect(x, number, true) }, 0},
		"address mended": {func(x *officetest.Office, number string) {
			x.Approve(number)
			work(x)
			m := x.Get(number).Members[0]
			x.Must(x.Tell(number, officetest.Staff, sop.Correction{Rows: []sop.Corrected{{NIP: m.Row.NIP, Address: "baru@office.example"}}}))
			work(x) // the password may have been seen: another one is made
			m = x.Get(number).Members[0]
			x.Must(x.Tell(number, officetest.Admin, sop.Command{Verb: sop.Setuju, Ref: sop.Ref{Via: "message-id", Kind: sop.Persetujuan,
				Revision: x.Get(number).Revision, Issue: m.Mend.Issue, To: officetest.Admin.Address}}))
			x.Set(x.Now().Add(time.Hour)) // the address is marked: STOP works for a while
			x.Must(x.Tell(number, sop.Person{}, sop.Tick{}))
		}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone))
			number := x.Ask(2)
			c.do(x, number)
			work(x)
			if got := len(x.LettersOf(number, sop.Kredensial)); got != c.want {
				t.Errorf("%d letters with a password, not %d", got, c.want)
			}
			if heard := slices.ContainsFunc(x.LettersOf(number, sop.PeringatanOperator), func(r store.LetterRow) bool { return r.Letter.Topic == "sealing-failed" }); heard != (c.want < 2) {
				t.Errorf("the operator heard: %v", heard)
			}
		})
	}
}
