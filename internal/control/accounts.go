package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"ukpbjd/internal/document"
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
	nip, user, name, head := -1, -1, -1, 0
	for head = range min(len(rows), maxTitles) { // a title may stand above
		if nip, user, name = columns(rows[head]); nip >= 0 && user >= 0 {
			break
		}
	}
	if nip < 0 || user < 0 {
		return r, errors.New("a row at the top must name the columns NIP and User ID")
	}
	err = c.Update(ctx, func(b store.Books) error {
		r = Imported{}
		for i, row := range rows[head+1:] {
			cell := func(n int) string {
				if n < 0 || n >= len(row) {
					return ""
				}
				return strings.TrimSpace(row[n])
			}
			a := store.Account{NIP: nipMarks.Replace(cell(nip)), UserID: cell(user), Name: cell(name)}
			if a.NIP == "" && a.UserID == "" {
				continue
			}
			why, err := takeAccount(b, a)
			if err != nil {
				return err
			}
			if why != "" {
				r.Faults = append(r.Faults, fmt.Sprintf("row %d: %s", head+i+2, why))
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

// maxTitles is how many rows may stand above the one that names the columns, and that one.
const maxTitles = 6

// columns finds those that are taken over; -1: there is none of that name.
func columns(row []string) (nip, user, name int) {
	nip, user, name = -1, -1, -1
	for i, title := range row {
		letters := func(r rune) rune {
			if unicode.IsLetter(r) {
				return unicode.ToLower(r)
			}
			return -1
		}
		switch strings.TrimSuffix(strings.Map(letters, title), "spse") {
		case "nip":
			nip = i
		case "userid", "user", "username", "akun", "namapengguna":
			user = i
		case "nama", "namalengkap":
			name = i
		}
	}
	return nip, user, name
}

// nipMarks are the blanks and dots between its parts, and the mark that makes a cell a text.
var nipMarks = strings.NewReplacer(" ", "", ".", "", "'", "")

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
	case !document.ValidNIP(a.NIP):
		return fmt.Sprintf("%q cannot be a NIP: %s", a.NIP, document.NIPFault(a.NIP)), nil
	case !sop.PlainUser(a.UserID):
		return fmt.Sprintf("%q cannot be a user ID", a.UserID), nil
	case known && !strings.EqualFold(had.UserID, a.UserID):
		return fmt.Sprintf("NIP %s has user ID %q already", a.NIP, had.UserID), nil
	case owner != "" && owner != a.NIP:
		other, _, err := b.Accounts.Get(owner)
		if err != nil || strings.EqualFold(other.UserID, a.UserID) {
			return fmt.Sprintf("user ID %q belongs to NIP %s", a.UserID, owner), err
		}
		if err := b.Accounts.FreeUser(a.UserID, owner); err != nil { // it was only proposed to them
			return "", err
		}
	case known:
		return "", nil
	}
	return "", b.Accounts.Put(a)
}
