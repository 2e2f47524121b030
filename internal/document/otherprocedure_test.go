package document

import "testing"

func TestOtherProcedure(t *testing.T) {
	for text, want := range map[string]string{
		"Mohon reset password akun SPSE atas nama Ni Made Sari":                    "reset",
		"Saya lupa kata sandi SPSE, mohon bantuannya.":                             "reset",
		"Mohon akun SPSE a.n. Putu dinonaktifkan karena pensiun":                   "nonaktif",
		"Permohonan penonaktifan user ID Pokja":                                    "nonaktif",
		"Mohon mutasi akun SPSE Pokja ke Kabupaten Tirtawana":                      "mutasi",
		"Mohon dibuatkan akun SPSE untuk anggota Pokja.":                           "",
		"Permohonan pembuatan akun Pokja. Akun lama mohon dinonaktifkan.":          "",
		"Jenis permohonan: [X] Akun baru [ ] Perubahan data [ ] Penonaktifan akun": "",
		"Mutasi pegawai sudah selesai. Terlampir undangan rapat.":                  "",
		"kami ajukan permintaan user ID/password Pokja atas nama":                  "",
		"": "",
	} {
		if got := OtherProcedure(text); got != want {
			t.Errorf("OtherProcedure(%q) = %q, want %q", text, got, want)
		}
	}
}
