package clerk

import (
	"context"
	"slices"
	"strings"

	"ukpbjd/internal/report"
	"ukpbjd/internal/store"
)

// Reader is a clerk of books that can only be read: it knows how to report and no more.
func Reader(ctx context.Context, o Options) (*Clerk, error) {
	c := &Clerk{Options: o}
	return c, c.View(ctx, func(b store.Books) error { return b.State.CheckSchema() })
}

// RegisterStep is a part of the register of one year.
type RegisterStep struct {
	Head    report.Head    `json:"head"`
	Count   int            `json:"count"` // cases of the year
	Entries []report.Entry `json:"entries"`
	Next    string         `json:"next,omitempty"` // ask with this for the next part; empty: it was the last
}

// registerStep is how many cases, or letters of no case, one reading of the books covers.
const registerStep = 200

// deskMark before a key says that the cases have been given, and the letters of no case are next.
const deskMark = store.Office + "/"

// RegisterStep gives the part of the register after the given mark ("": the first; year 0: the present one). Every entry is
// true at its own moment; the books go on between the parts. SOP R.1
func (c *Clerk) RegisterStep(ctx context.Context, year int, after string) (s RegisterStep, err error) {
	s.Head = c.head(year)
	err = c.View(ctx, func(b store.Books) (err error) {
		if s.Count, err = b.Cases.Count(s.Head.Year); err != nil {
			return err
		}
		if key, desk := strings.CutPrefix(after, deskMark); desk {
			return c.deskLetters(b, &s, key)
		}
		cases, err := b.Cases.After(s.Head.Year, after, registerStep)
		for _, cs := range cases {
			rows, err := b.Letters.Of(cs.Number)
			if err != nil {
				return err
			}
			slices.SortStableFunc(rows, func(x, y store.LetterRow) int { return x.Made.Compare(y.Made) })
			e := report.EntryOf(cs)
			for _, r := range rows {
				e.Letters = append(e.Letters, letterOf(r))
			}
			s.Entries, s.Next = append(s.Entries, e), cs.Number
		}
		if len(cases) < registerStep {
			s.Next = deskMark
		}
		return err
	})
	return s, err
}

// deskLetters gives letters of no case that were made in the year.
func (c *Clerk) deskLetters(b store.Books, s *RegisterStep, after string) error {
	rows, err := b.Letters.After(store.Office, after, registerStep)
	var e report.Entry
	for _, r := range rows {
		if r.Made.In(c.zone()).Year() == s.Head.Year {
			e.Letters = append(e.Letters, letterOf(r))
		}
	}
	if len(e.Letters) > 0 {
		s.Entries = []report.Entry{e}
	}
	if len(rows) == registerStep {
		s.Next = deskMark + rows[len(rows)-1].Letter.Key
	}
	return err
}

func (c *Clerk) head(year int) report.Head {
	if year == 0 {
		year = c.Now().In(c.zone()).Year()
	}
	return report.Head{Office: c.Office.Name, Year: year, Made: c.Now().UTC(), Zone: c.zone()}
}

func letterOf(r store.LetterRow) report.Letter {
	l := r.Letter
	return report.Letter{Ref: l.Key, Kind: l.Kind, To: l.To, Role: l.Role, State: string(r.State), Attempts: r.Attempts, Made: r.Made,
		Ended: r.Ended, Answer: r.Answer}
}
