package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"ukpbjd/internal/control"
	"ukpbjd/internal/message"
)

type sheetCmd struct {
	Case   caseNumber `arg:"" help:"Case number, e.g. PKJ-2026-0001."`
	Output string     `short:"o" required:"" help:"PDF file to write." placeholder:"FILE"`
	Papers bool       `help:"The papers of the request, too, as they came, in a folder beside FILE: to be printed for the archive on paper."`
}

// Run prints the lembar kendali, and puts beside it what belongs with it in the archive on paper. SOP R.1
func (c *sheetCmd) Run(s *shell) error {
	files := []message.Attachment{{Name: c.Output}}
	if err := s.call(control.Call{Command: "sheet", Case: string(c.Case)}, &files[0].Bytes); err != nil {
		return err
	}
	if c.Papers {
		var papers []message.Attachment
		if err := s.call(control.Call{Command: "papers", Case: string(c.Case)}, &papers); err != nil {
			return err
		}
		folder := strings.TrimSuffix(c.Output, filepath.Ext(c.Output)) + "-berkas"
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		for i, p := range papers {
			files = append(files, message.Attachment{Name: filepath.Join(folder, fmt.Sprintf("%d %s", i+1, fileName(p.Name))), Bytes: p.Bytes})
		}
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if _, err := whole(names, func(w []io.Writer) (err error) {
		for i, f := range files {
			_, wrong := w[i].Write(f.Bytes)
			err = errors.Join(err, wrong)
		}
		return err
	}); err != nil {
		return fmt.Errorf("write %s: %w", c.Output, err)
	}
	fmt.Fprintf(s.stdout, "%s: lembar kendali %s\n", c.Output, c.Case)
	for _, name := range names[1:] {
		fmt.Fprintf(s.stdout, "%s\n", name)
	}
	return nil
}

// fileName is a name that a mail gave its attachment, as it may stand in a folder.
func fileName(s string) string {
	r := []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,-_()", r) {
			return r
		}
		return '_'
	}, s))
	return cmp.Or(strings.TrimSpace(string(r[max(0, len(r)-80):])), "berkas")
}
