package form

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/ooxml"
)

const (
	tab      = "Formulir"
	textCell = 49 // Excel's own format "@": what is typed into the cell stays text
	author   = "UKPBJ"
	made     = "2026-01-01T00:00:00Z" // a date of its own would make every copy another file
)

// look is how a cell appears; the zero value is an ordinary cell of the list.
type look int

const (
	ordinary look = iota
	faulty        // must be mended
	doubtful      // must be compared with the paper
	spare         // a field of the heading, to fill in
	fixed         // the running number
	header
	heavy
	words
	open // words that may be changed
	remark
	looks
)

// writer lays out one sheet and keeps the first error.
type writer struct {
	f      *excelize.File
	cols   []column
	styles [looks]int
	row    int // the next one to write
	err    error
}

func newWriter(cols []column, name string) *writer {
	w := &writer{f: excelize.NewFile(), cols: cols, row: 1}
	w.do(w.f.SetSheetName("Sheet1", tab))
	w.do(w.f.SetDocProps(&excelize.DocProperties{Title: name, Creator: author, LastModifiedBy: author, Created: made, Modified: made, Language: "id-ID"}))
	for l := range looks {
		id, err := w.f.NewStyle(style(l))
		w.do(err)
		w.styles[l] = id
	}
	for i, c := range cols {
		w.do(w.f.SetColWidth(tab, letter(i), letter(i), c.width))
	}
	return w
}

func (w *writer) do(err error) {
	if w.err == nil {
		w.err = err
	}
}

func letter(col int) string    { return string(rune('A' + col)) }
func at(col, row int) string   { return letter(col) + strconv.Itoa(row) }
func (w *writer) last() string { return letter(len(w.cols) - 1) }

func style(l look) *excelize.Style {
	var border []excelize.Border
	for _, side := range []string{"left", "right", "top", "bottom"} {
		border = append(border, excelize.Border{Type: side, Color: "8A948C", Style: 1})
	}
	fill := func(color string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
	}
	font := func(size float64, bold bool, color string) *excelize.Font {
		return &excelize.Font{Family: "Calibri", Size: size, Bold: bold, Color: color}
	}
	s := &excelize.Style{NumFmt: textCell, Border: border, Font: font(11, false, "1F2933"),
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}, Protection: &excelize.Protection{Locked: false}}
	switch l {
	case faulty:
		s.Fill, s.Font = fill("F8C9CC"), font(11, true, "8B0A14")
	case doubtful:
		s.Fill = fill("FFF0B3")
	case spare:
		s.Fill = fill("F4F7F3")
	case fixed:
		s.Protection.Locked, s.Alignment.Horizontal = true, "center"
	case header:
		s.Fill, s.Font, s.Protection.Locked = fill("DCE6DE"), font(11, true, "1F2933"), true
		s.Alignment.Horizontal = "center"
	case heavy:
		s.Border, s.Font, s.Protection.Locked = nil, font(14, true, "1F2933"), true
	case open:
		s.Border = nil
	case words:
		s.Border, s.Protection.Locked = nil, true
	case remark:
		s.Font, s.Protection.Locked = font(10, false, "5B3A00"), true
	}
	return s
}

// cell writes a string and nothing else: what looks like a formula or a number stays text.
func (w *writer) cell(col int, text string, l look) {
	name := at(col, w.row)
	w.do(w.f.SetCellStr(tab, name, plain(text)))
	w.do(w.f.SetCellStyle(tab, name, name, w.styles[l]))
}

// line writes a text over the whole width.
func (w *writer) line(text string, l look) {
	w.cell(0, text, l)
	w.do(w.f.MergeCell(tab, at(0, w.row), w.last()+strconv.Itoa(w.row)))
	width := 0.0
	for _, c := range w.cols {
		width += c.width
	}
	w.height(lines(text, width), 15)
	if l == heavy {
		w.do(w.f.SetRowHeight(tab, w.row, 24))
	}
	w.row++
}

func (w *writer) height(lines int, each float64) {
	w.do(w.f.SetRowHeight(tab, w.row, math.Min(400, 4+each*float64(lines))))
}

// lines says over how many lines a text goes in a column of that width in characters.
func lines(text string, width float64) int {
	return max(1, int(math.Ceil(float64(len([]rune(text)))*1.15/math.Max(width, 1))))
}

