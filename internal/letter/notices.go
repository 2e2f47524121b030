package letter

// notices are the topics of pemberitahuan.
var notices = map[string]Reason{
	"approved": {"Permohonan akun SPSE telah disetujui", "Permohonan ini telah disetujui atas nama Admin Agency.",
		"Bila persetujuan ini bukan dari Admin Agency yang sah, mohon segera hubungi operator layanan."},
	"second-approval-wanted": {"Satu persetujuan telah tercatat", "Satu persetujuan atas permohonan ini telah tercatat; diperlukan persetujuan dari " +
		"Admin Agency lain sebelum kredensial dikirim.", "Mohon Admin Agency yang belum menjawab memeriksa surat permohonan persetujuannya."},
	"restored": {"Surat persetujuan akan dikirim ulang", "Buku layanan ini dipulihkan dari cadangan. Kode pada surat persetujuan " +
		"yang lama tidak berlaku lagi, dan jawaban yang diberikan sejak cadangan itu dibuat belum tentu tercatat.",
		"Mohon jawab hanya surat persetujuan yang baru untuk permohonan ini."},
	"accounts-renewed": {"Password baru dibuat", "Sesuai petunjuk Admin Agency, password baru dibuat untuk anggota yang disebut; belum ada yang disetujui.",
		"Surat permohonan persetujuan yang baru menyusul; mohon ketik password baru ke dalam SPSE, kemudian jawab surat itu."},
	"stopped": {"Perintah berhenti diterima", `Perintah "STOP" kami terima sebelum ada persetujuan. Surat permohonan persetujuan yang lama beserta kodenya tidak berlaku lagi.`,
		"Surat yang baru menyusul; jawaban atas surat yang lama tidak dijalankan."},
	"approval-withdrawn": {"Persetujuan ditarik kembali", "Persetujuan atas permohonan ini telah ditarik kembali sebelum surat kredensial dikirim. " +
		"Tidak ada kredensial yang keluar.", "Permohonan kembali menunggu persetujuan Admin Agency."},
	"approval-void": {"Surat persetujuan tidak berlaku lagi", "Surat permohonan persetujuan beserta kodenya dinyatakan tidak berlaku.",
		"Mohon gunakan surat permohonan persetujuan yang baru."},
	"code-void": {"Kode persetujuan dinyatakan tidak berlaku", "Terlalu banyak balasan dengan kode yang keliru diterima, sehingga kode surat " +
		"permohonan persetujuan dinyatakan tidak berlaku.", "Surat pengganti diterbitkan. Bila Saudara tidak pernah membalas, mohon hubungi operator layanan."},
	"problem-reported": {"Anggota melaporkan kendala masuk ke SPSE", "Seorang anggota melaporkan tidak dapat masuk ke SPSE dengan akun yang diberikan.",
		"Mohon akun anggota tersebut diperiksa pada SPSE. Bila suratnya perlu dikirim sekali lagi, balas surat ini dengan kata " +
			`"KIRIM ULANG" diikuti nama atau NIP anggota.`},
	"problem-too-late-to-resend": {"Anggota melaporkan kendala masuk ke SPSE", "Seorang anggota melaporkan tidak dapat masuk ke SPSE dengan akun yang diberikan. " +
		"Suratnya tidak dapat dikirim ulang, karena kuncinya telah dimusnahkan.",
		"Mohon akun anggota tersebut diperiksa pada SPSE. Password yang lupa dapat diatur sendiri oleh anggota melalui menu lupa password pada SPSE."},
	"problem-passed-on": {"Laporan kendala telah diteruskan", "Laporan Saudara telah kami teruskan kepada Admin Agency, yang akan memeriksa akun Saudara pada SPSE.",
		"Password yang lupa dapat Saudara atur sendiri melalui menu lupa password pada SPSE."},
	"explained": {"Penjelasan telah dicatat", "Penjelasan Saudara atas penyimpangan permohonan ini telah kami catat.", "Saudara tidak perlu menjawab lagi."},
	"received-quoted": {"Penerimaan telah tercatat", "Konfirmasi penerimaan user ID dan password telah kami catat. Balasan Saudara masih mengutip surat kredensial beserta " +
		"passwordnya; kutipan itu hanya sampai kepada kantor dan tidak kami simpan.", "Mohon segera ganti password pada SPSE, dan hapus kutipan sebelum membalas."},
	"own-quote": {"Kutipan memuat password", "Balasan Saudara mengutip surat kredensial beserta passwordnya; kutipan itu hanya sampai kepada kantor dan tidak kami simpan.",
		"Mohon segera ganti password pada SPSE, dan hapus kutipan sebelum membalas."},
	"received-already": {"Penerimaan telah tercatat", "Konfirmasi penerimaan Saudara sudah tercatat sebelumnya.", "Saudara tidak perlu menjawab lagi."},
	"wrong-recipient": {"Surat kredensial sampai ke alamat yang keliru", "Penerima menyatakan bahwa surat kredensial itu bukan untuknya. " +
		"Pengiriman untuk anggota tersebut dihentikan dan alamatnya dibekukan.", "Mohon password akun tersebut segera diganti pada SPSE. " +
		"Kejadian ini dicatat sebagai insiden; pemberitahuan kepada pihak terkait paling lambat 3 × 24 jam (UU Nomor 27 Tahun 2022)."},
	"wrong-address": {"Surat kredensial sampai ke alamat yang keliru", "Pemohon menyatakan bahwa alamat seorang anggota keliru, sedangkan suratnya telah terkirim " +
		"ke alamat itu.", "Mohon password akun tersebut segera diganti pada SPSE. Kejadian ini dicatat sebagai insiden; pemberitahuan kepada pihak terkait " +
		"paling lambat 3 × 24 jam (UU Nomor 27 Tahun 2022)."},
	"mend-asked": {"Koreksi alamat telah diterima", "Kami membaca alamat baru di bawah ini untuk anggota tersebut. Persetujuan diminta kepada Admin Agency untuk " +
		"alamat itu saja; surat anggota lain tidak berubah.", "Bila alamat yang kami baca tidak benar, mohon balas sekali lagi dengan nama anggota dan alamat yang benar."},
	"mend-approved": {"Alamat baru telah disetujui", "Alamat baru di bawah ini telah disetujui atas nama Admin Agency. Satu surat kredensial dikirim ke alamat itu.",
		"Bila persetujuan ini bukan dari Admin Agency yang sah, mohon segera hubungi operator layanan."},
	"mend-refused": {"Alamat baru tidak disetujui", "Admin Agency tidak menyetujui alamat baru anggota tersebut; tidak ada surat yang dikirim ke alamat itu.",
		"Bila alamatnya memang keliru, pemohon dapat mengirim koreksi sekali lagi."},
	"mend-withdrawn": {"Persetujuan alamat baru ditarik kembali", "Persetujuan atas alamat baru telah ditarik kembali sebelum suratnya dikirim; kode yang lama tidak berlaku lagi.",
		"Surat permohonan persetujuan yang baru menyusul."},
	"mend-superseded": {"Koreksi alamat tidak dilaksanakan", "Anggota tersebut diberi password baru oleh permohonan lain, sehingga surat pada permohonan ini tidak dikirim lagi.",
		"Mohon lihat permohonan yang disebut di bawah ini."},
	"wrong-noted": {"Pernyataan salah alamat telah dicatat", "Pernyataan Saudara telah kami catat dan pengiriman ke alamat ini dihentikan. Kami berterima kasih atas pemberitahuan itu.",
		"Mohon surat tersebut dihapus dan isinya tidak disimpan, dipakai atau diteruskan."},
	"exposed": {"Password perlu segera diganti", "Password akun SPSE terlihat di luar surat kredensialnya, misalnya dalam kutipan balasan.",
		"Mohon password akun tersebut segera diganti pada SPSE, dan surat yang memuatnya tidak disebarkan."},
	"oversized": {"Surel melebihi batas ukuran", "Sebuah surel untuk permohonan ini melebihi batas ukuran dan tidak dibaca.",
		"Mohon lampiran diperkecil, lalu dikirim sekali lagi sebagai balasan surat ini."},
	"resend": {"Surat kredensial dikirim sekali lagi", "Surat kredensial dikirim sekali lagi, dengan isi yang sama dan ke alamat yang ditetapkan pada saat persetujuan.",
		"Bila permintaan ini bukan dari Saudara, mohon segera hubungi operator layanan."},
	"received": {"Penerimaan telah tercatat", "Konfirmasi penerimaan user ID dan password telah kami catat.",
		"Mohon pastikan password telah diganti. Untuk password yang lupa, gunakan menu lupa password pada SPSE."},
	"delegated": {"Pendelegasian persetujuan", "Kewenangan menjawab permohonan persetujuan didelegasikan untuk sementara. Hal ini berlaku untuk " +
		"semua permohonan yang terbuka dan yang baru.", "Bila pendelegasian ini bukan dari Admin Agency yang sah, mohon segera hubungi operator layanan."},
	"delegation-ended": {"Pendelegasian persetujuan diakhiri", "Pendelegasian kewenangan menjawab permohonan persetujuan telah diakhiri, untuk semua permohonan.",
		"Surat permohonan persetujuan yang telah diterima oleh pengganti tidak dapat lagi dijawab olehnya."},
	"held":     {"Permohonan ditahan sementara", "Permohonan ini ditahan sementara untuk diperiksa; tidak ada surat yang dikirim selama itu.", ""},
	"released": {"Permohonan dilanjutkan", "Pemeriksaan selesai dan permohonan ini dilanjutkan.", ""},
	"lapsed": {"Kredensial dimusnahkan tanpa konfirmasi", "Penerimaan tidak dikonfirmasi sampai batas waktu, sehingga kunci kredensial dimusnahkan " +
		"dan hal itu dicatat sebagai penyimpangan.", "Password yang belum diterima dapat diatur melalui menu lupa password pada SPSE."},
	"returned":  {"Permohonan dikembalikan untuk dilengkapi", "Admin Agency mengembalikan permohonan ini kepada pemohon untuk dilengkapi.", ""},
	"rejected":  {"Permohonan ditolak", "Admin Agency menolak permohonan ini.", ""},
	"cancelled": {"Permohonan ditarik oleh pemohon", "Permohonan ini ditarik oleh pemohon sebelum disetujui.", "Saudara tidak perlu menjawab surat persetujuannya."},
	"trust-loosened": {"Pengaturan kepercayaan berubah", "Pengaturan tentang pemberi persetujuan atau pembuktian pengirim berubah, sehingga kode yang " +
		"terbuka dinyatakan tidak berlaku.", "Bila perubahan ini tidak Saudara ketahui, mohon segera hubungi operator layanan."},
}

