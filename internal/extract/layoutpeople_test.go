package extract

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// official is one invented member with everything that a paper may print.
type official struct {
	nama, nip, nik, golongan, pangkat, jabatan, kedudukan, hp, email, userID string
}

var (
	maleNames   = []string{"I Made", "I Wayan", "I Nyoman", "I Ketut", "I Gusti Ngurah", "Ida Bagus Gede", "Anak Agung Gde Agung", "Dewa Gede", "Cokorda Gde", "Agus", "Muhammad", "Yohanes", "Bambang", "Putu"}
	femaleNames = []string{"Ni Made", "Ni Luh Putu", "Ni Nyoman", "Ni Ketut", "I Gusti Ayu", "Ida Ayu", "Anak Agung Istri", "Desak Putu", "Dewi", "Siti", "Maria Goreti", "Sri", "Luh"}
	familyNames = []string{"Sanjaya", "Purnama", "Wirawan", "Rahayu", "Suardana", "Kusumadewi", "Hidayat", "Permana", "Lestari", "Artana", "Yuliani", "Ma'ruf", "Nur'aini", "Sukmawati Dewi", "Adi Putra", "Suastika", "Widiastuti", "Kurniawan", "Al-Habsyi", "Mahendra Jaya"}
	before      = []string{"", "", "", "", "Dr. ", "Ir. ", "Drs. ", "dr. ", "Hj. ", "Dra. ", "Dr. Ir. ", "apt. ", "Prof. Dr. ", "H. "}
	after       = []string{"", "", ", S.T.", ", S.E., M.M.", ", S.Kom., M.Kom.", ", A.Md.", ", S.Sos.", ", ST", ", S.H., M.H.", ", S.STP., M.Si", ", SKM., M.Kes.", ", S.Tr.IP", ", A.Md.Kom.", " S.T., M.Si.", ", S.E, Ak., CA", ", S.Pd., M.Pd., Ph.D."}
	ranks       = [][2]string{{"II/c", "Pengatur"}, {"III/a", "Penata Muda"}, {"III/b", "Penata Muda Tk. I"}, {"III/c", "Penata"}, {"III/d", "Penata Tk. I"}, {"IV/a", "Pembina"}, {"IV/b", "Pembina Tk. I"}, {"IV/c", "Pembina Utama Muda"}}
	pppkGrades  = []string{"VII", "IX", "X", "XI", "XIII", "V", "XVII"}
	officePosts = []string{"Pengelola Pengadaan Barang/Jasa Ahli Muda", "Pengelola Pengadaan Barang/Jasa Ahli Pertama", "Pengelola PBJ Ahli Madya", "Analis Kebijakan Ahli Muda", "Kepala Sub Bagian Umum", "Perencana Ahli Muda",
		"Penelaah Teknis Kebijakan", "Staf Bagian Pengadaan Barang dan Jasa", "Auditor Ahli Muda", "Penata Kelola Pengadaan", "Kasubbag Pengelolaan LPSE", "Arsiparis Terampil"}
	domains = []string{"badung.example", "dinas-pu.example", "gmail.example", "mail.example", "rsud-contoh.go.example", "setda.kabcontoh.example"}
)

