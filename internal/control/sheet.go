package control

import (
	"context"

	"ukpbjd/internal/office"
	"ukpbjd/internal/report"
	"ukpbjd/internal/store"
)

// Sheet prints the lembar kendali of a case as it stands. SOP R.1
func (c *Control) Sheet(ctx context.Context, number string) ([]byte, error) {
	var s report.Sheet
	err := c.View(ctx, func(b store.Books) error {
		cs, err := office.Find(b, number)
		if err != nil {
			return err
		}
		s, err = c.ControlSheet(b, cs, c.Now().UTC())
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.PDF()
}
