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
		l, err := b.leaf(t, 1)
		if err != nil {
			return fmt.Errorf("write the register: %w", err)
		}
		b.leaves = append(b.leaves, l)
	}
	if err := each(entries, b.put); err != nil {
		return err
	}
	for _, l := range b.leaves {
		if err := b.finish(l); err != nil {
			return fmt.Errorf("write the register: %w", err)
		}
	}
	return b.write(w)
}

// book is a workbook on its way.
type book struct {
	f      *excelize.File
	zone   *time.Location
	styles struct{ head, text, moment int }
	leaves []*leaf // by table
	most   int     // rows of a sheet
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
	var err error
	for _, s := range []struct {
		into  *int
		style excelize.Style
	}{
		{&b.styles.head, excelize.Style{Font: &excelize.Font{Bold: true, Family: "Calibri", Size: 11}, Border: thin, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7ECE5"}},
			Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}}},
		{&b.styles.text, excelize.Style{NumFmt: 49}}, // "@": text stays text when a person edits it
		{&b.styles.moment, excelize.Style{CustomNumFmt: new("dd-mm-yyyy hh:mm")}},
	} {
		if *s.into, err = b.f.NewStyle(&s.style); err != nil {
			return nil, err
		}
	}
	made := h.Made.UTC().Format(time.RFC3339)
	return b, b.f.SetDocProps(&excelize.DocProperties{Title: fmt.Sprintf("Register permintaan akun SPSE %d", h.Year), Creator: plain(h.Office),
		Created: made, Modified: made, Language: "id-ID"})
}

// leaf begins a sheet: widths, frozen header, and a page that prints well.
func (b *book) leaf(t table, part int) (*leaf, error) {
	l := &leaf{table: t, name: t.name, part: part, row: 1, cells: make([]any, len(t.columns))}
	if part > 1 {
		l.name += fmt.Sprintf(" (%d)", part)
	}
	if _, err := b.f.NewSheet(l.name); err != nil {
		return nil, err
	}
	if err := b.printable(l.name); err != nil {
		return nil, err
	}
	var err error
	if l.letter, err = excelize.ColumnNumberToName(len(t.columns)); err != nil {
		return nil, err
	}
	if l.sw, err = b.f.NewStreamWriter(l.name); err != nil {
		return nil, err
	}
	if err := l.sw.SetPanes(&excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}); err != nil {
		return nil, err
	}
	for i, c := range t.columns {
		if err := l.sw.SetColWidth(i+1, i+1, c.width); err != nil {
			return nil, err
		}
		l.cells[i] = excelize.Cell{StyleID: b.styles.head, Value: c.title}
	}
	return l, l.sw.SetRow("A1", l.cells, excelize.RowOpts{Height: 32})
}

// printable fits a sheet to the width of an A4 page on its side.
func (b *book) printable(sheet string) error {
	if err := b.f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: new("landscape"), Size: new(9), FitToWidth: new(1), FitToHeight: new(0)}); err != nil {
		return err
	}
	return b.f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: new(true)})
}

func (b *book) put(i int, cells []any) error {
	l := b.leaves[i]
	if l.row >= b.most {
		if err := b.finish(l); err != nil {
			return err
		}
		next, err := b.leaf(l.table, l.part+1)
		if err != nil {
			return err
		}
		l, b.leaves[i] = next, next
	}
	l.row++
	for j, c := range cells {
		l.cells[j] = b.cell(c)
	}
	return l.sw.SetRow("A"+strconv.Itoa(l.row), l.cells)
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
func (b *book) finish(l *leaf) error {
	if err := b.f.AutoFilter(l.name, fmt.Sprintf("A1:%s%d", l.letter, max(l.row, 2)), nil); err != nil {
		return err
	}
	return l.sw.Flush()
}

// write packs the book straight into w: excelize would hold the whole file in memory.
func (b *book) write(w io.Writer) error {
	if err := b.f.DeleteSheet("Sheet1"); err != nil {
		return fmt.Errorf("write the register: %w", err)
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
