package letter

import (
	"cmp"
	"strings"

	"ukpbjd/internal/sop"
)

// Reason is what a topic of a letter means: a heading for subjects, why, and what to do next.
type Reason struct{ Head, Why, Next string }

// topic is the letter's, except that a step which an operator or the system owes is no approver's fault. SOP W.1
func topic(d Data) string {
	l := d.Letter
	if l.Kind == sop.Pengingat || l.Kind == sop.Eskalasi {
		switch {
		case l.Topic == "approval" && d.Case.Owes == "operator":
			return "review"
		case l.Topic == "approval" && d.Case.Owes == "daemon":
			return "delivery"
		}
	}
	return l.Topic
}

// reasons are the topics of each kind, and the words for an unknown one, which are true of every topic of its kind.
var reasons = map[sop.LetterKind]struct {
	of    map[string]Reason
	other Reason
}{
	sop.TidakDikenali: {of: unclear},
	sop.Bantuan:       {of: elsewhere},
	sop.Kekurangan:    {of: held},
	sop.Pengingat:     {steps, stepUnknown},
	sop.Eskalasi:      {steps, stepUnknown},
	sop.Pemberitahuan: {notices, Reason{"Pemberitahuan perkembangan permohonan",
		"Ada perkembangan pada permohonan ini yang perlu Saudara ketahui.", ""}},
	sop.PeringatanOperator: {alarms, Reason{"Perlu perhatian operator", "Sistem menemukan keadaan yang perlu dilihat oleh operator.",
		"Mohon periksa catatan sistem untuk permohonan ini."}},
}

var stepUnknown = Reason{"Langkah yang belum selesai", "Satu langkah permohonan ini belum selesai.", ""}

// reason finds the words of a topic.
func reason(kind sop.LetterKind, topic string) Reason {
	switch kind {
	case sop.TidakDikenali:
		return unrecognised(topic)
	case sop.GagalKirim:
		return Reason{Head: letterName(sop.LetterKind(topic))}
	}
	r := reasons[kind]
	return cmp.Or(r.of[topic], r.other)
}

// unrecognised answers a mail that changed nothing. Topics of one family share a beginning: line-…, code-….
func unrecognised(topic string) Reason {
	if r, ok := unclear[topic]; ok {
		return r
	}
	for _, family := range []struct {
		prefix string
		r      Reason
	}{
		{"line-", Reason{"", "Satu baris di bawah kata \"SETUJU\" tidak dapat dijalankan.", linesNext}},
		{"user-id-", Reason{"", "User ID yang Saudara tulis tidak dapat dipakai.", linesNext}},
		{"code-", Reason{"", "Kode pada balasan Saudara tidak dapat dipakai.", newestNext}},
		{"html-", Reason{"", "Isi balasan Saudara tidak dapat dibaca dengan pasti.", plainNext}},
		{"wrong-", Reason{"", "Perintah itu tidak berlaku untuk Saudara atau untuk keadaan permohonan saat ini.", waysNext}},
	} {
		if strings.HasPrefix(topic, family.prefix) {
			return family.r
		}
	}
	return Reason{"", "Balasan Saudara tidak dapat diproses.", waysNext}
}

const (
	waysNext   = "Mohon balas sekali lagi dengan salah satu cara di bawah ini."
	plainNext  = "Mohon balas sekali lagi sebagai teks biasa, atau gunakan tautan siap kirim bila tersedia."
	newestNext = "Mohon gunakan surat permohonan persetujuan yang terakhir Saudara terima dan balas surat itu."
	linesNext  = `Permohonan belum disetujui. Mohon balas sekali lagi dengan "SETUJU", dan di bawahnya hanya baris seperti "TETAP 2", "BARU 2", ` +
		`atau "USER 2 nama.pengguna"; angkanya adalah nomor anggota dalam surat permohonan persetujuan.`
	sentNext = "Surat yang telah dikirim tidak dapat ditarik. Akun yang tidak boleh dipakai lagi dinonaktifkan pada SPSE; penonaktifannya diajukan " +
		"kepada Admin Agency. Penggantian anggota dan keperluan lain memerlukan permohonan baru."
	mendNext = `Bila alamat surel seorang anggota keliru, mohon balas dengan satu baris berisi nama atau NIP anggota itu dan alamat surelnya yang benar; ` +
		"alamat itu dipakai setelah disetujui Admin Agency."
	amendNext = `Mohon balas sekali lagi dengan satu baris untuk setiap isian, misalnya "2 email nama@contoh.go.id" atau "3 NIP" diikuti 18 angkanya; ` +
		"angkanya adalah nomor anggota dalam surat kami yang terakhir. Perubahan lain mohon dibuat pada lembar kerja yang terlampir pada surat itu."
	directNext = "Mohon balas langsung dari kotak surat Saudara yang terdaftar, melalui server surat kantor, tanpa meneruskannya."
)

