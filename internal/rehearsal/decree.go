package rehearsal

import (
	"fmt"
	"strconv"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/workday"
)

// decree is the SK penetapan anggota Pokja: the decision with its roster in a Lampiran.
func (b Bundle) decree(picture []byte) ([]byte, error) {
	p := b.begin("SK Penetapan "+b.Pokja, "P", picture)
	about := fmt.Sprintf("PENETAPAN %s PADA UNIT KERJA PENGADAAN BARANG/JASA KABUPATEN %s TAHUN ANGGARAN %d",
		strings.ToUpper(b.Pokja), strings.ToUpper(regency), dated.Year())
	for _, l := range []string{"KEPUTUSAN KEPALA BAGIAN PENGADAAN BARANG/JASA", "SEKRETARIAT DAERAH KABUPATEN " + strings.ToUpper(regency),
		"NOMOR " + b.SKNumber, "TENTANG", about} {
		p.middle("B", 12, l)
	}
	p.Ln(3)
	p.middle("", 11, "KEPALA BAGIAN PENGADAAN BARANG/JASA,")
	p.Ln(2)
	p.clause("Menimbang", "a. bahwa untuk melaksanakan pemilihan Penyedia pada Pemerintah Kabupaten "+regency+" perlu dibentuk "+b.Pokja+";",
		"b. bahwa pegawai yang namanya tercantum dalam Lampiran Keputusan ini dipandang cakap dan memenuhi syarat untuk ditetapkan;",
		"c. bahwa berdasarkan pertimbangan sebagaimana dimaksud dalam huruf a dan huruf b, perlu menetapkan Keputusan Kepala Bagian Pengadaan Barang/Jasa;")
	p.clause("Mengingat", "1. Undang-Undang Nomor 23 Tahun 2014 tentang Pemerintahan Daerah sebagaimana telah diubah beberapa kali terakhir dengan Undang-Undang Nomor 6 Tahun 2023;",
		"2. Undang-Undang Nomor 30 Tahun 2014 tentang Administrasi Pemerintahan;",
		"3. Peraturan Presiden Nomor 16 Tahun 2018 tentang Pengadaan Barang/Jasa Pemerintah sebagaimana telah diubah beberapa kali terakhir dengan Peraturan Presiden Nomor 46 Tahun 2025;",
		"4. Peraturan Lembaga Kebijakan Pengadaan Barang/Jasa Pemerintah Nomor 10 Tahun 2021 tentang Unit Kerja Pengadaan Barang/Jasa;")
	p.middle("B", 12, "MEMUTUSKAN:")
	p.Ln(2)
	p.clause("Menetapkan", "KEPUTUSAN KEPALA BAGIAN PENGADAAN BARANG/JASA TENTANG "+about+".")
	p.clause("KESATU", "Menetapkan "+b.Pokja+" dengan susunan keanggotaan sebagaimana tercantum dalam Lampiran yang merupakan bagian tidak terpisahkan dari Keputusan ini.")
	p.clause("KEDUA", b.Pokja+" sebagaimana dimaksud dalam Diktum KESATU melaksanakan persiapan dan pelaksanaan pemilihan Penyedia sesuai dengan ketentuan peraturan perundang-undangan.")
	p.clause("KETIGA", fmt.Sprintf("Segala biaya yang timbul akibat ditetapkannya Keputusan ini dibebankan pada Anggaran Pendapatan dan Belanja Daerah Kabupaten %s Tahun Anggaran %d.",
		regency, dated.Year()))
	p.clause("KEEMPAT", "Keputusan ini mulai berlaku pada tanggal ditetapkan.")
	p.signature(b, "Ditetapkan di "+seat, "pada tanggal "+workday.DateWords(dated.AddDate(0, 0, -7)), "KEPALA BAGIAN PENGADAAN BARANG/JASA,")
	b.annex(p)
	return p.bytes()
}

