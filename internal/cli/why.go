package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"ukpbjd/internal/config"
	"ukpbjd/internal/control"
)

type whyCmd struct {
	Case     caseNumber `arg:"" help:"Case number."`
	JSON     bool       `name:"json" help:"As JSON."`
	Evidence string     `help:"Write what the decisions rest on into a new file, to be proved anywhere with verify --evidence." placeholder:"FILE.zip"`
}

func (c *whyCmd) Run(s *shell) error {
	if c.Evidence != "" {
		return c.export(s)
	}
	var w control.Why
	if err := s.call(control.Call{Command: "why", Case: string(c.Case)}, &w); err != nil {
		return err
	}
	return s.tell(c.JSON, w, func(out io.Writer) { printWhy(out, w) })
}

func printWhy(out io.Writer, w control.Why) {
	fmt.Fprintf(out, "%s  %s\n\nMails, each with its verdict:\n", w.Number, w.Status)
	for _, m := range w.Mails {
		fmt.Fprintf(out, "  %s  %s  %s: %s", stamp(m.At), m.From, m.Outcome, m.Reason)
		if m.Gate != "" {
			fmt.Fprintf(out, " (gate: %s)", m.Gate)
		}
		fmt.Fprintf(out, "\n      sha256 %s\n", m.SHA256)
		if len(m.Proof) > 0 {
			fmt.Fprintf(out, "      proof  %s\n", strings.Join(m.Proof, "\n             "))
		}
	}
	fmt.Fprintln(out, "\nDecisions:")
	for _, e := range w.Events {
		fmt.Fprintf(out, "  %4d  %s  %-20s because %s; by %s\n", e.N, stamp(e.At), e.Kind, e.Reason, e.Actor)
		for k, v := range e.Data {
			fmt.Fprintf(out, "          %s: %s\n", k, v)
		}
	}
}

// export never overwrites: evidence of another day may lie there.
func (c *whyCmd) export(s *shell) error {
	var b control.Bundle
	if err := s.call(control.Call{Command: "evidence", Case: string(c.Case)}, &b); err != nil {
		return err
	}
	err := config.WriteNew(c.Evidence, b.Zip, 0o600)
	if at := (&fs.PathError{}); errors.As(err, &at) && at.Op == "open" {
		return fail(exitUsage, err)
	} else if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.stdout, "%s  %d bytes; prove it with: ukpbjd verify --evidence %s\n", c.Evidence, len(b.Zip), c.Evidence)
	return err
}
