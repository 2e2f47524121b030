package tasks_test

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
	"ukpbjd/internal/office"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/secret"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/internal/tasks"
	"ukpbjd/templates"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

// people is an office whose requests, approvals and accidents come in any order.
type people struct {
	*officetest.Office
	w     *tasks.Worker
	cases []string
	first int  // number of the first person: each history has its own
	keeps bool // the control: older keys are not destroyed
	moved int  // addresses so far
	mends int
	found string
}

// work carries out every task that waits.
func (p *people) work() {
	for range 20 {
		jobs, _, err := p.w.Claim(context.Background(), 50, func(string) bool { return false })
		p.Must(err)
		if len(jobs) == 0 {
			return
		}
		var done []tasks.Result
		for _, j := range jobs {
			if o := j.Row.Task; p.keeps && o.Kind == sop.TaskShred && o.Renew {
				done = append(done, tasks.Result{Row: j.Row, What: sop.KeyShredded{NIP: o.NIP, Older: true}})
				continue
			}
			done = append(done, p.w.Execute(context.Background(), j))
		}
		_, err = p.w.Settle(context.Background(), done)
		p.Must(err)
	}
}

// live are the passwords of each person that can be opened and have been released, by the case that gave them.
func (p *people) live() map[string][]string {
	out := map[string][]string{}
	for _, number := range p.cases {
		cs := p.Get(number)
		for nip, a := range cs.Accounts {
			m := cs.Member(nip)
			if cs.Approval != nil && cs.Approval.Released && len(a.Sealed) > 0 && !a.Gone && (m == nil || !m.Shredded) {
				out[nip] = append(out[nip], number)
			}
		}
	}
	return out
}

var alone = regexp.MustCompile(`(?m)^\s*(\S{12,32})\s*$`)

// readable are the passwords of each person in letters that were made and can be opened, with where they were to go.
func (p *people) readable() map[string][]string {
	out := map[string][]string{}
	for _, number := range p.cases {
		for _, r := range p.LettersOf(number, sop.Kredensial) {
			var body []byte
			p.Look(func(b store.Books) (err error) {
				body, err = b.Letters.Body(r.ID())
				return err
			})
			plain, err := p.Vault.OpenLetter(office.SealedUnder(number, r.Letter), body)
			if err != nil {
				continue
			}
			for _, m := range alone.FindAllStringSubmatch(message.Parse(plain, message.DefaultLimits(), nil).Text, -1) {
				s := m[1] + " at " + r.Letter.To.Address
				if secret.Strong(secret.New([]byte(m[1]))) && !slices.Contains(out[r.Letter.NIP], s) {
					out[r.Letter.NIP] = append(out[r.Letter.NIP], s)
				}
			}
		}
	}
	return out
}

func (p *people) request(t *rapid.T) {
	r := document.Reading{Complete: true}
	for _, k := range document.Required {
		r.Papers = append(r.Papers, document.Paper{File: string(k) + ".pdf", Kind: k})
	}
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, 2), 1, 3, rapid.ID).Draw(t, "who") {
		row := officetest.Member(p.first + i)
		row.No = len(r.Roster) + 1
		r.Roster = append(r.Roster, row)
	}
	number, err := p.RequestOf(officetest.Staff, r)
	p.Must(err)
	p.cases = append(p.cases, number)
}

func (p *people) step(t *rapid.T) {
	do := rapid.SampledFrom([]string{"request", "work", "work", "work", "setuju", "setuju", "setuju", "stop", "expose", "terima", "day", "salah", "bounce", "correct", "correct", "tolak"}).Draw(t, "step")
	if len(p.cases) == 0 || do == "request" {
		if len(p.cases) < 4 {
			p.request(t)
		}
		return
	}
	number := rapid.SampledFrom(p.cases).Draw(t, "case")
	cs := p.Get(number)
	who := rapid.SampledFrom(cs.Members).Draw(t, "member").Row
	switch do {
	case "work":
		p.work()
		for nip, all := range p.readable() {
			if len(all) > 1 {
				p.found = fmt.Sprintf("%s can be read as %v", nip, all)
			}
		}
		for _, n := range p.cases {
			for _, m := range p.Get(n).Members {
				p.mends += len(m.Former)
			}
		}
	case "setuju":
		c := sop.Command{Verb: sop.Setuju, Ref: sop.Ref{Via: "message-id", Kind: sop.Persetujuan, Revision: cs.Revision, Issue: cs.Issue, To: officetest.Admin.Address}}
		if rapid.IntRange(0, 2).Draw(t, "lines") == 0 {
			c.Lines = []sop.Line{{Verb: rapid.SampledFrom([]sop.Verb{sop.Tetap, sop.Baru}).Draw(t, "line"), Who: who.NIP}}
		}
		p.Must(p.Tell(number, officetest.Admin, c))
	case "correct":
		p.moved++
		x := sop.Corrected{NIP: who.NIP, Address: fmt.Sprintf("pindah%d@office.example", p.moved)}
		p.Must(p.Tell(number, officetest.Staff, sop.Correction{Rows: []sop.Corrected{x}}))
	case "tolak":
		if cs.Approval != nil { // of a row
			p.Must(p.Tell(number, officetest.Admin, sop.Command{Verb: sop.Tolak, Arg: "alasan",
				Ref: sop.Ref{Via: "message-id", Kind: sop.Persetujuan, Revision: cs.Revision, Issue: cs.Issue, To: officetest.Admin.Address}}))
		}
	case "bounce":
		for _, r := range p.LettersOf(number, sop.Kredensial) {
			if r.Letter.NIP == who.NIP {
				p.Must(p.Tell(number, sop.Person{}, sop.Bounced{Letter: r.Letter, Action: "failed"}))
			}
		}
	case "stop":
		p.Must(p.Tell(number, officetest.Admin, sop.Command{Verb: sop.Stop}))
	case "expose":
		p.Must(p.Tell(number, sop.Person{}, sop.Exposed{NIP: who.NIP, What: "kutipan"}))
	case "terima", "salah":
		verb := map[string]sop.Verb{"terima": sop.Terima, "salah": sop.Salah}[do]
		p.Must(p.Tell(number, sop.Person{Address: who.Email}, sop.Command{Verb: verb, Ref: sop.Ref{Via: "message-id", Kind: sop.Kredensial, To: who.Email, NIP: who.NIP}}))
	case "day":
		p.Set(p.Now().Add(25 * time.Hour))
		for _, n := range p.cases {
			p.Must(p.Tell(n, sop.Person{}, sop.Tick{}))
		}
	}
}

