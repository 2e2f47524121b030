package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

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
	if err := writeFile(c.Output, content); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.stdout, c.Output)
	return err
}

// writeFile writes a file that is not there yet.
func writeFile(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
