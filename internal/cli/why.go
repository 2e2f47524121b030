package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"ukpbjd/internal/control"
)

type whyCmd struct {
	Case     string `arg:"" help:"Case number."`
	JSON     bool   `name:"json" help:"As JSON."`
	Evidence string `help:"Write what the decisions rest on into a new file, to be proved anywhere with verify --evidence." placeholder:"FILE.zip"`
}

func (c *whyCmd) Run(s *shell) error {
	if c.Evidence != "" {
		return c.export(s)
	}
	var w control.Why
	if err := s.call(control.Call{Command: "why", Case: c.Case}, &w); err != nil {
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

// export never overwrites: evidence of another day may lie there.
func (c *whyCmd) export(s *shell) error {
	var b control.Bundle
	if err := s.call(control.Call{Command: "evidence", Case: c.Case}, &b); err != nil {
		return err
	}
	if err := writeNew(c.Evidence, b.Zip); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.stdout, "%s  %d bytes; prove it with: ukpbjd verify --evidence %s\n", c.Evidence, len(b.Zip), c.Evidence)
	return err
}

func writeNew(name string, raw []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fail(exitUsage, err)
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(name)
	}
	return err
}
