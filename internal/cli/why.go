package cli

import (
	"fmt"
	"strings"

	"ukpbjd/internal/clerk"
)

type whyCmd struct {
	Case string `arg:"" help:"Case number."`
	JSON bool   `name:"json" help:"As JSON."`
}

func (c *whyCmd) Run(s *shell) error {
	var w clerk.Why
	if err := s.call(clerk.Call{Command: "why", Case: c.Case}, &w); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.stdout, w)
	}
	fmt.Fprintf(s.stdout, "%s  %s\n\nMails, each with its verdict:\n", w.Number, w.Status)
	for _, m := range w.Mails {
		fmt.Fprintf(s.stdout, "  %s  %s  %s: %s", stamp(m.At), m.From, m.Outcome, m.Reason)
		if m.Gate != "" {
			fmt.Fprintf(s.stdout, " (gate: %s)", m.Gate)
		}
		fmt.Fprintf(s.stdout, "\n      sha256 %s\n", m.SHA256)
		if len(m.Proof) > 0 {
			fmt.Fprintf(s.stdout, "      proof  %s\n", strings.Join(m.Proof, "\n             "))
		}
	}
	fmt.Fprintln(s.stdout, "\nDecisions:")
	for _, e := range w.Events {
		fmt.Fprintf(s.stdout, "  %4d  %s  %-20s because %s; by %s\n", e.N, stamp(e.At), e.Kind, e.Reason, e.Actor)
		for k, v := range e.Data {
			fmt.Fprintf(s.stdout, "          %s: %s\n", k, v)
		}
	}
	return nil
}