// annex is the Lampiran with the roster.
func (b Bundle) annex(p sheet) {
	p.AddPage()
	p.SetFont("Times", "", 10)
	for _, l := range []string{"LAMPIRAN", "KEPUTUSAN KEPALA BAGIAN PENGADAAN BARANG/JASA", "NOMOR " + b.SKNumber} {
		p.SetX(100)
		p.MultiCell(85, 4.6, p.latin(l), "", "L", false)
	}
	p.Ln(4)
	p.middle("B", 12, "SUSUNAN KEANGGOTAAN "+strings.ToUpper(b.Pokja))
	p.Ln(3)
	var rows [][]string
	for i, m := range b.people {
		rows = append(rows, []string{strconv.Itoa(m.No), m.Nama, document.GroupNIP(m.NIP), rankName(m.Golongan) + " (" + m.Golongan + ")",
			[]string{"Ketua", "Sekretaris", "Anggota"}[min(i, 2)]})
	}
	p.table([]float64{9, 57, 38, 36, 20}, []string{"No", "Nama", "NIP", "Pangkat/Gol.", "Kedudukan"}, rows)
	p.signature(b, "KEPALA BAGIAN PENGADAAN BARANG/JASA,")
}

// task is the surat tugas, its people as numbered cards.
func (b Bundle) task(picture []byte) ([]byte, error) {
	p := b.begin("Surat Tugas "+b.Pokja, "P", picture)
	p.middle("BU", 13, "SURAT TUGAS")
	p.middle("", 11, "NOMOR : "+b.TaskNumber)
	p.Ln(4)
	p.clause("Dasar", "1. Keputusan Kepala Bagian Pengadaan Barang/Jasa Nomor "+b.SKNumber+" tentang Penetapan "+b.Pokja+";",
		fmt.Sprintf("2. Dokumen Pelaksanaan Anggaran Bagian Pengadaan Barang/Jasa Tahun Anggaran %d.", dated.Year()))
	p.middle("B", 12, "MENUGASKAN:")
	p.Ln(2)
	p.SetFont("Times", "", 11)
	p.CellFormat(28, lineHeight, "Kepada", "", 0, "L", false, 0, "")
	p.CellFormat(4, lineHeight, ":", "", 0, "L", false, 0, "")
	for _, m := range b.people {
		if p.below(47) {
			p.AddPage()
		}
		p.SetX(left + 32)
		p.CellFormat(7, lineHeight, fmt.Sprintf("%d.", m.No), "", 0, "L", false, 0, "")
		for _, f := range [][2]string{{"Nama", m.Nama}, {"NIP", document.GroupNIP(m.NIP)},
			{"Pangkat/Gol.", rankName(m.Golongan) + " (" + m.Golongan + ")"}, {"Jabatan", m.Jabatan}} {
			p.SetX(left + 39)
			p.CellFormat(26, lineHeight, f[0], "", 0, "L", false, 0, "")
			p.CellFormat(4, lineHeight, ":", "", 0, "L", false, 0, "")
			p.MultiCell(p.width-69, lineHeight, p.latin(f[1]), "", "L", false)
		}
	}
	p.Ln(1.5)
	p.clause("Untuk", "1. melaksanakan tugas sebagai anggota "+b.Pokja+" terhitung mulai tanggal "+workday.DateWords(dated)+
		fmt.Sprintf(" sampai dengan 31 Desember %d;", dated.Year()),
		"2. melaporkan hasil pelaksanaan tugas kepada Kepala Bagian Pengadaan Barang/Jasa.")
	p.MultiCell(p.width, lineHeight, "Demikian surat tugas ini dibuat untuk dilaksanakan dengan penuh tanggung jawab.", "", "L", false)
	p.signature(b, seat+", "+workday.DateWords(dated.AddDate(0, 0, -4)), "Kepala Bagian Pengadaan Barang/Jasa,")
	return p.bytes()
}
