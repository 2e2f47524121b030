package letter

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"slices"
	"strings"
	text "text/template"

	"ukpbjd/internal/sop"
)

// layoutFile holds what all letters share; an office may override it too.
const layoutFile = "surat.tmpl"

const maxTemplate = 256 << 10

// Set is a parsed set of templates; safe for concurrent use.
type Set struct{ letters map[sop.LetterKind]pair }

// pair is one letter: the same file parsed for text and, with contextual escaping, for HTML.
type pair struct {
	text *text.Template
	html *template.Template
}

// Parse reads the templates; a file of the same name in override (may be nil) wins.
func Parse(shipped, override fs.FS) (*Set, error) {
	if err := known(override); err != nil {
		return nil, err
	}
	layout, err := source(shipped, override, layoutFile)
	if err != nil {
		return nil, err
	}
	base, err := pair{text.New("").Funcs(text.FuncMap(funcs)), template.New("").Funcs(funcs)}.with("surat", layout)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", layoutFile, err)
	}
	s := &Set{letters: make(map[sop.LetterKind]pair, len(sop.LetterKinds))}
	for _, kind := range sop.LetterKinds {
		body, err := source(shipped, override, string(kind)+".tmpl")
		if err != nil {
			return nil, err
		}
		one, err := base.with("letter", body)
		if err == nil {
			err = one.whole()
		}
		if err != nil {
			return nil, fmt.Errorf("parse %s.tmpl: %w", kind, err)
		}
		s.letters[kind] = one
	}
	return s, nil
}

// known refuses a file in the override folder that is no letter: a misspelt name would silently change nothing.
func known(override fs.FS) error {
	if override == nil {
		return nil
	}
	names, err := fs.Glob(override, "*.tmpl")
	if err != nil {
		return fmt.Errorf("list letter overrides: %w", err)
	}
	for _, n := range names {
		if n != layoutFile && !slices.Contains(sop.LetterKinds, sop.LetterKind(strings.TrimSuffix(n, ".tmpl"))) {
			return fmt.Errorf("letter override %q has the name of no letter", n)
		}
	}
	return nil
}

func source(shipped, override fs.FS, name string) (string, error) {
	var b []byte
	what, err := "letter override", fs.ErrNotExist
	if override != nil {
		b, err = fs.ReadFile(override, name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		what = "letter"
		b, err = fs.ReadFile(shipped, name)
	}
	if err == nil && len(b) > maxTemplate {
		err = fmt.Errorf("larger than %d bytes", maxTemplate)
	}
	if err != nil {
		return "", fmt.Errorf("read %s %s: %w", what, name, err)
	}
	return string(b), nil
}

// with adds the blocks of a source to a copy.
func (p pair) with(name, src string) (pair, error) {
	t, err := text.Must(p.text.Clone()).New(name).Parse(src)
	if err != nil {
		return pair{}, err
	}
	h, err := template.Must(p.html.Clone()).New(name).Parse(src)
	return pair{t, h}, err
}

// whole says which block a letter lacks.
func (p pair) whole() error {
	for _, block := range []string{"subject", "text", "html", "surat-text", "surat-html"} {
		if p.text.Lookup(block) == nil {
			return fmt.Errorf("no block %q", block)
		}
	}
	return nil
}

// words renders a block that must be one short line.
func (p pair) words(block string, v *View) (string, error) {
	if p.text.Lookup(block) == nil {
		return "", nil
	}
	var b bounded
	if err := p.text.ExecuteTemplate(&b, block, v); err != nil {
		return "", err
	}
	return clean(strings.TrimSpace(b.String()), maxSubject), nil
}

// funcs are what templates may call beside the methods of View, Moment and the rows.
var funcs = template.FuncMap{
	"nip":  groupNIP,
	"mask": maskNIP,
	"add":  func(a, b int) int { return a + b },
	"join": func(words []string) string { return strings.Join(words, "; ") },
	"wrap": func(s string) string { return lay(s) },
}
