package letter

import (
	"cmp"
	"fmt"
	"strings"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

// groupNIP writes 19860926 201505 1 001 (DOMAIN, "NIP"); what has not 18 digits is shown as it was read.
func groupNIP(s string) string { return shown(document.GroupNIP(s), 40) }

// maskNIP hides the middle: 19860926 •••••• • 001.
func maskNIP(s string) string {
	if document.GroupNIP(s) == s {
		return "(NIP disamarkan)"
	}
	return s[:8] + " •••••• • " + s[15:]
}

var unreadable = map[string]string{
	"encrypted":   "berkas terkunci dengan kata sandi; mohon dikirim tanpa kunci",
	"corrupt":     "berkas rusak atau terpotong; mohon dikirim sekali lagi",
	"empty":       "berkas kosong; mohon dikirim sekali lagi dengan isinya",
	"too-large":   "berkas melebihi batas ukuran; mohon diperkecil atau dikirim terpisah",
	"unsupported": "jenis berkas tidak dikenal; mohon dikirim sebagai PDF, DOCX atau XLSX",
	"timeout":     "berkas terlalu lama dibaca; berkas akan dilihat oleh petugas",
	"malware":     "berkas ditahan karena pemindai menemukan perangkat perusak; mohon dikirim berkas lain yang bersih",
	"unscanned":   "berkas ditahan karena belum dapat dipindai; berkas akan dilihat oleh petugas",
	"no-text":     "tidak ada teks yang dapat dibaca; berkas akan dilihat oleh petugas",
}

func unreadableBecause(reason string) string {
	return cmp.Or(unreadable[reason], "isi berkas tidak dapat dibaca")
}

var fields = map[string]string{
	"no": "nomor urut", "nama": "nama", "nip": "NIP", "nik": "NIK", "email": "alamat email", "jabatan": "jabatan",
	"golongan": "golongan", "hp": "nomor HP", "user_id": "user ID",
}

func doubtful(names []string) string {
	var out []string
	for _, n := range names {
		if w, ok := fields[n]; ok {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "mohon dicocokkan dengan berkas asli: " + strings.Join(out, ", ")
}

var marks = map[string]string{
	"alamat-pemohon": "alamat email sama dengan alamat pemohon",
	"domain-luar":    "alamat email berada di luar domain kantor",
	"alamat-berbeda": "alamat email berbeda dari yang terakhir dikonfirmasi untuk NIP ini",
	"domain-sandi":   "domain alamat email ditulis dengan huruf bukan Latin (punycode)",
	"alamat-mirip":   "alamat email hampir sama dengan alamat pejabat, pemohon, atau anggota lain",
	"nama-mirip":     "nama hampir sama dengan anggota lain atau pejabat",
	"pemohon-baru":   "pemohon ini belum pernah mengajukan permohonan yang disetujui",
	"nama-pejabat":   "nama atau alamat pemohon menyerupai nama atau alamat pejabat",
	"domain-mirip":   "domain alamat email mirip dengan domain kantor, tetapi tidak sama",
}

// markText explains a risk mark; a mark that has no entry here is shown as it is, for the approver must see it.
func markText(m string) string { return cmp.Or(marks[m], shown(m, maxTitle)) }

var states = map[sop.MemberState]string{
	sop.MemberWaiting:   "Menunggu persetujuan",
	sop.MemberSealing:   "Surat disiapkan",
	sop.MemberQueued:    "Surat dalam antrean kirim",
	sop.MemberSent:      "Terkirim, menunggu konfirmasi",
	sop.MemberFailed:    "Gagal terkirim",
	sop.MemberConfirmed: "Diterima",
	sop.MemberWrong:     "Alamat keliru, pengiriman dihentikan",
	sop.MemberLapsed:    "Tanpa konfirmasi sampai batas waktu",
}

func stateLabel(s sop.MemberState) string { return cmp.Or(states[s], "Belum diketahui") }

var parties = map[string]string{
	string(sop.RoleRequester): "Pemohon",
	string(sop.RoleApprover):  "Admin Agency",
	string(sop.RoleMember):    "Anggota Pokja",
	string(sop.RoleKepala):    "Kepala LPSE",
	string(sop.RoleBagian):    "Kepala Bagian",
	string(sop.RoleOperator):  "Operator",
	string(sop.RoleColleague): "Rekan pemohon",
	"daemon":                  "Sistem",
}

// PartyName names who owes a step or is written to, as tables and pages show it; what it does not know stays as it is. SOP W.1
func PartyName(s string) string { return cmp.Or(parties[s], s) }

var posts = map[sop.Role]string{sop.RoleBagian: "Kepala Bagian Pengadaan Barang/Jasa", sop.RoleOperator: "Operator Layanan Permohonan Akun SPSE"}

// roleLabel stands under the name of the addressee.
func roleLabel(r sop.Role) string { return cmp.Or(posts[r], parties[string(r)]) }

// owers are those who answer for a step, within a sentence. SOP W.1
var owers = map[string]string{
	"approver": "Admin Agency", "requester": "pemohon", "member": "anggota Pokja", "operator": "operator layanan", "daemon": "sistem layanan",
}

func owedBy(s string) string { return cmp.Or(owers[s], shown(s, maxName)) }

var deviationKinds = map[string]string{"perlengkapan": "Perlengkapan", "waktu": "Waktu", "output": "Output"}

func deviationKind(s string) string { return cmp.Or(deviationKinds[s], shown(s, 40)) }

var small = [...]string{"nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas"}

// count writes "5 (lima)" as official letters do.
func count(n int) string {
	w := ""
	switch {
	case n < 0:
	case n < 12:
		w = small[n]
	case n < 20:
		w = small[n-10] + " belas"
	case n < 100:
		w = small[n/10] + " puluh"
		if n%10 > 0 {
			w += " " + small[n%10]
		}
	}
	if w == "" {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d (%s)", n, w)
}
