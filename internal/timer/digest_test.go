package timer_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ukpbjd/internal/message"
	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestDigest: what waits for a person is told to the operator when the office opens, and again the next day; what was looked at is not, and
// where nothing waits there is no letter. Of a kind of mail only the first is told at once.
func TestDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := officetest.New(t, templates.FS)
		toOfficeHours()
		var health queue.Health
		stop := run(t, x, &health)
		defer stop()
		digests := func() int { return len(x.LettersOf(store.Office, sop.RingkasanOperator)) }
		officetest.Pass(48 * time.Hour)
		if n := digests(); n != 0 {
			t.Errorf("nothing waits, and there are %d letters", n)
		}
		refused := store.UID{Validity: 7, UID: 41}
		x.Must(x.Clerk.Commit(t.Context(), 1, func(b store.Books) error {
			for _, u := range []store.UID{refused, {Validity: 7, UID: 42}} {
				x.Must(b.Mails.Put(u, store.MailRecord{Outcome: "refused", Reason: "no-verdict", At: x.Now(), From: "staf@kantor.example", Subject: "Permohonan akun", Alert: "request-unproven"}, ""))
				x.Must(x.Clerk.WarnFirst(b, u.Mark(), "request-unproven", "UID "+u.Mark()))
			}
			return b.State.PutAside(store.Aside{Queue: "tasks", Key: "seal", At: x.Now(), Why: "no disk"})
		}))
		if n := len(x.LettersOf(store.Office, sop.PeringatanOperator)); n != 1 {
			t.Errorf("two of a kind on one day: %d letters at once", n)
		}
		officetest.Pass(24 * time.Hour)
		if digests() != 1 {
			t.Fatalf("%d letters on the next day", digests())
		}
		all, err := x.Clerk.WaitingForPerson(t.Context())
		x.Must(err)
		if len(all) != 3 {
			t.Errorf("%+v", all)
		}
		l := x.LettersOf(store.Office, sop.RingkasanOperator)[0]
		var text string
		x.Look(func(b store.Books) error {
			raw, err := b.Letters.Body(l.ID())
			text = strings.Join(strings.Fields(message.Parse(raw, message.DefaultLimits(), nil).Text), " ")
			return err
		})
		for _, want := range []string{"UID 7-41", "UID 7-42", "staf@kantor.example", "Permohonan akun", "retry", "tasks/seal", "no disk"} {
			if !strings.Contains(text, want) {
				t.Errorf("the letter has no %q:\n%s", want, text)
			}
		}
		x.Must(x.Clerk.Update(t.Context(), func(b store.Books) error {
			x.Must(b.Mails.Reviewed(refused))
			return b.State.EndAside("tasks", "seal")
		}))
		officetest.Pass(24 * time.Hour)
		if all, _ := x.Clerk.WaitingForPerson(t.Context()); digests() != 2 || len(all) != 1 || all[0].ID != "UID 7-42" {
			t.Errorf("%d letters, %+v", digests(), all)
		}
		x.Must(x.Clerk.Update(t.Context(), func(b store.Books) error { return b.Mails.Reopen(store.UID{Validity: 7, UID: 42}) }))
		officetest.Pass(48 * time.Hour)
		if digests() != 2 || len(health.Faults()) > 0 {
			t.Errorf("it is judged again: %d letters, %v", digests(), health.Faults())
		}
	})
}
