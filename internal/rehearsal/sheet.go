package rehearsal

import (
	"bytes"
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"ukpbjd/internal/document"
)

// sheet is a page in the making, A4, in the fonts that every reader has.
type sheet struct {
	*fpdf.Fpdf
	latin func(string) string
	width float64 // between the margins
}

const (
	left       = 25.0 // mm, the right margin too
	lineHeight = 5.2
)

// begin opens a paper with the office's letterhead.
func (b Bundle) begin(title, orientation string, picture []byte) sheet {
	p := sheet{Fpdf: fpdf.New(orientation, "mm", "A4", "")}
	p.latin = p.UnicodeTranslatorFromDescriptor("")
	p.SetCatalogSort(true)
	p.SetCreationDate(dated)
	p.SetModificationDate(dated)
	p.SetTitle(title, false)
	p.SetMargins(left, 15, 25)
	p.SetAutoPageBreak(true, 20)
	p.AddPage()
	p.width, _ = p.GetPageSize()
	p.width -= 2 * left
	if picture != nil {
		p.RegisterImageOptionsReader("lambang", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(picture))
		p.ImageOptions("lambang", left, 14, 18, 22, false, fpdf.ImageOptions{}, 0, "")
	}
	p.middle("B", 13, "PEMERINTAH KABUPATEN "+strings.ToUpper(regency))
	p.middle("B", 15, "SEKRETARIAT DAERAH")
	p.middle("", 9, "Jalan Kenanga Nomor 12 "+seat+" Telepon (0369) 410055 Kode Pos 80999")
	p.middle("", 9, "Surel: setda@"+b.Office.Domain)
	p.SetLineWidth(0.8)
	p.Line(left, p.GetY()+1.5, left+p.width, p.GetY()+1.5)
	p.SetLineWidth(0.2)
	p.Ln(6)
	return p
}

func (p sheet) middle(style string, size float64, text string) {
	p.SetFont("Times", style, size)
	p.MultiCell(0, size*0.42, p.latin(text), "", "C", false)
}

// clause writes a label, a colon and a text of several lines: the form of Menimbang, Dasar, KESATU.
func (p sheet) clause(label string, texts ...string) {
	p.SetFont("Times", "", 11)
	for i, text := range texts {
		if p.below(30) {
			p.AddPage()
		}
		if i == 0 {
			p.CellFormat(28, lineHeight, p.latin(label), "", 0, "L", false, 0, "")
			p.CellFormat(4, lineHeight, ":", "", 0, "L", false, 0, "")
		} else {
			p.SetX(left + 32)
		}
		indent := 0.0
		if mark, rest, ok := strings.Cut(text, ". "); ok && len(mark) <= 2 && len(texts) > 1 {
			p.CellFormat(6, lineHeight, mark+".", "", 0, "L", false, 0, "")
			text, indent = rest, 6
		}
		p.MultiCell(p.width-32-indent, lineHeight, p.latin(text), "", "L", false)
	}
	p.Ln(1.5)
}

// table writes rows under a heading, each cell on one line: a name that is too long for its column is set smaller.
func (p sheet) table(widths []float64, heading []string, rows [][]string) {
	for i, row := range append([][]string{heading}, rows...) {
		if p.below(30) {
			p.AddPage()
		}
		for c, text := range row {
			align, style := "L", ""
			if i == 0 {
				align, style = "C", "B"
			}
			for size := 9.5; ; size -= 0.25 {
				p.SetFont("Times", style, size)
				if size < 4 || p.GetStringWidth(p.latin(text)) < widths[c]-2.5 {
					break
				}
			}
			p.CellFormat(widths[c], 7, p.latin(text), "1", 0, align, false, 0, "")
		}
		p.Ln(7)
	}
	p.Ln(3)
}

// signature closes a paper.
func (p sheet) signature(b Bundle, lines ...string) {
	if p.below(72) {
		p.AddPage()
	}
	p.Ln(4)
	lines = append(lines, "", "", "", b.Head.Nama, rankName(b.Head.Golongan), "NIP. "+document.GroupNIP(b.Head.NIP))
	p.SetFont("Times", "", 11)
	for _, l := range lines {
		p.SetX(left + p.width - 70)
		p.MultiCell(70, lineHeight, p.latin(l), "", "L", false)
	}
}

// below says that less than so many mm are left on the page.
func (p sheet) below(mm float64) bool {
	_, height := p.GetPageSize()
	return p.GetY() > height-mm
}

func (p sheet) bytes() ([]byte, error) {
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, fmt.Errorf("write PDF: %w", err)
	}
	return out.Bytes(), nil
}
