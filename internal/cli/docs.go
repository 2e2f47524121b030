package cli

import (
	"bytes"
	"embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
)

// docsCmd writes what a package installs beside the program. It is hidden: deploy/deb/build calls it.
type docsCmd struct {
	Dir  string `arg:"" help:"Folder that the files are written to."`
	Date string `help:"Date of the man page, e.g. 2026-12-01."`
}

//go:embed docs/*.tmpl
var docTemplates embed.FS

var docWords = template.FuncMap{
	"roff": func(s string) string {
		return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(strings.TrimLeft(s, ".'"))
	},
	// plain leaves out what a shell takes for syntax within a quoted description.
	"plain": func(s string) string { return strings.NewReplacer("[", "(", "]", ")", ":", ",", "'", "’").Replace(s) },
}

// Run writes the man page and the completions for bash, zsh and fish, all of kong's own model of the command line.
func (c *docsCmd) Run(k *kong.Context) error {
	set, err := template.New("").Funcs(docWords).ParseFS(docTemplates, "docs/*.tmpl")
	if err != nil {
		return err
	}
	shown := slices.DeleteFunc(slices.Clone(k.Model.Children), func(n *kong.Node) bool { return n.Hidden })
	page := map[string]any{"App": k.Model, "Commands": shown, "Version": daemon.Version, "Date": c.Date}
	for _, name := range []string{"ukpbjd.1", "ukpbjd.bash", "_ukpbjd", "ukpbjd.fish"} {
		var b bytes.Buffer
		if err := set.ExecuteTemplate(&b, name+".tmpl", page); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if err := config.WriteNew(filepath.Join(c.Dir, name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
