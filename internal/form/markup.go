package form

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ukpbjd/internal/document"
)

// MarkupName is the file name of a case's marked-up return.
func MarkupName(number string) string { return "formulir-perbaikan-" + number + ".xlsx" }

// Markup is the roster as read, ready to be mended and sent back: faulty cells coloured and commented, every cell a string.
// It is nil where there is no roster, or one too long to be anybody's Pokja: a shorter copy would drop members.
func Markup(r document.Reading, number string) ([]byte, error) {
	if len(r.Roster) == 0 || len(r.Roster) > maxRows {
		return nil, nil
	}
	cols := append(columns(), column{head: document.ReviewHead, width: 46})
	w := newWriter(cols, "Perbaikan formulir "+plain(number))
	w.line(title, heavy)
	w.line("Daftar anggota sebagaimana terbaca dari berkas permohonan "+plain(number)+", untuk diperiksa dan diperbaiki.", words)
	for i, rule := range mending() {
		w.line(fmt.Sprintf("%d. %s", i+1, rule), words)
	}
	for _, p := range r.Problems {
		if p.Row == 0 {
			w.line("Perhatian: "+p.Text, words)
		}
	}
	w.row++
	w.heads()
	first := w.row
	for i, row := range r.Roster {
		w.member(i+1, row, r.Problems)
	}
	for i := range spareRows {
		w.blankRow(len(r.Roster) + i + 1)
	}
	w.guard(first, w.row-1)
	out, err := w.finish()
	return out, wrap("the marked-up return of "+number, err)
}

func mending() []string {
	return []string{
		"Sel merah muda harus diperbaiki. Penjelasannya ada pada komentar sel itu dan pada kolom Catatan pemeriksaan.",
		"Sel kuning mohon dicocokkan dengan berkas asli, karena dibaca oleh mesin atau belum pasti. Isi yang tidak diubah tetap bertanda dalam surat persetujuan.",
		"NIP 18 angka dan NIK 16 angka diketik sebagai teks. Setiap anggota memiliki satu alamat surel sendiri. Judul kolom tidak diubah.",
		"Simpan lembar ini, lalu lampirkan pada balasan surat kami. Daftar ini menggantikan daftar anggota yang lama; berkas lain yang sudah kami terima tetap berlaku.",
	}
}

// number begins a row: its running number, and empty cells that keep what is typed as text.
func (w *writer) number(no int) {
	for i, c := range w.cols {
		l := ordinary
		if c.of == nil {
			l = remark
		}
		w.cell(i, "", l)
	}
	w.cell(0, strconv.Itoa(no), fixed)
}

func (w *writer) blankRow(no int) {
	w.number(no)
	w.height(1, 18)
	w.row++
}

func (w *writer) member(no int, row document.Row, all []document.Problem) {
	w.number(no)
	faults, tall := rowFaults(no, row, all), 1
	var notes []string
	for i, c := range w.cols {
		if c.of == nil {
			continue
		}
		text, l := c.of(row), ordinary
		if c.field == "nip" && faults.lossy {
			text = kept(text)
		}
		if slices.Contains(row.Doubts, c.field) && text != "" {
			l = doubtful
		}
		if told := faults.fields[c.field]; len(told) > 0 {
			notes = append(notes, told...)
			w.comment(i, strings.Join(told, "\n"))
			l = faulty
			if !faults.stops[c.field] {
				l = doubtful
			}
		}
		w.cell(i, text, l)
		tall = max(tall, lines(text, c.width))
	}
	note := strings.Join(notes, " ")
	w.cell(len(w.cols)-1, note, remark)
	w.height(max(tall, lines(note, w.cols[len(w.cols)-1].width)), 15)
	w.row++
}

// faults of one row, by field.
type faults struct {
	fields map[string][]string
	stops  map[string]bool
	lossy  bool // no paper has all digits of the NIP
}

func rowFaults(no int, row document.Row, all []document.Problem) faults {
	f := faults{fields: map[string][]string{}, stops: map[string]bool{}}
	rounded, bad := false, false
	for _, p := range all {
		if p.Row != no {
			continue
		}
		field := p.Field
		if !slices.ContainsFunc(columns(), func(c column) bool { return c.of != nil && c.field == field }) {
			field = "nama"
		}
		text := strings.TrimPrefix(p.Text, row.Called(no))
		f.fields[field] = append(f.fields[field], sentence(plain(text)))
		f.stops[field] = f.stops[field] || p.Severity == document.Stop
		rounded = rounded || p.Code == document.CodePrecisionLost
		bad = bad || p.Code == document.CodeBadNIP
	}
	f.lossy = rounded && bad
	return f
}

// kept leaves of a rounded NIP only the digits that a spreadsheet keeps (IEEE 754): as text, what it put in the place of the
// others would pass for the number.
func kept(nip string) string {
	if len(nip) <= 15 {
		return nip
	}
	return nip[:15] + "..."
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
