package rehearsal

import (
	"bytes"
	"encoding/csv"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/workday"
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
	return []string{formTitle, "UKPBJ KABUPATEN " + strings.ToUpper(regency), "", "Pokja : " + b.Pokja, "Nomor SK : " + b.SKNumber, ""}
}

// formClosing stands below it, with the NIP of somebody who is no member.
func (b Bundle) formClosing() []string {
	return []string{"", seat + ", " + workday.DateWords(dated), b.Head.Jabatan, "", "", b.Head.Nama, "NIP. " + document.GroupNIP(b.Head.NIP)}
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

func (b Bundle) formPDF(picture []byte) ([]byte, error) {
	p := b.begin("Formulir "+b.Pokja, "L", picture)
	p.middle("B", 13, formTitle)
	p.middle("B", 12, "UKPBJ KABUPATEN "+strings.ToUpper(regency))
	p.Ln(3)
	p.clause("Pokja", b.Pokja)
	p.clause("Nomor SK", b.SKNumber)
	p.table([]float64{8, 48, 33, 30, 16, 50, 23, 39}, formHeading(), b.formRows())
	p.signature(b, seat+", "+workday.DateWords(dated), b.Head.Jabatan+",")
	return p.bytes()
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

// mediaTypes by the ending of a name.
var mediaTypes = map[string]string{
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".csv":  "text/csv",
	".pdf":  "application/pdf",
}