func one[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// inventOfficials gives n people with different names, numbers and addresses.
func inventOfficials(r *rand.Rand, n, serial int) []official {
	var out []official
	seen := map[string]bool{}
	for len(out) < n {
		sex, first := 1, one(r, maleNames...)
		if chance(r, 45) {
			sex, first = 2, one(r, femaleNames...)
		}
		core := first + " " + one(r, familyNames...)
		if seen[core] {
			continue
		}
		seen[core] = true
		o := official{nama: one(r, before...) + core + one(r, after...), jabatan: one(r, officePosts...), kedudukan: "Anggota"}
		born, month, day := 1967+r.IntN(30), 1+r.IntN(12), 1+r.IntN(28)
		o.nip = fmt.Sprintf("%04d%02d%02d%04d%02d%d%03d", born, month, day, born+22+r.IntN(8), 1+r.IntN(12), sex, serial+len(out))
		rank := one(r, ranks...)
		o.golongan, o.pangkat = rank[0], rank[1]
		if chance(r, 15) {
			o.golongan, o.pangkat = one(r, pppkGrades...), ""
			o.nip = o.nip[:12] + "21" + o.nip[14:]
		}
		if sex == 2 {
			day += 40
		}
		o.nik = fmt.Sprintf("51039%d%02d%02d%02d%04d", 1+r.IntN(8), day, month, born%100, 1+r.IntN(30))
		o.hp = fmt.Sprintf("08%d%0*d", 11+r.IntN(80), 7+r.IntN(2), 1000000+r.IntN(8999999))
		o.email = address(r, core)
		o.userID = strings.ToUpper(strings.Split(o.email, "@")[0])
		out = append(out, o)
	}
	out[0].kedudukan = "Ketua"
	if n > 1 {
		out[1].kedudukan = "Sekretaris"
	}
	return out
}

func address(r *rand.Rand, core string) string {
	ws := strings.Fields(strings.ToLower(strings.NewReplacer("'", "", "-", "").Replace(core)))
	last := ws[len(ws)-1]
	local := one(r, ws[0]+"."+last, last+"_"+ws[0], last+"-"+ws[0], last+fmt.Sprint(r.IntN(100)), ws[0]+last)
	return local + fmt.Sprint(r.IntN(90)) + "@" + one(r, domains...)
}

// printed is how a paper writes the people: the habits of one typist.
type printed struct {
	capitals bool
	nip      int // 0 solid, 1 spaces, 2 dots, 3 with label, 4 hyphens, 5 with label and colon, 6 with the mark of text
	hp       int
	gol      int
	mail     int // what people leave around an address
}

func habits(r *rand.Rand) printed {
	return printed{capitals: chance(r, 25), nip: r.IntN(7), hp: r.IntN(9), gol: r.IntN(4), mail: r.IntN(12)}
}

func (p printed) name(o official) string {
	if p.capitals {
		name, titles, found := strings.Cut(o.nama, ",")
		if found {
			return strings.ToUpper(name) + "," + titles
		}
		return strings.ToUpper(name)
	}
	return o.nama
}

func (p printed) number(o official) string {
	n := o.nip
	switch p.nip {
	case 1:
		return n[:8] + " " + n[8:14] + " " + n[14:15] + " " + n[15:]
	case 2:
		return n[:8] + "." + n[8:14] + "." + n[14:15] + "." + n[15:]
	case 3:
		return "NIP. " + n
	case 4:
		return n[:8] + "-" + n[8:14] + "-" + n[14:15] + "-" + n[15:]
	case 5:
		return "NIP : " + n[:8] + " " + n[8:14] + " " + n[14:15] + " " + n[15:]
	case 6:
		return "'" + n
	}
	return n
}

func (p printed) phone(o official) string {
	h := o.hp
	switch p.hp {
	case 1:
		return h[:4] + "-" + h[4:8] + "-" + h[8:]
	case 2:
		return "+62 " + h[1:4] + " " + h[4:8] + " " + h[8:]
	case 3:
		return h[:4] + " " + h[4:8] + " " + h[8:]
	case 4:
		return "+62" + h[1:]
	case 5:
		return "0062" + h[1:]
	case 6:
		return "62" + h[1:]
	case 7:
		return h[:4] + "." + h[4:8] + "." + h[8:]
	case 8:
		return "(+62) " + h[1:4] + "-" + h[4:8] + "-" + h[8:]
	}
	return h
}

// address is the address with what people type around it.
func (p printed) address(o official) string {
	switch p.mail {
	case 0:
		return o.email + ";"
	case 1:
		return o.email + "."
	case 2:
		return "mailto:" + o.email
	case 3:
		return "<" + o.email + ">"
	case 4:
		return strings.ToUpper(o.email[:1]) + o.email[1:]
	case 5:
		return o.email + ","
	}
	return o.email
}

func (p printed) grade(o official) string {
	if o.pangkat == "" {
		return one(fixed(len(o.nama)), o.golongan, "PPPK Gol. "+o.golongan, "Golongan "+o.golongan)
	}
	switch p.gol {
	case 1:
		return o.pangkat + " (" + o.golongan + ")"
	case 2:
		return o.pangkat + ", " + o.golongan
	case 3:
		return o.pangkat + " / " + o.golongan
	}
	return o.golongan
}

func fixed(n int) *rand.Rand { return rand.New(rand.NewPCG(uint64(n), 1)) }
