package cli

import (
	"fmt"
	"html"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"ukpbjd/internal/daemon"
	"ukpbjd/internal/letter"
	"ukpbjd/templates"
)

type lettersCmd struct {
	Dir  string `arg:"" optional:"" default:"surat" help:"Folder to write them to."`
	Open bool   `help:"Show them in the browser."`
}

// Run writes each letter as it will look, about an invented case: of the office, and with its own templates, where a configuration can be read.
func (c *lettersCmd) Run(s *shell) error {
	var own fs.FS
	cfg, err := s.load()
	if err != nil {
		fmt.Fprintf(s.stderr, "the letters as they are shipped, of an invented office: %v\n", err)
	} else {
		own = daemon.Override(cfg)
	}
	set, err := letter.Parse(templates.FS, own)
	if err != nil {
		return fail(exitConfig, err)
	}
	all, err := letter.Samples()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	index := "<!DOCTYPE html><html lang=\"id\"><meta charset=\"utf-8\"><title>Surat</title><h1>Surat</h1><ol>\n"
	for _, d := range all {
		if cfg != nil {
			d.Office = cfg.Office()
		}
		r, err := set.Render(d)
		if err != nil {
			return fail(exitConfig, err)
		}
		name := fmt.Sprintf("%s-%s.html", d.Letter.Kind, d.Letter.Role)
		if err := os.WriteFile(filepath.Join(c.Dir, name), []byte(r.HTML), 0o644); err != nil {
			return err
		}
		index += fmt.Sprintf("<li><a href=%q>%s</a> – %s (%s)\n", name, html.EscapeString(r.Subject), d.Letter.Kind, d.Letter.Role)
	}
	page := filepath.Join(c.Dir, "index.html")
	if err := os.WriteFile(page, []byte(index+"</ol></html>\n"), 0o644); err != nil {
		return err
	}
	fmt.Fprintln(s.stdout, page)
	if c.Open {
		return exec.CommandContext(s.ctx, "xdg-open", page).Run()
	}
	return nil
}
