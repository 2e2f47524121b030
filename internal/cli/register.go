package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"ukpbjd/internal/control"
	"ukpbjd/internal/report"
)

type registerCmd struct {
	Year   int    `help:"Year of the case numbers; the present one when left out."`
	Output string `short:"o" required:"" help:"File to write: .xlsx, .csv (four files) or .json." placeholder:"FILE"`
}

// Run writes the register beside its name and renames it when it is whole.
func (c *registerCmd) Run(s *shell) error {
	ext := strings.ToLower(filepath.Ext(c.Output))
	if ext != ".xlsx" && ext != ".csv" && ext != ".json" {
		return fail(exitUsage, errors.New("the register is written as .xlsx, .csv or .json"))
	}
	cfg, err := s.load()
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(report.MemoryWanted)
	ask := func(year int, after string) (step control.RegisterStep, err error) {
		return step, s.ask(cfg, control.Call{Command: "register", Year: year, After: after}, &step)
	}
	first, err := ask(c.Year, "")
	if err != nil {
		return err
	}
	first.Head.Zone = cfg.Identity.Zone
	b := s.bar("register", first.Count)
	entries := func(yield func(report.Entry, error) bool) { eachEntry(ask, first, b, yield) }
	n, err := c.write(ext, first.Head, entries)
	b.done()
	if err != nil {
		return fmt.Errorf("write %s: %w", c.Output, err)
	}
	fmt.Fprintf(s.stdout, "%s: %d cases of %d\n", strings.Join(n, ", "), first.Count, first.Head.Year)
	return nil
}

// eachEntry reads the next step while the present one is being written.
func eachEntry(ask func(int, string) (control.RegisterStep, error), first control.RegisterStep, b *bar, yield func(report.Entry, error) bool) {
	ctx, cancel := context.WithCancel(context.Background())
	steps := make(chan control.RegisterStep)
	var failed error // read when steps is closed
	go func() {
		defer close(steps)
		for step := first; ; {
			select {
			case steps <- step:
			case <-ctx.Done():
				return
			}
			if step.Next == "" {
				return
			}
			if step, failed = ask(first.Head.Year, step.Next); failed != nil {
				return
			}
		}
	}()
	defer func() {
		cancel()
		for range steps { // until the reader has ended
		}
	}()
	n := 0
	for step := range steps {
		for _, e := range step.Entries {
			if !yield(e, nil) {
				return
			}
		}
		n += len(step.Entries)
		b.at(min(n, first.Count))
	}
	if failed != nil {
		yield(report.Entry{}, failed)
	}
}

// write gives the names of what it has written.
func (c *registerCmd) write(ext string, h report.Head, entries report.Entries) ([]string, error) {
	switch ext {
	case ".xlsx":
		return whole([]string{c.Output}, func(w []io.Writer) error { return report.WriteXLSX(w[0], filepath.Dir(c.Output), h, entries) })
	case ".json":
		return whole([]string{c.Output}, func(w []io.Writer) error { return report.WriteJSON(w[0], h, entries) })
	}
	var names []string
	stem := c.Output[:len(c.Output)-len(ext)]
	for _, part := range report.CSVNames() {
		names = append(names, stem+part+ext)
	}
	return whole(names, func(w []io.Writer) error { return report.WriteCSV(w, h, entries) })
}

// whole writes files beside their names and gives them their names only when all are whole: they hold people's names and
// numbers, so they are for their owner alone.
func whole(names []string, write func([]io.Writer) error) (_ []string, err error) {
	var files []*os.File
	var bufs []*bufio.Writer
	var ws []io.Writer
	defer func() {
		for _, f := range files {
			f.Close()
			os.Remove(f.Name()) // gone when it has got its name
		}
	}()
	for _, name := range names {
		f, err := os.CreateTemp(filepath.Dir(name), ".ukpbjd-*")
		if err != nil {
			return nil, err
		}
		b := bufio.NewWriterSize(f, 64<<10)
		files, bufs, ws = append(files, f), append(bufs, b), append(ws, b)
	}
	if err := write(ws); err != nil {
		return nil, err
	}
	for i, f := range files {
		if err := errors.Join(bufs[i].Flush(), f.Close()); err != nil {
			return nil, err
		}
	}
	for i, f := range files {
		if err := os.Rename(f.Name(), names[i]); err != nil {
			return nil, err
		}
	}
	return names, nil
}
