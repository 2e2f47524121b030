package cli

import (
	"fmt"

	"ukpbjd/internal/clerk"
)

type verifyCmd struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (c *verifyCmd) Run(s *shell) error {
	var r clerk.Report
	if err := s.call(clerk.Call{Command: "verify"}, &r); err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(s.stdout, r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(s.stdout, "%d cases, %d letters, %d mails, %d archived files\n", r.Cases, r.Letters, r.Mails, r.Files)
		for _, f := range r.Findings {
			fmt.Fprintf(s.stdout, "%s: %s\n", f.Where, f.What)
		}
	}
	if len(r.Findings) > 0 {
		return fail(exitTrouble, errSaid)
	}
	return nil
}
