package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"ukpbjd/internal/control"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/report"
)

type registerCmd struct {
	Year   int    `help:"Year of the case numbers; the present one when left out."`
	Output string `short:"o" required:"" help:"File to write: .xlsx, .csv (five files) or .json." placeholder:"FILE"`
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
		raw, err := overSocket(s.ctx, cfg, control.Call{Command: "register", Year: year, After: after})
		if err == nil {
			err = json.Unmarshal(raw, &step)
		}
		return step, err
	}
	first, err := ask(c.Year, "")
	if errors.Is(err, errNoDaemon) { // the books stay open for all steps, and no step goes through JSON
		rooms, bad := daemon.OpenBooks(s.ctx, cfg)
		if bad != nil {
			return fail(exitUnavailable, bad)
		}
		defer rooms.Close()
		ask = func(year int, after string) (control.RegisterStep, error) {
			return rooms.Control.RegisterStep(s.ctx, year, after)
		}
		first, err = ask(c.Year, "")
	}
	if err != nil {
		return err
	}
	first.Head.Zone = cfg.Identity.Zone
	b := s.bar("register", first.Count)
	entries := func(yield func(report.Entry, error) bool) {
		for step, n := first, 0; ; {
			for _, e := range step.Entries {
				if !yield(e, nil) {
					return
				}
			}
			n += len(step.Entries)
			b.at(min(n, first.Count))
			if step.Next == "" {
				return
			}
			var err error
			if step, err = ask(first.Head.Year, step.Next); err != nil {
				yield(report.Entry{}, err)
				return
			}
		}
	}
	n, err := c.write(ext, first.Head, entries)
	b.done()
	if err != nil {
		return fmt.Errorf("write %s: %w", c.Output, err)
	}
	fmt.Fprintf(s.stdout, "%s: %d cases of %d\n", strings.Join(n, ", "), first.Count, first.Head.Year)
	return nil
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
