package control

import (
	"context"
	"slices"
	"strings"

	"ukpbjd/internal/office"
	"ukpbjd/internal/report"
	"ukpbjd/internal/store"
)

// RegisterStep is a part of the register of one year.
type RegisterStep struct {
	Head    report.Head    `json:"head"`
	Count   int            `json:"count"` // cases of the year
	Entries []report.Entry `json:"entries"`
	Next    string         `json:"next,omitempty"` // ask with this for the next part; empty: it was the last
}

// registerStep is how many cases, or letters of no case, one reading of the books covers.
const registerStep = 200

// caselessMark before a key says that the cases have been given, and the letters of no case are next.
const caselessMark = store.Office + "/"

// RegisterStep gives the part of the register after the given mark ("": the first; year 0: the present one). Every entry is
// true at its own moment; the books go on between the parts. SOP R.1
func (c *Control) RegisterStep(ctx context.Context, year int, after string) (s RegisterStep, err error) {
	if year == 0 {
		year = c.Now().In(c.Zone()).Year()
	}
	s.Head = report.Head{Office: c.Office.Name, Year: year, Made: c.Now().UTC(), Zone: c.Zone()}
	err = c.View(ctx, func(b store.Books) (err error) {
		if s.Count, err = b.Cases.Count(s.Head.Year); err != nil {
			return err
		}
		if key, caseless := strings.CutPrefix(after, caselessMark); caseless {
			return c.caselessLetters(b, &s, key)
		}
		cases, err := b.Cases.After(s.Head.Year, after, registerStep)
		s.Entries, err = named(s.Entries, err, func(row *store.RowError) report.Entry {
			return report.Entry{Number: row.Key, Outcome: row.Error()}
		})
		for _, cs := range cases {
			rows, bad := b.Letters.Of(cs.Number)
			slices.SortStableFunc(rows, func(x, y store.LetterRow) int { return x.Made.Compare(y.Made) })
			e := report.EntryOf(cs)
			for _, r := range rows {
				e.Letters = append(e.Letters, letterOf(r))
			}
			if e.Letters, bad = named(e.Letters, bad, damagedLetter); bad != nil {
				return bad
			}
			s.Entries, s.Next = append(s.Entries, e), cs.Number
		}
		if len(cases) < registerStep {
			s.Next = caselessMark
		}
		return err
	})
	return s, err
}

// caselessLetters gives letters of no case that were made in the year.
func (c *Control) caselessLetters(b store.Books, s *RegisterStep, after string) error {
	rows, err := b.Letters.After(store.Office, after, registerStep)
	var e report.Entry
	for _, r := range rows {
		if r.Made.In(c.Zone()).Year() == s.Head.Year {
			e.Letters = append(e.Letters, letterOf(r))
		}
	}
	if e.Letters, err = named(e.Letters, err, damagedLetter); err == nil && after == "" {
		var all []store.Account
		all, err = b.Accounts.All()
		for _, a := range all {
			e.Accounts = append(e.Accounts, report.Account{NIP: a.NIP, Nama: a.Name, UserID: a.UserID, Since: a.Since, Case: a.Case, State: accountState(a)})
		}
		e.Accounts, err = named(e.Accounts, err, func(row *store.RowError) report.Account {
			return report.Account{NIP: row.Key, State: row.Error()}
		})
	}
	if len(e.Letters)+len(e.Accounts) > 0 {
		s.Entries = []report.Entry{e}
	}
	if len(rows) == registerStep {
		s.Next = caselessMark + rows[len(rows)-1].Letter.Key
	}
	return err
}

func accountState(a store.Account) string {
	switch {
	case a.Exposed:
		return "terbuka; perlu diganti"
	case a.Live:
		return "kunci masih ada"
	case a.Case != "":
		return "kunci dimusnahkan"
	}
	return "dari luar sistem ini"
}

func damagedLetter(row *store.RowError) report.Letter {
	return report.Letter{Ref: row.Key, State: unreadable, Answer: row.Error()}
}

// Sheet prints the lembar kendali of a case as it stands. SOP R.1
func (c *Control) Sheet(ctx context.Context, number string) ([]byte, error) {
	s, err := office.Read(ctx, c.Clerk, func(b store.Books) (s report.Sheet, err error) {
		cs, err := office.Find(b, number)
		if err != nil {
			return s, err
		}
		return c.ControlSheet(b, cs, c.Now().UTC())
	})
	if err != nil {
		return nil, err
	}
	return s.PDF()
}

func letterOf(r store.LetterRow) report.Letter {
	l := r.Letter
	return report.Letter{Ref: l.Key, Kind: l.Kind, To: l.To, Role: l.Role, State: string(r.State), Attempts: r.Attempts, Made: r.Made,
		Ended: r.Ended, Answer: r.Answer}
}
