package extract

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"ukpbjd/internal/document"
)

// readDOC reads Word 97–2003 with catdoc, where it is installed.
func readDOC(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) {
	if encryptedWord(data) {
		src.Unreadable = document.ReasonEncrypted
		return
	}
	out, reason := r.convert(ctx, data, "in.doc", "catdoc", "-d", "utf-8", "-w", "in.doc")
	if reason != "" {
		src.Unreadable = reason
		return
	}
	f := newFlow(r.opt.MaxCells)
	var grid [][]document.Cell
	flush := func() {
		if len(grid) > 0 {
			f.page().Tables = append(f.page().Tables, document.Table{Line: len(f.page().Lines), Rows: grid})
			grid = nil
		}
	}
	for _, l := range strings.Split(string(out), "\n") {
		cells := strings.Split(strings.TrimRight(l, "\r"), "\t")
		if len(cells) < 3 {
			flush()
			f.line(l)
			continue
		}
		if len(grid) > 0 && len(grid[0]) != len(cells) {
			flush()
		}
		row := make([]document.Cell, len(cells))
		for i, c := range cells {
			row[i] = document.Cell{Text: squeeze(c)}
			f.room()
		}
		grid = append(grid, row)
	}
	flush()
	f.finishInto(src)
}

// encryptedWord reads fEncrypted of the file information block (MS-DOC §2.5.2), which begins the WordDocument stream; that
// stream begins at a sector, and the block with a known number.
func encryptedWord(data []byte) bool {
	for at := 512; at+12 < len(data) && at <= 4096; at += 512 {
		if data[at] == 0xEC && data[at+1] == 0xA5 {
			return data[at+11]&1 != 0
		}
	}
	return false
}

// readXLS reads Excel 97–2003 with xls2csv, where it is installed; sheets are parted by form feeds.
func readXLS(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) {
	out, reason := r.convert(ctx, data, "in.xls", "xls2csv", "-d", "utf-8", "-q", "3", "-c", ",", "in.xls")
	if reason != "" {
		src.Unreadable = reason
		return
	}
	for i, sheet := range bytes.Split(out, []byte{'\f'}) {
		if len(bytes.TrimSpace(sheet)) == 0 {
			continue
		}
		rows, err := readCSV(ctx, normal(sheet), ',', r.opt.MaxCells)
		if err != nil {
			src.Pages, src.Unreadable = nil, reasonOf(err)
			return
		}
		for _, row := range rows {
			markNumbers(row)
		}
		src.Pages = append(src.Pages, document.Page{Number: i + 1, Tables: []document.Table{{Rows: rows}}})
	}
}

// markNumbers marks what the converter printed in exponent form: digits are gone. A text cell keeps all of its digits and a
// number cell of 16 digits or more is never printed whole, so the rest stays text.
func markNumbers(row []document.Cell) {
	for i, c := range row {
		if strings.ContainsAny(c.Text, "eE") && strings.Trim(c.Text, "0123456789.,eE+") == "" && len(c.Text) > 5 {
			row[i] = document.Cell{Text: plainNumber(strings.Replace(c.Text, ",", ".", 1)), Numeric: true}
		}
	}
}

func (r *Reader) convert(ctx context.Context, data []byte, name, tool string, args ...string) (out []byte, reason string) {
	err := r.inFolder(name, data, func(dir string) error {
		var err error
		out, _, err = r.tools.run(ctx, r.opt.FileTime, dir, tool, args...)
		return err
	})
	switch {
	case errors.Is(err, errAbsent):
		return nil, document.ReasonUnsupported
	case err != nil:
		return nil, reasonOf(err)
	}
	return out, ""
}
