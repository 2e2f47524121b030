package outbox

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/postman"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// refuse has the store refuse, for good, to write one row.
func refuse(x *officetest.Office, bucket, key string) {
	x.DB.Fail(func(op, in, k string) error {
		if op == "put" && in == bucket && k == key {
			return &store.ValueError{Bucket: bucket, Size: store.MaxValue + 1}
		}
		return nil
	})
}

// TestLetterThatCannotBeWritten (A2): of 64 letters one can never be written, as it is claimed, or as its result comes, whatever that is. The
// others go, every commit beside it too; the one is put aside once with its reason, health shows it until then. The control: with
// nothing refused nothing is put aside.
func TestLetterThatCannotBeWritten(t *testing.T) {
	for _, when := range []string{"control", "claim", "accepted", "failed", "deferred"} {
		var health queue.Health
		x, o := opened(t, &health)
		x.Write(func(tx store.Tx) (err error) {
			err = store.In(tx).State.PutStarts(store.Starts{ID: "books", Times: 1})
			for i := range 64 {
				l := sop.Letter{Key: string(rune('0'+i/8)) + string(rune('0'+i%8)) + "/pemberitahuan", Kind: sop.Pemberitahuan, To: officetest.Staff}
				err = errors.Join(err, store.In(tx).Letters.Put(store.LetterRow{Case: store.Office, Letter: l, Next: monday}, []byte("Subject: x\r\n\r\n")))
			}
			return err
		})
		bad := store.Office + "/31/pemberitahuan"
		if when == "claim" {
			refuse(x, "letters", bad)
		}
		list := due(t, o)
		if n := len(list); n != 64 { // where the claim was refused the operator's letter makes it as many
			t.Errorf("%s: %d letters go", when, n)
		}
		if when != "control" {
			refuse(x, "letters", bad)
		}
		outcome := postman.Accepted
		switch when {
		case "failed":
			outcome = postman.Failed
		case "deferred":
			outcome = postman.Deferred
		}
		for _, c := range list {
			r := postman.Result{Outcome: postman.Accepted, Text: "250"}
			if c.Row.ID() == bad {
				r.Outcome = outcome
			}
			again, err := o.Settle(t.Context(), []Sent{{Row: c.Row, Result: r, At: o.Now()}})
			if err != nil || len(again) > 0 {
				t.Errorf("%s: %d are to be tried again, %v", when, len(again), err)
			}
		}
		number, err := x.Request(officetest.Staff, 1) // whoever writes goes on
		x.Must(err)
		for range 5 {
			x.Set(o.Now().Add(time.Hour))
			due(t, o)
		}
		accepted, told := 0, len(x.LettersOf(store.Office, sop.PeringatanOperator))
		for _, r := range x.LettersOf(store.Office, sop.Pemberitahuan) {
			if r.State == store.Accepted {
				accepted++
			}
		}
		want := map[bool]int{true: 0, false: 1}[when == "control"]
		aside := asides(x)
		why := ""
		for key, text := range aside {
			if strings.HasSuffix(key, bad) {
				why = text
			}
		}
		if accepted != 64-want || len(aside) != want || told != want || strings.Contains(why, "bytes") != (want == 1) || len(health.Faults()) > 0 {
			t.Errorf("%s: %d accepted, aside %v, %d letters to the operator, health %v", when, accepted, aside, told, health.Faults())
		}
		x.Look(func(b store.Books) error {
			if body, err := b.Letters.Body(bad); err != nil || len(body) == 0 {
				t.Errorf("%s: its bytes are gone before they are in the archive: %v", when, err)
			}
			owed, err := b.Letters.Unarchived(100, func(string) bool { return false })
			if !slices.ContainsFunc(owed, func(r store.LetterRow) bool { return r.ID() == bad }) {
				t.Errorf("%s: it is not to be archived", when)
			}
			return err
		})
		if len(x.LettersOf(number, sop.TandaTerima)) != 1 {
			t.Errorf("%s: the request beside it has no receipt", when)
		}
		x.Look(func(b store.Books) error {
			sending, err := b.Letters.Sending()
			for _, r := range sending {
				if r.Case == store.Office && r.Letter.Kind == sop.Pemberitahuan {
					t.Errorf("%s: %s is on its way for ever", when, r.ID())
				}
			}
			return err
		})
	}
}
