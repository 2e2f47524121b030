package triage

import (
	"slices"
	"strings"
	"testing"

	"ukpbjd/internal/message"
	"ukpbjd/internal/sop"
)

// genuine are texts below SETUJU that take nothing back; conditional are such that do. Written as people write, not as the list of words.
var genuine = `terima kasih
Terima kasih, mohon diproses
Terima kasih pak
Makasih ya bu
Suksma
Matur suksma, Bapak/Ibu
Om Swastyastu
Om Swastiastu, semoga Bapak dan Ibu dalam keadaan sehat
Om Santih Santih Santih Om
Rahajeng semeng
Selamat pagi
Selamat siang Bapak Ibu tim UKPBJ
Assalamualaikum warahmatullahi wabarakatuh
Wassalamualaikum
Yth. Bapak Kepala Bagian
Dengan hormat
Hormat saya
Salam
Demikian, atas perhatian dan kerja samanya kami ucapkan terima kasih
Semua akun sudah saya ketik ke SPSE
Akun sudah dibuat semua
Sudah saya input semua ke SPSE, silakan diproses
Sudah kami cek dan sesuai
Data sudah sesuai
Silakan dilanjutkan
Silahkan diproses lebih lanjut
Mohon segera dikirim kepada para anggota
Siap
Siap pak, laksanakan
Ok
Oke, sudah
Baik, sudah saya buatkan
I Gede Contoh, S.Kom., M.T.
Admin Agency LPSE Kabupaten Badung
Pranata Komputer Ahli Muda
NIP 19800101 200501 1 001
Dikirim dari iPhone saya
Sent from my iPhone
Sent from Outlook for Android
Get Outlook for iOS
HP 0812-0000-0000
Jl. Raya Sempidi, Mangupura
Sekretariat Daerah Kabupaten Badung
Thank you
Thanks and regards
Best regards,
Approved by Admin Agency
Accounts have been created in SPSE
Please proceed
All good, thanks
Sesuai nota dinas No. 027/123/PBJ
Tanggal 5 Mei 2026
Semoga lancar
Salam sehat
Mantap
Permohonan akun SPSE Pokja 12
Untuk Pokja Pemilihan Pembangunan Jembatan
Mohon tembusan ke Kepala LPSE
Matur nuwun
Hatur nuhun
Nggih
Inggih, sampun
Suksma mewali
--
Bagian Pengadaan Barang/Jasa
Pemerintah Kabupaten Badung
badungkab.example
Tks
Trims
tq
Laporan selesai
Semua anggota sudah terdaftar`

var conditional = `tapi tunggu SK revisi
Tapi nomor 3 jangan dulu
tetapi SK nya direvisi
Namun alamat surel anggota kedua salah
kecuali nomor 2
Kecuali I Wayan Misal
asal SK sudah ditandatangani
asalkan surat tugasnya menyusul
jika sudah ditandatangani kepala
kalau sudah lengkap
kalo bisa besok
klo surat tugas sudah ada
Apabila berkas lengkap
bila disetujui kabag
dengan syarat surat tugas menyusul
dengan catatan SK diganti
sepanjang tidak ada perubahan
Tolong ditunda sampai Senin
tunda dulu
jangan dikirim
jgn dikirim ke no 2
Belum
blm lengkap
belum saya ketik
nomor 2 belum saya buat
batalkan nomor 3
mohon dibatalkan untuk Pak Made
ganti nomor 3 dengan Ni Luh
Tolong diganti emailnya
user id nomor 2 diganti made.w
perbaiki nama anggota 1
mohon diperbaiki penulisan namanya
setelah SK direvisi
sesudah tanda tangan
nanti setelah rapat
besok
cek dulu
menunggu tanda tangan
tidak untuk nomor 4
tidak jadi
bukan untuk Pokja ini
hanya untuk nomor 1
cuma nomor 1 dan 2
yang nomor 2 saja
hapus nomor 5
coret nomor 5
keluarkan nama terakhir
tanpa nomor 2: jangan
salah satu anggota sudah pindah
nama keliru
masih ada yang kurang
ubah golongan nomor 2
emailnya dirubah
revisi dulu SK nya
koreksi: NIP nomor 1
tambahkan satu anggota
sementara untuk 3 orang
saya ragu dengan nomor 2
saya keberatan
selain nomor 2
but wait for the decree
However, member 3 has moved
except number 2
unless the decree is signed
if the decree is complete
provided that all papers are signed
not number 3
don't send yet
do not send to member 2
please hold
wait until Monday
only for the first two
without number 2
change the address of member 1
replace member 2
cancel number 3
pending signature
after the meeting
before Friday please check
TAPI TUNGGU
ｔａｐｉ tunggu
kecualikan nomor 4
Akun nomor satu sampun dados`

