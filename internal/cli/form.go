package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"ukpbjd/internal/config"
	"ukpbjd/internal/form"
)

type formCmd struct {
	Output string `short:"o" required:"" type:"path" help:"File to write: .xlsx or .docx." placeholder:"FILE"`
	Office string `help:"Name of the office, to stand in the form." placeholder:"NAME"`
}

// Run writes the office's blank formulir. It never overwrites: the file may be one that somebody has filled in.
func (c *formCmd) Run(s *shell) error {
	xlsx, docx, err := form.Blank(c.Office)
	if err != nil {
		return err
	}
	content := map[string][]byte{".xlsx": xlsx, ".docx": docx}[strings.ToLower(filepath.Ext(c.Output))]
	if content == nil {
		return fail(exitUsage, fmt.Errorf("write %s: the name must end in .xlsx or .docx", c.Output))
	}
	if err := config.WriteNew(c.Output, content, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.stdout, c.Output)
	return err
}
