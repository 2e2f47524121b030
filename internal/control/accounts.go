package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// Accounts is the register of accounts, by NIP. It holds no secret.
func (c *Control) Accounts(ctx context.Context) (all []store.Account, err error) {
	err = c.View(ctx, func(b store.Books) error {
		all, err = b.Accounts.All()
		all, err = named(all, err, func(row *store.RowError) store.Account { return store.Account{NIP: row.Key, Name: unreadable} })
		return err
	})
	return all, err
}

// Imported says how many accounts were written, and what is wrong with which rows, counted from 1 with the head.
type Imported struct {
	Count  int      `json:"count"`
	Faults []string `json:"faults,omitempty"`
}

var nipShape = regexp.MustCompile(`^\d{18}$`)

// ImportAccounts takes the accounts that an office has from before: rows of a table, as JSON, of which the first names the columns NIP
// and User ID (and Nama, if there). Where a row is wrong, none is taken.
func (c *Control) ImportAccounts(ctx context.Context, table []byte) (r Imported, err error) {
	var rows [][]string
	if err := json.Unmarshal(table, &rows); err != nil || len(rows) == 0 {
		return r, fmt.Errorf("the table of accounts has no rows (%v)", err)
	}
	nip, user, name := -1, -1, -1
	for i, title := range rows[0] {
		switch strings.ToLower(strings.Join(strings.FieldsFunc(title, func(r rune) bool { return r == ' ' || r == '_' || r == '-' }), "")) {
		case "nip":
			nip = i
		case "userid", "user":
			user = i
		case "nama":
			name = i
		}
	}
	if nip < 0 || user < 0 {
		return r, errors.New("the first row must name the columns NIP and User ID")
	}
	err = c.Update(ctx, func(b store.Books) error {
		r = Imported{}
		for i, row := range rows[1:] {
			cell := func(n int) string {
				if n < 0 || n >= len(row) {
					return ""
				}
				return strings.TrimSpace(row[n])
			}
			a := store.Account{NIP: strings.ReplaceAll(cell(nip), " ", ""), UserID: cell(user), Name: cell(name)}
			if a.NIP == "" && a.UserID == "" {
				continue
			}
			why, err := takeAccount(b, a)
			if err != nil {
				return err
			}
			if why != "" {
				r.Faults = append(r.Faults, fmt.Sprintf("row %d: %s", i+2, why))
			}
			r.Count++
		}
		if len(r.Faults) > 0 {
			return errFaults
		}
		return nil
	})
	if errors.Is(err, errFaults) {
		r.Count, err = 0, nil
	}
	return r, err
}

var errFaults = errors.New("rows with faults")

// takeAccount says what is wrong with one.
func takeAccount(b store.Books, a store.Account) (why string, err error) {
	had, known, err := b.Accounts.Get(a.NIP)
	if err != nil {
		return "", err
	}
	owner, err := b.Accounts.NIPOf(a.UserID)
	switch {
	case err != nil:
		return "", err
	case !nipShape.MatchString(a.NIP):
		return fmt.Sprintf("%q is no NIP of 18 digits; a spreadsheet may have rounded it: format the column as text", a.NIP), nil
	case !sop.PlainUser(a.UserID):
		return fmt.Sprintf("%q cannot be a user ID", a.UserID), nil
	case owner != "" && owner != a.NIP:
		return fmt.Sprintf("user ID %q belongs to NIP %s", a.UserID, owner), nil
	case known && had.UserID != a.UserID:
		return fmt.Sprintf("NIP %s has user ID %q already", a.NIP, had.UserID), nil
	case known:
		return "", nil
	}
	return "", b.Accounts.Put(a)
}