var unclear = map[string]Reason{
	"not-a-command": {"", "Balasan Saudara tidak diawali salah satu kata yang dikenal layanan ini.",
		"Mohon balas sekali lagi dengan salah satu kata di bawah ini pada baris pertama."},
	"in-review": {"", "Berkas permohonan ini sedang diperiksa oleh petugas.",
		"Saudara tidak perlu menjawab; hasil pemeriksaannya kami kabarkan. Salinan yang terbaca mempercepatnya: mohon lampirkan pada balasan surat ini."},
	"words-missing": {"", "Kata pada baris pertama balasan Saudara telah kami baca, tetapi keterangannya belum ada.",
		"Mohon balas sekali lagi dengan kata itu diikuti alasan, catatan atau penjelasannya, pada baris yang sama atau di bawahnya."},
	"other-letter": {"", "Kata pada balasan Saudara telah kami baca, tetapi surat yang Saudara balas tidak memuat kode persetujuan.",
		"Mohon balas surat permohonan persetujuan yang terakhir Saudara terima, atau gunakan tautan siap kirim di bawah ini."},
	"empty": {"", "Balasan Saudara tidak berisi kalimat Saudara sendiri.", waysNext},
	"below-quote": {"", "Di atas surat yang dikutip tidak ada kalimat Saudara, dan kalimat di bawahnya tidak dapat dibedakan dari kutipan.",
		"Mohon tulis jawaban Saudara pada baris pertama, di atas surat yang dikutip."},
	"two-commands": {"", "Balasan Saudara memuat lebih dari satu kata perintah, sehingga maksudnya tidak pasti.",
		"Mohon balas sekali lagi dengan satu kata perintah saja."},
	"html-differs": {"", "Bagian teks dan bagian HTML balasan Saudara menyatakan hal yang berbeda.", plainNext},
	"html-only":    {"", "Balasan Saudara hanya berisi HTML tanpa bagian teks biasa, sehingga tidak dapat dijadikan dasar keputusan.", plainNext},
	"code-wrong":   {"", "Kode pada balasan Saudara tidak cocok dengan surat permohonan persetujuan.", newestNext},
	"code-missing": {"", "Balasan Saudara belum memuat kode persetujuan.",
		`Mohon tulis kata "SETUJU" diikuti spasi dan kode yang tertulis pada lembar akun.`},
	"code-old": {"", "Kode pada balasan Saudara milik surat yang sudah digantikan: berkas atau daftar anggota telah berubah sesudah surat itu.", newestNext},
	"code-void": {"", "Kode itu saja tidak berlaku lagi karena terlalu banyak percobaan dengan kode yang keliru.",
		"Mohon gunakan tombol Balas pada surat permohonan persetujuan yang terakhir Saudara terima."},
	"case-differs": {"", "Perihal balasan Saudara menyebut nomor permohonan yang lain daripada surat yang dibalas.",
		"Mohon gunakan tombol Balas pada surat kami yang bersangkutan, tanpa mengubah perihalnya."},
	"code-differs": {"", "Kode pada balasan Saudara tidak cocok dengan surat yang dibalas.", newestNext},
	"expired": {"", "Masa berlaku surat permohonan persetujuan itu telah berakhir.",
		"Surat pengganti dengan kode baru diterbitkan; mohon jawab surat yang baru itu."},
	"wrong-state": {"", "Perintah itu tidak berlaku untuk keadaan permohonan saat ini.",
		`Untuk mengetahui keadaannya, mohon balas dengan kata "STATUS".`},
	"wrong-role": {"", "Perintah itu tidak termasuk kewenangan Saudara pada permohonan ini.", waysNext},
	"no-token": {"", "Balasan Saudara tidak dapat dihubungkan dengan satu surat kami.",
		"Mohon gunakan tombol Balas pada surat kami yang bersangkutan, agar nomor dan kodenya terbawa."},
	"own-request": {"", "Persetujuan tidak dapat diberikan oleh pemohon atau oleh anggota yang tercantum dalam permohonan itu sendiri.",
		"Persetujuan harus diberikan oleh Admin Agency yang lain."},
	"unproven": {"", "Keaslian pengirim balasan itu tidak dapat dibuktikan, sehingga tidak ada yang dilakukan.", directNext},
	"failed":   {"", "Pemeriksaan keaslian pengirim balasan itu gagal, sehingga tidak ada yang dilakukan.", directNext},
	"ambiguous": {"", "Hasil pemeriksaan keaslian pengirim balasan itu saling bertentangan, sehingga balasan itu ditahan.",
		"Operator akan memeriksanya. " + directNext},
	"temporary": {"", "Keaslian pengirim belum dapat diperiksa karena gangguan sementara, sehingga belum ada yang dilakukan.",
		"Mohon balas sekali lagi beberapa saat lagi."},
	"shape":         {"", "Bentuk balasan itu tidak lazim, sehingga pengirimnya tidak dapat dipastikan.", directNext},
	"line-unread":   {"", "Satu baris di bawah kata \"SETUJU\" tidak dapat dibaca, sehingga permohonan belum disetujui.", linesNext},
	"line-unknown":  {"", "Satu baris di bawah kata \"SETUJU\" menyebut nomor atau NIP yang tidak ada dalam daftar anggota.", linesNext},
	"line-twice":    {"", "Dua baris di bawah kata \"SETUJU\" berbicara tentang akun anggota yang sama.", linesNext},
	"line-in-html":  {"", "Bagian teks dan bagian HTML balasan Saudara menyatakan hal yang berbeda.", plainNext},
	"user-id-taken": {"", "User ID yang Saudara tulis sudah dipakai orang lain.", linesNext},
	"user-id-bad":   {"", "User ID yang Saudara tulis tidak dapat dipakai: paling banyak 64 huruf, angka, atau tanda, tanpa spasi dan tanda kutip.", linesNext},
	"reservation": {"", "Balasan Saudara memuat syarat, pertanyaan, atau keterangan lain di luar persetujuan, sehingga permohonan belum disetujui. Kalimat yang kami maksud tertulis di bawah ini.",
		"Bila Saudara setuju tanpa syarat, mohon balas sekali lagi hanya dengan kata \"SETUJU\". Bila belum, mohon balas dengan \"LENGKAPI\" atau \"TOLAK\" beserta alasannya."},
	"workbook": {"", "Balasan Saudara melampirkan berkas yang bukan kiriman kami, sehingga permohonan belum disetujui. Lembar akun tidak perlu dikirim kembali, dan perubahan di dalamnya tidak dibaca.",
		`Mohon balas sekali lagi dengan "SETUJU" tanpa lampiran. Perubahan ditulis di bawahnya, misalnya "TETAP 2", "BARU 2", atau "USER 2 nama.pengguna".`},
	"too-late": {"", "Jawaban itu datang terlambat: permohonan ini telah disetujui dan surat kredensialnya telah dikirim.", sentNext},
	"shredded": {"", "Surat itu tidak dapat dikirim ulang, karena kredensialnya telah dimusnahkan sesuai ketentuan.",
		"Password yang lupa dapat diatur sendiri oleh anggota melalui menu lupa password pada SPSE."},
	"member-unknown": {"", "Nama atau NIP itu tidak tercantum dalam daftar anggota permohonan ini.",
		"Mohon tulis nama lengkap atau NIP seperti pada daftar anggota."},
	"already-approved": {"", "Permohonan ini telah disetujui.", "Saudara tidak perlu menjawab lagi."},
	"not-your-letter":  {"", "Balasan itu menyangkut surat kredensial yang bukan untuk Saudara.", "Mohon balas surat yang ditujukan kepada Saudara sendiri."},
	"nothing-to-resend": {"", "Tidak ada surat yang dapat dikirim sekali lagi: suratnya sedang dalam perjalanan, telah dikonfirmasi, dibekukan, atau " +
		"telah terlalu sering dikirim.", `Untuk mengetahui keadaannya, mohon balas dengan kata "STATUS".`},
	"no-deviation": {"", "Tidak ada penyimpangan atas nama Saudara yang menunggu penjelasan.", "Saudara tidak perlu menjawab lagi."},
	"after-approval": {"", "Permohonan ini telah disetujui, sehingga berkas dan daftar anggotanya tidak dapat diubah dan permohonannya tidak dapat ditarik lagi.",
		mendNext + " Perubahan lain setelah persetujuan memerlukan permohonan baru. Akun yang tidak boleh dipakai diajukan penonaktifannya kepada Admin Agency."},
	"accounts-outdated": {"", "Akun seorang anggota telah berubah sejak surat itu dikirim, misalnya oleh permohonan lain, sehingga permohonan belum disetujui.",
		"Surat pengganti dengan akun yang benar dan kode baru diterbitkan; mohon jawab surat yang baru itu."},
	"mend-unclear": {"", "Balasan Saudara memuat alamat surel, tetapi tidak jelas alamat mana untuk anggota yang mana. Belum ada yang diubah.", mendNext},
	"mend-same":    {"", "Alamat itu sudah tercatat untuk anggota tersebut, atau koreksinya sedang menunggu persetujuan.", "Saudara tidak perlu menjawab lagi."},
	"mend-confirmed": {"", "Anggota tersebut telah menyatakan menerima suratnya, sehingga alamatnya tidak diubah lagi.",
		"Bila pernyataan itu bukan dari anggota yang bersangkutan, mohon hubungi Admin Agency."},
	"mend-shredded": {"", "Password anggota tersebut telah dimusnahkan atau digantikan, sehingga tidak dapat dikirim ke alamat lain.",
		"Mohon ajukan permohonan baru untuk anggota itu."},
	"mend-often": {"", "Alamat pada permohonan ini telah terlalu sering diubah, atau surat anggota itu telah terlalu sering dikirim.",
		"Mohon ajukan permohonan baru untuk anggota itu."},
	"mend-reserved": {"", "Alamat itu adalah alamat kantor atau pejabat dalam prosedur ini. Belum ada yang diubah.", mendNext},
	"mend-taken":    {"", "Alamat itu tercatat untuk anggota lain. Belum ada yang diubah.", mendNext},
	"mend-pending": {"", "Pemohon menyatakan bahwa alamat ini keliru, dan alamat baru sedang menunggu persetujuan. Konfirmasi Saudara belum dicatat.",
		`Bila surat itu bukan untuk Saudara, mohon balas dengan kata "SALAH". Bila memang untuk Saudara, mohon hubungi pemohon.`},
	"line-mend":    {"", "Surat ini hanya menanyakan satu alamat; baris tentang akun tidak berlaku di sini.", `Mohon balas sekali lagi hanya dengan kata "SETUJU".`},
	"lines-unread": {"", "Satu baris pada balasan Saudara tidak dapat kami baca dengan pasti, sehingga belum ada yang diubah. Baris itu tertulis di bawah ini.", amendNext},
	"read-back-old": {"", "Jawaban itu menyangkut daftar anggota yang sudah digantikan: daftarnya berubah sesudah surat yang Saudara jawab.",
		"Mohon jawab surat kami yang terakhir."},
	"read-back-open":    {"", "Daftar anggota itu belum dapat dipastikan, karena masih ada isian yang kosong atau tidak dapat dipakai.", amendNext},
	"read-back-done":    {"", "Daftar anggota itu telah Saudara pastikan dan telah diteruskan kepada Admin Agency.", "Saudara tidak perlu menjawab lagi."},
	"nothing-read-back": {"", "Tidak ada daftar anggota yang menunggu kepastian dari Saudara.", `Untuk mengetahui keadaannya, mohon balas dengan kata "STATUS".`},
	"nothing-new":       {"", "Berkas yang Saudara kirim sama dengan yang telah kami terima.", "Mohon periksa kembali lampiran Saudara."},
	"closed":            {"", "Permohonan ini telah ditutup, sehingga tidak ada lagi yang dapat diubah.", sentNext},
	"stranger": {"", "Balasan atas surat Saudara datang dari alamat yang tidak terdaftar untuk permohonan ini, sehingga tidak dihitung.",
		"Bila Saudara sendiri yang mengirimnya, mohon balas sekali lagi dari alamat terdaftar, yaitu alamat yang menerima surat ini."},
	"closed-done": {"Permohonan akun SPSE telah selesai", "Permohonan ini telah selesai: telah disetujui, dan surat kredensialnya telah dikirim.", sentNext},
	"closed-refused": {"Permohonan akun SPSE telah ditolak", "Permohonan ini telah ditolak, sehingga tidak ada lagi yang dapat diputuskan atau dilengkapi.",
		"Permohonan baru dapat diajukan dengan surel baru yang memuat formulir, SK dan surat tugas."},
	"closed-cancelled": {"Permohonan akun SPSE telah dibatalkan", "Permohonan ini telah dibatalkan, sehingga tidak ada lagi yang dapat diputuskan atau dilengkapi.",
		"Permohonan baru dapat diajukan dengan surel baru yang memuat formulir, SK dan surat tugas."},
	"closed-resend": {"Surat kredensial tidak dapat dikirim ulang", "Permohonan ini telah selesai dan kuncinya dimusnahkan, sehingga surat kredensial tidak dapat dikirim ulang.",
		"Password yang lupa dapat diatur sendiri oleh anggota melalui menu lupa password pada SPSE."},
	"held":            {"", "Permohonan ini sedang ditahan untuk diperiksa oleh petugas.", "Kami akan mengabari Saudara setelah pemeriksaan selesai."},
	"deputy-unknown":  {"", "Nama itu tidak terdaftar sebagai pengganti Saudara.", "Pengganti didaftarkan oleh operator pada konfigurasi layanan."},
	"no-delegation":   {"", "Tidak ada pendelegasian dari Saudara yang sedang berlaku untuk nama itu.", "Saudara tidak perlu menjawab lagi."},
	"date-unreadable": {"", "Tanggal pada balasan Saudara tidak terbaca.", "Mohon tulis tanggal seperti 5 Mei 2026 atau 2026-05-05."},
	"oversized": {"", "Surel Saudara melebihi batas ukuran layanan ini, sehingga tidak dibaca.",
		"Mohon perkecil lampiran, misalnya dengan memindai ulang pada resolusi 200 dpi, atau kirim berkas dalam beberapa surel balasan."},
}

