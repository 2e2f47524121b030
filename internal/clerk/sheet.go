package clerk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ukpbjd/internal/report"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Sheet prints the lembar kendali of a case as it stands. SOP R.1
func (c *Clerk) Sheet(ctx context.Context, number string) ([]byte, error) {
	var s report.Sheet
	err := c.View(ctx, func(b store.Books) error {
		cs, ok, err := b.Cases.Get(number)
		if err != nil || !ok {
			return errors.Join(err, fmt.Errorf("%s: %w", number, ErrNoCase))
		}
		s, err = c.sheet(b, cs, c.Now().UTC())
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.PDF()
}

func (c *Clerk) sheet(b store.Books, cs sop.Case, now time.Time) (report.Sheet, error) {
	lines, err := b.Journal.Of(cs.Number)
	if err != nil {
		return report.Sheet{}, err
	}
	s := report.Sheet{Office: c.Office.Name, Mailbox: c.Office.Mailbox.Address, Case: cs, Zone: c.zone(), Made: now,
		KepalaLPSE: c.Office.KepalaLPSE.Name, KepalaBagian: c.Office.KepalaBagian.Name}
	for _, r := range lines {
		s.Journal = append(s.Journal, report.Line{N: r.N, Event: r.Event})
	}
	s.Evidence, err = evidence(b)
	return s, err
}

// evidence is the journal's tree as it stands: its lines and its root (RFC 6962 §2.1). It is what a checkpoint signs, so a
// later signed checkpoint proves or refutes the paper, and with it every line of this case.
func evidence(b store.Books) (report.Evidence, error) {
	size, err := b.Journal.Size()
	if err != nil {
		return report.Evidence{}, err
	}
	root, err := b.Journal.Root(size)
	return report.Evidence{Label: "Titik periksa jurnal kantor (banyaknya baris, akar pohon SHA-256 menurut RFC 6962)", Value: fmt.Sprintf("%d %s", size, root)}, err
}

// closing gives the letters that close a case the lembar kendali: the Pokja's copy. SOP R.2
func (c *Clerk) closing(b store.Books, cs sop.Case, letters []sop.Letter) error {
	var file *sop.File
	for i := range letters {
		if letters[i].Kind != sop.Selesai {
			continue
		}
		if file == nil {
			s, err := c.sheet(b, cs, c.Now().UTC())
			if err != nil {
				return err
			}
			pdf, err := s.PDF() // a few milliseconds, once a case
			if err != nil {
				return err
			}
			file = &sop.File{Name: "lembar-kendali-" + cs.Number + ".pdf", MediaType: "application/pdf", Bytes: pdf}
		}
		letters[i].Files = append(letters[i].Files, *file)
	}
	return nil
}
