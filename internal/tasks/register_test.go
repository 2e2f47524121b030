package tasks_test

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/credential"
	"ukpbjd/internal/office"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/tasks"
	"ukpbjd/templates"
)

// fixed gives everybody the user ID that stands under their NIP.
type fixed map[string]string

func (f fixed) Make(_ context.Context, _ string, want []tasks.Wanted) (map[string]credential.Issued, error) {
	out := map[string]credential.Issued{}
	for _, w := range want {
		out[w.NIP] = credential.Issued{UserID: f[w.NIP], Password: secret.New([]byte("Contoh#aman-" + w.NIP))}
	}
	return out, nil
}

// TestCommandGivesWhatIsTaken: a user ID that the register has for somebody else is refused by name, whatever program gave it.
func TestCommandGivesWhatIsTaken(t *testing.T) {
	one, two, other := officetest.Member(1).NIP, officetest.Member(2).NIP, "198001012005011099"
	for id, taken := range map[string]bool{"Dipakai": true, "bebas": false} {
		x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.Sheet = "none" })
		x.Write(func(tx store.Tx) error { return store.In(tx).Accounts.PutUser("dipakai", other) })
		number, err := x.Request(officetest.Staff, 2)
		x.Must(err)
		w := tasks.New(tasks.Options{Clerk: x.Clerk, Source: fixed{one: "satu", two: id}, UserID: "{first}.{last}"})
		jobs, _, err := w.Claim(t.Context(), 50, func(string) bool { return false })
		x.Must(err)
		for _, j := range jobs {
			if j.Row.Task.Kind != sop.TaskAccounts {
				continue
			}
			r := w.Execute(t.Context(), j)
			if taken != (r.Err != nil) || taken && !strings.Contains(r.Err.Error(), two+" was given the user ID "+id+", which belongs to "+other) {
				t.Errorf("%s: %v", id, r.Err)
			}
		}
		if len(jobs) == 0 || len(x.Get(number).Accounts) > 0 {
			t.Errorf("%d tasks", len(jobs))
		}
	}
}

// TestOutdatedAccounts: two cases that wait propose the same people new passwords; when one is approved, the other is out of date, and SETUJU
// to it gives nobody a second password. The controls are the cases before, and the one that was approved.
func TestOutdatedAccounts(t *testing.T) {
	x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.Sheet = "none" })
	x.Set(time.Date(2026, 5, 4, 9, 0, 0, 0, officetest.Zone))
	p := &people{Office: x, w: tasks.New(tasks.Options{Clerk: x.Clerk, Source: tasks.Generator{Random: rand.Reader}, UserID: "{first}.{last}"})}
	for range 2 {
		number, err := x.Request(officetest.Staff, 2)
		x.Must(err)
		p.cases = append(p.cases, number)
	}
	p.work()
	outdated := func(number string) (nips []string) {
		x.Look(func(b store.Books) (err error) {
			nips, err = office.Outdated(b, x.Get(number))
			return err
		})
		slices.Sort(nips)
		return nips
	}
	first, second := p.cases[0], p.cases[1]
	if a, b := outdated(first), outdated(second); len(a)+len(b) > 0 {
		t.Errorf("before: %v %v", a, b)
	}
	x.Approve(first)
	if a, b := outdated(first), outdated(second); len(a) > 0 || !slices.Equal(b, []string{officetest.Member(1).NIP, officetest.Member(2).NIP}) {
		t.Errorf("after: %v %v", a, b)
	}
	cs := x.Get(second)
	x.Must(x.Tell(second, officetest.Admin, sop.Command{Verb: sop.Setuju,
		Ref: sop.Ref{Via: "message-id", Kind: sop.Persetujuan, Revision: cs.Revision, Issue: cs.Issue, To: officetest.Admin.Address}}))
	p.work()
	for nip, of := range p.live() {
		if len(of) > 1 {
			t.Errorf("%s has live passwords of %v", nip, of)
		}
	}
	if x.Get(second).Approval != nil {
		t.Error("the case that is out of date was approved")
	}
}

// TestCommandGivesWhatWasGiven: a program's password that another person has, that was released before, or that was given up as it was seen,
// is refused by name, and so is none where another one is due. The control: another password is taken.
func TestCommandGivesWhatWasGiven(t *testing.T) {
	one := officetest.Member(1).NIP
	for name, c := range map[string]struct {
		before func(x *officetest.Office, number string)
		source func(nip string) string
		want   string
	}{
		"of another": {nil, func(string) string { return "Contoh#aman-" + officetest.Member(2).NIP }, "that " + officetest.Member(2).NIP + " has or had"},
		"seen": {func(x *officetest.Office, n string) {
			x.Must(x.Tell(n, sop.Person{}, sop.Exposed{NIP: one, What: "kutipan"}))
		}, func(nip string) string { return "Contoh#aman-" + nip }, "had before"},
		"none":          {func(x *officetest.Office, n string) { x.Approve(n) }, func(string) string { return "" }, "was given none"},
		"released":      {func(x *officetest.Office, n string) { x.Approve(n) }, func(nip string) string { return "Contoh#aman-" + nip }, "had before"},
		"control: fine": {func(x *officetest.Office, n string) { x.Approve(n) }, func(nip string) string { return "Lain#aman-" + nip }, ""},
	} {
		x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.Sheet = "none" })
		number, err := x.Request(officetest.Staff, 2)
		x.Must(err)
		p := &people{Office: x, w: tasks.New(tasks.Options{Clerk: x.Clerk, Source: fixed{one: "satu", officetest.Member(2).NIP: "dua"}, UserID: "{first}.{last}"})}
		p.work()
		if c.before != nil {
			c.before(x, number)
		}
		err = x.View(t.Context(), func(b store.Books) error {
			cs := x.Get(number)
			if name != "seen" { // whose password another one is to replace
				cs.Accounts[one] = sop.Account{UserID: "satu", Renew: true}
			}
			i := credential.Issued{UserID: "satu"}
			if s := c.source(one); s != "" {
				i.Password = secret.New([]byte(s))
			}
			return tasks.Allowed(p.w, b, cs, one, i)
		})
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "aman-")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
