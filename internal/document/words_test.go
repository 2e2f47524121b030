package document

import (
	"flag"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

func TestNIP(t *testing.T) {
	for nip, ok := range map[string]bool{
		"198609262015051001": true, "198609262015052001": true, "199602292020121001": true, "198309012024222075": true,
		"": false, "19860926201505100": false, "1986092620150510011": false, "198602302015051001": false, "198613012015051001": false,
		"198609262015053001": false, "197502292000031001": false, "201609262015051001": false, "19860926201505100O": false, "198609261985051001": false,
	} {
		if ValidNIP(nip) != ok {
			t.Errorf("ValidNIP(%q) = %v: %s", nip, !ok, NIPFault(nip))
		}
	}
}

func TestFindNIP(t *testing.T) {
	for text, want := range map[string]string{
		"NIP. 19870707 201007 1 085":                      "198707072010071085",
		"19740323.199903.1.087":                           "197403231999031087",
		"Agus (NIP 198707072010071085) – Ketua":           "198707072010071085",
		"081234567890 19870707 201007 1 085 081234567890": "198707072010071085",
		"19870707\n201007 1 085":                          "198707072010071085",
		"NIP 1987070720100710":                            "1987070720100710",
		"5104910504910039":                                "",
		"Telepon (0369) 410055 Kode Pos 80999":            "",
		"Nomor 16 Tahun 2018":                             "",
		"Peraturan 2010-2020 12 34 56 78 90 12":           "",
	} {
		if got, _, _ := findNIP(text); got != want {
			t.Errorf("findNIP(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestNameKey(t *testing.T) {
	same := [][]string{
		{"Ni Made Sari, S.T., M.T.", "NI MADE SARI, ST, MT", "Hj. Ni Made Sari", "Dr. Ir. Ni Made Sari", "ni made  sari ST", "Ni Made Sari S.T., M.T.", "Ni Made Sari S.T. M.Si"},
		{"I Gusti Ayu Pratiwi, MKom", "I GUSTI AYU PRATIWI"},
		{"Yusuf Ma'ruf, S.E.", "YUSUF MA’RUF"},
		{"Ida Bagus Oka", "dr. Ida Bagus Oka, Sp.A"},
	}
	for _, group := range same {
		for _, n := range group {
			if NameKey(n) != NameKey(group[0]) {
				t.Errorf("NameKey(%q) = %q, want %q", n, NameKey(n), NameKey(group[0]))
			}
		}
	}
	for _, pair := range [][2]string{{"I Made Sari", "Ni Made Sari"}, {"Ida Ayu Putu", "Ida Bagus Putu"}, {"I Komang Yasa", "Komang Yasa"}} {
		if NameKey(pair[0]) == NameKey(pair[1]) {
			t.Errorf("%q and %q have one key", pair[0], pair[1])
		}
	}
}

func TestFieldsOf(t *testing.T) {
	for text, want := range map[string]string{
		"No": "no", "#": "no", "Nama": "nama", "NAMA LENGKAP": "nama", "N I P": "nip", "Nama dan NIP": "nama nip", "NAMA / NIP": "nama nip",
		"Pangkat/Gol. Ruang": "golongan", "Jabatan dalam Pokja": "kedudukan", "Jabatan": "jabatan", "Jabatan dan Pangkat": "jabatan golongan",
		"Kontak (HP / Surel)": "hp email", "Surat Elektronik": "email", "ALAMAT EMAIL": "email", "NO. TELEPON/HP": "hp", "Telepon Seluler": "hp",
		"Usulan User ID": "user_id", "UNIT KERJA / JABATAN": "jabatan", "Nama Pokja": "", "Nomor SK": "", "NIK": "nik", "Email": "email", "E-mail": "email",
		"Nama Personel": "nama", "Peran": "kedudukan", "Tugas": "kedudukan", "No. HP/WA": "hp", "Nomor Induk Pegawai": "nip", "Kedudukan": "kedudukan",
		"Ni Made Sari, S.T.": "", "III/c": "", "sari@dinas.example": "", "Pos-el": "email", "Nama Pegawai": "nama",
	} {
		var got []string
		for _, f := range fieldsOf(text) {
			got = append(got, string(f))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("fieldsOf(%q) = %v, want %q", text, got, want)
		}
	}
}

func TestGolongan(t *testing.T) {
	for text, want := range map[string]string{"Pembina (IV/a)": "IV/a", "Penata Tk. I (III/d)": "III/d", "III d": "III/d", "PPPK Gol. X": "X", "IX (PPPK)": "IX", "Golongan VII": "VII",
		"Penata Muda Tk.I, III/b": "III/b", "Pembina / IV/a": "IV/a", "Penata Tingkat I": ""} {
		if got := golongan(text); got != want {
			t.Errorf("golongan(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestCompoundCells(t *testing.T) {
	var p person
	p.set([]field{fieldJabatan, fieldGolongan}, Cell{Text: "Penata Kelola Pengadaan\nPenata Muda Tingkat I,\nIII/b"})
	p.set([]field{fieldHP, fieldEmail}, Cell{Text: "+62 817-4784-465\nanak.juniari@surel.exa\nmple"})
	p.set([]field{fieldNama, fieldNIP}, Cell{Text: "Khoirun Nisa', S.IP.\nNIP 199105192015102073"})
	if p.Jabatan != "Penata Kelola Pengadaan" || p.Golongan != "III/b" || p.HP != "08174784465" || p.Email != "anak.juniari@surel.example" || p.Nama != "Khoirun Nisa', S.IP." || p.NIP != "199105192015102073" {
		t.Errorf("%+v", p)
	}
}

// recognise tells the kind of a paper from its lines alone.
func recognise(lines []string) Kind {
	rows := make([]row, len(lines))
	for i, l := range lines {
		rows[i] = row{text: l}
	}
	var best verdict
	for i := range rows {
		if v := titleAt(rows, i); v.strong > best.strong {
			best = v
		}
	}
	sec := section{src: &Source{Pages: make([]Page, 1)}, rows: rows, kind: best.kind, title: best.title}
	return sec.confirm()
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]Kind{
		"PEMERINTAH KABUPATEN X\nSURAT TUGAS\nNomor : 1/2026\nDasar : SK Pokja\nKepada : daftar\nUntuk : tugas":                                                         SuratTugas,
		"SURAT TUGAS\nNomor : 1/2026\nDasar : undangan\nKepada : Budi\nUntuk : menghadiri rapat":                                                                        Other,
		"UNDANGAN\nNomor : 1\nAcara: Pembahasan SK Pokja dan surat tugas":                                                                                               Other,
		"Mohon dibuatkan akun. Terlampir formulir permohonan akun, SK dan surat tugas.":                                                                                 Other,
		"KEPUTUSAN BUPATI\nNOMOR 1\nTENTANG\nPENETAPAN DAN PENUGASAN KELOMPOK KERJA\nMenimbang : a\nMengingat : b\nM E M U T U S K A N\nMenetapkan : c\nKESATU : Pokja": SK,
		"KEPUTUSAN BUPATI\nNOMOR 1\nTENTANG\nPENETAPAN PEJABAT\nMenimbang : a\nMengingat : b\nMEMUTUSKAN\nMenetapkan : c":                                               Other,
	} {
		if got := recognise(strings.Split(text, "\n")); got != want {
			t.Errorf("recognise(%.40q) = %s, want %s", text, got, want)
		}
	}
}

// Whatever a cell holds, reading ends, gives no line breaks and no nulls, and is the same twice.
func TestReadAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := Source{File: "x", Pages: []Page{{Number: 1}}}
		word := rapid.OneOf(rapid.SampledFrom([]string{"No", "Nama", "NIP", "Email", "1", "2.", "198609262015051001", "SURAT TUGAS", "KEPUTUSAN", "TENTANG", "NOMOR 1", "FORMULIR AKUN POKJA", "a@b.example", "", "Nama : X", "Hal : Permohonan akun"}), rapid.String())
		for range rapid.IntRange(0, 12).Draw(t, "lines") {
			src.Pages[0].Lines = append(src.Pages[0].Lines, TextLine(word.Draw(t, "line")))
		}
		var tab Table
		for range rapid.IntRange(0, 6).Draw(t, "rows") {
			var row []Cell
			for range rapid.IntRange(0, 6).Draw(t, "cells") {
				row = append(row, Cell{Text: word.Draw(t, "cell"), Numeric: rapid.Bool().Draw(t, "num")})
			}
			tab.Rows = append(tab.Rows, row)
		}
		src.Pages[0].Tables = []Table{tab}
		a, b := Read(Bundle{Sources: []Source{src}}), Read(Bundle{Sources: []Source{src}})
		for i, row := range a.Roster {
			if !sameRow(row, b.Roster[i]) || row.Doubts == nil || strings.ContainsAny(row.Nama+row.Email, "\n\r") {
				t.Fatalf("row %+v, again %+v", row, b.Roster[i])
			}
		}
	})
}

func TestThreeInOneCell(t *testing.T) {
	var p person
	p.set([]field{fieldNama, fieldNIP, fieldGolongan}, Cell{Text: "I Gusti Ayu Made\nPratiwi, M.Kom.\nNIP. 19700416 200202 2 075\nPenata Muda Tk. I (III/b)"})
	if p.Nama != "I Gusti Ayu Made Pratiwi, M.Kom." || p.NIP != "197004162002022075" || p.Golongan != "III/b" {
		t.Errorf("%+v", p)
	}
	p = person{}
	p.set([]field{fieldNIP, fieldNama}, Cell{Text: "197004162002022075\nI Gusti Ayu Made Pratiwi"})
	if p.Nama != "I Gusti Ayu Made Pratiwi" || p.NIP != "197004162002022075" {
		t.Errorf("%+v", p)
	}
}

// TestLetters: plain text takes a shorter way to the same letters.
func TestLetters(t *testing.T) {
	for _, s := range []string{"", "Surat Tugas", "NIP. 1980 01\t01", "az AZ @[`{", "Penugasan – café ß", "Ω\xffx"} {
		if got, want := letters(s), lettersOfAny(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	if got := letters("Surat-Tugas 1"); got != "SURATTUGAS" {
		t.Error(got)
	}
}
