package clerk

import (
	"bytes"
	"encoding/json"
	"fmt"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// cutSheets takes the account sheets out of the approval letters of a case whose last key was destroyed: they open with a
// passphrase that the office itself keeps. The letters stay, with the sheet's sum in its place, and remain what the evidence
// says that was answered. What was evidence before there was a sum of the letter without its sheet stays whole.
// DESIGN, "Credentials": after shredding nothing that the daemon keeps can be opened to the password
func (c *Clerk) cutSheets(b store.Books, number string) error {
	cs, _, err := b.Cases.Get(number)
	if err != nil {
		return err
	}
	for _, a := range cs.Accounts {
		if len(a.Sealed) > 0 {
			return nil
		}
	}
	rows, err := b.Letters.Of(number)
	if err != nil {
		return err
	}
	whole, err := onlyWhole(b, number)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Letter.Kind != sop.Persetujuan || r.State != store.Accepted && r.State != store.Failed || whole[r.Letter.Key] {
			continue
		}
		body, err := b.Letters.Body(r.ID())
		if err != nil {
			return err
		}
		if cut := withoutSheet(body); !bytes.Equal(cut, body) {
			if err := b.Letters.ReplaceBody(r.ID(), cut); err != nil {
				return err
			}
		}
	}
	return nil
}

// onlyWhole are the letters that some evidence knows only with their sheet.
func onlyWhole(b store.Books, number string) (map[string]bool, error) {
	all, err := b.Journal.Evidence(number)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for mail, raw := range all {
		var e Evidence
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, fmt.Errorf("read the evidence of mail %.12s…: %w", mail, err)
		}
		if e.Letter != nil && e.Letter.SHA256 != "" && e.Letter.Cut == "" {
			out[e.Letter.Key] = true
		}
	}
	return out, nil
}
