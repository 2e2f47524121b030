package document

import "testing"

// TestSideBySideOverAPageBreak: a table whose members stand side by side goes on below a page break with the same members.
func TestSideBySideOverAPageBreak(t *testing.T) {
	src := lines("formulir.pdf", formTitle).table(`
Uraian | Personel 1 | Personel 2
Nama | Ni Made Sari, S.T. | I Wayan Putra, M.M.
NIP | 198609262015052001 | 197902282004121073
Jabatan | Analis | Auditor`)
	rest := lines("", "").table(`
Golongan | III/c | IV/a
HP | 081234567890 | 081234567891
Email | sari@dinas.example | putra@dinas.example`)
	rest.Pages[0].Number, rest.Pages[0].Lines, rest.Pages[0].Tables[0].Line = 2, nil, 0
	src.Pages, src.Paged = append(src.Pages, rest.Pages...), true
	r := Read(Bundle{Sources: []Source{src, decree()}})
	if len(r.Roster) < 2 {
		t.Fatalf("%+v", r.Roster)
	}
	for i, want := range []Row{{Email: "sari@dinas.example", HP: "081234567890", Golongan: "III/c", Jabatan: "Analis"}, {Email: "putra@dinas.example", HP: "081234567891", Golongan: "IV/a", Jabatan: "Auditor"}} {
		got := r.Roster[i]
		if got.Email != want.Email || got.HP != want.HP || got.Golongan != want.Golongan || got.Jabatan != want.Jabatan {
			t.Errorf("member %d: %+v", i+1, got)
		}
	}
}
