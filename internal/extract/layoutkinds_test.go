package extract

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

var formTitles = []string{"FORMULIR PENDAFTARAN AKUN", "FORMULIR PERMOHONAN PEMBUATAN AKUN SPSE POKJA", "PERMOHONAN USER ID DAN PASSWORD SPSE", "DAFTAR USULAN AKUN POKJA PEMILIHAN", "FORM PENGAJUAN USER ID SPSE",
	"FORMULIR PERMINTAAN USER ID DAN PASSWORD\nKELOMPOK KERJA PEMILIHAN", "LEMBAR PERMOHONAN AKUN PENGGUNA SPSE", "DATA PENGGUNA UNTUK PEMBUATAN AKUN SPSE", "USULAN PEMBUATAN USER ID ANGGOTA POKJA", "PERMOHONAN PEMBUATAN AKUN\nAPLIKASI SPSE",
	"FORMULIR USULAN PENGGUNA (USER) SPSE", "Formulir Permohonan Akun SPSE", "FORMULIR ISIAN AKUN SPSE UNTUK ANGGOTA POKJA", "BLANGKO PERMOHONAN USER ID SPSE"}

func newPaper(kind string, people []official, r *rand.Rand) *sheetOfPaper {
	return &sheetOfPaper{kind: kind, people: people, has: map[string]bool{}, style: habits(r)}
}

func formPaper(r *rand.Rand, h house, people []official) *sheetOfPaper {
	s := newPaper("formulir", people, r)
	s.landsc = chance(r, 30)
	shape := r.IntN(13)
	if shape == 9 {
		s.letterForm(r, h)
	} else {
		s.letterhead(r, h)
		s.c(strings.Split(one(r, formTitles...), "\n")...)
		if chance(r, 60) {
			s.c(fmt.Sprintf("Nomor : 027/%d/UKPBJ/%d", 10+r.IntN(900), h.year))
		}
		if chance(r, 50) {
			s.p("Nama Pokja\t: "+h.pokja, fmt.Sprintf("Tahun Anggaran\t: %d", h.year), "Perangkat Daerah\t: "+h.unit)
		}
		if chance(r, 40) {
			s.p("Dengan ini mengajukan permohonan pembuatan user ID dan password aplikasi SPSE bagi anggota Pokja sebagai berikut:")
		}
	}
	if chance(r, 30) { // the list then runs over the foot of the page
		for i := range 8 + r.IntN(30) {
			s.p(fmt.Sprintf("%s Setiap pengguna wajib menjaga kerahasiaan kata sandi dan bertanggung jawab atas penggunaannya.", string(rune('a'+i%26))+"."))
		}
	}
	s.formList(r, shape)
	if chance(r, 40) {
		s.p("Demikian permohonan ini disampaikan, atas perhatian dan kerja samanya diucapkan terima kasih.")
	}
	s.sign(r, h)
	return s
}

func (s *sheetOfPaper) formList(r *rand.Rand, shape int) {
	switch shape {
	case 0, 1:
		cols := s.draw(r, "nama nip email", "nik", "golongan", "jabatan", "kedudukan", "hp", "user_id")
		s.fronted(cols)
		s.cards(r, cols)
	case 2:
		s.table(ruled, s.narrowTable(r))
	case 3:
		if len(s.people) > 3 || !chance(r, 50) {
			s.has = map[string]bool{"nama": true, "nip": true, "email": true, "hp": true}
			s.sentences(r, []string{"nip", "hp", "email"})
			return
		}
		cols := s.draw(r, "nama nip email hp", "golongan", "jabatan")
		s.fronted(cols)
		s.table(ruled, s.turnedTable(r, cols))
	case 10:
		s.parts(r, s.pairedTable(r, s.draw(r, "email", "golongan", "jabatan", "hp", "kedudukan")), ruled)
	case 11:
		cols := []string{"nama", "nip", "golongan", "jabatan", "hp", "email"}
		if chance(r, 50) {
			cols = []string{"nama", "nip", "email"}
		}
		for _, f := range cols {
			s.has[f] = true
		}
		s.lineCards(r, cols)
	case 12: // a list without ruled lines
		rows := s.memberTable(r, s.draw(r, "nama nip email", "hp", "golongan"), bare)
		if chance(r, 20) {
			rows = withoutNumbers(rows)
		}
		s.table(bare, rows)
	default:
		cols := s.draw(r, "nama nip email", "nik", "golongan", "jabatan", "kedudukan", "hp", "user_id")
		if len(cols) > 6 {
			s.landsc = true
		}
		s.parts(r, s.memberTable(r, cols, ruled), ruled)
	}
}

