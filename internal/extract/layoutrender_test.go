package extract

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"codeberg.org/go-pdf/fpdf"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// full lays merged cells out on their grid; a covered slot is nil.
func full(rows [][]tcell) [][]*tcell {
	wide := 0
	for _, row := range rows {
		n := 0
		for _, c := range row {
			n += max(c.cols, 1)
		}
		wide = max(wide, n)
	}
	for _, row := range rows { // rows below a tall cell are shorter
		_ = row
	}
	grid := make([][]*tcell, len(rows))
	taken := make([][]bool, len(rows))
	for r := range rows {
		grid[r], taken[r] = make([]*tcell, wide), make([]bool, wide)
	}
	for r := range rows {
		at := 0
		for i := range rows[r] {
			c := rows[r][i]
			for at < wide && taken[r][at] {
				at++
			}
			if at >= wide {
				break
			}
			c.cols, c.rows = min(max(c.cols, 1), wide-at), min(max(c.rows, 1), len(rows)-r)
			grid[r][at] = &c
			for y := r; y < r+c.rows; y++ {
				for x := at; x < at+c.cols; x++ {
					taken[y][x] = true
				}
			}
		}
	}
	return grid
}

// htmlOf writes the paper as a page for a browser or an office program.
func htmlOf(r *rand.Rand, s *sheetOfPaper) []byte {
	var b strings.Builder
	font := one(r, "Liberation Serif", "Liberation Sans", "DejaVu Sans", "Liberation Sans Narrow", "DejaVu Serif")
	size := 9 + r.IntN(4)
	paper := one(r, "A4", "A4", "215mm 330mm")
	landscape := "A4 landscape"
	if paper != "A4" {
		landscape = "330mm 215mm"
	}
	first := paper
	if s.landsc {
		first = landscape
	}
	fmt.Fprintf(&b, "<!doctype html><html><head><meta charset=utf-8><style>@page{size:%s;margin:%dmm}@page wide{size:%s}@page tall{size:%s}body{font:%dpt '%s'}p{margin:%dpt 0;white-space:pre-wrap;tab-size:16}", first, 12+r.IntN(14), landscape, paper, size, font, 2+r.IntN(4))
	fmt.Fprintf(&b, "table{border-collapse:collapse;width:100%%;font-size:%dpt}.r td{border:%s solid black;padding:%dpt;vertical-align:%s}.b td{padding:2pt}td{overflow-wrap:anywhere}.wide{page:wide;break-before:page}.tall{page:tall;break-before:page}thead{display:table-header-group}</style></head><body>",
		size-r.IntN(3), one(r, "1px", "0.5pt", "1.5px"), 1+r.IntN(4), one(r, "top", "middle"))
	open := false
	for _, k := range s.blocks {
		switch {
		case k.page != "":
			if open {
				b.WriteString("</div>")
			}
			open = true
			b.WriteString(map[string]string{"L": "<div class=wide>", "P": "<div class=tall>"}[k.page])
		case k.rows != nil:
			htmlTable(&b, k)
		default:
			align := ""
			if k.middle {
				align = " style='text-align:center'"
			}
			fmt.Fprintf(&b, "<p%s>%s</p>\n", align, strings.ReplaceAll(html.EscapeString(k.text), "\n", "<br>"))
		}
	}
	b.WriteString("</body></html>")
	return []byte(b.String())
}

// htmlMarks are the ways in which pages strike out, delete and hide.
var htmlMarks = strings.NewReplacer(struckOn, "<s>", struckOff, "</s>", deletedOn, "<del>", deletedOff, "</del>", hiddenOn, "<span style='display: none'>", hiddenOff, "</span>")