// heads writes the header of the list, and keeps it in sight and at the top of every printed page.
func (w *writer) heads() {
	for i, c := range w.cols {
		w.cell(i, c.head, header)
	}
	w.height(2, 12)
	w.row++
	w.do(w.f.SetPanes(tab, &excelize.Panes{Freeze: true, YSplit: w.row - 1, TopLeftCell: at(0, w.row), ActivePane: "bottomLeft"}))
	w.do(w.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: tab, RefersTo: fmt.Sprintf("%s!$%d:$%d", tab, w.row-1, w.row-1)}))
}

// comment explains a cell.
func (w *writer) comment(col int, text string) {
	w.do(w.f.AddComment(tab, excelize.Comment{Author: author, Cell: at(col, w.row), Width: 300, Height: uint(40 + 18*lines(text, 42)),
		Paragraph: []excelize.RichTextRun{{Text: text}}}))
}

// guard tells whoever types something impossible into the rows from first to last; it can be overruled.
func (w *writer) guard(first, last int) {
	for i, c := range w.cols {
		dv := excelize.NewDataValidation(true)
		dv.SetSqref(at(i, first) + ":" + at(i, last))
		text := ""
		switch c.field {
		case "nip":
			w.do(dv.SetRange(18, 21, excelize.DataValidationTypeTextLength, excelize.DataValidationOperatorBetween)) // spaced in groups, too
			text = "NIP terdiri atas 18 angka."
		case "nik":
			w.do(dv.SetRange(16, 16, excelize.DataValidationTypeTextLength, excelize.DataValidationOperatorEqual))
			text = "NIK terdiri atas 16 angka."
		case "email":
			w.do(dv.SetRange(fmt.Sprintf(`ISNUMBER(FIND("@",%s))`, at(i, first)), "", excelize.DataValidationTypeCustom, excelize.DataValidationOperatorEqual))
			text = "Tulis satu alamat surel, misalnya nama@contoh.go.id."
		case "golongan":
			w.do(dv.SetDropList(grades()))
			text = "Pilih golongan, misalnya III/c, atau IX untuk PPPK."
		default:
			continue
		}
		dv.SetError(excelize.DataValidationErrorStyleWarning, c.head, text)
		w.do(w.f.AddDataValidation(tab, dv))
	}
}

// finish protects what is not to be filled in, without a password: it only keeps a slip of the hand away.
func (w *writer) finish() ([]byte, error) {
	defer w.f.Close() //nolint:errcheck // nothing of it is on disk
	w.do(w.f.ProtectSheet(tab, &excelize.SheetProtectionOptions{SelectLockedCells: true, SelectUnlockedCells: true, FormatCells: true,
		FormatColumns: true, FormatRows: true, InsertRows: true, EditObjects: true, Sort: true}))
	landscape, a4, fit, tall, yes := "landscape", 9, 1, 0, true
	w.do(w.f.SetPageLayout(tab, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &fit, FitToHeight: &tall}))
	w.do(w.f.SetSheetProps(tab, &excelize.SheetPropsOptions{FitToPage: &yes}))
	side, top := 0.4, 0.6
	w.do(w.f.SetPageMargins(tab, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &top, Bottom: &top}))
	if w.err != nil {
		return nil, w.err
	}
	b, err := w.f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return normalizeZip(b.Bytes())
}

// normalizeZip puts the parts of a workbook, and the list of their types, into one order; excelize writes them as its maps
// have them.
func normalizeZip(raw []byte) ([]byte, error) {
	p, err := ooxml.Open(raw, ooxml.Limits{})
	if err != nil {
		return nil, err
	}
	var parts [][2]string
	for _, x := range p.Parts() {
		content, err := x.Read()
		if err != nil {
			return nil, err
		}
		if x.Name == "[Content_Types].xml" {
			content = []byte(normalizeTypes(string(content)))
		}
		parts = append(parts, [2]string{x.Name, string(content)})
	}
	slices.SortFunc(parts, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	return ooxml.Pack(parts)
}

func normalizeTypes(raw string) string {
	for _, end := range []string{"</Default>", "</Override>"} {
		start, last := strings.Index(raw, "<"+end[2:len(end)-1]), strings.LastIndex(raw, end)
		if start < 0 || last < start {
			continue
		}
		list := strings.SplitAfter(raw[start:last+len(end)], end)
		slices.Sort(list)
		raw = raw[:start] + strings.Join(list, "") + raw[last+len(end):]
	}
	return raw
}
