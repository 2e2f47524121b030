package outbox

import (
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/postman"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// TestDoubtHasAnEnd: a credential of which the mail server never says whether it took it goes again a few times; then requester, approver and
// operator hear that nobody knows. The controls: a report that it is there ends the doubt, and an attempt that is answered does.
func TestDoubtHasAnEnd(t *testing.T) {
	for name, want := range map[string]int{"never answered": maxDoubts + 1, "reported": 1, "answered": 2} {
		t.Run(name, func(t *testing.T) {
			x, o := opened(t, nil)
			number := x.Ask(1)
			x.Approve(number)
			x.Seal(number)
			tried := 0
			for range 100 {
				for _, c := range due(t, o) {
					outcome := postman.Accepted
					if c.Row.Letter.Kind == sop.Kredensial {
						if tried++; name != "answered" || tried == 1 {
							outcome = postman.InDoubt
						}
					}
					end(t, o, outcome, c)
				}
				if name == "reported" && tried == 1 {
					x.Must(x.Clerk.Update(t.Context(), func(b store.Books) error {
						row := x.LettersOf(number, sop.Kredensial)[0]
						if _, err := b.Letters.Arrived(number, "0/none", "", o.Now()); err != nil {
							return err
						}
						arrived, err := b.Letters.Arrived(number, row.Letter.Key, "delivered", o.Now())
						if again, _ := b.Letters.Arrived(number, row.Letter.Key, "delivered", o.Now()); again || !arrived && row.State == store.InDoubt {
							t.Errorf("arrived %v, and again %v", arrived, again)
						}
						return err
					}))
				}
				x.Set(o.Now().Add(3 * time.Hour))
			}
			row := x.LettersOf(number, sop.Kredensial)[0]
			if tried != want || row.Ended.IsZero() {
				t.Errorf("sent %d times, %s", tried, row.State)
			}
			told := map[sop.Role]bool{}
			for _, l := range x.LettersOf(number, sop.GagalKirim) {
				told[l.Letter.Role] = strings.Contains(l.Letter.Note, "Tidak diketahui") || l.Letter.Note == ""
			}
			for _, l := range x.LettersOf(number, sop.PeringatanOperator) {
				told[sop.RoleOperator] = told[sop.RoleOperator] || l.Letter.Topic == "in-doubt"
			}
			if unknown := name == "never answered"; told[sop.RoleRequester] != unknown || told[sop.RoleApprover] != unknown || told[sop.RoleOperator] != unknown {
				t.Errorf("told: %v", told)
			}
			if m := x.Get(number).Members[0]; (m.State == sop.MemberFailed) != (name == "never answered") {
				t.Errorf("the member is %s", m.State)
			}
		})
	}
}
