package cli

import (
	"fmt"
	"strings"

	"ukpbjd/internal/audit"
	"ukpbjd/internal/config"
	"ukpbjd/internal/doctor"
)

// prove checks an evidence bundle offline. The key comes from the command line, else from the configuration if there is one;
// else the bundle's own is used, and the answer says so.
func (c *verifyCmd) prove(s *shell, kept []byte) error {
	raw, err := readBundle(c.Evidence)
	if err != nil {
		return fail(exitUsage, err)
	}
	key := c.Verifier
	if key == "" {
		if cfg, faults := config.Load(s.config); len(faults) == 0 {
			if key, err = doctor.Verifier(cfg); err != nil {
				return err
			}
		}
	}
	p, err := audit.Prove(s.ctx, raw, key, kept)
	if err != nil {
		return fail(exitTrouble, err)
	}
	if c.JSON {
		err = printJSON(s.stdout, p)
	} else {
		printProven(s, p)
	}
	if err == nil && !p.Sound() {
		err = fail(exitTrouble, errSaid)
	}
	return err
}

func printProven(s *shell, p *audit.Proven) {
	fmt.Fprintf(s.stdout, "%s  %d lines of the journal, %d decisions\n", p.Case, p.Lines, len(p.Decisions))
	for _, d := range p.Decisions {
		fmt.Fprintf(s.stdout, "  %s  %s  %s  %s  → %s\n", d.At, d.By, d.Verb, d.Proof, strings.Join(d.Events, ", "))
		if d.Letter != "" {
			fmt.Fprintf(s.stdout, "      answers %s\n", d.Letter)
		}
	}
	fmt.Fprintf(s.stdout, "signed with %s\n", p.Verifier)
	if !p.Trusted {
		fmt.Fprintln(s.stdout, "That key is the bundle's own word: compare it with `ukpbjd version --verifier` or with a mailed checkpoint.")
	}
	for _, f := range p.Findings {
		fmt.Fprintf(s.stdout, "%s: %s\n", f.Where, f.What)
	}
}
