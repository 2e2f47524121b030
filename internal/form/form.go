// Package form makes the office's own formulir: the blank one that the repository ships (XLSX and DOCX), and the marked-up
// return of an incomplete request, the roster as read with its faulty cells coloured and commented (SOP 1.2, SOP 1.3).
// Whatever is filled in reads back without loss, and the same content gives the same bytes, for ever.
package form

import (
	"fmt"
	"strings"
	"unicode"

	"ukpbjd/internal/document"
)

const (
	title     = "FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA"
	maxRows   = 300 // of a roster that is sent back marked up
	spareRows = 3   // blank numbered rows below it
	blankRows = 15
)

// column of the list of members. The head is what the reader of papers goes by.
type column struct {
	head  string
	field string // as document names it; "" for the number
	width float64
	of    func(document.Row) string
}

func columns() []column {
	return []column{
		{"No", "", 6, nil},
		{"Nama Lengkap", "nama", 34, func(r document.Row) string { return r.Nama }},
		{"NIP", "nip", 22, func(r document.Row) string { return r.NIP }},
		{"NIK", "nik", 19, func(r document.Row) string { return r.NIK }},
		{"Golongan", "golongan", 13, func(r document.Row) string { return r.Golongan }},
		{"Jabatan", "jabatan", 32, func(r document.Row) string { return r.Jabatan }},
		{"No. HP", "hp", 16, func(r document.Row) string { return r.HP }},
		{"Email", "email", 34, func(r document.Row) string { return r.Email }},
		{"User ID", "user_id", 16, func(r document.Row) string { return r.UserID }},
	}
}

// rules of filling in, for people.
func rules() []string {
	return []string{
		"Tulis nama lengkap dengan gelar, satu anggota pada satu baris. Judul kolom tidak diubah.",
		"NIP 18 angka dan NIK 16 angka diketik sebagai teks, tanpa dibulatkan.",
		"Setiap anggota memiliki satu alamat surel sendiri yang aktif; user ID dan password dikirim ke alamat itu.",
		"User ID diisi hanya bila diusulkan; bila kosong, kantor yang menentukan.",
	}
}

// grades are the golongan that a member can have: PNS, then PPPK.
func grades() []string {
	return strings.Fields("I/a I/b I/c I/d II/a II/b II/c II/d III/a III/b III/c III/d IV/a IV/b IV/c IV/d IV/e " +
		"I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII")
}

// plain keeps a cell on one line, and what nobody can see out of it.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cf) || r == unicode.ReplacementChar || r == 0xFFFE || r == 0xFFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > 500 {
		s = string(r[:500])
	}
	return strings.TrimSpace(s)
}

// heading are the lines between the title and the list of a blank form: label and the place to fill in.
func heading(office string) [][2]string {
	return [][2]string{{"Perangkat Daerah", plain(office)}, {"Nama Pokja", ""}, {"SK Pokja", ""}}
}

// closing stands below the list of a blank form.
func closing() []string {
	return []string{"Tempat, tanggal: ........................................", "Pemohon,", "", "", "........................................", "NIP. ...................................."}
}

// wrap adds what was being made to an error.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("make %s: %w", what, err)
}
