package document

import (
	"slices"
	"strings"
	"testing"
)

const requestLetter = `Nomor : 027/12/PBJ/2026
Hal : Permohonan Pembuatan User ID dan Password SPSE
Yth. Kepala LPSE
Bersama ini kami mohon dibuatkan akun SPSE untuk nama-nama anggota Pokja dalam SK terlampir.
Demikian disampaikan, atas perhatiannya diucapkan terima kasih.
Denpasar, 12 Januari 2026
Kepala UKPBJ,
Nama : Drs. I Gede Agung, M.Si.
NIP. 196803091995061095`

// A letter that asks for accounts is no formulir as long as it lists nobody, even if its signatory has a name and a NIP.
func TestLetterWithoutListIsNoForm(t *testing.T) {
	introduced := lines("surat.pdf", "PERMOHONAN PEMBUATAN AKUN SPSE\nYang bertanda tangan di bawah ini :\nNama : Drs. I Gede Agung, M.Si.\nNIP : 196803091995061095\nmengajukan permohonan akun bagi anggota Pokja.\nPemohon")
	for name, s := range map[string]Source{"letter": lines("surat.pdf", requestLetter), "signatory introduced": introduced} {
		r := Read(Bundle{Sources: []Source{s, decree(), task()}})
		if r.Papers[0].Kind != Other || r.Complete || len(r.Missing) != 1 || r.Missing[0] != Formulir || r.Ready() {
			t.Errorf("%s: %+v, missing %v", name, r.Papers[0], r.Missing)
		}
	}
	for name, s := range map[string]Source{ // negative control: with a list, or with the place for one, it is a formulir
		"with a list": lines("surat.pdf", requestLetter).table(formRows),
		"header only": lines("surat.pdf", requestLetter).table("No | Nama | NIP | Email\n1 | | |\n2 | | |"),
		"empty cards": lines("f.pdf", formTitle+"\nData anggota 1\nNama :\nNIP :\nEmail :"),
		"header line": lines("f.pdf", formTitle+"\nNo Nama Lengkap NIP Golongan Jabatan"),
	} {
		if r := Read(Bundle{Sources: []Source{s}}); r.Papers[0].Kind != Formulir {
			t.Errorf("%s: %+v", name, r.Papers[0])
		}
	}
}

// TestBlankForm: a formulir that comes back as it was given out is called empty, and nobody is asked for each address; one in which somebody
// has begun to write, or that was not understood, is not.
func TestBlankForm(t *testing.T) {
	const empty = "No | Nama | NIP | Email\n1 | | |\n2 | | |"
	for name, x := range map[string]struct {
		form  Source
		body  string
		empty bool
	}{
		"blank":             {lines("f.xlsx", formTitle).table(empty), "", true},
		"with instructions": {lines("f.xlsx", formTitle+"\nNIP 18 angka dan NIK 16 angka diketik sebagai teks.").table(empty), "", true},
		"empty cards":       {lines("f.pdf", formTitle+"\nData anggota 1\nNama :\nNIP :\nEmail :"), "", true},
		"control: names":    {lines("f.xlsx", formTitle).table("No | Nama | NIP | Email\n1 | Ni Luh Contoh | |\n2 | I Made Contoh | |"), "", false},
		"control: filled":   {lines("f.xlsx", formTitle).table(formRows), "", false},
		"control: a number": {lines("f.xlsx", formTitle+"\nyang kami maksud 198609262015051001").table(empty), "", false},
		"control: typed":    {lines("f.xlsx", formTitle).table(empty), "1. I Made Contoh Wirawan, S.T.\nNIP 198609262015051001\nemail made@dinas.example", false},
	} {
		r := Read(Bundle{Sources: []Source{x.form, decree(), task()}, Body: x.body})
		asked := 0
		told := slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Row == 0 && strings.Contains(p.Text, "masih kosong") })
		for _, p := range r.Problems {
			if p.Code == CodeMissingEmail {
				asked++
			}
		}
		if told != x.empty || told && (asked > 0 || r.Ready()) || len(r.Missing) > 0 {
			t.Errorf("%s: %+v, missing %v", name, r.Problems, r.Missing)
		}
	}
}

// The letter asks, and a list without title that came with it says for whom: together they are the formulir.
func TestLetterWithListInAnotherFile(t *testing.T) {
	list := lines("daftar.xlsx", "DAFTAR NAMA ANGGOTA POKJA").table(formRows)
	r := Read(Bundle{Sources: []Source{lines("surat.pdf", requestLetter), list, decree(), task()}})
	wantProblems(t, r, "")
	if !r.Ready() || r.Papers[0].Kind != Other || r.Papers[1].Kind != Formulir || r.Roster[0].Source != "daftar.xlsx" {
		t.Errorf("ready %v, papers %+v", r.Ready(), r.Papers)
	}
	if r := Read(Bundle{Sources: []Source{list, decree(), task()}}); r.Papers[0].Kind != Other { // nobody asks
		t.Errorf("papers %+v", r.Papers)
	}
}

func TestTentangOnTheSameLine(t *testing.T) {
	rest := "\nMenimbang : a. bahwa perlu ditetapkan;\nMengingat : 1. Peraturan Presiden Nomor 16 Tahun 2018;\nMEMUTUSKAN:\nMenetapkan : KEPUTUSAN TENTANG POKJA\nKESATU : Menetapkan susunan Pokja."
	for head, title := range map[string]string{
		"KEPUTUSAN KEPALA UKPBJ\nNOMOR 16 TAHUN 2026\nTENTANG PENETAPAN KELOMPOK KERJA": "KEPUTUSAN KEPALA UKPBJ … TENTANG PENETAPAN KELOMPOK KERJA",
		"KEPUTUSAN KEPALA UKPBJ NOMOR 16 TAHUN 2026 TENTANG PENETAPAN POKJA":            "KEPUTUSAN KEPALA UKPBJ NOMOR 16 TAHUN 2026 TENTANG PENETAPAN POKJA",
		"KEPUTUSAN KEPALA UKPBJ\nNOMOR 16 TAHUN 2026 TENTANG PENETAPAN POKJA":           "KEPUTUSAN KEPALA UKPBJ … TENTANG PENETAPAN POKJA",
		"KEPUTUSAN KEPALA UKPBJ\nNOMOR 16 TAHUN 2026\nTENTANG\nPENETAPAN POKJA":         "KEPUTUSAN KEPALA UKPBJ … TENTANG PENETAPAN POKJA",
	} {
		if r := Read(Bundle{Sources: []Source{lines("sk.pdf", head+rest)}}); r.Papers[0].Kind != SK || r.Papers[0].Title != title {
			t.Errorf("%q: %+v", head, r.Papers[0])
		}
	}
	for _, text := range []string{ // a decree that is only cited
		"Keputusan Kepala UKPBJ Nomor 16 Tahun 2026 tentang Penetapan Pokja" + rest,
		"SURAT EDARAN\nKeputusan Kepala UKPBJ\nNomor 16 Tahun 2026\ntentang Penetapan Pokja telah terbit.",
	} {
		if r := Read(Bundle{Sources: []Source{lines("x.pdf", text)}}); r.Papers[0].Kind == SK && r.Papers[0].Title != "" {
			t.Errorf("%q: %+v", text, r.Papers[0])
		}
	}
}