// fronted puts the name first, as in a card.
func (s *sheetOfPaper) fronted(cols []string) {
	for i, f := range cols {
		if f == "nama" {
			cols[0], cols[i] = cols[i], cols[0]
		}
	}
}

// letterForm is a request as a letter with a subject line.
func (s *sheetOfPaper) letterForm(r *rand.Rand, h house) {
	s.letterhead(r, h)
	s.p(fmt.Sprintf("Nomor\t: 027/%d/PBJ/%d", 10+r.IntN(900), h.year), "Sifat\t: Segera", "Lampiran\t: 1 (satu) berkas",
		one(r, "Hal", "Perihal", "H a l")+"\t: "+one(r, "Permohonan Pembuatan User ID dan Password SPSE", "Permintaan Akun SPSE Anggota Pokja", "Usulan Pembuatan Akun Pokja Pemilihan", "Permohonan Penerbitan User ID SPSE"))
	s.p("Yth. Kepala LPSE", "di -", "Tempat")
	s.p("Sehubungan dengan pelaksanaan pemilihan penyedia, bersama ini kami mohon dibuatkan akun SPSE untuk anggota Pokja berikut:")
	if chance(r, 30) {
		s.blocks = append(s.blocks, layBlock{page: one(r, "P", "L")})
		s.c("LAMPIRAN SURAT", "DAFTAR NAMA ANGGOTA POKJA")
	}
}

func skPaper(r *rand.Rand, h house, people []official) *sheetOfPaper {
	s := newPaper("sk", people, r)
	s.letterhead(r, h)
	s.c(one(r, "", "SALINAN ") + one(r, "KEPUTUSAN ", "SURAT KEPUTUSAN ", "KEPUTUSAN ") + h.decider)
	number := fmt.Sprintf("%d/%d-H/HK/%d", 100+r.IntN(800), 1+r.IntN(9), h.year)
	s.c(one(r, "NOMOR "+number, "NOMOR : "+number, "Nomor: "+number), "TENTANG")
	about := one(r, "PENETAPAN DAN PENUGASAN KELOMPOK KERJA PEMILIHAN", "PENGANGKATAN ANGGOTA KELOMPOK KERJA PEMILIHAN PENYEDIA BARANG/JASA", "PEMBENTUKAN POKJA PEMILIHAN", "PENETAPAN KEANGGOTAAN POKJA PEMILIHAN", "PENUNJUKAN POKJA PEMILIHAN PADA UKPBJ")
	s.c(about, fmt.Sprintf("TAHUN ANGGARAN %d", h.year))
	if chance(r, 50) {
		s.c("DENGAN RAHMAT TUHAN YANG MAHA ESA")
	}
	if chance(r, 60) {
		s.c(h.decider + ",")
	}
	s.considering(r)
	s.c(one(r, "MEMUTUSKAN", "MEMUTUSKAN:", "M E M U T U S K A N :"))
	s.p("Menetapkan\t: KEPUTUSAN " + h.decider + " TENTANG " + about + ".")
	word := one(r, []string{"KESATU", "KEDUA", "KETIGA"}, []string{"PERTAMA", "KEDUA", "KETIGA"}, []string{"Kesatu", "Kedua", "Ketiga"})
	inBody := chance(r, 35)
	if inBody {
		s.p(word[0] + "\t: Menetapkan susunan keanggotaan " + h.pokja + " sebagai berikut:")
		s.skList(r, true)
	} else {
		s.p(word[0] + "\t: Menetapkan " + h.pokja + " dengan susunan keanggotaan sebagaimana tercantum dalam Lampiran yang merupakan bagian tidak terpisahkan dari Keputusan ini.")
	}
	s.p(word[1]+"\t: Kelompok Kerja sebagaimana dimaksud dalam Diktum "+word[0]+" bertugas melaksanakan persiapan dan pelaksanaan pemilihan penyedia.",
		word[2]+"\t: Keputusan ini mulai berlaku pada tanggal ditetapkan.")
	s.p("Ditetapkan di "+h.town, fmt.Sprintf("pada tanggal %d Januari %d", 1+r.IntN(28), h.year), h.decider+",", "", h.signName, "NIP. "+h.signNIP)
	if !inBody {
		s.annex(r, h, number, about)
	}
	return s
}

func (s *sheetOfPaper) considering(r *rand.Rand) {
	s.p("Menimbang\t: a. bahwa untuk kelancaran pemilihan penyedia barang/jasa perlu menetapkan Kelompok Kerja Pemilihan;",
		"\tb. bahwa berdasarkan pertimbangan sebagaimana dimaksud dalam huruf a, perlu menetapkan Keputusan;",
		"Mengingat\t: 1. Undang-Undang Nomor 23 Tahun 2014 tentang Pemerintahan Daerah;", "\t2. Peraturan Presiden Nomor 16 Tahun 2018 tentang Pengadaan Barang/Jasa Pemerintah;")
	if chance(r, 40) {
		s.p("Memperhatikan\t: Surat Tugas Kepala Bagian tentang usulan nama anggota Pokja;")
	}
}

