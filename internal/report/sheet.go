package report

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

// Sheet is what a lembar kendali is made of: the printable record of one case. SOP R.1, SOP R.2
type Sheet struct {
	Office       string
	Mailbox      string // the office's address
	Case         sop.Case
	Journal      []Line
	Evidence     Evidence
	KepalaLPSE   string
	KepalaBagian string
	Zone         *time.Location
	Made         time.Time
}

// Line is one line of the case's journal.
type Line struct {
	N int
	sop.Event
}

// Evidence ties the paper to the books: what it is, and its value, such as a checkpoint of the journal.
type Evidence struct{ Label, Value string }

// Measures of the page, in millimetres.
const (
	pageLeft, pageRight, pageTop, pageBottom = 20, 15, 12, 20
	pageWidth                                = 210 - pageLeft - pageRight
	qrSize                                   = 27
)

// form is the page on its way.
type form struct {
	*fpdf.Fpdf
	tr   func(string) string // to the characters that the PDF's own fonts have
	zone *time.Location
}

// PDF prints the sheet on A4. The same sheet gives the same bytes.
func (s Sheet) PDF() ([]byte, error) {
	p := &form{Fpdf: fpdf.New("P", "mm", "A4", ""), zone: cmp.Or(s.Zone, time.UTC)}
	p.tr = p.UnicodeTranslatorFromDescriptor("")
	p.SetCreationDate(s.Made.UTC())
	p.SetModificationDate(s.Made.UTC())
	p.SetCatalogSort(true)
	p.SetTitle("Lembar Kendali "+s.Case.Number, true)
	p.SetAuthor(plain(s.Office), true)
	p.SetLang("id-ID")
	p.SetMargins(pageLeft, pageTop, pageRight)
	p.SetAutoPageBreak(true, pageBottom)
	p.AliasNbPages("{nb}")
	p.SetFooterFunc(func() { p.foot(s) })
	p.AddPage()
	p.letterhead(s)
	if err := p.title(s); err != nil {
		return nil, err
	}
	p.identity(s)
	p.papers(s.Case)
	p.path(s)
	p.decisions(s)
	p.members(s.Case)
	p.deviations(s.Case)
	p.proof(s)
	p.signatures(s)
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		return nil, fmt.Errorf("print the lembar kendali of %s: %w", s.Case.Number, err)
	}
	return b.Bytes(), nil
}

// print writes one line of text in a cell.
func (p *form) print(w, h float64, s, align string) {
	p.CellFormat(w, h, p.tr(plain(s)), "", 0, align, false, 0, "")
}

var setda = regexp.MustCompile(`(?i)^(.+?) (?:setda|sekretariat daerah) ((?:kabupaten|kota|provinsi) .+)$`)

// letterhead is the kop of a regency's office: government, secretariat, office; or the name alone where it says no more.
func (p *form) letterhead(s Sheet) {
	lines := []string{plain(s.Office)}
	if m := setda.FindStringSubmatch(lines[0]); m != nil {
		lines = []string{"Pemerintah " + m[2], "Sekretariat Daerah", m[1]}
	}
	for i, l := range lines {
		size := 12.0
		if i == len(lines)-1 {
			size = 15
		}
		p.SetFont("Times", "B", size)
		p.MultiCell(pageWidth, size*0.45, p.tr(strings.ToUpper(l)), "", "C", false)
	}
	p.SetFont("Times", "", 9.5)
	p.print(pageWidth, 4.6, "Layanan Permohonan Akun SPSE, surel: "+s.Mailbox, "C")
	p.Ln(5.6)
	y := p.GetY()
	p.SetLineWidth(0.9)
	p.Line(pageLeft, y, pageLeft+pageWidth, y)
	p.SetLineWidth(0.25)
	p.Line(pageLeft, y+1.1, pageLeft+pageWidth, y+1.1)
	p.SetY(y + 5)
}

func (p *form) title(s Sheet) error {
	y := p.GetY()
	if err := p.qr(s.Case.Number+" "+s.Evidence.Value, pageLeft+pageWidth-qrSize, y, qrSize); err != nil {
		return fmt.Errorf("draw the QR code of %s: %w", s.Case.Number, err)
	}
	w := float64(pageWidth - qrSize - 4)
	p.SetFont("Times", "B", 16)
	p.print(w, 8, "LEMBAR KENDALI", "L")
	p.Ln(8)
	p.SetFont("Times", "", 11)
	p.MultiCell(w, 5, p.tr("Permintaan user ID dan password SPSE bagi anggota Pokja (SOP 02)"), "", "L", false)
	p.Ln(1.5)
	p.SetFont("Times", "B", 13)
	p.print(w, 6.5, "Nomor "+s.Case.Number, "L")
	p.SetY(max(p.GetY()+8, y+qrSize+2))
	return nil
}

// section is a numbered heading that stays with what follows it.
func (p *form) section(name string) {
	if p.GetY() > 297-pageBottom-24 {
		p.AddPage()
	}
	p.Ln(2.5)
	p.SetFont("Times", "B", 11)
	p.print(pageWidth, 6, name, "L")
	p.Ln(6)
}