// alarms are the topics of peringatan-operator.
var alarms = map[string]Reason{
	"needs-person": {"Berkas perlu dilihat petugas", "Sebagian berkas permohonan ini tidak dapat dibaca dengan pasti.",
		"Mohon buka berkas asli pada arsip, lalu minta pemohon mengirim salinan yang terbaca."},
	"no-approver": {"Tidak ada pemberi persetujuan", "Setiap Admin Agency yang terdaftar tercantum sebagai pemohon atau anggota permohonan ini.",
		"Mohon daftarkan Admin Agency lain pada konfigurasi layanan."},
	"accounts-failed": {"Akun tidak dapat disiapkan", "Pembuatan akun atau lembar akun untuk permohonan ini gagal.",
		"Mohon perbaiki penyebabnya; permohonan ini menunggu tindakan operator."},
	"sealing-failed": {"Surat kredensial tidak dapat disiapkan", "Surat kredensial seorang anggota gagal disiapkan.",
		"Mohon perbaiki penyebabnya; permohonan ini menunggu tindakan operator."},
	"tembusan-failed": {"Tembusan beserta password tidak dapat disiapkan", "Tembusan untuk Kepala LPSE yang memuat password gagal disiapkan. " +
		"Tembusan tanpa password telah dikirim sebagai gantinya.", "Mohon perbaiki penyebabnya; tembusan itu tidak dibuat lagi dengan sendirinya."},
	"overdue": {"Tenggat langkah sistem terlampaui", "Satu langkah yang menjadi tanggung jawab sistem atau operator mendekati atau melewati tenggatnya.",
		"Mohon periksa keadaan permohonan dan catatan sistem."},
	"request-held": {"Permohonan ditahan", "Sebuah permohonan baru ditahan, karena bentuk surelnya tidak lazim atau pengirimnya belum dapat diperiksa.",
		"Surelnya berada di folder pemeriksaan. Mohon minta pemohon mengirim sekali lagi, atau nilai kembali dengan perintah retry dan UID di atas."},
	"request-unproven": {"Permohonan tanpa bukti pengirim", "Sebuah permohonan baru tidak diproses, karena keaslian pengirimnya tidak dapat dibuktikan.",
		"Surelnya berada di folder pemeriksaan. Mohon hubungi pemohon melalui jalur lain dan perbaiki server surat pengirimnya, lalu nilai kembali dengan perintah retry dan UID di atas."},
	"bounce-unmatched": {"Laporan kegagalan tanpa surat yang pasti", "Sebuah laporan menyatakan bahwa satu surat permohonan tidak sampai, tetapi tidak menyebut surat yang mana.",
		"Laporannya tetap di kotak masuk. Mohon cocokkan alamat di dalamnya dengan permohonan yang disebut, dengan perintah show."},
	"request-own-name": {"Permohonan atas nama alamat kantor", "Sebuah surel meminta akun dengan alamat kantor ini sendiri sebagai pengirim, padahal bukan surat kami; " +
		"biasanya sebuah milis menggantikan alamat pengirim yang sebenarnya.",
		"Surelnya tetap di kotak masuk. Mohon minta pemohon mengirim langsung ke kotak surat ini, tanpa melalui milis."},
	"request-outside": {"Permohonan dari alamat yang tidak terdaftar", "Sebuah surel dengan lampiran meminta akun dari alamat yang tidak terdaftar sebagai pemohon. Pengirimnya tidak dijawab.",
		"Surelnya tetap di kotak masuk. Bila pengirimnya pegawai, mohon minta ia mengirim dari kotak surat kantornya, atau daftarkan alamatnya lalu nilai kembali dengan perintah retry dan UID di atas."},
	"other-procedure": {"Permintaan di luar layanan ini", "Sebuah surel meminta hal yang termasuk prosedur lain, misalnya password yang lupa, penonaktifan atau mutasi.",
		"Mohon surel itu ditangani oleh petugas; surelnya berada di folder pemeriksaan."},
	"undeliverable": {"Surat tidak terkirim", "Sebuah surat permohonan ini gagal terkirim untuk seterusnya.", "Mohon periksa alamat tujuannya."},
	"code-void": {"Kode persetujuan dicoba berulang kali", "Kode persetujuan ditebak sampai batas percobaan dan dinyatakan tidak berlaku.",
		"Mohon periksa asal balasan itu pada catatan permohonan."},
	"exposed": {"Password terlihat di luar suratnya", "Sebuah surel masuk memuat password yang masih berlaku. Surel itu telah disegel.",
		"Mohon pastikan anggota mengganti password dan insiden ditangani dalam 3 × 24 jam (UU Nomor 27 Tahun 2022)."},
	"wrong-recipient": {"Surat kredensial sampai ke alamat yang keliru", "Seorang penerima menyatakan surat kredensial bukan untuknya.",
		"Mohon tangani insiden dalam 3 × 24 jam (UU Nomor 27 Tahun 2022)."},
	"wrong-address": {"Surat kredensial sampai ke alamat yang keliru", "Pemohon menyatakan bahwa alamat seorang anggota keliru, sedangkan suratnya telah terkirim.",
		"Mohon tangani insiden dalam 3 × 24 jam (UU Nomor 27 Tahun 2022)."},
	"held":      {"Surel ditahan", "Sebuah surel ditahan karena hanya dapat diputuskan oleh petugas atau dicoba ulang.", "Mohon periksa folder pemeriksaan pada kotak surat."},
	"ambiguous": {"Hasil pemeriksaan pengirim bertentangan", "Hasil pemeriksaan keaslian sebuah balasan saling bertentangan; balasan itu ditahan.", "Mohon periksa server surat dan folder pemeriksaan."},
	"refused":   {"Balasan ditolak", "Sebuah balasan atas surat permohonan ini tidak lolos pembuktian pengirim.", "Bila berulang, mohon periksa asalnya."},
	"letter-returned": {"Surat tidak sampai", "Sebuah surat di luar permohonan, misalnya laporan bulanan, titik periksa atau surat uji, tidak dapat disampaikan.",
		"Mohon periksa alamat penerimanya pada konfigurasi layanan."},
	"gap": {"Surel tanpa keputusan", "Sebuah surel di kotak masuk terlewati tanpa keputusan. Surel itu dibaca kembali secara otomatis.",
		"Mohon laporkan kejadian ini kepada pengelola program bila terulang."},
	"unreachable": {"Alamat tidak dapat disurati", "Sebuah surat tidak dapat dibuat, karena alamat penerimanya tidak mungkin disurati.",
		"Mohon minta alamat yang benar dari yang bersangkutan melalui jalur lain."},
	"renumbered": {"Kotak surat dinomori ulang", "Server surat menomori ulang kotak masuk. Semua surel diperiksa kembali dan dikenali menurut isinya; tidak ada yang diputuskan dua kali.",
		"Tidak ada yang perlu dilakukan. Bila sering terulang, mohon tanyakan kepada pengelola server surat."},
	"cannot-file": {"Surel tidak dapat dipindahkan", "Server surat berulang kali menolak memindahkan sebuah surel yang sudah diputuskan dari kotak masuk.",
		"Mohon pindahkan surel itu dengan program surel ke folder yang disebut, lalu periksa hak atas folder itu."},
	"cannot-remove": {"Surel dengan password tidak dapat dihapus", "Sebuah surel di kotak masuk memuat password yang masih berlaku, dan server surat menolak menghapusnya.",
		"Mohon segera hapus surel itu untuk seterusnya dengan program surel; catatan penggantinya sudah ada pada folder pemeriksaan atau folder proses."},
	"cannot-requeue": {"Surel tidak dapat dikembalikan", "Sebuah surel yang hendak diputuskan ulang tidak ditemukan, atau tidak dapat dikembalikan ke kotak masuk.",
		"Mohon pindahkan surel itu ke kotak masuk dengan program surel; surel itu lalu dibaca dengan sendirinya."},
	"letter-aside": {"Surat tidak dapat dikirim", "Sebuah surat pada antrean keluar rusak dan dikesampingkan; surat-surat lain tetap dikirim.",
		"Mohon periksa permohonannya, lalu kirim ulang dengan perintah resend bila perlu."},
	"result-aside": {"Hasil pengiriman tidak dapat dicatat pada permohonan", "Sebuah surat telah dikirim atau gagal, tetapi hasilnya tidak dapat dicatat pada permohonannya.",
		"Mohon periksa permohonan itu dengan perintah show dan verify."},
	"task-aside": {"Pekerjaan tidak dapat diselesaikan", "Sebuah pekerjaan untuk permohonan dikesampingkan setelah beberapa kali percobaan; pekerjaan lain tetap berjalan.",
		"Mohon periksa permohonan itu dengan perintah show dan verify, lalu hubungi pengelola program."},
	"deadline-fails": {"Tenggat tidak dapat diperiksa", "Tenggat sebuah permohonan berulang kali tidak dapat diperiksa; percobaan diteruskan, permohonan lain tetap berjalan.",
		"Mohon periksa permohonan itu dengan perintah show dan verify, lalu hubungi pengelola program."},
	"quarantined": {"Surel dikarantina", "Sebuah surel tidak dapat diproses setelah beberapa kali percobaan dan dipindahkan ke folder pemeriksaan.",
		"Mohon periksa surel itu dengan perintah yang tersedia pada server."},
}

// announcedBy are the notices whose note is the name of who decided.
var announcedBy = map[string]bool{"approved": true, "approval-withdrawn": true, "second-approval-wanted": true, "accounts-renewed": true, "stopped": true, "delegated": true,
	"delegation-ended": true, "mend-withdrawn": true}