// steps are what a reminder or an escalation is about.
var steps = map[string]Reason{
	"approval": {"Persetujuan akun SPSE Pokja", "Permohonan ini masih menunggu persetujuan Admin Agency.", // SOP 1.5
		"Mohon surat permohonan persetujuan yang telah disampaikan dijawab sebelum tenggat."},
	"mend": {"Persetujuan alamat baru anggota Pokja", "Alamat baru seorang anggota masih menunggu persetujuan Admin Agency.",
		"Mohon surat permohonan persetujuan tentang alamat itu dijawab sebelum tenggat."},
	"completion": {"Kelengkapan permohonan akun SPSE", "Permohonan ini masih menunggu kelengkapan berkas dari pemohon.", // SOP 1.3
		"Mohon kekurangan yang telah kami sampaikan dilengkapi sebelum tenggat."},
	"read-back": {"Kepastian daftar anggota Pokja", "Daftar anggota permohonan ini masih menunggu kepastian dari pemohon.", // SOP 1.2
		"Mohon surat kami tentang daftar anggota itu dijawab sebelum tenggat."},
	"receipt": {"Konfirmasi penerimaan akun SPSE", "Penerimaan user ID dan password oleh anggota Pokja belum dikonfirmasi.", // SOP 3.1
		"Mohon penerimaan surat kredensial dikonfirmasi sebelum tenggat."},
	"review": {"Pemeriksaan permohonan akun SPSE", "Permohonan ini masih menunggu pemeriksaan petugas.",
		"Mohon permohonan ini diperiksa sebelum tenggat."},
	"delivery": {"Penyiapan dan pengiriman akun SPSE", "Akun atau surat kredensial belum seluruhnya disiapkan dan terkirim.", // SOP 2.3
		"Mohon keadaan sistem layanan diperiksa oleh operator."},
}

