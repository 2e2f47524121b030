package report

import (
	"bytes"
	"fmt"
	"image/png" // excelize, too, asks the picture for its size
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

// Workbook is the month as XLSX: the figures with the charts (Charts), its cases and its deviations.
func (m Month) Workbook(made time.Time, pictures []Picture) ([]byte, error) {
	var out bytes.Buffer
	if err := m.workbook(&out, made, pictures); err != nil {
		return nil, fmt.Errorf("write the monthly report: %w", err)
	}
	return out.Bytes(), nil
}

func (m Month) workbook(out io.Writer, made time.Time, pictures []Picture) error {
	b, err := newBook("", Head{Office: m.Office, Year: m.First.Year(), Made: made, Zone: m.First.Location()})
	if err != nil {
		return err
	}
	defer b.f.Close()
	b.summary(m, pictures)
	for _, t := range tables[:3] {
		if err := b.monthSheet(t, m); err != nil {
			return err
		}
	}
	return b.write(out)
}

// monthSheet lists the cases of the month and their members, and its deviations, whatever month their case is of.
func (b *book) monthSheet(t table, m Month) error {
	b.leaves = []*leaf{b.leaf(t, 1)}
	entries := m.cases
	if t.name == "Penyimpangan" {
		entries = nil
		for _, d := range m.Deviations {
			entries = append(entries, Entry{Number: d.Case, Deviations: []sop.Deviation{d.Deviation}})
		}
	}
	for i := range entries {
		for _, cells := range t.rows(&entries[i]) {
			if err := b.put(0, cells); err != nil {
				return err
			}
		}
	}
	b.finish(b.leaves[0])
	return b.err
}

// summary writes the figures; the charts stand beside them.
func (b *book) summary(m Month, pictures []Picture) {
	const sheet = "Ringkasan"
	b.do(b.f.SetSheetName("Sheet1", sheet))
	b.printable(sheet)
	for i, r := range m.figures() {
		row := strconv.Itoa(i + 1)
		b.do(b.f.SetSheetRow(sheet, "A"+row, &r.cells))
		if r.head {
			b.do(b.f.SetCellStyle(sheet, "A"+row, string(rune('A'+len(r.cells)-1))+row, b.styles.head))
		}
	}
	b.do(b.f.SetColWidth(sheet, "A", "A", 44))
	b.do(b.f.SetColWidth(sheet, "B", "E", 20))
	b.charts(sheet, pictures)
}

type figure struct {
	head  bool
	cells []any
}

func (m Month) figures() []figure {
	rows := []figure{{true, []any{"Laporan permohonan akun SPSE " + workday.MonthWords(m.First), ""}}, {false, []any{plain(m.Office)}}, {},
		{true, []any{"Jumlah", ""}}, {false, []any{"Permohonan dibuka", m.Opened}}, {false, []any{"Permohonan ditutup", m.Closed}}, {false, []any{"Masih terbuka", m.Open}}, {},
		{true, []any{"Menurut status", ""}}}
	for _, s := range sop.Statuses {
		rows = append(rows, figure{false, []any{s.Label(), m.Counts[s]}})
	}
	rows = append(rows, figure{}, figure{true, []any{"Waktu", "Banyaknya", "Tengah (median)", "Terlama", "Nomor terlama"}})
	for _, x := range m.spans() {
		if x.N == 0 {
			rows = append(rows, figure{false, []any{x.name, 0, "-", "-", "-"}})
			continue
		}
		rows = append(rows, figure{false, []any{x.name, x.N, length(x.Median), length(x.Worst), x.Case}})
	}
	rows = append(rows, figure{}, figure{true, []any{"Tepat waktu", "Langkah SOP", "Tepat", "Seluruhnya", "Persen"}})
	for _, s := range m.Shares {
		percent := any("-")
		if s.All > 0 {
			percent = letter.Share(s).Percent()
		}
		rows = append(rows, figure{false, []any{s.Step, s.SOP, s.OnTime, s.All, percent}})
	}
	return append(rows, figure{}, figure{false, []any{"Penyimpangan", len(m.Deviations)}})
}

// rowHeight of a spreadsheet, in pixels.
const rowHeight = 20

// charts stand one below the other, right of the figures, at half their drawn size.
func (b *book) charts(sheet string, pictures []Picture) {
	row := 1
	for _, p := range pictures {
		b.do(b.f.AddPictureFromBytes(sheet, fmt.Sprintf("G%d", row), &excelize.Picture{Extension: ".png", File: p.PNG,
			Format: &excelize.GraphicOptions{AltText: p.Alt, ScaleX: 1.0 / scale, ScaleY: 1.0 / scale}}))
		c, err := png.DecodeConfig(bytes.NewReader(p.PNG))
		b.do(err)
		row += c.Height/scale/rowHeight + 2
	}
}
