package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ukpbjd/internal/control"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/message"
	"ukpbjd/internal/store"
)

type accountsCmd struct {
	List   accountsListCmd   `cmd:"" default:"withargs" help:"List the accounts of the office: user ID, since when, from which case. No secrets."`
	Import accountsImportCmd `cmd:"" help:"Take over accounts from before ukpbjd: a table with the columns NIP and User ID."`
}

type accountsListCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the register of accounts.
func (c *accountsListCmd) Run(s *shell) error {
	var all []store.Account
	if err := s.call(control.Call{Command: "accounts"}, &all); err != nil {
		return err
	}
	return s.tell(c.JSON, all, func(out io.Writer) { table(out, func(w io.Writer) { printAccounts(w, all) }) })
}

func printAccounts(w io.Writer, all []store.Account) {
	fmt.Fprintln(w, "NIP\tUSER ID\tNAMA\tSINCE\tCASE\tPASSWORD")
	for _, a := range all {
		state := "-"
		switch {
		case a.Exposed:
			state = "exposed"
		case a.Live:
			state = "may live"
		case a.Case != "":
			state = "destroyed"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", a.NIP, a.UserID, a.Name, stamp(a.Since), a.Case, state)
	}
}

type accountsImportCmd struct {
	File string `arg:"" type:"existingfile" help:"XLSX or CSV file; its first row names the columns NIP and User ID."`
}

// Run takes all rows, or none.
func (c *accountsImportCmd) Run(s *shell) error {
	raw, err := c.rows(s)
	if err != nil {
		return fail(exitUsage, err)
	}
	var r control.Imported
	if err := s.call(control.Call{Command: "accounts-import", Body: raw}, &r); err != nil {
		return err
	}
	for _, f := range r.Faults {
		fmt.Fprintf(s.stderr, "%s: %s\n", c.File, f)
	}
	if len(r.Faults) > 0 {
		return fail(exitUsage, errors.New("nothing was taken over; mend these rows and run it again"))
	}
	fmt.Fprintf(s.stdout, "%d accounts taken over\n", r.Count)
	return nil
}

// separator is the one that stands most often.
func separator(raw []byte) rune {
	most := ','
	for _, r := range ";\t" {
		if bytes.Count(raw, []byte(string(r))) > bytes.Count(raw, []byte(string(most))) {
			most = r
		}
	}
	return most
}

// rows are the table's, as JSON, read as an attached workbook is: with bounds.
func (c *accountsImportCmd) rows(s *shell) ([]byte, error) {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	if !bytes.HasPrefix(raw, []byte("PK")) && !bytes.ContainsRune(raw, 0) { // two columns are no table to the reader of papers
		rd := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
		rd.Comma, rd.FieldsPerRecord, rd.LazyQuotes = separator(raw), -1, true
		if rows, err = rd.ReadAll(); err != nil {
			return nil, fmt.Errorf("read %s: %w", c.File, err)
		}
		return json.Marshal(rows)
	}
	for _, src := range extract.New(extract.Options{}).All(s.ctx, []message.Attachment{{Name: filepath.Base(c.File), Bytes: raw}}) {
		if src.Unreadable != "" {
			return nil, fmt.Errorf("read %s: %s", c.File, src.Unreadable)
		}
		for _, page := range src.Pages {
			for _, t := range page.Tables {
				for _, row := range t.Rows {
					var cells []string
					for _, x := range row {
						cells = append(cells, x.Text)
					}
					rows = append(rows, cells)
				}
			}
		}
	}
	return json.Marshal(rows)
}