func (s *sheetOfPaper) annex(r *rand.Rand, h house, number, about string) {
	s.blocks = append(s.blocks, layBlock{page: one(r, "P", "P", "L")})
	s.p(one(r, "LAMPIRAN", "Lampiran", "LAMPIRAN I")+one(r, " :", "")+" KEPUTUSAN "+h.decider, "NOMOR : "+number, fmt.Sprintf("TANGGAL : %d JANUARI %d", 1+r.IntN(28), h.year), "TENTANG : "+about)
	s.c(one(r, "SUSUNAN KEANGGOTAAN "+strings.ToUpper(h.pokja), "DAFTAR ANGGOTA POKJA PEMILIHAN", "SUSUNAN PERSONALIA KELOMPOK KERJA"))
	s.skList(r, false)
	s.p(h.decider+",", "", h.signName, "NIP. "+h.signNIP)
}

// skList prints the members; an annex may hold other Pokja too.
func (s *sheetOfPaper) skList(r *rand.Rand, body bool) {
	s.noNIP = chance(r, 15)
	always := "nama nip"
	if s.noNIP {
		always = "nama"
	}
	if chance(r, 25) {
		for range 4 + r.IntN(26) {
			s.p("bahwa yang namanya tercantum di bawah ini dipandang cakap dan memenuhi syarat untuk melaksanakan tugas;")
		}
	}
	if !body && chance(r, 25) {
		s.manyGroups(r, always)
		return
	}
	switch shape := r.IntN(5); {
	case shape == 0 && !s.noNIP:
		s.has["nama"], s.has["nip"] = true, true
		s.sentences(r, []string{"nip", "kedudukan"})
	case shape == 1 && !s.noNIP:
		cols := append([]string{"nama"}, s.draw(r, "nip", "golongan", "jabatan", "kedudukan")...)
		s.has["nama"] = true
		s.cards(r, cols)
	default:
		cols := s.draw(r, always+" kedudukan", "golongan", "jabatan")
		s.table(ruled, s.memberTable(r, cols, ruled))
	}
}

func (s *sheetOfPaper) manyGroups(r *rand.Rand, always string) {
	s.others = inventOfficials(r, 3, 800)
	cols := s.draw(r, always+" kedudukan", "golongan")
	mine := s.people
	mineAt := r.IntN(2)
	one := chance(r, 50)
	var all [][]tcell
	for g, list := range [][]official{mine, s.others} {
		if mineAt == 1 {
			list = [][]official{s.others, mine}[g]
		}
		s.people = list
		rows := s.memberTable(r, cols, bare)
		title := fmt.Sprintf("POKJA PEMILIHAN %d", g+1)
		if !one {
			s.p(title)
			s.table(ruled, rows)
			s.p("")
			continue
		}
		if g > 0 {
			rows = rows[1:]
		}
		all = append(all, rows[:1-g]...)
		all = append(all, []tcell{{text: title, cols: len(cols) + 1}})
		all = append(all, rows[1-g:]...)
	}
	if one {
		s.table(ruled, all)
	}
	s.people = mine
}

func stPaper(r *rand.Rand, h house, people []official) *sheetOfPaper {
	s := newPaper("surat_tugas", people, r)
	s.letterhead(r, h)
	title := one(r, "SURAT TUGAS", "SURAT PERINTAH TUGAS", "SURAT PENUGASAN", "SURAT PERINTAH", "S U R A T   T U G A S", "SURAT TUGAS", "Surat Tugas")
	s.c(title, fmt.Sprintf("%s800/%d/PBJ/%d", one(r, "Nomor : ", "NOMOR ", "Nomor: "), 10+r.IntN(900), h.year))
	if chance(r, 30) {
		s.p("Yang bertanda tangan di bawah ini:", "Nama\t: "+h.signName, "NIP\t: "+h.signNIP, "Jabatan\t: Kepala Bagian Pengadaan Barang/Jasa")
		s.p("dengan ini menugaskan kepada:")
	} else {
		s.p(fmt.Sprintf("Dasar\t: Keputusan %s Nomor %d Tahun %d tentang Penetapan Kelompok Kerja Pemilihan", h.decider, 10+r.IntN(200), h.year))
		s.c(one(r, "MENUGASKAN:", "MEMERINTAHKAN", "M E N U G A S K A N :", "MEMERINTAHKAN :"))
		s.p(one(r, "Kepada\t:", "Kepada :", "KEPADA"))
	}
	switch r.IntN(4) {
	case 0:
		s.has["nama"], s.has["nip"] = true, true
		s.sentences(r, []string{"nip", "kedudukan"})
	case 1, 2:
		cols := append([]string{"nama"}, s.draw(r, "nip", "golongan", "jabatan", "kedudukan")...)
		s.has["nama"] = true
		s.cards(r, cols)
	default:
		cols := s.draw(r, "nama nip", "golongan", "jabatan", "kedudukan")
		s.table(ruled, s.memberTable(r, cols, ruled))
	}
	s.p(one(r, "Untuk\t: ", "Untuk : ", "untuk ") + "melaksanakan pemilihan penyedia sebagai anggota " + h.pokja + fmt.Sprintf(" Tahun Anggaran %d.", h.year))
	s.p("Demikian surat tugas ini dibuat untuk dilaksanakan dengan penuh tanggung jawab.")
	s.sign(r, h)
	return s
}

