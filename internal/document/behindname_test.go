package document

import (
	"strings"
	"testing"
)

// What people put behind a name, below it or above the NIP is no part of it.
func TestNamesEndWhereTheyEnd(t *testing.T) {
	for _, c := range []struct {
		text, nama, golongan string
		doubt                bool
	}{
		{"Ni Made Sari, S.T.", "Ni Made Sari, S.T.", "", false},
		{"I Made Al-Habsyi, S.Tr.IP", "I Made Al-Habsyi, S.Tr.IP", "", false},
		{"dr. I Gusti Ngurah Oka, Sp.PD, M.A.R.S.", "dr. I Gusti Ngurah Oka, Sp.PD, M.A.R.S.", "", false},
		{"Prof. Dr. Ni Luh\nPutu Sari, S.E.,\nAk., CA", "Prof. Dr. Ni Luh Putu Sari, S.E., Ak., CA", "", false},
		{"Ni Made Sari, S.T. – Ketua", "Ni Made Sari, S.T.", "", false},
		{"Ni Made Sari — Anggota", "Ni Made Sari", "", false},
		{"Ni Made Sari - Sekretaris", "Ni Made Sari", "", false},
		{"Ni Made Sari, S.T., Penata Muda (III/a)", "Ni Made Sari, S.T.", "III/a", false},
		{"Ni Made Sari, S.T., Penata Muda Tk. I, III/b", "Ni Made Sari, S.T.", "III/b", false},
		{"Ni Made Sari, S.T. (Ketua)", "Ni Made Sari, S.T.", "", false},
		{"Ni Made Sari selaku Ketua Pokja", "Ni Made Sari", "", false},
		{"Ni Made Sari / Anggota", "Ni Made Sari", "", false},
		{"Ni Made Sari\tKetua", "Ni Made Sari", "", false},
		{"Ni Made Sari, S.T.\nPenata Tk. I (III/d)", "Ni Made Sari, S.T.", "III/d", false},
		{"Ni Made Sari, S.T.\nKetua\nPenata / III/c", "Ni Made Sari, S.T.", "III/c", false},
		{"Ni Made Sari, S.T., Golongan IX", "Ni Made Sari, S.T.", "IX", false},
		{"Ni Made Sari;\nyang selanjutnya bertugas sampai akhir tahun", "Ni Made Sari", "", false},
		{"Ni Made Sari – Dinas Pekerjaan Umum", "Ni Made Sari", "", true},
		{"Ni Made Sari (pengganti)", "Ni Made Sari", "", true},
		{"Ni Made Sari, Bendahara Umum", "Ni Made Sari, Bendahara Umum", "", true},
		{"Ni Made Sari Ketua", "Ni Made Sari Ketua", "", true},
		{"Ni Made Sari 2", "Ni Made Sari 2", "", true},
	} {
		var p person
		p.set([]field{fieldNama}, Cell{Text: c.text})
		if p.Nama != c.nama || p.Golongan != c.golongan || (len(p.Doubts) > 0) != c.doubt {
			t.Errorf("%q: name %q, grade %q, doubts %v; want %q, %q, %v", c.text, p.Nama, p.Golongan, p.Doubts, c.nama, c.golongan, c.doubt)
		}
	}
}

// A note beside somebody who has left stops the row; it never passes for a part in the Pokja.
func TestNoteSaysTheyHaveLeft(t *testing.T) {
	rows := strings.NewReplacer("| Email", "| Email | Keterangan", "putra@dinas.example", "putra@dinas.example | mutasi, coret", "oka@dinas.example", "oka@dinas.example | Anggota").Replace(formRows)
	r := Read(Bundle{Sources: []Source{lines("formulir.docx", formTitle).table(rows), decree(), task()}})
	wantProblems(t, r, "2 withdrawn")
	if r.Ready() {
		t.Error("the approver is asked")
	}
}

// Several faults of one kind are all named, and an address that two lists of one paper tell differently is shown in both forms.
func TestAllOfOneKindAreNamed(t *testing.T) {
	sk := decree().table("No | Nama | NIP | Kedudukan\n4 | I Ketut Lain | 198001012005011001 | Anggota\n5 | Ni Nyoman Lagi | 198101012005012001 | Anggota")
	r := Read(Bundle{Sources: []Source{form(), sk, task()}})
	for _, name := range []string{"I Ketut Lain", "Ni Nyoman Lagi"} {
		if !strings.Contains(texts(r), name) {
			t.Errorf("%s is not named in:\n%s", name, texts(r))
		}
	}
	r = Read(Bundle{Sources: []Source{form().table("No | Nama | NIP | Email\n1 | I Wayan Putra, M.M. | 19790228 200412 1 073 | lama@dinas.example"), decree(), task()}})
	if got := texts(r); !strings.Contains(got, "putra@dinas.example") || !strings.Contains(got, "lama@dinas.example") || r.Ready() {
		t.Errorf("ready %v, said:\n%s", r.Ready(), got)
	}
	r = Read(Bundle{Sources: []Source{form(), lines("formulir2.docx", formTitle).table(strings.Replace(formRows, "oka@", "oka.lama@", 1)), decree(), task()}})
	if got := texts(r); !strings.Contains(got, "oka@dinas.example") || !strings.Contains(got, "oka.lama@dinas.example") || r.Ready() {
		t.Errorf("ready %v, said:\n%s", r.Ready(), got)
	}
	wantProblems(t, Read(Bundle{Sources: []Source{form(), decree(), task()}}), "")
}

func texts(r Reading) string {
	var out []string
	for _, p := range r.Problems {
		out = append(out, p.Text)
	}
	return strings.Join(out, "\n")
}
