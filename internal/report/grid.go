package report

import (
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// gridColumn is one column of a printed table; mono is for hashes.
type gridColumn struct {
	title string
	width float64
	mono  bool
}

const (
	lineHeight = 4.2
	cellPad    = 1.2
	maxLines   = 12 // of one cell
)

// grid prints a table with lines; rows are not torn, and the header stands again on a new page.
func (p *form) grid(cols []gridColumn, rows [][]string, none string) {
	p.header(cols)
	if len(rows) == 0 {
		p.SetFont("Times", "I", 9.5)
		p.CellFormat(pageWidth, lineHeight+2*cellPad, p.tr(none), "1", 1, "C", false, 0, "")
	}
	for _, r := range rows {
		lines, h := p.layout(cols, r)
		if p.GetY()+h > 297-pageBottom {
			p.AddPage()
			p.header(cols)
		}
		p.row(cols, lines, h)
	}
}

func (p *form) header(cols []gridColumn) {
	p.SetFont("Times", "B", 9.5)
	p.SetFillColor(232, 232, 228)
	p.SetLineWidth(0.2)
	for _, c := range cols {
		p.CellFormat(c.width, lineHeight+2*cellPad, p.tr(c.title), "1", 0, "C", true, 0, "")
	}
	p.Ln(-1)
}

func (p *form) font(c gridColumn) {
	if c.mono {
		p.SetFont("Courier", "", 7.5)
		return
	}
	p.SetFont("Times", "", 9.5)
}

// layout breaks the texts of a row into lines and gives its height.
func (p *form) layout(cols []gridColumn, r []string) (cells [][]string, h float64) {
	n := 1
	for i, c := range cols {
		p.font(c)
		var lines []string
		for part := range strings.SplitSeq(r[i], "\n") {
			lines = append(lines, p.wrap(plain(part), c.width-2*cellPad)...)
		}
		if len(lines) > maxLines {
			lines = append(lines[:maxLines-1], "…")
		}
		cells = append(cells, lines)
		n = max(n, len(lines))
	}
	return cells, float64(n)*lineHeight + 2*cellPad
}

// wrap breaks at blanks, and inside a word only where it is wider than the cell: addresses and hashes.
func (p *form) wrap(s string, w float64) []string {
	var out []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if joined := strings.TrimPrefix(line+" "+word, " "); p.GetStringWidth(p.tr(joined)) <= w {
			line = joined
			continue
		}
		if line != "" {
			out = append(out, line)
		}
		for line = word; p.GetStringWidth(p.tr(line)) > w; {
			head := joint(p.fit(line, w))
			out, line = append(out, head), line[len(head):]
			if line == "" || len(out) > maxLines {
				break
			}
		}
	}
	return append(out, line)
}

// joint shortens the head of a torn word to where an eye expects it torn: before the @ of an address, after a dot or a stroke.
func joint(head string) string {
	if i := strings.LastIndexByte(head, '@'); i > 0 {
		return head[:i]
	}
	if i := strings.LastIndexAny(head, ".-_/"); i >= len(head)/2 && i > 0 {
		return head[:i+1]
	}
	return head
}

func (p *form) row(cols []gridColumn, cells [][]string, h float64) {
	x, y := p.GetXY()
	for i, c := range cols {
		p.Rect(x, y, c.width, h, "D")
		p.font(c)
		for j, l := range cells[i] {
			p.SetXY(x+cellPad, y+cellPad+float64(j)*lineHeight)
			p.CellFormat(c.width-2*cellPad, lineHeight, p.tr(l), "", 0, "L", false, 0, "")
		}
		x += c.width
	}
	p.SetXY(pageLeft, y+h)
}

// qr draws a QR code as squares, so that it prints sharply at any size. Level M bears a stamp's edge over it.
func (p *form) qr(content string, x, y, size float64) error {
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		return err
	}
	n := code.Bounds().Dx()
	dot := size / float64(n)
	p.SetFillColor(0, 0, 0)
	for j := range n {
		for i := 0; i < n; i++ {
			run := 0
			for i+run < n && code.At(i+run, j) == color.Black {
				run++
			}
			if run > 0 {
				p.Rect(x+float64(i)*dot, y+float64(j)*dot, float64(run)*dot, dot*1.02, "F")
				i += run
			}
		}
	}
	return nil
}