// TestNeverTwoLivePasswords: over any history of cases of the same people, in any order of requests, approvals with their lines, exposures
// mended addresses and days, no person ever has two passwords that are released and can be opened, nor one at two addresses. UKPBJD_HISTORIES sets
// how many are tried. The controls are an office that forgets its register, and one that keeps the older keys.
func TestNeverTwoLivePasswords(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	histories := 60
	if n, err := strconv.Atoi(os.Getenv("UKPBJD_HISTORIES")); err == nil {
		histories = n
	}
	mends := 0
	play := func(t *testing.T, histories int, forgetful, keeps bool) (found string) {
		var p *people
		for n := 0; n < histories && found == ""; n++ {
			if n%25 == 0 {
				x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.Sheet = "none" })
				x.Set(time.Date(2026, 5, 4, 9, 0, 0, 0, officetest.Zone))
				p = &people{Office: x, w: tasks.New(tasks.Options{Clerk: x.Clerk, Source: tasks.Generator{Random: rand.Reader}, UserID: "{first}.{last}"})}
			}
			p.cases, p.first, p.keeps, p.found = nil, 1+n%25*3, keeps, ""
			found = rapid.Custom(func(t *rapid.T) string {
				for range 25 {
					if forgetful {
						p.Write(func(tx store.Tx) error {
							for i := range 3 {
								if err := tx.Delete("accounts", []byte(officetest.Member(p.first+i).NIP)); err != nil {
									return err
								}
							}
							return nil
						})
					}
					p.step(t)
					if p.found != "" {
						return fmt.Sprintf("history %d: %s", n, p.found)
					}
					for nip, of := range p.live() {
						if len(of) > 1 {
							return fmt.Sprintf("history %d: %s has live passwords of %v", n, nip, of)
						}
					}
				}
				return ""
			}).Example(n)
			mends += p.mends
			p.mends = 0
		}
		return found
	}
	if found := play(t, histories, false, false); found != "" {
		t.Error(found)
	}
	t.Logf("%d histories, %d times an address was found mended", histories, mends)
	if mends == 0 {
		t.Error("no address was mended: the property says little about it")
	}
	if play(t, 300, true, false) == "" {
		t.Error("control: an office without a register is not found out")
	}
	if found := play(t, 1500, false, true); found != "" {
		t.Log("control: ", found)
	} else {
		t.Error("control: an office that keeps its older keys is not found out")
	}
}

// TestAccountIsKept: whoever has an account is proposed TETAP, from which case and since when; BARU makes a new password and destroys the
// old one's key in the same commit.
func TestAccountIsKept(t *testing.T) {
	x := officetest.New(t, templates.FS, func(o *office.Options) { o.Office.Sheet = "none" })
	x.Set(time.Date(2026, 5, 4, 9, 0, 0, 0, officetest.Zone))
	p := &people{Office: x, w: tasks.New(tasks.Options{Clerk: x.Clerk, Source: tasks.Generator{Random: rand.Reader}, UserID: "{first}.{last}"})}
	ask := func() string {
		number, err := x.Request(officetest.Staff, 2)
		x.Must(err)
		p.cases = append(p.cases, number)
		p.work()
		return number
	}
	nip := officetest.Member(1).NIP
	first := ask()
	x.Approve(first)
	p.work()
	second := ask()
	a := x.Get(second).Accounts[nip]
	if !a.Kept || a.From != first || !a.Since.Equal(x.Now()) || len(a.Sealed) > 0 || a.UserID != x.Get(first).Accounts[nip].UserID {
		t.Errorf("proposed: %+v", a)
	}
	cs := x.Get(second)
	x.Must(x.Tell(second, officetest.Admin, sop.Command{Verb: sop.Setuju, Lines: []sop.Line{{Verb: sop.Baru, Who: "1"}},
		Ref: sop.Ref{Via: "message-id", Kind: sop.Persetujuan, Revision: cs.Revision, Issue: cs.Issue, To: officetest.Admin.Address}}))
	if old := x.Get(first); !old.Member(nip).Shredded {
		t.Error("the key of the old password is not destroyed in the same commit")
	}
	p.work()
	if a := x.Get(second).Accounts[nip]; a.Kept || len(a.Sealed) == 0 {
		t.Errorf("after BARU: kept %v", a.Kept)
	}
	x.Approve(second)
	p.work()
	x.Look(func(b store.Books) error {
		all, err := b.Accounts.All()
		for _, r := range all {
			want := map[bool]string{true: second, false: first}[r.NIP == nip]
			if r.Case != want || !r.Live {
				t.Errorf("the register: %+v", r)
			}
		}
		if len(all) != 2 {
			t.Errorf("%d in the register", len(all))
		}
		return err
	})
	if live := p.live(); len(live[nip]) != 1 || live[nip][0] != second {
		t.Errorf("live: %v", live)
	}
}
