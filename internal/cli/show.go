package cli

import (
	"fmt"
	"io"
	"time"

	"ukpbjd/internal/control"
)

type showCmd struct {
	Case caseNumber `arg:"" help:"Case number, e.g. PKJ-2026-0001."`
	JSON bool       `name:"json" help:"As JSON."`
}

func (c *showCmd) Run(s *shell) error {
	var v control.CaseView
	if err := s.call(control.Call{Command: "show", Case: string(c.Case)}, &v); err != nil {
		return err
	}
	return s.tell(c.JSON, v, func(w io.Writer) { printCase(w, v) })
}

func printCase(out io.Writer, v control.CaseView) {
	fmt.Fprintf(out, "%s  %s\n", v.Number, v.Status)
	fmt.Fprintf(out, "Pemohon   %s <%s>\nHal       %s\nDibuka    %s\nRevisi    %d\n", v.Requester.Name, v.Requester.Address, v.Subject, stamp(v.Opened), v.Revision)
	if !v.Due.IsZero() {
		fmt.Fprintf(out, "Tenggat   %s (%s)\n", stamp(v.Due), v.Owes)
	}
	if v.Held != "" {
		fmt.Fprintf(out, "Ditahan   %s\n", v.Held)
	}
	for _, g := range v.Delegations {
		fmt.Fprintf(out, "Pengganti %s bagi %s sampai %s\n", g.To.Name, g.From.Name, stamp(g.Until))
	}
	table(out, func(w io.Writer) { printTables(w, v) })
}

func printTables(w io.Writer, v control.CaseView) {
	fmt.Fprintln(w, "\nBERKAS\tJENIS\tJUDUL")
	for _, p := range v.Reading.Papers {
		fmt.Fprintf(w, "%s\t%s\t%s\n", p.File, p.Kind, p.Title)
	}
	fmt.Fprintln(w, "\nNO\tNAMA\tNIP\tSUREL\tUSER ID\tKEADAAN")
	for _, m := range v.Members {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", m.No, m.Nama, m.NIP, m.Email, m.UserID, m.State)
	}
	for _, p := range v.Reading.Problems {
		fmt.Fprintf(w, "\nbaris %d\t%s\t%s\n", p.Row, p.Severity, p.Text)
	}
	for _, x := range v.Deviations {
		fmt.Fprintf(w, "\npenyimpangan\tlangkah %s\t%s %s %s\n", x.Step, x.Text, x.By, x.Reply)
	}
	fmt.Fprintln(w, "\nSURAT\tKEPADA\tKEADAAN\tDIBUAT\tJAWABAN SERVER")
	for _, l := range v.Letters {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Kind, l.To, l.State, stamp(l.Made), l.Answer)
	}
	fmt.Fprintln(w, "\nWAKTU\tPERISTIWA\tOLEH\tURAIAN")
	for _, e := range v.Events {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", stamp(e.At), e.Kind, e.Actor, e.Text)
	}
}

func day(t time.Time) string { return local(t, time.DateOnly) }

func stamp(t time.Time) string { return local(t, time.DateTime) }

func local(t time.Time, layout string) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(layout)
}
