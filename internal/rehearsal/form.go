package rehearsal

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

const formTitle = "FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA"

// form gives the maker of the formulir in the asked format, or nil.
func (b Bundle) form() func([]byte) ([]byte, error) {
	switch b.Office.Form {
	case XLSX:
		return b.formXLSX
	case DOCX:
		return b.formDOCX
	case CSV:
		return b.formCSV
	case PDF:
		return b.formPDF
	}
	return nil
}

func formHeading() []string {
	return []string{"No", "Nama Lengkap", "NIP", "NIK", "Golongan", "Jabatan", "No. HP", "Email"}
}

func (b Bundle) formRows() [][]string {
	var rows [][]string
	for _, m := range b.Roster {
		rows = append(rows, []string{strconv.Itoa(m.No), m.Nama, m.NIP, m.NIK, m.Golongan, m.Jabatan, m.HP, m.Email})
	}
	return rows
}

// formLines stand above the table in every format.
func (b Bundle) formLines() []string {
	return []string{formTitle, "UKPBJ KABUPATEN " + strings.ToUpper(b.Office.Regency), "", "Pokja : " + b.Pokja, "Nomor SK : " + b.SKNumber, ""}
}

// formClosing stands below it, with the NIP of somebody who is no member.
func (b Bundle) formClosing() []string {
	return []string{"", b.Office.Seat + ", " + longDate(b.Office.Date), b.Head.Jabatan, "", "", b.Head.Nama, "NIP. " + spaced(b.Head.NIP)}
}

func (b Bundle) formCSV([]byte) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Comma, w.UseCRLF = ';', true
	for _, l := range b.formLines() {
		w.Write([]string{l}) //nolint:errcheck // Error below
	}
	w.Write(formHeading())   //nolint:errcheck // Error below
	w.WriteAll(b.formRows()) //nolint:errcheck // Error below
	w.Flush()
	return out.Bytes(), w.Error()
}

func (b Bundle) formXLSX(picture []byte) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // nothing of it is on disk
	const tab = "Formulir"
	if err := f.SetSheetName("Sheet1", tab); err != nil {
		return nil, err
	}
	var rows [][]string
	for _, l := range b.formLines() {
		rows = append(rows, []string{l})
	}
	rows = append(append(rows, formHeading()), b.formRows()...)
	for _, l := range b.formClosing() {
		rows = append(rows, []string{"", "", "", "", "", l})
	}
	for i, row := range rows {
		if err := f.SetSheetRow(tab, fmt.Sprintf("A%d", i+1), &row); err != nil {
			return nil, err
		}
	}
	for c, w := range []float64{5, 36, 22, 20, 10, 40, 16, 38} {
		col := string(rune('A' + c))
		if err := f.SetColWidth(tab, col, col, w); err != nil {
			return nil, err
		}
	}
	if picture != nil {
		err := f.AddPictureFromBytes(tab, "J1", &excelize.Picture{Extension: ".png", File: picture, Format: &excelize.GraphicOptions{ScaleX: 0.3, ScaleY: 0.3}})
		if err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, err
	}
	return steady(out.Bytes())
}

// steady puts the parts of a workbook into one order; excelize writes them as its maps give them.
func steady(raw []byte) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		if f.Name == "[Content_Types].xml" {
			err = steadyTypes(w, f)
		} else {
			err = w.Copy(f)
		}
		if err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}

func (b Bundle) formPDF(picture []byte) ([]byte, error) {
	p := b.begin("Formulir "+b.Pokja, "L", picture)
	p.middle("B", 13, formTitle)
	p.middle("B", 12, "UKPBJ KABUPATEN "+strings.ToUpper(b.Office.Regency))
	p.Ln(3)
	p.clause("Pokja", b.Pokja)
	p.clause("Nomor SK", b.SKNumber)
	p.table([]float64{8, 48, 33, 30, 16, 50, 23, 39}, formHeading(), b.formRows())
	p.signature(b, b.Office.Seat+", "+longDate(b.Office.Date), b.Head.Jabatan+",")
	return p.bytes()
}

// steadyTypes sorts the list of media types of a workbook.
func steadyTypes(w *zip.Writer, f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // read only
	raw, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return err
	}
	const end = "</Default>"
	start, last := bytes.Index(raw, []byte("<Default")), bytes.LastIndex(raw, []byte(end))
	if start >= 0 && last > start {
		list := strings.SplitAfter(string(raw[start:last+len(end)]), end)
		slices.Sort(list)
		raw = slices.Concat(raw[:start], []byte(strings.Join(list, "")), raw[last+len(end):])
	}
	out, err := w.Create(f.Name)
	if err != nil {
		return err
	}
	_, err = out.Write(raw)
	return err
}

// picture is an emblem in noise of about n bytes as PNG: what scanned letterheads add to a paper.
func picture(r *rand.Rand, n int) []byte {
	side := max(8, int(math.Sqrt(float64(n))))
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		x, y := i%side-side/2, i/side-side/2
		img.Pix[i] = byte(r.Uint32())
		if x*x+y*y < side*side/5 {
			img.Pix[i] >>= 1 // the dark disc
		}
	}
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.NoCompression} // noise does not shrink
	if enc.Encode(&out, img) != nil {
		return nil
	}
	return out.Bytes()
}

func mediaType(name string) string {
	switch path.Ext(name) {
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case ".docx":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case ".csv":
		return "text/csv"
	case ".pdf":
		return "application/pdf"
	}
	return "application/octet-stream"
}
