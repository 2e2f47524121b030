package rehearsal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/document"
)

// pick takes one of a list.
func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

// name invents a name without titles, and says whether it is a woman's. Balinese I, Ni, Ida … are part of the name.
func name(r *rand.Rand) (full string, woman bool) {
	woman = r.IntN(5) < 2
	choose := func(man, lady string) string {
		if woman {
			return lady
		}
		return man
	}
	given := pick(r, "Artawan", "Suardana", "Sanjaya", "Widiana", "Mahendra", "Adnyana", "Suparta", "Darmawan", "Yudiana", "Wirawan", "Antara", "Parwata", "Sudarsana", "Astawa")
	if woman {
		given = pick(r, "Armini", "Puspitasari", "Widiastuti", "Suryani", "Pradnyani", "Lestari", "Dewiyanti", "Mahayuni", "Kusumawati", "Andayani", "Sukerti", "Yuliantari")
	}
	order := pick(r, "Wayan", "Putu", "Made", "Kadek", "Nengah", "Nyoman", "Komang", "Ketut")
	houses := [][2]string{{"I Gusti Ngurah ", "I Gusti Ayu "}, {"Ida Bagus ", "Ida Ayu "}, {"Anak Agung Gede ", "Anak Agung Istri "},
		{"Dewa Gede ", "Desak Putu "}, {"Cokorda Gede ", "Cokorda Istri "}}
	switch n := r.IntN(10); n {
	case 0, 1, 2, 3, 4:
		return choose(houses[n][0], houses[n][1]) + given, woman
	case 5:
		return choose(pick(r, "Bambang ", "Agus ", "Hendra ", "Slamet "), pick(r, "Sri ", "Endang ", "Rina ", "Dwi ")) +
			choose(pick(r, "Prasetyo", "Setiawan", "Nugroho"), pick(r, "Handayani", "Wulandari", "Rahmawati")), woman
	}
	middle := pick(r, "", "", choose("Gede ", "Luh "), choose("Agus ", "Ayu "))
	return choose("I ", "Ni ") + order + " " + middle + given, woman
}

// titled puts academic titles around a name, where there are any.
func titled(r *rand.Rand, bare string) string {
	front := pick(r, "", "", "", "", "", "Ir. ", "Drs. ", "Dr. ")
	first := pick(r, "", "S.T.", "S.E.", "S.Kom.", "S.Sos.", "S.H.", "S.IP.")
	second := pick(r, "", "", "M.Si.", "M.T.", "M.A.P.", "M.Kom.")
	if front == "Drs. " || front == "Ir. " {
		first = ""
	}
	return strings.Join(slices.DeleteFunc([]string{front + bare, first, second}, func(s string) bool { return s == "" }), ", ")
}

// ranks are the pangkat of the golongan that Pokja members mostly hold.
func ranks() [][2]string {
	return [][2]string{{"III/a", "Penata Muda"}, {"III/b", "Penata Muda Tk. I"}, {"III/c", "Penata"}, {"III/d", "Penata Tk. I"},
		{"IV/a", "Pembina"}, {"IV/b", "Pembina Tk. I"}}
}

func rankName(golongan string) string {
	for _, p := range ranks() {
		if p[0] == golongan {
			return p[1]
		}
	}
	return golongan
}

// person invents one civil servant. Serials 060–119 of a NIP and district codes from 91 in a NIK belong to nobody.
func person(r *rand.Rand, no int, o Office, taken map[string]bool) document.Row {
	bare, woman := name(r)
	born := time.Date(1968, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(27*365))
	start := born.AddDate(21+r.IntN(12), r.IntN(12), 0)
	if last := dated.AddDate(-2, 0, 0); start.After(last) {
		start = last
	}
	sex, day := 1, born.Day()
	if woman {
		sex, day = 2, born.Day()+40
	}
	row := document.Row{
		No: no, Nama: titled(r, bare),
		NIP: fmt.Sprintf("%s%s%d%03d", born.Format("20060102"), start.Format("200601"), sex, 60+r.IntN(60)),
		NIK: fmt.Sprintf("9%d%02d%02d%02d%02d%02d%04d", 1+r.IntN(8), 1+r.IntN(20), 1+r.IntN(20), day, int(born.Month()),
			born.Year()%100, 1+r.IntN(20)),
		Golongan: ranks()[r.IntN(5)][0],
		Jabatan: pick(r, "Pengelola Pengadaan Barang/Jasa Ahli Muda", "Pengelola Pengadaan Barang/Jasa Ahli Pertama", "Penelaah Teknis Kebijakan",
			"Staf Bagian Pengadaan Barang/Jasa", "Analis Kebijakan Ahli Muda", "Penata Layanan Operasional"),
		HP:     fmt.Sprintf("08%d%08d", 12+r.IntN(80), r.IntN(1e8)),
		Doubts: []string{},
	}
	row.Email = address(bare, born, o, taken)
	return row
}

// address makes the mail address that an office would give, unlike any other of the request.
func address(bare string, born time.Time, o Office, taken map[string]bool) string {
	words := strings.Fields(strings.ToLower(bare))
	local := words[len(words)-1]
	if len(words) > 1 && len(words[len(words)-2]) > 2 {
		local = words[len(words)-2] + "." + local
	}
	local += born.Format("06")
	if o.Tag != "" {
		local += "." + o.Tag
	}
	for n, try := 2, local; ; n++ {
		if !taken[try] {
			taken[try] = true
			return try + "@" + o.Domain
		}
		try = fmt.Sprintf("%s-%d", local, n)
	}
}
