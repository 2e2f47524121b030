package credential

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/secret"
)

// Issued is what was proposed to the approver for one NIP.
type Issued struct {
	UserID   string
	Password secret.Secret // absent for an account that is kept
}

// SheetRow is one account of the sheet. Kept: the account exists already, and no password is written.
type SheetRow struct {
	Nama, NIP, NIK, Golongan, Pangkat, Jabatan, HP, Email string
	SK, SKDate                                            string // the number and date of the paper that appoints
	UserID                                                string
	Password                                              secret.Secret
	Kept                                                  bool
}

const (
	kept      = "TETAP"
	sheetTab  = "Lembar Akun"
	textCell  = 49 // Excel's own format "@": what is typed into the cell stays text
	maxRows   = 200
	headerRow = 7
)

// columns are the fields of SPSE's form, in its order.
var columns = []struct {
	title string
	width float64
}{{"No", 6}, {"Nama", 38}, {"NIP", 22}, {"NIK", 20}, {"Golongan", 10}, {"Pangkat", 24}, {"Jabatan", 30}, {"HP", 16}, {"Email", 36},
	{"Nomor SK", 28}, {"Tanggal SK", 18}, {"User ID", 26}, {"Password", 24}}

// WriteSheetWith makes the account sheet that the approver types from (SOP 2.1). Every cell is a string. phrase opens the
// members' locked pages; absent: none are sent. Without a passphrase the workbook is not encrypted; code is "" unless it
// stands in the sheet only. Encrypting takes so many rounds of a hash, on purpose; zero: 100,000.
func WriteSheetWith(random io.Reader, rounds int, number, code string, phrase secret.Secret, rows []SheetRow, passphrase secret.Secret) ([]byte, error) {
	if len(rows) > maxRows {
		return nil, fmt.Errorf("write account sheet of %s: %d rows, more than %d", number, len(rows), maxRows)
	}
	f := excelize.NewFile()
	defer f.Close()
	w := sheetWriter{f: f}
	w.do(f.SetSheetName("Sheet1", sheetTab))
	w.do(f.SetDocProps(&excelize.DocProperties{Creator: "ukpbjd", LastModifiedBy: "ukpbjd", Title: "Lembar akun " + number}))
	w.heading(number, code)
	if !phrase.Absent() {
		w.row(headerRow-1, "Frasa pembuka PDF anggota: "+phrase.Reveal()+" (sampaikan lewat telepon atau tatap muka, jangan lewat surel)")
	}
	for i, r := range rows {
		password := r.Password.Reveal()
		if r.Kept {
			password = kept
		}
		w.row(headerRow+1+i, strconv.Itoa(i+1), r.Nama, r.NIP, r.NIK, r.Golongan, r.Pangkat, r.Jabatan, r.HP, r.Email, r.SK, r.SKDate, r.UserID, password)
	}
	w.style(len(rows))
	if w.err != nil {
		return nil, fmt.Errorf("write account sheet of %s: %w", number, w.err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("write account sheet of %s: %w", number, err)
	}
	if passphrase.Absent() {
		return b.Bytes(), nil
	}
	enc, err := encryptPackage(random, rounds, b.Bytes(), passphrase)
	clear(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("encrypt account sheet of %s: %w", number, err)
	}
	return enc, nil
}

// sheetWriter keeps the first error.
type sheetWriter struct {
	f   *excelize.File
	err error
}

func (w *sheetWriter) do(err error) {
	if w.err == nil {
		w.err = err
	}
}

// row writes strings and nothing else: a name that looks like a formula stays a name.
func (w *sheetWriter) row(n int, cells ...string) {
	for i, text := range cells {
		at, err := excelize.CoordinatesToCellName(i+1, n)
		w.do(err)
		w.do(w.f.SetCellStr(sheetTab, at, oneLine(text)))
	}
}

// oneLine keeps a cell from looking like two rows, and control characters out of it.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cf) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > 300 {
		s = string(r[:300])
	}
	return strings.TrimSpace(s)
}

func (w *sheetWriter) heading(number, code string) {
	w.row(1, "Lembar akun SPSE untuk "+number)
	w.row(2, "1. Ketik semua akun di bawah ini ke dalam SPSE lebih dahulu, kemudian jawab surat persetujuan.")
	w.row(3, "2. Lembar ini tidak perlu dikirim kembali. TETAP berarti akun sudah ada dan tidak diberi password baru.")
	w.row(4, "3. Bila berbeda, tulis di bawah SETUJU: TETAP 2 (akun nomor 2 sudah ada), BARU 2 (password baru), USER 2 nama.lain (user ID lain).")
	if code != "" {
		w.row(5, "Kode persetujuan: "+code+" (tulis pada jawaban: SETUJU "+code+")")
	}
	var titles []string
	for _, c := range columns {
		titles = append(titles, c.title)
	}
	w.row(headerRow, titles...)
}

func (w *sheetWriter) style(rows int) {
	newStyle := func(s *excelize.Style) int {
		id, err := w.f.NewStyle(s)
		w.do(err)
		return id
	}
	border := []excelize.Border{{Type: "left", Color: "999999", Style: 1}, {Type: "right", Color: "999999", Style: 1},
		{Type: "top", Color: "999999", Style: 1}, {Type: "bottom", Color: "999999", Style: 1}}
	bold := newStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 13}, NumFmt: textCell})
	head := newStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Border: border, NumFmt: textCell,
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDE6F0"}}})
	cell := newStyle(&excelize.Style{Border: border, NumFmt: textCell})
	mono := newStyle(&excelize.Style{Border: border, NumFmt: textCell, Font: &excelize.Font{Family: "Courier New", Size: 12}})
	set := func(from, to string, id int) { w.do(w.f.SetCellStyle(sheetTab, from, to, id)) }
	set("A1", "A1", bold)
	set("A7", "M7", head)
	if rows > 0 {
		last := strconv.Itoa(headerRow + rows)
		set("A8", "K"+last, cell)
		set("L8", "M"+last, mono)
	}
	for i, c := range columns {
		col := string(rune('A' + i))
		w.do(w.f.SetColWidth(sheetTab, col, col, c.width))
	}
	w.do(w.f.SetPanes(sheetTab, &excelize.Panes{Freeze: true, YSplit: headerRow, TopLeftCell: "A8", ActivePane: "bottomLeft"}))
	landscape, fit, tall := "landscape", 1, 0
	w.do(w.f.SetPageLayout(sheetTab, &excelize.PageLayoutOptions{Orientation: &landscape, FitToWidth: &fit, FitToHeight: &tall}))
}