func (p *form) identity(s Sheet) {
	c := s.Case
	p.section("A. Permohonan")
	copied := "Kepala LPSE ditembusi oleh pemohon"
	if !c.KepalaCopied { // SOP 1.4
		copied = "disampaikan oleh sistem kepada Kepala LPSE"
	}
	zone := " " + workday.ZoneName(s.Made.In(p.zone))
	closed := "belum ditutup"
	if !c.Closed.IsZero() {
		closed = stamp(c.Closed, p.zone) + zone
	}
	status := c.Status.Label()
	if c.Outcome != "" {
		status += ": " + c.Outcome
	}
	for _, x := range [][2]string{{"Pemohon", letter.Party(c.Requester).By()}, {"Hal", c.Subject},
		{"Dibuka / ditutup", stamp(c.Opened, p.zone) + zone + " / " + closed},
		{"Tembusan permohonan", copied}, {"Revisi berkas", fmt.Sprint(c.Revision)}, {"Keadaan", status}} {
		p.fact(x[0], x[1])
	}
}

func (p *form) fact(name, text string) {
	const label = 38
	p.SetFont("Times", "", 10)
	p.print(label, 5, name, "L")
	p.print(3, 5, ":", "L")
	p.MultiCell(pageWidth-label-3, 5, p.tr(plain(text)), "", "L", false)
}

// proof says how the paper can be held against the electronic archive.
func (p *form) proof(s Sheet) {
	p.section("G. Bukti elektronik")
	p.SetFont("Times", "", 10)
	p.MultiCell(pageWidth, 5, p.tr("Surel, berkas dan surat permohonan ini tersimpan pada arsip elektronik menurut tahun dan nomor permohonan; "+
		"bukti J-1 adalah baris pertama jurnalnya, dan seterusnya. Kode QR memuat nomor permohonan dan nilai di bawah ini."), "", "L", false)
	p.SetFont("Times", "", 10)
	p.print(pageWidth, 5, s.Evidence.Label+":", "L")
	p.Ln(5)
	p.SetFont("Courier", "", 9)
	p.MultiCell(pageWidth, 4.5, p.tr(plain(s.Evidence.Value)), "", "L", false)
}

// signatures are places for hand and stamp; who signs writes the date. SOP R.1 (manual)
func (p *form) signatures(s Sheet) {
	const height = 47
	if p.GetY()+2*height+12 > 297-pageBottom {
		p.AddPage()
	}
	p.section("H. Pengesahan")
	approver := ""
	if s.Case.Approval != nil {
		approver = s.Case.Approval.By.Name
	}
	y := p.GetY()
	for i, x := range [][2]string{{"Pemohon,", s.Case.Requester.Name}, {"Admin Agency,", approver}, {"Mengetahui,\nKepala Bagian Pengadaan Barang/Jasa,", s.KepalaBagian},
		{"Mengetahui,\nKepala LPSE,", s.KepalaLPSE}} {
		p.signature(pageLeft+float64(i%2)*pageWidth/2, y+float64(i/2)*height, x[0], x[1])
	}
	p.SetY(y + 2*height)
}

func (p *form) signature(x, y float64, post, name string) {
	const w = pageWidth / 2
	p.SetFont("Times", "", 10)
	p.SetXY(x, y)
	p.MultiCell(w, 4.5, p.tr(".................................., ........................... 20.....\n"+post), "", "C", false)
	p.SetFont("Times", "I", 8)
	p.SetTextColor(120, 120, 120)
	p.SetXY(x, y+22)
	p.print(w, 4, "(tanda tangan dan cap)", "C")
	p.SetTextColor(0, 0, 0)
	p.SetFont("Times", "BU", 10)
	p.SetXY(x, y+31)
	if name = plain(name); name == "" {
		name = strings.Repeat(" ", 50)
	}
	p.print(w, 4.5, p.fit(name, w-4), "C")
	p.SetFont("Times", "", 10)
	p.SetXY(x, y+35.5)
	p.print(w, 4.5, "NIP ............................................", "C")
}

// fit shortens a text to one line of the given width.
func (p *form) fit(s string, w float64) string {
	for r := []rune(s); len(r) > 1; r = r[:len(r)-1] {
		if p.GetStringWidth(p.tr(string(r))) <= w {
			return string(r)
		}
	}
	return s
}

func (p *form) foot(s Sheet) {
	p.SetY(-15)
	p.SetFont("Times", "", 8)
	p.SetTextColor(90, 90, 90)
	made := s.Made.In(p.zone)
	p.print(pageWidth-30, 4, fmt.Sprintf("Lembar kendali %s, dibuat oleh sistem %s pukul %s %s. Tidak memuat password.", s.Case.Number, workday.DateWords(made), made.Format("15.04"), workday.ZoneName(made)), "L")
	p.CellFormat(30, 4, p.tr(fmt.Sprintf("Halaman %d dari {nb}", p.PageNo())), "", 0, "R", false, 0, "")
	p.SetTextColor(0, 0, 0)
}
