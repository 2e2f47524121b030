package letter

import "ukpbjd/internal/sop"

func (v *View) approverAnswers() []Answer {
	yes := Answer{Does: "Menyetujui", Write: "SETUJU", Then: "setelah seluruh akun diketik ke dalam SPSE", Link: v.Link("SETUJU")}
	if v.Office.CodeInSheet {
		yes.Write, yes.Then = "SETUJU", "diikuti spasi dan kode enam karakter yang tertulis pada lembar akun"
	}
	all := []Answer{
		yes,
		{Does: "Menolak", Write: "TOLAK", Then: "diikuti alasan; alasan itu disampaikan kepada pemohon", Link: v.Link("TOLAK ")},
		{Does: "Mengembalikan untuk dilengkapi", Write: "LENGKAPI",
			Then: "diikuti catatan; catatan itu disampaikan kepada pemohon", Link: v.Link("LENGKAPI ")},
	}
	if v.Undo != "" {
		all = append(all, Answer{Does: "Menarik kembali persetujuan", Write: "STOP",
			Then: "dalam " + v.Undo + " setelah persetujuan diberikan", Link: v.Link("STOP")})
	}
	if v.Kind != string(sop.Persetujuan) {
		all = append(all,
			Answer{Does: "Mengirim sekali lagi surat seorang anggota", Write: "KIRIM ULANG",
				Then: "diikuti nama atau NIP; alamatnya tetap seperti pada saat disetujui"},
			Answer{Does: "Menunjuk pengganti sementara", Write: "DELEGASI",
				Then: `diikuti nama pengganti, kata "SAMPAI" dan tanggal akhirnya`})
	}
	return append(all, v.general()...)
}

func (v *View) memberAnswers() []Answer {
	return append([]Answer{
		{Does: "Mengonfirmasi penerimaan", Write: "TERIMA", Link: v.Link("TERIMA")},
		{Does: "Menyatakan surat ini bukan untuk Saudara", Write: "SALAH",
			Then: "lalu hapus surat ini; pengiriman untuk baris itu dihentikan", Link: v.Link("SALAH")},
		{Does: "Melaporkan tidak dapat masuk ke SPSE", Write: "KENDALA",
			Then: "diikuti uraian singkat; tanpa menuliskan password", Link: v.Link("KENDALA ")},
	}, v.general()...)
}

func (v *View) requesterAnswers() []Answer {
	return append([]Answer{
		{Does: "Menarik permohonan sebelum disetujui", Write: "BATAL"},
		{Does: "Menjelaskan penyimpangan yang tercatat", Write: "JELASKAN", Then: "diikuti penjelasan"},
	}, v.general()...)
}
