package report

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// CSVNames are the endings that the files of a register get before ".csv": cases, members, deviations, letters, accounts.
func CSVNames() []string {
	var out []string
	for _, t := range tables {
		out = append(out, t.file)
	}
	return out
}

// WriteCSV writes each table into its own file, in the order of CSVNames. Times are the office's.
func WriteCSV(files []io.Writer, h Head, entries Entries) error {
	if len(files) != len(tables) {
		return fmt.Errorf("write the register: %d files for %d tables", len(files), len(tables))
	}
	zone := cmp.Or(h.Zone, time.UTC)
	var ws []*csv.Writer
	for i, t := range tables {
		w := csv.NewWriter(files[i])
		w.UseCRLF = true // RFC 4180 §2
		line := make([]string, len(t.columns))
		for j, c := range t.columns {
			line[j] = c.title
		}
		if err := w.Write(line); err != nil {
			return err
		}
		ws = append(ws, w)
	}
	err := each(entries, func(i int, cells []any) error {
		line := make([]string, len(cells))
		for j, c := range cells {
			line[j] = csvCell(c, zone)
		}
		return ws[i].Write(line)
	})
	for _, w := range ws {
		w.Flush()
		if err == nil {
			err = w.Error()
		}
	}
	return err
}

func csvCell(c any, zone *time.Location) string {
	switch v := c.(type) {
	case int:
		return strconv.Itoa(v)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.In(zone).Format("2006-01-02 15:04:05")
	case string:
		return guarded(plain(v))
	}
	return ""
}

// guarded puts an apostrophe before what a spreadsheet would take for a formula, or round as a number: a CSV has no types.
func guarded(s string) string {
	if s == "" {
		return s
	}
	if strings.ContainsRune("=+-@|%", rune(s[0])) && s != "-" || len(s) > 15 && strings.Trim(s, "0123456789") == "" {
		return "'" + s
	}
	return s
}

// WriteJSON writes one object: the head, under "cases" every entry of a case, under "accounts" those of the office.
func WriteJSON(w io.Writer, h Head, entries Entries) error {
	head, err := json.Marshal(h)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w) // it keeps the first error
	fmt.Fprintf(out, "%s,\"cases\":[", head[:len(head)-1])
	sep, accounts := "\n", []Account{}
	for e, err := range entries {
		if err != nil {
			return err
		}
		if e.Number == "" && e.Accounts != nil {
			accounts = append(accounts, e.Accounts...)
			continue
		}
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := out.WriteString(sep + string(line)); err != nil {
			return err
		}
		sep = ",\n"
	}
	tail, err := json.Marshal(accounts)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n],\"accounts\":%s}\n", tail)
	return out.Flush()
}
