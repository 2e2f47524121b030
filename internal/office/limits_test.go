package office_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/office"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

var monday = time.Date(2026, 6, 1, 9, 0, 0, 0, officetest.Zone)

// waits is how long letters of a kind stand back, at most; -1: there is none.
func waits(x *officetest.Office, number string, kind sop.LetterKind, to sop.Person) time.Duration {
	longest := time.Duration(-1)
	for _, r := range x.LettersOf(number, kind) {
		if strings.EqualFold(r.Letter.To.Address, to.Address) {
			longest = max(longest, r.Next.Sub(r.Made), 0)
		}
	}
	return longest
}

// TestForgedMailsDelayNobodyElse (A11): ten thousand forged mails for one case and for none, all at one moment, delay no credential, no
// approval letter and no other person's notice, and end as a bounded number of letters. The control: the notices about them do
// stand back.
func TestForgedMailsDelayNobodyElse(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const forged, batch = 10_000, 500
	x := officetest.New(t, templates.FS)
	x.Set(monday)
	number := x.Ask(2)
	x.Set(monday.Add(time.Minute))
	for n := 0; n < forged; n += batch {
		x.Must(x.Commit(t.Context(), batch, func(b store.Books) error {
			for i := range batch {
				id := fmt.Sprintf("%016x", n+i)
				if i%2 == 0 {
					if err := x.Warn(b, id, "forged-approval", "x@evil.example"); err != nil {
						return err
					}
					continue
				}
				cs, _, err := b.Cases.Get(number)
				if err != nil {
					return err
				}
				in := sop.Input{At: x.Now(), From: x.Clerk.Office.Identify(&cs, officetest.Admin.Address),
					Mail: sop.Mail{MessageID: "<" + id + "@evil.example>"}, What: sop.Refused{Why: "no-verdict", Gate: "authenticity", Tell: true}}
				if i%4 == 1 {
					in.What = sop.Unclear{Why: "not-a-command"}
				}
				if err := x.Decide(b, cs, in, x.Now().UTC()); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	told := x.LettersOf(number, sop.TidakDikenali)
	warned := x.LettersOf(store.Office, sop.PeringatanOperator)
	if len(warned) == 0 || len(told)+len(warned) > 200 {
		t.Errorf("%d letters to the approver, %d to the operator", len(told), len(warned))
	}
	if waits(x, store.Office, sop.PeringatanOperator, officetest.Operator) < 30*time.Minute {
		t.Error("control: the notices stand back for nothing")
	}
	if d := waits(x, number, sop.Persetujuan, officetest.Admin); d != 0 {
		t.Errorf("the approval letter waits %s", d)
	}
	second := x.Ask(2)
	if d := waits(x, second, sop.Persetujuan, officetest.Admin); d != 0 {
		t.Errorf("another approval letter waits %s", d)
	}
	x.Approve(number)
	x.Seal(number)
	for i := range 2 {
		m := officetest.Member(i + 1)
		if d := waits(x, number, sop.Kredensial, sop.Person{Address: m.Email}); d != 0 {
			t.Errorf("the credentials of member %d wait %s", i+1, d)
		}
	}
	x.Must(x.Tell(number, officetest.Staff, sop.Command{Verb: sop.TanyaStatus}))
	if d := waits(x, number, sop.StatusKasus, officetest.Staff); d != 0 {
		t.Errorf("another person's notice waits %s", d)
	}
	x.Must(x.Commit(t.Context(), 1, func(b store.Books) error { return x.Warn(b, "other", "letter-aside", "x") }))
	heard := 0
	for _, r := range x.LettersOf(store.Office, sop.PeringatanOperator) {
		if r.Letter.Topic == "letter-aside" {
			heard++
			if !r.Next.Equal(r.Made) {
				t.Errorf("a notice of another topic waits %s", r.Next.Sub(r.Made))
			}
		}
	}
	if heard != 1 {
		t.Errorf("%d notices of another topic", heard)
	}
}

// TestWhatMustBeHeard: sixty exposed passwords, and two hundred approvals in an hour, are told to everybody who must know, each; of a
// flood of warnings of one topic the operator gets some every hour, for as long as it goes on; and no flood of notices delays what the procedure
// asks of the same person. The control: where both are paid from one bucket it does.
func TestWhatMustBeHeard(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	x := officetest.New(t, templates.FS)
	x.Set(monday)
	number := x.Ask(60)
	x.Approve(number)
	for i := range 60 {
		x.Must(x.Tell(number, sop.Person{}, sop.Exposed{NIP: officetest.Member(i + 1).NIP, What: "kutipan"}))
	}
	told := func(who sop.Person, topic string) (n int) {
		for _, r := range x.LettersOf(number, sop.Pemberitahuan) {
			if r.Letter.To == who && r.Letter.Topic == topic {
				n++
			}
		}
		return n
	}
	if k, a := told(officetest.Kepala, "exposed"), told(officetest.Admin, "exposed"); k != 60 || a != 60 {
		t.Errorf("of 60 exposed passwords Kepala LPSE hears %d, the approver %d", k, a)
	}
	announced := 0
	for i := range 200 {
		x.Set(monday.Add(time.Duration(i) * 15 * time.Second))
		next := x.Ask(1)
		x.Approve(next)
		for _, r := range x.LettersOf(next, sop.Pemberitahuan) {
			if r.Letter.Topic == "approved" {
				announced++
			}
		}
	}
	if announced != 200 {
		t.Errorf("%d of 200 approvals are announced", announced)
	}
	for hour := range 12 {
		before := len(x.LettersOf(store.Office, sop.PeringatanOperator))
		for i := range 25 {
			x.Set(monday.Add(time.Duration(24+hour)*time.Hour + time.Duration(i)*2*time.Minute))
			x.Must(x.Commit(t.Context(), 1, func(b store.Books) error { return x.Warn(b, fmt.Sprintf("%d-%d", hour, i), "request-unproven", "x") }))
		}
		if n := len(x.LettersOf(store.Office, sop.PeringatanOperator)) - before; n < 15 {
			t.Errorf("in hour %d of a flood the operator gets %d letters", hour, n)
		}
	}
	for name, shared := range map[string]bool{"buckets of their own": false, "control": true} {
		if d := behindNotices(t, shared); (d > 0) != shared {
			t.Errorf("%s: behind a flood of notices a reminder waits %s", name, d)
		}
	}
}

// behindNotices is how long a reminder stands back behind a hundred notices to the same person.
func behindNotices(t *testing.T, shared bool) time.Duration {
	x := officetest.New(t, templates.FS, func(o *office.Options) {
		if shared {
			o.DB = oneBucket{o.DB}
		}
	})
	x.Set(monday)
	number := x.Ask(1)
	x.Must(x.Commit(t.Context(), 1, func(b store.Books) error {
		cs, err := office.Find(b, number)
		for i := range 100 {
			l := sop.Letter{Key: fmt.Sprintf("banjir-%d", i), Kind: sop.TidakDikenali, To: officetest.Admin, Role: sop.RoleApprover, Topic: "not-a-command"}
			err = errors.Join(err, x.Queue(b, cs, l))
		}
		l := sop.Letter{Key: "ingat", Kind: sop.Pengingat, To: officetest.Admin, Role: sop.RoleApprover, Topic: "approval"}
		return errors.Join(err, x.Queue(b, cs, l))
	}))
	return waits(x, number, sop.Pengingat, officetest.Admin)
}

// oneBucket is a store in which all letters to one person are paid from one bucket.
type oneBucket struct{ store.DB }

func (o oneBucket) Update(ctx context.Context, fn func(store.Tx) error) error {
	return o.DB.Update(ctx, func(tx store.Tx) error { return fn(oneBucketTx{tx}) })
}

type oneBucketTx struct{ store.Tx }

func ofPerson(bucket string, key []byte) []byte {
	if bucket == "limits" {
		key, _, _ = bytes.Cut(key, []byte("/"))
	}
	return key
}

func (o oneBucketTx) Get(bucket string, key []byte) ([]byte, error) {
	return o.Tx.Get(bucket, ofPerson(bucket, key))
}

func (o oneBucketTx) Put(bucket string, key, value []byte) error {
	return o.Tx.Put(bucket, ofPerson(bucket, key), value)
}

// TestLimitsOfYearsAhead (A11): buckets that a clock in another year left, empty and in debt, delay a letter by an hour at most, and
// after three hours by nothing. The control: an office whose clock was right is not delayed at all.
func TestLimitsOfYearsAhead(t *testing.T) {
	for name, wrong := range map[string]bool{"two seconds in 2030": true, "control": false} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(monday)
			number := x.Ask(1)
			remind := func(key string) time.Duration {
				x.Must(x.Commit(t.Context(), 1, func(b store.Books) error {
					cs, err := office.Find(b, number)
					if err == nil {
						err = x.Queue(b, cs, sop.Letter{Key: key, Kind: sop.Pengingat, To: officetest.Admin, Role: sop.RoleApprover, Topic: "approval"})
					}
					return err
				}))
				r := x.LettersOf(number, sop.Pengingat)
				at := slices.IndexFunc(r, func(r store.LetterRow) bool { return r.Letter.Key == key })
				return r[at].Next.Sub(r[at].Made)
			}
			if wrong {
				x.Set(monday.AddDate(4, 0, 0))
				for i := range 300 { // an approver is reminded so often within these seconds
					remind(fmt.Sprintf("x%d", i))
				}
			}
			x.Set(monday.Add(time.Minute))
			if d := remind("soon"); d > time.Hour || (d > 0) != wrong {
				t.Errorf("a reminder waits %s", d)
			}
			if d := waits(x, x.Ask(1), sop.Persetujuan, officetest.Admin); d != 0 {
				t.Errorf("an approval letter waits %s", d)
			}
			x.Set(monday.Add(3 * time.Hour))
			if d := remind("later"); d != 0 {
				t.Errorf("three hours later it waits %s", d)
			}
		})
	}
}

// TestRequesterWhomNoLetterReaches: of a requester whose local part has more characters than a letter can be sent to, the case is
// opened, goes its way to the end, and others are served beside it; the operator hears. The control: nobody hears of another.
func TestRequesterWhomNoLetterReaches(t *testing.T) {
	for name, local := range map[string]string{"65": strings.Repeat("a", 65), "2000": strings.Repeat("b", 2000), "control": "ratna"} {
		t.Run(name, func(t *testing.T) {
			x := officetest.New(t, templates.FS)
			x.Set(monday)
			number, err := x.Request(officetest.Person(local), 1)
			x.Must(err)
			beside := x.Ask(1)
			heard := 0
			for _, r := range x.LettersOf(store.Office, sop.PeringatanOperator) {
				if r.Letter.Topic == "unreachable" && strings.HasPrefix(r.Letter.Note, number) {
					heard++
				}
			}
			if want := min(1, len(local)/65); heard != want {
				t.Errorf("the operator hears %d times", heard)
			}
			if n := len(x.LettersOf(number, sop.TandaTerima)); n != 1-heard {
				t.Errorf("%d letters to the requester", n)
			}
			if len(x.LettersOf(beside, sop.Persetujuan)) == 0 {
				t.Error("the case beside it waits")
			}
			x.MakeAccounts(number)
			x.Approve(number)
			x.Seal(number)
			if cs := x.Get(number); cs.Approval == nil || !cs.Approval.Released {
				t.Errorf("the case is %s", cs.Status)
			}
		})
	}
}

// TestTokensOfLettersThatAreNot: what becomes no letter, because it was told already, takes no token of those who have not been told.
func TestTokensOfLettersThatAreNot(t *testing.T) {
	x := officetest.New(t, templates.FS)
	x.Set(monday)
	long := officetest.Person(strings.Repeat("a", 65))
	number, err := x.Request(long, 1)
	x.Must(err)
	for range 60 {
		x.Set(x.Now().Add(time.Second))
		x.Must(x.Tell(number, long, sop.Command{Verb: sop.TanyaStatus}))
	}
	other, err := x.Request(officetest.Person(strings.Repeat("b", 65)), 1)
	x.Must(err)
	n := map[string]int{}
	for _, r := range x.LettersOf(store.Office, sop.PeringatanOperator) {
		n[r.Letter.Note[:len(number)]]++
		t.Log(r.Letter.Note, r.Next.Sub(r.Made))
	}
	if n[other] == 0 {
		t.Errorf("the operator never hears of %s; of %s %d letters", other, number, n[number])
	}
}

func TestSameKeyAgain(t *testing.T) {
	x := officetest.New(t, templates.FS)
	x.Set(monday)
	x.Must(x.Commit(t.Context(), 1, func(b store.Books) error {
		for range 45 {
			if err := x.Warn(b, "same", "task-aside", "x"); err != nil {
				return err
			}
		}
		return x.Warn(b, "other", "task-aside", "y")
	}))
	if n := len(x.LettersOf(store.Office, sop.PeringatanOperator)); n != 2 {
		t.Errorf("%d letters for two warnings", n)
	}
}