// held are the reasons for which a person, not a program, must look at the papers first.
var held = map[string]Reason{
	"needs-person": {"Permohonan akun SPSE sedang diperiksa petugas", "Sebagian berkas tidak dapat dibaca dengan pasti oleh sistem, " +
		"sehingga permohonan ini diperiksa lebih dahulu oleh petugas.", "Saudara dapat menunggu kabar dari petugas. Bila memiliki berkas " +
		"asli yang bukan hasil pindai, mohon kirimkan sebagai balasan surat ini; hal itu mempercepat pemeriksaan."},
	"no-approver": {"Permohonan akun SPSE sedang diperiksa petugas", "Belum ada Admin Agency yang berwenang memberi persetujuan atas " +
		"permohonan ini, karena yang terdaftar tercantum sebagai pemohon atau anggota.", "Petugas akan menunjuk pemberi persetujuan. " +
		"Saudara tidak perlu mengirim ulang berkas."},
}

// elsewhere says where a request belongs that is another procedure (DOMAIN); no letter ever answers it with a password.
var elsewhere = map[string]Reason{
	"not-addressee": {"", "Balasan Saudara menyangkut surat kami kepada orang lain, sehingga tidak ada yang dilakukan. Persetujuan dan jawaban lain hanya sah dari alamat " +
		"terdaftar penerima surat itu; permohonan hanya disetujui oleh Admin Agency.", "Mohon yang bersangkutan membalas sendiri dari alamatnya."},
	"request-unproven": {"", "Permohonan Saudara belum diproses, karena keaslian pengirimnya belum dapat dipastikan: server surat tidak memberi bukti bahwa surel itu " +
		"benar dari alamat Saudara.", "Mohon kirim sekali lagi dari kotak surat Saudara yang terdaftar, melalui server surat kantor, tanpa meneruskannya. " +
		"Petugas juga telah diberi tahu. Bila Saudara tidak mengirim surel itu, mohon sampaikan kepada petugas."},
	"request-held": {"", "Permohonan Saudara ditahan untuk diperiksa petugas, karena bentuk surel atau bukti pengirimnya tidak lazim.",
		"Mohon tunggu kabar dari petugas, atau kirim sekali lagi langsung dari kotak surat Saudara yang terdaftar."},
	"not-a-party": {"", "Surel Saudara menyebut permohonan yang tercatat atas nama orang lain, sehingga isinya tidak diproses.",
		"Kekurangan berkas hanya diterima dari pemohon, atau dari rekan yang diberi tembusan pada surel permohonannya. Mohon berkas itu dikirim oleh pemohon " +
			"sebagai balasan surat kami."},
	"other-procedure-reset": {"", "Surel Saudara tampaknya meminta pengaturan ulang password. Hal itu tidak dilakukan oleh layanan ini.",
		"Password yang lupa diatur sendiri oleh pemilik akun melalui menu lupa password pada SPSE; bila tetap terkendala, mohon hubungi " +
			"helpdesk LPSE. Surel Saudara juga diteruskan kepada petugas."},
	"other-procedure-nonaktif": {"", "Surel Saudara tampaknya meminta penonaktifan akun. Hal itu tidak dilakukan oleh layanan ini.",
		"Penonaktifan akun diajukan tersendiri kepada Admin Agency di LPSE. Surel Saudara diteruskan kepada petugas."},
	"other-procedure-mutasi": {"", "Surel Saudara tampaknya meminta pemindahan (mutasi) akun. Hal itu tidak dilakukan oleh layanan ini.",
		"Pemindahan akun diajukan tersendiri kepada Admin Agency di LPSE. Surel Saudara diteruskan kepada petugas."},
}

var letterNames = map[sop.LetterKind]string{
	sop.Kredensial: "Surat kredensial", sop.Persetujuan: "Surat permohonan persetujuan", sop.Tembusan: "Surat tembusan",
	sop.PermohonanTembusan: "Surat tembusan permohonan", sop.TandaTerima: "Surat tanda terima", sop.Kekurangan: "Surat kekurangan berkas",
	sop.BacaUlang: "Surat baca ulang daftar anggota",
	sop.Selesai:   "Surat penyelesaian", sop.Pengingat: "Surat pengingat", sop.Eskalasi: "Surat eskalasi",
	sop.Pemberitahuan: "Surat pemberitahuan", sop.Penolakan: "Surat penolakan", sop.Dikembalikan: "Surat pengembalian",
}

func letterName(k sop.LetterKind) string { return cmp.Or(letterNames[k], "Satu surat") }
