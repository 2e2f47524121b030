package report

import (
	"archive/zip"
	"cmp"
	"compress/flate"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// sheetRows is how many rows a sheet has room for, its header included; what is more goes on in a further sheet.
const sheetRows = 1 << 20

// MemoryWanted is the soft limit (debug.SetMemoryLimit) under which a program that only writes a register should run: each
// sheet is buffered by its 16 MiB, and without the limit the garbage of one sheet waits beside the next.
const MemoryWanted = 130 << 20

// WriteXLSX streams a workbook with a sheet for each table. What does not fit into memory lies in tmp while it is made.
func WriteXLSX(w io.Writer, tmp string, h Head, entries Entries) (err error) {
	b, err := newBook(tmp, h)
	if err != nil {
		return fmt.Errorf("write the register: %w", err)
	}
	defer func() {
		if e := b.f.Close(); err == nil {
			err = e
		}
	}()
	for _, t := range tables {
		b.leaves = append(b.leaves, b.leaf(t, 1))
	}
	if err := each(entries, b.put); err != nil {
		return err
	}
	for _, l := range b.leaves {
		b.finish(l)
	}
	return b.write(w)
}

// book is a workbook on its way. It keeps the first error.
type book struct {
	f      *excelize.File
	zone   *time.Location
	styles struct{ head, text, moment int }
	leaves []*leaf // by table
	most   int     // rows of a sheet
	err    error
}

func (b *book) do(err error) {
	if b.err == nil {
		b.err = err
	}
}

// leaf is one sheet on its way.
type leaf struct {
	table  table
	name   string
	part   int // from 1: the how manieth sheet of its table
	sw     *excelize.StreamWriter
	row    int
	cells  []any
	letter string // of the last column
}

func newBook(tmp string, h Head) (*book, error) {
	b := &book{f: excelize.NewFile(excelize.Options{TmpDir: tmp}), zone: cmp.Or(h.Zone, time.UTC), most: sheetRows}
	thin := []excelize.Border{{Type: "bottom", Color: "808080", Style: 1}}
	style := func(s excelize.Style) int {
		id, err := b.f.NewStyle(&s)
		b.do(err)
		return id
	}
	b.styles.head = style(excelize.Style{Font: &excelize.Font{Bold: true, Family: "Calibri", Size: 11}, Border: thin, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7ECE5"}},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}})
	b.styles.text = style(excelize.Style{NumFmt: 49}) // "@": text stays text when a person edits it
	b.styles.moment = style(excelize.Style{CustomNumFmt: new("dd-mm-yyyy hh:mm")})
	made := h.Made.UTC().Format(time.RFC3339)
	b.do(b.f.SetDocProps(&excelize.DocProperties{Title: fmt.Sprintf("Register permintaan akun SPSE %d", h.Year), Creator: plain(h.Office),
		Created: made, Modified: made, Language: "id-ID"}))
	return b, b.err
}

// leaf begins a sheet: widths, frozen header, and a page that prints well.
func (b *book) leaf(t table, part int) *leaf {
	l := &leaf{table: t, name: t.name, part: part, row: 1, cells: make([]any, len(t.columns))}
	if part > 1 {
		l.name += fmt.Sprintf(" (%d)", part)
	}
	_, err := b.f.NewSheet(l.name)
	b.do(err)
	b.printable(l.name)
	l.letter, err = excelize.ColumnNumberToName(len(t.columns))
	b.do(err)
	if l.sw, err = b.f.NewStreamWriter(l.name); err != nil {
		b.do(err)
		return l
	}
	b.do(l.sw.SetPanes(&excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}))
	for i, c := range t.columns {
		b.do(l.sw.SetColWidth(i+1, i+1, c.width))
		l.cells[i] = excelize.Cell{StyleID: b.styles.head, Value: c.title}
	}
	b.do(l.sw.SetRow("A1", l.cells, excelize.RowOpts{Height: 32}))
	return l
}

// printable fits a sheet to the width of an A4 page on its side.
func (b *book) printable(sheet string) {
	b.do(b.f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: new("landscape"), Size: new(9), FitToWidth: new(1), FitToHeight: new(0)}))
	b.do(b.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: new(true)}))
}

// put adds a line to the sheet of table i, or to a further one.
func (b *book) put(i int, cells []any) error {
	l := b.leaves[i]
	if l.row >= b.most {
		b.finish(l)
		l = b.leaf(l.table, l.part+1)
		b.leaves[i] = l
	}
	if b.err != nil {
		return b.err
	}
	l.row++
	for j, c := range cells {
		l.cells[j] = b.cell(c)
	}
	b.do(l.sw.SetRow("A"+strconv.Itoa(l.row), l.cells))
	return b.err
}

// cell gives a text cell for every text: no content ever becomes a formula.
func (b *book) cell(c any) any {
	switch v := c.(type) {
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return excelize.Cell{StyleID: b.styles.moment, Value: serial(v.In(b.zone))}
	case string:
		if v = plain(v); v == "" {
			return nil
		}
		return excelize.Cell{StyleID: b.styles.text, Value: v}
	}
	return c
}

// serial is the number by which a workbook knows a wall-clock time: days since 30 December 1899.
func serial(t time.Time) float64 {
	y, m, d := t.Date()
	days := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
	return days + float64(t.Hour()*3600+t.Minute()*60+t.Second())/86400
}

// finish ends a sheet with the filter over all its rows.
func (b *book) finish(l *leaf) {
	b.do(b.f.AutoFilter(l.name, fmt.Sprintf("A1:%s%d", l.letter, max(l.row, 2)), nil))
	if b.err == nil {
		b.err = l.sw.Flush()
	}
}

// write packs the book straight into w: excelize would hold the whole file in memory.
func (b *book) write(w io.Writer) error {
	if b.do(b.f.DeleteSheet("Sheet1")); b.err != nil {
		return fmt.Errorf("write the register: %w", b.err)
	}
	b.f.SetActiveSheet(0)
	b.f.SetZipWriter(func(io.Writer) excelize.ZipWriter {
		z := zip.NewWriter(w)
		z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
		return z
	})
	if _, err := b.f.WriteToBuffer(); err != nil {
		return fmt.Errorf("write the register: %w", err)
	}
	return nil
}