func htmlTable(b *strings.Builder, k layBlock) {
	class := "b"
	if k.lines == ruled {
		class = "r"
	}
	if k.nested {
		b.WriteString("<table class=b><tr><td>")
		defer b.WriteString("</td></tr></table>")
	}
	fmt.Fprintf(b, "<table class=%s>", class)
	for _, row := range k.rows {
		b.WriteString("<tr>")
		for _, c := range row {
			fmt.Fprintf(b, "<td colspan=%d rowspan=%d>%s</td>", max(c.cols, 1), max(c.rows, 1), htmlMarks.Replace(strings.ReplaceAll(html.EscapeString(c.text), "\n", "<br>")))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table>\n")
}

func escaped(s string) string {
	var e bytes.Buffer
	_ = xml.EscapeText(&e, []byte(s))
	return e.String()
}

// docxOf writes the paper as a word processor does, with borders, merged cells and sections across.
func docxOf(t testing.TB, r *rand.Rand, s *sheetOfPaper) []byte {
	var b strings.Builder
	size := 18 + 2*r.IntN(3)
	font := one(r, "Liberation Serif", "Liberation Sans", "DejaVu Sans")
	run := func(text string) string {
		var o strings.Builder
		for i, l := range strings.Split(text, "\n") {
			if i > 0 {
				o.WriteString("<w:r><w:br/></w:r>")
			}
			for j, part := range strings.Split(l, "\t") {
				if j > 0 {
					o.WriteString("<w:r><w:tab/></w:r>")
				}
				for _, piece := range runsOf(part) {
					how, text := map[string]string{"struck": "<w:strike/>", "hidden": "<w:vanish/>"}[piece[1]], "t"
					if piece[1] == "deleted" {
						text = "delText"
						o.WriteString(`<w:del w:id="1" w:author="x">`)
					}
					fmt.Fprintf(&o, `<w:r><w:rPr><w:rFonts w:ascii="%s" w:hAnsi="%s"/>%s<w:sz w:val="%d"/></w:rPr><w:%s xml:space="preserve">%s</w:%s></w:r>`, font, font, how, size, text, escaped(piece[0]), text)
					if text == "delText" {
						o.WriteString("</w:del>")
					}
				}
			}
		}
		return o.String()
	}
	section := func(across bool) string {
		if across {
			return `<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/><w:pgMar w:top="900" w:bottom="900" w:left="900" w:right="900"/></w:sectPr>`
		}
		return `<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="900" w:bottom="900" w:left="1100" w:right="900"/></w:sectPr>`
	}
	across := s.landsc
	for _, k := range s.blocks {
		switch {
		case k.page != "":
			b.WriteString("<w:p><w:pPr>" + section(across) + "</w:pPr></w:p>")
			across = k.page == "L"
		case k.rows != nil:
			docxTable(&b, k, across, run)
		case k.middle:
			b.WriteString(`<w:p><w:pPr><w:jc w:val="center"/></w:pPr>` + run(k.text) + "</w:p>")
		default:
			b.WriteString(`<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="2200"/></w:tabs></w:pPr>` + run(k.text) + "</w:p>")
		}
	}
	doc := `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + b.String() + section(across) + "</w:body></w:document>"
	return zipOf(t, map[string]string{"word/document.xml": doc,
		"[Content_Types].xml": `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels":         `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`})
}

func docxTable(b *strings.Builder, k layBlock, across bool, run func(string) string) {
	grid := full(k.rows)
	total := 9700
	if across {
		total = 14800
	}
	widths := weigh(grid, float64(total))
	if k.nested {
		b.WriteString(`<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid><w:gridCol w:w="9700"/></w:tblGrid><w:tr><w:tc><w:tcPr><w:tcW w:w="9700" w:type="dxa"/></w:tcPr><w:p/>`)
		defer b.WriteString(`<w:p/></w:tc></w:tr></w:tbl>`)
	}
	b.WriteString(`<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/>`)
	if k.lines == ruled {
		b.WriteString(`<w:tblBorders><w:top w:val="single" w:sz="4"/><w:left w:val="single" w:sz="4"/><w:bottom w:val="single" w:sz="4"/><w:right w:val="single" w:sz="4"/><w:insideH w:val="single" w:sz="4"/><w:insideV w:val="single" w:sz="4"/></w:tblBorders>`)
	}
	b.WriteString(`<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>`)
	for _, w := range widths {
		fmt.Fprintf(b, `<w:gridCol w:w="%d"/>`, int(w))
	}
	b.WriteString("</w:tblGrid>")
	tall := map[int][2]int{} // column: rows still covered, span
	for r := range grid {
		b.WriteString("<w:tr>")
		for c := 0; c < len(grid[r]); c++ {
			cell := grid[r][c]
			if left, ok := tall[c]; ok && cell == nil && left[0] > 0 {
				fmt.Fprintf(b, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/><w:gridSpan w:val="%d"/><w:vMerge/></w:tcPr><w:p/></w:tc>`, int(widths[c]), left[1])
				tall[c] = [2]int{left[0] - 1, left[1]}
				c += left[1] - 1
				continue
			}
			if cell == nil {
				fmt.Fprintf(b, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr><w:p/></w:tc>`, int(widths[c]))
				continue
			}
			w := 0.0
			for i := c; i < c+cell.cols; i++ {
				w += widths[i]
			}
			fmt.Fprintf(b, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>`, int(w))
			if cell.cols > 1 {
				fmt.Fprintf(b, `<w:gridSpan w:val="%d"/>`, cell.cols)
			}
			if cell.rows > 1 {
				b.WriteString(`<w:vMerge w:val="restart"/>`)
				tall[c] = [2]int{cell.rows - 1, cell.cols}
			}
			b.WriteString("</w:tcPr><w:p>" + run(cell.text) + "</w:p></w:tc>")
			c += cell.cols - 1
		}
		b.WriteString("</w:tr>")
	}
	b.WriteString("</w:tbl>")
}

// weigh shares the width out by what the columns hold.
func weigh(grid [][]*tcell, total float64) []float64 {
	if len(grid) == 0 {
		return nil
	}
	out := make([]float64, len(grid[0]))
	sum := 0.0
	for c := range out {
		out[c] = 4
		for r := range grid {
			if cell := grid[r][c]; cell != nil && cell.cols == 1 {
				for l := range strings.SplitSeq(cell.text, "\n") {
					out[c] = max(out[c], min(float64(len(l)), 22))
				}
			}
		}
		sum += out[c]
	}
	for c := range out {
		out[c] *= total / sum
	}
	return out
}

// fpdfOf prints the paper with the built-in PDF library; cells wrap where it wants.
func fpdfOf(t testing.TB, r *rand.Rand, s *sheetOfPaper) []byte {
	orient := "P"
	if s.landsc {
		orient = "L"
	}
	p := fpdf.New(orient, "mm", "A4", "")
	p.SetMargins(12, 14, 12)
	p.SetAutoPageBreak(false, 10)
	p.AddPage()
	tr := p.UnicodeTranslatorFromDescriptor("cp1252")
	family, size := one(r, "Helvetica", "Times", "Arial"), float64(8+r.IntN(4))
	room := func(h float64) {
		if _, high := p.GetPageSize(); p.GetY()+h > high-12 {
			p.AddPage()
		}
	}
	for _, k := range s.blocks {
		wide, _ := p.GetPageSize()
		p.SetFont(family, "", size)
		switch {
		case k.page != "":
			p.AddPageFormat(k.page, p.GetPageSizeStr("A4"))
		case k.rows != nil:
			fpdfTable(p, k, wide-24, size, tr, room)
		default:
			for l := range strings.SplitSeq(k.text, "\n") {
				room(6)
				p.SetX(12)
				align := "L"
				if k.middle {
					align = "C"
				}
				label, value, tabbed := strings.Cut(l, "\t")
				if !tabbed {
					p.MultiCell(wide-24, 5.5, tr(l), "", align, false)
					continue
				}
				left := max(40, p.GetStringWidth(tr(label))+3)
				p.CellFormat(left, 5.5, tr(label), "", 0, "L", false, 0, "")
				p.MultiCell(wide-24-left, 5.5, tr(value), "", "L", false)
			}
		}
	}
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func fpdfTable(p *fpdf.Fpdf, k layBlock, width, size float64, tr func(string) string, room func(float64)) {
	grid := full(k.rows)
	widths := weigh(grid, width)
	p.SetFontSize(min(size, 8.5))
	const step = 4.0
	lines := make([][][]string, len(grid))
	high := make([]float64, len(grid))
	for r := range grid {
		lines[r] = make([][]string, len(grid[r]))
		n := 1
		for c, cell := range grid[r] {
			if cell == nil {
				continue
			}
			w := -2.5
			for i := c; i < c+cell.cols; i++ {
				w += widths[i]
			}
			if strings.Contains(cell.text, hiddenOn) || strings.Contains(cell.text, deletedOn) {
				cell.text = "" // a printer leaves it out
			}
			for part := range strings.SplitSeq(tr(cell.text), "\n") {
				for _, l := range p.SplitLines([]byte(unmark.Replace(part)), w) {
					if strings.Contains(part, struckOn) {
						l = append([]byte(struckOn), l...)
					}
					lines[r][c] = append(lines[r][c], string(l))
				}
			}
			if cell.rows == 1 {
				n = max(n, len(lines[r][c]))
			}
		}
		high[r] = float64(n)*step + 2
	}
	for r := range grid {
		for c, cell := range grid[r] { // rows grow with a tall cell
			if cell == nil || cell.rows < 2 {
				continue
			}
			sum := 0.0
			for y := r; y < r+cell.rows; y++ {
				sum += high[y]
			}
			high[r+cell.rows-1] += max(0, float64(len(lines[r][c]))*step+2-sum)
		}
	}
	for r := range grid {
		need := high[r]
		for c := range grid[r] { // a tall cell stays on one page
			if cell := grid[r][c]; cell != nil && cell.rows > 1 {
				need = 0
				for y := r; y < r+cell.rows; y++ {
					need += high[y]
				}
				break
			}
		}
		room(need)
		x, y := 12.0, p.GetY()
		for c, cell := range grid[r] {
			if cell == nil {
				x += widths[c]
				continue
			}
			w, h := 0.0, 0.0
			for i := c; i < c+cell.cols; i++ {
				w += widths[i]
			}
			for i := r; i < r+cell.rows; i++ {
				h += high[i]
			}
			if k.lines == ruled {
				p.Rect(x, y, w, h, "D")
			}
			for i, l := range lines[r][c] {
				p.SetXY(x+1, y+1+float64(i)*step)
				plain := strings.TrimPrefix(l, struckOn)
				p.SetFontStyle(map[bool]string{true: "S"}[plain != l])
				l = plain
				p.CellFormat(w-2, step, l, "", 0, "L", false, 0, "")
			}
			x += widths[c]
		}
		p.SetFontStyle("")
		p.SetXY(12, y+high[r])
	}
	p.Ln(2)
}

// xlsxOf puts the paper into a sheet, merged where it is merged, somewhere below the top.
func xlsxOf(t testing.TB, r *rand.Rand, s *sheetOfPaper) []byte {
	f := excelize.NewFile()
	defer f.Close()
	sheet := "Sheet1"
	if chance(r, 25) {
		if _, err := f.NewSheet("Data"); err != nil {
			t.Fatal(err)
		}
		if chance(r, 50) {
			_ = f.SetCellValue(sheet, "A1", "Petunjuk pengisian: isilah lembar Data dengan lengkap")
		}
		sheet = "Data"
	}
	set := func(c, row int, v string) {
		at, _ := excelize.CoordinatesToCellName(c, row)
		if err := f.SetCellStr(sheet, at, v); err != nil {
			t.Fatal(err)
		}
	}
	numbers := chance(r, 50) // what looks like a short number is one
	row, left := 1+r.IntN(8), 1+r.IntN(3)
	for _, k := range s.blocks {
		if k.rows == nil {
			if k.text == "" {
				row++
			}
			for l := range strings.SplitSeq(k.text, "\n") {
				for i, part := range strings.Split(l, "\t") {
					if part != "" {
						set(left+i*2, row, part)
					}
				}
				if l != "" {
					row++
				}
			}
			continue
		}
		row += r.IntN(2)
		for y, cells := range full(k.rows) {
			for x, c := range cells {
				if c == nil || strings.TrimSpace(c.text) == "" {
					continue
				}
				set(left+x, row+y, unmark.Replace(c.text))
				at, _ := excelize.CoordinatesToCellName(left+x, row+y)
				strikeXLSX(t, f, sheet, at, row+y, c.text)
				if n, err := strconv.ParseInt(c.text, 10, 64); err == nil && numbers && len(c.text) < 15 {
					at, _ := excelize.CoordinatesToCellName(left+x, row+y)
					if err := f.SetCellValue(sheet, at, n); err != nil {
						t.Fatal(err)
					}
				}
				if c.cols > 1 || c.rows > 1 {
					from, _ := excelize.CoordinatesToCellName(left+x, row+y)
					to, _ := excelize.CoordinatesToCellName(left+x+c.cols-1, row+y+c.rows-1)
					if err := f.MergeCell(sheet, from, to); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		row += len(k.rows) + 1
	}
	if s.aside != nil {
		if _, err := f.NewSheet(s.aside.text); err != nil {
			t.Fatal(err)
		}
		sheet = s.aside.text
		set(1, 1, "DAFTAR ANGGOTA POKJA TAHUN 2025 (SELESAI)")
		for y, cells := range s.aside.rows {
			for x, c := range cells {
				set(1+x, 3+y, c.text)
			}
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// strikeXLSX strikes out a cell by its style where all of it is struck, and by its runs where part of it is; a row that is hidden
// or deleted is hidden, as a workbook knows no deletion.
func strikeXLSX(t testing.TB, f *excelize.File, sheet, at string, row int, text string) {
	pieces := runsOf(text)
	var err error
	switch {
	case strings.Contains(text, hiddenOn):
		err = f.SetRowVisible(sheet, row, false)
	case !strings.ContainsAny(text, struckOn+deletedOn):
	case !slices.ContainsFunc(pieces, func(p [2]string) bool { return p[1] == "" && strings.TrimSpace(p[0]) != "" }):
		style, e := f.NewStyle(&excelize.Style{Font: &excelize.Font{Strike: true}})
		if e != nil {
			t.Fatal(e)
		}
		err = f.SetCellStyle(sheet, at, at, style)
	default:
		var runs []excelize.RichTextRun
		for _, p := range pieces {
			runs = append(runs, excelize.RichTextRun{Text: p[0], Font: &excelize.Font{Strike: p[1] != ""}})
		}
		err = f.SetCellRichText(sheet, at, runs)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// odfOf writes the paper as LibreOffice keeps it: a text, or a spreadsheet.
func odfOf(t testing.TB, s *sheetOfPaper, sheet bool) []byte {
	var b strings.Builder
	para := func(text string) {
		for l := range strings.SplitSeq(text, "\n") {
			b.WriteString("<text:p>")
			for _, piece := range runsOf(l) {
				style := map[string]string{"struck": "T1", "deleted": "T1", "hidden": "T2"}[piece[1]]
				if style == "" {
					style = "T0"
				}
				fmt.Fprintf(&b, `<text:span text:style-name="%s">%s</text:span>`, style, strings.ReplaceAll(escaped(piece[0]), "&#x9;", "<text:tab/>"))
			}
			b.WriteString("</text:p>")
		}
	}
	table := func(rows [][]tcell) {
		grid := full(rows)
		if len(grid) == 0 {
			return
		}
		for _, cells := range grid {
			hidden := ""
			if sheet && cells[0] != nil && strings.Contains(cells[0].text, hiddenOn) {
				hidden = ` table:visibility="collapse"`
			}
			fmt.Fprintf(&b, "<table:table-row%s>", hidden)
			for _, c := range cells {
				if c == nil {
					b.WriteString("<table:covered-table-cell/>")
					continue
				}
				fmt.Fprintf(&b, `<table:table-cell office:value-type="string" table:number-columns-spanned="%d" table:number-rows-spanned="%d">`, c.cols, c.rows)
				para(c.text)
				b.WriteString("</table:table-cell>")
			}
			b.WriteString("</table:table-row>")
		}
	}
	if sheet {
		b.WriteString(`<table:table table:name="Data">`)
	}
	for i, k := range s.blocks {
		switch {
		case k.page != "":
			b.WriteString(`<text:p text:style-name="PB"/>`)
		case k.rows != nil && sheet:
			table(k.rows)
			table([][]tcell{{{}}})
		case k.rows != nil:
			fmt.Fprintf(&b, `<table:table table:name="T%d"><table:table-column table:number-columns-repeated="%d"/>`, i, len(full(k.rows)[0]))
			table(k.rows)
			b.WriteString("</table:table>")
		case sheet:
			for l := range strings.SplitSeq(k.text, "\n") {
				var row []tcell
				for _, part := range strings.Split(l, "\t") {
					row = append(row, tcell{text: part})
				}
				table([][]tcell{row})
			}
		default:
			para(k.text)
		}
	}
	if sheet {
		b.WriteString("</table:table>")
		if s.aside != nil {
			fmt.Fprintf(&b, `<table:table table:name="%s">`, s.aside.text)
			table(s.aside.rows)
			b.WriteString("</table:table>")
		}
	}
	body, kind := "text", "application/vnd.oasis.opendocument.text"
	if sheet {
		body, kind = "spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"
	}
	ns := `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"`
	styles := `<style:style style:name="PB" style:family="paragraph"><style:paragraph-properties fo:break-before="page"/></style:style><style:style style:name="T0" style:family="text"/><style:style style:name="T1" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style><style:style style:name="T2" style:family="text"><style:text-properties text:display="none"/></style:style>`
	return zipOf(t, map[string]string{"mimetype": kind, "content.xml": fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><office:document-content %s><office:automatic-styles>%s</office:automatic-styles><office:body><office:%s>%s</office:%s></office:body></office:document-content>`, ns, styles, body, b.String(), body)})
}

// textOf prints the paper as plain text or CSV lines.
func csvOf(r *rand.Rand, s *sheetOfPaper) []byte {
	sep := one(r, ";", ",", "\t")
	var b strings.Builder
	quote := func(c string) string {
		if strings.ContainsAny(c, sep+";\n\"") {
			return `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		return c
	}
	for _, k := range s.blocks {
		for l := range strings.SplitSeq(k.text, "\n") {
			if k.rows == nil {
				b.WriteString(quote(strings.ReplaceAll(l, "\t", " ")) + "\r\n")
			}
		}
		for _, cells := range full(k.rows) {
			for x, c := range cells {
				if x > 0 {
					b.WriteString(sep)
				}
				if c != nil {
					b.WriteString(quote(unmark.Replace(c.text)))
				}
			}
			b.WriteString("\r\n")
		}
	}
	return encoded(r, b.String())
}

// encoded writes text as programs in offices do.
func encoded(r *rand.Rand, text string) []byte {
	switch r.IntN(5) {
	case 0:
		return []byte("\xEF\xBB\xBF" + text)
	case 1:
		out := []byte{0xFF, 0xFE}
		for _, c := range utf16.Encode([]rune(text)) {
			out = append(out, byte(c), byte(c>>8))
		}
		return out
	case 2:
		if out, err := charmap.Windows1252.NewEncoder().String(text); err == nil {
			return []byte(out)
		}
	}
	return []byte(text)
}

// rtfOf writes what WordPad writes.
func rtfOf(s *sheetOfPaper) []byte {
	var b strings.Builder
	b.WriteString(`{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}`)
	esc := func(t string) string {
		var o strings.Builder
		for _, c := range t {
			switch {
			case c == '\\' || c == '{' || c == '}':
				o.WriteString(`\` + string(c))
			case c == '\n':
				o.WriteString(`\line `)
			case c == '\t':
				o.WriteString(`\tab `)
			case c < 7:
				o.WriteString([]string{"", `{\strike `, "}", `{\deleted `, "}", `{\v `, "}"}[c])
			case c > 126:
				fmt.Fprintf(&o, `\u%d?`, c)
			default:
				o.WriteRune(c)
			}
		}
		return o.String()
	}
	for _, k := range s.blocks {
		if k.page != "" {
			b.WriteString(`\page `)
			continue
		}
		if k.rows == nil {
			b.WriteString(`\pard ` + esc(k.text) + `\par` + "\n")
			continue
		}
		for _, cells := range full(k.rows) {
			b.WriteString(`\trowd`)
			for x := range cells {
				fmt.Fprintf(&b, `\cellx%d`, (x+1)*1400)
			}
			for _, c := range cells {
				b.WriteString(`\pard\intbl `)
				if c != nil {
					b.WriteString(esc(c.text))
				}
				b.WriteString(`\cell`)
			}
			b.WriteString(`\row` + "\n")
		}
		b.WriteString(`\pard\par`)
	}
	b.WriteString("}")
	return []byte(b.String())
}

// press is a foreign program that prints or converts; a test without it goes on without its formats.
type press struct{ chromium, soffice, dir string }

func newPress(t testing.TB) press {
	p := press{dir: t.TempDir()}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && p.chromium == "" {
			p.chromium = path
		}
	}
	p.soffice, _ = exec.LookPath("soffice")
	return p
}

// chromiumPDF prints a page of HTML.
func (p press) chromiumPDF(t testing.TB, page []byte) []byte {
	dir, err := os.MkdirTemp(p.dir, "c")
	if err != nil {
		t.Fatal(err)
	}
	in, out := filepath.Join(dir, "in.html"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, page, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(p.dir, "profile"), "--no-pdf-header-footer", "--print-to-pdf="+out, "file://"+in)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, said)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// convert turns many files at once into one format, in order.
func (p press) convert(t testing.TB, files [][]byte, from, to string) [][]byte {
	dir, err := os.MkdirTemp(p.dir, "s")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-env:UserInstallation=file://" + filepath.Join(p.dir, "office"), "--headless", "--convert-to", to, "--outdir", filepath.Join(dir, "out")}
	for i, f := range files {
		name := filepath.Join(dir, fmt.Sprintf("f%03d.%s", i, from))
		if err := os.WriteFile(name, f, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if said, err := exec.CommandContext(ctx, p.soffice, args...).CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, said)
	}
	ext, _, _ := strings.Cut(to, ":")
	var out [][]byte
	for i := range files {
		data, err := os.ReadFile(filepath.Join(dir, "out", fmt.Sprintf("f%03d.%s", i, ext)))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}