// TestReservations: whatever takes an approval back in part stops it, wherever it stands; what does not, does not. A text part is
// followed by the same in HTML, by the words in HTML alone, and in capitals.
func TestReservations(t *testing.T) {
	stops := func(m message.Message) string {
		_, why, _ := (Triage{}).conditions(&m, &sop.Case{})
		return why
	}
	yes, no := strings.Split(genuine, "\n"), append(strings.Split(conditional, "\n"), "t\u00adapi tunggu", "t\u200bapi", "ja\u200dngan dikirim")
	for _, l := range yes {
		for _, m := range []message.Message{{Own: "SETUJU\n" + l}, {Own: "SETUJU 7KQF3M\n\n" + l + "\n", HTMLOwn: "SETUJU 7KQF3M\n" + l}} {
			if stops(m) != "" {
				t.Errorf("%q is stopped (%s)", l, stops(m))
			}
		}
	}
	for _, l := range no {
		for _, m := range []message.Message{{Own: "SETUJU\n" + l}, {Own: "SETUJU\nterima kasih\n" + strings.ToUpper(l)}, {Own: "SETUJU", HTMLOwn: "SETUJU\n" + l}} {
			if stops(m) == "" {
				t.Errorf("%q is not stopped", l)
			}
		}
	}
	t.Logf("%d texts that go on, %d that stop", len(yes), len(no))
}

func TestAccountLines(t *testing.T) {
	say := func(own string) (string, string) {
		lines, why, quote := (Triage{}).conditions(&message.Message{Own: own}, &sop.Case{})
		var b []string
		for _, l := range lines {
			b = append(b, string(l.Verb)+"/"+l.Who+"/"+l.Arg)
		}
		return strings.Join(b, " "), why + quote
	}
	for own, want := range map[string]string{
		"SETUJU\nTETAP 2": "TETAP/2/", "SETUJU\ntetap 2, 3 dan 5.\n\nbaru 1\nterima kasih": "TETAP/2/ TETAP/3/ TETAP/5/ BARU/1/",
		"SETUJU 7KQF3M\nUSER 2 made.wirawan2": "USER/2/made.wirawan2", "APPROVE\nKEEP 1\nNEW 2": "TETAP/1/ BARU/2/",
		"SETUJU\nTETAP 198001012005011001": "TETAP/198001012005011001/", "SETUJU": "", "SETUJU\nTETAP\u00a02": "TETAP/2/",
		"SETUJU\nUSER: 3 a.b": "USER/3/a.b",
	} {
		if got, why := say(own); got != want || why != "" {
			t.Errorf("%q: %q, %s", own, got, why)
		}
	}
	for _, own := range []string{"TETAP", "TETAP dua", "TETAP semangat", "BARU 2 ya", "USER 2", "USER made.wirawan", "USER 2 a b", "USER 2,3 x", "TETAP 2-4", "BARU 12345",
		"TETAP 1980010120050110011"} {
		if got, why := say("SETUJU\nterima kasih\n" + own); got != "" || why != "line-unread"+own {
			t.Errorf("%q: %q, %s", own, got, why)
		}
	}
	if _, why, _ := (Triage{}).conditions(&message.Message{Own: "SETUJU", HTMLOwn: "SETUJU\nTETAP 2"}, &sop.Case{}); why != "line-in-html" {
		t.Error("a line that stands in the HTML part alone: ", why)
	}
	if lines, why, _ := (Triage{}).conditions(&message.Message{Own: "SETUJU\nTETAP 2", HTMLOwn: "SETUJU\nTETAP 2"}, &sop.Case{}); why != "" || !slices.Equal(lines, []sop.Line{{Verb: sop.Tetap, Who: "2"}}) {
		t.Error(lines, why)
	}
}
