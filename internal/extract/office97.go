package extract

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/ooxml"
)

// readDOC reads Word 97–2003 with catdoc, where it is installed.
func readDOC(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) error {
	if encryptedWord(data) {
		return ooxml.ErrEncrypted
	}
	out, err := r.runOn(ctx, r.opt.FileTime, "in.doc", data, "catdoc", "-d", "utf-8", "-w", "in.doc")
	if err != nil {
		return err
	}
	f := newDocBuilder()
	lines := strings.Split(string(out), "\n")
	for i := 0; i < len(lines); {
		rows, n := brokenRows(lines[i:])
		if n == 0 {
			rows = plainRows(lines[i:])
			n = len(rows)
		}
		if n == 0 {
			f.line(lines[i])
			i++
			continue
		}
		for _, row := range rows {
			for _, c := range row {
				f.room(c.Text)
			}
		}
		f.page().Tables = append(f.page().Tables, document.Table{Line: len(f.page().Lines), Rows: rows})
		i += n
	}
	return f.finishInto(src)
}

// plainRows are the lines from the first on that have the same number of cells, three or more.
func plainRows(lines []string) (rows [][]document.Cell) {
	for _, l := range lines {
		cells := strings.Split(strings.TrimRight(l, "\r"), "\t")
		if len(cells) < 3 || len(rows) > 0 && len(cells) != len(rows[0]) {
			break
		}
		row := make([]document.Cell, len(cells))
		for i, c := range cells {
			row[i] = document.Cell{Text: squeeze(c)}
		}
		rows = append(rows, row)
	}
	return rows
}

// maxHeader is how many lines the header of a table may take whose cells are broken into lines.
const maxHeader = 12

var numberedRE = regexp.MustCompile(`^\s*(\d{1,2})\.?\t`)

// brokenRows reads a table whose cells hold several lines: catdoc prints a cell's lines as lines, so that only the numbers in the
// first column tell where rows begin. All rows must have the same number of tabs; otherwise it is none.
func brokenRows(lines []string) (rows [][]document.Cell, n int) {
	starts := numberedLines(lines)
	if len(starts) < 2 || starts[0] > maxHeader || starts[len(starts)-1]-starts[0] == len(starts)-1 {
		return nil, 0
	}
	tabs, tail, varies := -1, -1, false
	for k := 0; k+1 < len(starts); k++ {
		part := lines[starts[k]:starts[k+1]]
		have := strings.Count(strings.Join(part, "\n"), "\t")
		after := behindLastTab(part)
		varies = varies || tail >= 0 && after != tail
		if tail < 0 || after < tail {
			tail = after
		}
		if tabs >= 0 && have != tabs {
			return nil, 0
		}
		tabs = have
	}
	if have := strings.Count(strings.Join(lines[:starts[0]], "\n"), "\t"); tabs < 2 || have != tabs || !strings.Contains(lines[0], "\t") {
		return nil, 0
	}
	end := starts[len(starts)-1]
	for have := 0; have < tabs; end++ {
		if end == len(lines) {
			return nil, 0
		}
		have += strings.Count(lines[end], "\t")
	}
	end = min(end+tail, len(lines))
	from := 0
	for _, to := range append(starts, end) {
		rows = append(rows, cellsOf(lines[from:to]))
		from = to
	}
	rows[len(rows)-1][tabs].Unsure = varies // nothing tells where the last cell ends
	return rows, end
}

// numberedLines are the lines that begin a row: 1, 2, 3 … without a gap.
func numberedLines(lines []string) (starts []int) {
	for i, l := range lines {
		if m := numberedRE.FindStringSubmatch(l); m != nil && m[1] == strconv.Itoa(len(starts)+1) {
			starts = append(starts, i)
		}
		if i > 600 || len(starts) == 0 && i > maxHeader {
			break
		}
	}
	return starts
}

// behindLastTab counts the lines after the one with the last tab.
func behindLastTab(part []string) int {
	for i := len(part) - 1; i >= 0; i-- {
		if strings.Contains(part[i], "\t") {
			return len(part) - 1 - i
		}
	}
	return len(part)
}

func cellsOf(lines []string) []document.Cell {
	var row []document.Cell
	for c := range strings.SplitSeq(strings.Join(lines, "\n"), "\t") {
		row = append(row, document.Cell{Text: squeezeLines(strings.ReplaceAll(c, "\r", ""))})
	}
	return row
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
func readXLS(r *Reader, ctx context.Context, src *document.Source, data []byte, _ *budget) error {
	out, err := r.runOn(ctx, r.opt.FileTime, "in.xls", data, "xls2csv", "-d", "utf-8", "-q", "3", "-c", ",", "in.xls")
	if err != nil {
		return err
	}
	for i, sheet := range bytes.Split(out, []byte{'\f'}) {
		if len(bytes.TrimSpace(sheet)) == 0 {
			continue
		}
		rows, err := readCSV(ctx, normal(sheet), ',')
		if err != nil {
			return err
		}
		for _, row := range rows {
			markNumbers(row)
		}
		src.Pages = append(src.Pages, document.Page{Number: i + 1, Tables: []document.Table{{Rows: rows}}})
	}
	return nil
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
