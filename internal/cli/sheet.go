package cli

import (
	"fmt"
	"io"

	"ukpbjd/internal/control"
)

type sheetCmd struct {
	Case   caseNumber `arg:"" help:"Case number, e.g. PKJ-2026-0001."`
	Output string     `short:"o" required:"" help:"PDF file to write." placeholder:"FILE"`
}

// Run prints the lembar kendali. SOP R.1
func (c *sheetCmd) Run(s *shell) error {
	var pdf []byte
	if err := s.call(control.Call{Command: "sheet", Case: string(c.Case)}, &pdf); err != nil {
		return err
	}
	if _, err := whole([]string{c.Output}, func(w []io.Writer) error {
		_, err := w[0].Write(pdf)
		return err
	}); err != nil {
		return fmt.Errorf("write %s: %w", c.Output, err)
	}
	fmt.Fprintf(s.stdout, "%s: lembar kendali %s\n", c.Output, c.Case)
	return nil
}
