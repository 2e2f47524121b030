package cli

import (
	"crypto/rand"
	"fmt"
	"path/filepath"

	"ukpbjd/internal/config"
	"ukpbjd/internal/form"
)

type initCmd struct{ config.Answers }

// Run writes what is not there yet, beside the configuration file; it never overwrites. The blank formulir is among it: it is what
// the office gives to those who ask.
func (c *initCmd) Run(s *shell) error {
	xlsx, docx, err := form.Blank(c.Office)
	if err != nil {
		return err
	}
	told, err := config.Init(filepath.Dir(s.config), c.Answers, rand.Reader, config.NewFile{Name: "formulir-kosong.xlsx", Text: xlsx, Mode: 0o644},
		config.NewFile{Name: "formulir-kosong.docx", Text: docx, Mode: 0o644})
	for _, line := range told {
		fmt.Fprintln(s.stdout, line)
	}
	return err
}