// otherPaper is something that offices attach besides.
func otherPaper(r *rand.Rand, h house, people []official) *sheetOfPaper {
	s := newPaper("other", people, r)
	s.letterhead(r, h)
	names := func() {
		var rows [][]tcell
		rows = append(rows, []tcell{{text: "No"}, {text: "Nama"}, {text: "Jabatan"}, {text: "Tanda Tangan"}})
		for i, o := range people {
			rows = append(rows, []tcell{{text: fmt.Sprint(i + 1)}, {text: o.nama}, {text: o.jabatan}, {text: fmt.Sprint(i+1) + " ........"}})
		}
		s.table(ruled, rows)
	}
	switch r.IntN(8) {
	case 0:
		s.p("Nomor\t: 005/12/PBJ", "Hal\t: Pengantar Permohonan Akun Pokja", "Yth. Kepala LPSE")
		s.p("Bersama ini kami sampaikan formulir permohonan akun, Surat Keputusan dan Surat Tugas Pokja. Demikian disampaikan.")
	case 1:
		s.c("SURAT PENGANTAR", "Nomor : 045/77/UM")
		s.table(ruled, [][]tcell{{{text: "No"}, {text: "Uraian"}, {text: "Jumlah"}, {text: "Keterangan"}}, {{text: "1"}, {text: "Formulir permohonan akun SPSE"}, {text: "1 berkas"}, {text: "Disampaikan dengan hormat"}},
			{{text: "2"}, {text: "SK Pokja dan Surat Tugas"}, {text: "2 berkas"}, {text: ""}}})
	case 2:
		s.c("NOTA DINAS")
		s.p("Kepada\t: Sekretaris Daerah", "Dari\t: Kepala Bagian PBJ", "Nomor\t: 027/1/ND", "Hal\t: Usulan Nama Anggota Pokja Pemilihan", "Bersama ini diusulkan nama-nama anggota Pokja untuk ditetapkan dalam Surat Keputusan:")
		names()
	case 3:
		s.c("UNDANGAN", "Nomor : 005/3/PBJ")
		s.p("Hari/Tanggal\t: Senin, 2 Maret", "Acara\t: Pembahasan SK Pokja dan pembagian akun SPSE", "Mengharap kehadiran Saudara.")
	case 4:
		s.c("PAKTA INTEGRITAS")
		s.p("Saya yang bertanda tangan di bawah ini, anggota Pokja Pemilihan, menyatakan:", "1. tidak akan melakukan praktik korupsi, kolusi, dan nepotisme;", "2. menjaga kerahasiaan user ID dan password SPSE.")
		names()
	case 5:
		s.c("DAFTAR HADIR", "Rapat Persiapan Pokja Pemilihan")
		names()
	case 6:
		s.c("RENCANA UMUM PENGADAAN", "Sistem Informasi Rencana Umum Pengadaan (SiRUP)")
		s.table(ruled, [][]tcell{{{text: "No"}, {text: "Nama Paket"}, {text: "Pagu"}, {text: "Metode"}}, {{text: "1"}, {text: "Belanja Alat Tulis Kantor"}, {text: "150.000.000"}, {text: "Tender"}}})
	default:
		s.c("SURAT TUGAS", "Nomor : 090/5/SPPD")
		s.p("Dasar\t: Undangan rapat koordinasi", "Kepada\t:")
		s.cards(r, []string{"nama", "nip"})
		s.p("Untuk\t: menghadiri rapat koordinasi di ibu kota provinsi.", "Demikian surat tugas ini dibuat.")
	}
	s.sign(r, h)
	return s
}
