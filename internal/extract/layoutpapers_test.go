package extract

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// layBlock is one piece of a paper, in printed order.
type layBlock struct {
	text   string // a paragraph, when rows is nil; tabs part label and value
	middle bool   // centred
	rows   [][]tcell
	lines  lineStyle
	page   string // "": none, "P" or "L": a new page of that orientation
	nested bool   // the table stands in a cell of another
}

// tcell is one cell; a covered slot of a merged cell is not listed.
type tcell struct {
	text       string
	cols, rows int
}

// sheetOfPaper is one paper with what it says.
type sheetOfPaper struct {
	kind   string
	blocks []layBlock
	landsc bool            // begins across
	has    map[string]bool // fields of the members that it prints
	style  printed
	people []official
	others []official // named too, but no members of this Pokja
	noNIP  bool
	aside  *layBlock // what another sheet of the workbook holds
}

func (s *sheetOfPaper) p(lines ...string) {
	for _, l := range lines {
		s.blocks = append(s.blocks, layBlock{text: l})
	}
}

func (s *sheetOfPaper) c(lines ...string) {
	for _, l := range lines {
		s.blocks = append(s.blocks, layBlock{text: l, middle: true})
	}
}

func (s *sheetOfPaper) table(style lineStyle, rows [][]tcell) {
	s.blocks = append(s.blocks, layBlock{rows: rows, lines: style})
}

// house is one invented office with its words.
type house struct {
	gov, unit, town, decider, signName, signNIP string
	pokja                                       string
	year                                        int
}

func inventHouse(r *rand.Rand) house {
	kab := one(r, "Kabupaten Tirta Asih", "Kota Wanasari", "Kabupaten Giri Loka", "Kabupaten Segara Wetan", "Provinsi Nusa Contoh")
	boss := inventOfficials(r, 1, 700)[0]
	h := house{gov: "PEMERINTAH " + strings.ToUpper(kab), town: one(r, "Tirtasari", "Wanasari", "Giriloka"), signName: boss.nama, signNIP: boss.nip, year: 2024 + r.IntN(4)}
	h.unit = one(r, "SEKRETARIAT DAERAH", "DINAS PEKERJAAN UMUM DAN PENATAAN RUANG", "RSUD SEHAT SENTOSA", "BADAN KEUANGAN DAN ASET DAERAH", "BAGIAN PENGADAAN BARANG/JASA")
	h.decider = one(r, "BUPATI "+strings.ToUpper(strings.TrimPrefix(kab, "Kabupaten ")), "SEKRETARIS DAERAH "+strings.ToUpper(kab), "KEPALA DINAS PEKERJAAN UMUM", "DIREKTUR RSUD SEHAT SENTOSA",
		"PENGGUNA ANGGARAN", "KUASA PENGGUNA ANGGARAN DINAS KESEHATAN", "KEPALA UNIT KERJA PENGADAAN BARANG/JASA", "KEPALA BAGIAN PENGADAAN BARANG/JASA SEKRETARIAT DAERAH")
	h.pokja = one(r, "Pokja Pemilihan 3", "Kelompok Kerja Pemilihan II", "Pokja Pemilihan Barang", "Pokja Konstruksi 1", "Kelompok Kerja Pemilihan Penyedia Barang/Jasa")
	return h
}

func (s *sheetOfPaper) letterhead(r *rand.Rand, h house) {
	if chance(r, 20) {
		return
	}
	s.c(h.gov, h.unit)
	if chance(r, 70) {
		s.c("Jalan Melati Nomor 12 Telepon (0361) 410055 Kode Pos 80999", "Laman: www.contoh.example  Pos-el: setda@contoh.example")
	}
}

func (s *sheetOfPaper) sign(r *rand.Rand, h house) {
	date := fmt.Sprintf("%s, %d %s %d", h.town, 1+r.IntN(28), one(r, "Januari", "Maret", "Juni", "November"), h.year)
	who := one(r, "Kepala Bagian,", "Kepala UKPBJ,", "Pengguna Anggaran,", "Sekretaris Daerah,", "a.n. Bupati\nSekretaris Daerah,")
	end := []string{h.signName, "Pembina Utama Muda", "NIP. " + printed{nip: r.IntN(3)}.number(official{nip: h.signNIP})}
	switch r.IntN(4) {
	case 0: // in a table of two columns without lines
		s.table(bare, [][]tcell{{{text: "Mengetahui,\nKepala Bagian"}, {text: date + "\n" + who}}, {{text: " "}, {text: " "}},
			{{text: "Dra. Ni Wayan Pejabat, M.M.\nNIP 196812311994032005"}, {text: strings.Join(end, "\n")}}})
	case 1:
		s.p(date, who, "", "")
		s.p(end...)
	default:
		s.p(date, who, "ttd", end[0], end[2])
	}
	if chance(r, 30) {
		s.p("Tembusan:", "1. Kepala LPSE;", "2. Arsip.")
	}
}

// field names as truth.json has them; kedudukan is printed but not asked.
type column2 struct {
	field string
	heads []string
}

var columnWords = []column2{
	{"nama", []string{"Nama", "NAMA LENGKAP", "Nama Pegawai", "Nama Personel", "Nama Lengkap dan Gelar", "NAMA ANGGOTA POKJA", "Nama Anggota", "Nama/Gelar"}},
	{"nip", []string{"NIP", "N I P", "Nomor Induk Pegawai", "NIP/NIPPPK", "Nomor Induk Pegawai (NIP)", "NIP."}},
	{"nik", []string{"NIK", "Nomor KTP", "No. KTP/NIK", "Nomor Induk Kependudukan"}},
	{"golongan", []string{"Gol.", "Pangkat/Gol. Ruang", "Golongan", "Pangkat, Golongan/Ruang", "GOL/RUANG", "Pangkat / Golongan"}},
	{"jabatan", []string{"Jabatan", "Jabatan Dinas", "Jabatan Struktural/Fungsional", "Jabatan pada Instansi", "JABATAN KEDINASAN"}},
	{"kedudukan", []string{"Jabatan dalam Pokja", "Kedudukan dalam Tim", "Kedudukan", "Peran", "Sebagai", "Keterangan"}},
	{"hp", []string{"No. HP", "Telepon Seluler", "No. HP/WA", "Nomor Handphone", "No. Telp/HP", "WhatsApp", "No. Kontak", "Kontak"}},
	{"email", []string{"Email", "Surat Elektronik", "Alamat Email", "E-mail", "Surel", "Alamat e-mail aktif", "Alamat Surat Elektronik (Email)"}},
	{"user_id", []string{"User ID", "User ID yang Diusulkan", "Usulan Username", "USER ID SPSE"}},
}

func (s *sheetOfPaper) value(f string, o official) string {
	switch f {
	case "nama":
		return s.style.name(o)
	case "nip":
		return s.style.number(o)
	case "nik":
		return o.nik
	case "golongan":
		return s.style.grade(o)
	case "jabatan":
		return o.jabatan
	case "kedudukan":
		return o.kedudukan
	case "hp":
		return s.style.phone(o)
	case "email":
		return s.style.address(o)
	case "user_id":
		return o.userID
	}
	return ""
}

// draw chooses columns: the wanted ones always, others by chance, in any order with the name among the first four.
func (s *sheetOfPaper) draw(r *rand.Rand, always string, sometimes ...string) []string {
	cols := strings.Fields(always)
	for _, f := range sometimes {
		if chance(r, 50) {
			cols = append(cols, f)
		}
	}
	r.Shuffle(len(cols), func(i, j int) { cols[i], cols[j] = cols[j], cols[i] })
	for _, f := range cols {
		s.has[f] = true
	}
	return cols
}

func heading(r *rand.Rand, f string) string {
	for _, c := range columnWords {
		if c.field == f {
			h := one(r, c.heads...)
			return h
		}
	}
	return f
}

// memberTable is a ruled list with the habits of many offices: groups of columns, a row of numbers, totals, blank rows.
func (s *sheetOfPaper) memberTable(r *rand.Rand, cols []string, style lineStyle) [][]tcell {
	upper := chance(r, 30)
	word := func(t string) string {
		if upper {
			return strings.ToUpper(t)
		}
		return t
	}
	var rows [][]tcell
	title := []string{"No.", "No", "NO", "Nomor", "No. Urut", "#"}[r.IntN(6)]
	heads := make([]string, len(cols))
	for i, f := range cols {
		heads[i] = word(heading(r, f))
	}
	if chance(r, 25) && style == ruled {
		rows = append(rows, groupedHeader(title, cols, heads)...)
	} else {
		row := []tcell{{text: title}}
		for _, h := range heads {
			row = append(row, tcell{text: h})
		}
		rows = append(rows, row)
	}
	if chance(r, 25) && style == ruled {
		open, end := one(r, "(", ""), ")"
		if open == "" {
			end = ""
		}
		row := []tcell{}
		for i := 0; i <= len(cols); i++ {
			row = append(row, tcell{text: open + fmt.Sprint(i+1) + end})
		}
		rows = append(rows, row)
	}
	mark := one(r, "", ".", "")
	for i, o := range s.people {
		row := []tcell{{text: fmt.Sprint(i+1) + mark}}
		for _, f := range cols {
			row = append(row, tcell{text: s.value(f, o)})
		}
		rows = append(rows, row)
	}
	if chance(r, 15) && style == ruled {
		rows = append(rows, []tcell{{text: fmt.Sprintf("Jumlah: %d (%s) orang", len(s.people), "sekian"), cols: len(cols) + 1}})
	}
	if chance(r, 8) && len(cols) > 2 && style == ruled {
		rows = withoutNumbers(rows)
	}
	return rows
}

// withoutNumbers drops the first column.
func withoutNumbers(rows [][]tcell) [][]tcell {
	out := make([][]tcell, 0, len(rows))
	for i, row := range rows {
		switch {
		case len(row) == 1 && row[0].cols > 1:
			row[0].cols--
			out = append(out, row)
		case i == 1 && len(rows[0]) != len(row) && rows[0][0].rows == 2, i > 0 && rows[0][0].rows == 2 && i == 1:
			out = append(out, row) // the lower half of a header has no number of its own
		default:
			out = append(out, row[1:])
		}
	}
	return out
}

// groupedHeader puts neighbours under a common heading where they belong together.
func groupedHeader(no string, cols, heads []string) [][]tcell {
	group := map[string]string{"hp": "Kontak", "email": "Kontak", "nip": "Identitas", "nik": "Identitas", "golongan": "Kepegawaian", "jabatan": "Kepegawaian"}
	top, low := []tcell{{text: no, rows: 2}}, []tcell{}
	for i := 0; i < len(cols); {
		j := i
		for j < len(cols) && group[cols[j]] != "" && group[cols[j]] == group[cols[i]] {
			j++
		}
		if j-i < 2 {
			top = append(top, tcell{text: heads[i], rows: 2})
			i++
			continue
		}
		top = append(top, tcell{text: group[cols[i]], cols: j - i})
		for ; i < j; i++ {
			low = append(low, tcell{text: heads[i]})
		}
	}
	if len(low) == 0 {
		for i := range top {
			top[i].rows = 0
		}
		return [][]tcell{top}
	}
	return [][]tcell{top, low}
}

// narrowTable puts two or three things into one cell.
func (s *sheetOfPaper) narrowTable(r *rand.Rand) [][]tcell {
	type col struct {
		head string
		cell func(o official) string
	}
	cols := []col{
		{one(r, "Nama / NIP", "NAMA DAN NIP", "Nama Lengkap, NIP", "Nama\nNIP"), func(o official) string {
			return s.style.name(o) + "\n" + one(fixed(len(s.people)), "NIP. ", "NIP ", "") + printed{nip: s.style.nip % 5 % 3}.number(o)
		}},
		{one(r, "Pangkat/Gol. dan Jabatan", "Jabatan dan Pangkat/Golongan", "Jabatan / Golongan"), func(o official) string {
			return o.jabatan + "\n" + s.style.grade(o)
		}},
		{one(r, "No. HP / Email", "Kontak (HP/Surel)", "HP dan E-mail", "Telepon/Surel"), func(o official) string {
			return s.style.phone(o) + "\n" + s.style.address(o)
		}},
	}
	if s.style.gol == 0 {
		s.style.gol = 1
	}
	r.Shuffle(len(cols), func(i, j int) { cols[i], cols[j] = cols[j], cols[i] })
	rows := [][]tcell{{{text: "No"}}}
	for _, c := range cols {
		rows[0] = append(rows[0], tcell{text: c.head})
	}
	for i, o := range s.people {
		row := []tcell{{text: fmt.Sprint(i + 1)}}
		for _, c := range cols {
			row = append(row, tcell{text: c.cell(o)})
		}
		rows = append(rows, row)
	}
	for f := range strings.FieldsSeq("nama nip golongan jabatan hp email") {
		s.has[f] = true
	}
	return rows
}

// pairedTable has the name and the NIP in one cell, everything else in columns.
func (s *sheetOfPaper) pairedTable(r *rand.Rand, cols []string) [][]tcell {
	join := one(r, "\n", "\n", " / ", " - ", "\nNIP. ", "\nNIP: ", "/NIP ")
	head := one(r, "Nama/NIP", "NAMA / NIP", "Nama dan NIP", "Nama Lengkap / NIP", "Nama & NIP")
	rows := [][]tcell{{{text: one(r, "No", "No.", "NO")}, {text: head}}}
	for _, f := range cols {
		rows[0] = append(rows[0], tcell{text: heading(r, f)})
	}
	for i, o := range s.people {
		row := []tcell{{text: fmt.Sprint(i + 1)}, {text: s.style.name(o) + join + printed{nip: s.style.nip % 5 % 3}.number(o)}}
		for _, f := range cols {
			row = append(row, tcell{text: s.value(f, o)})
		}
		rows = append(rows, row)
	}
	s.has["nama"], s.has["nip"] = true, true
	return rows
}

// parts lays a list out as one table, or as two with the header repeated, the second perhaps on a page of its own.
func (s *sheetOfPaper) parts(r *rand.Rand, rows [][]tcell, style lineStyle) {
	if cut := 1 + len(rows)/2; chance(r, 10) && len(rows) > 4 && len(rows[0]) == len(rows[1]) && rows[0][0].rows < 2 {
		s.table(style, rows[:cut])
		if chance(r, 50) {
			s.blocks = append(s.blocks, layBlock{page: map[bool]string{true: "L", false: "P"}[s.landsc]})
		} else {
			s.p("")
		}
		s.table(style, append([][]tcell{rows[0]}, rows[cut:]...))
		return
	}
	s.table(style, rows)
}

// lineCards writes each member as one numbered paragraph of labels.
func (s *sheetOfPaper) lineCards(r *rand.Rand, cols []string) {
	sep := one(r, ", ", "; ", "  ")
	colon := one(r, ": ", " : ", ": ")
	words := map[string]string{"nama": "Nama", "nip": "NIP", "golongan": one(r, "Gol.", "Golongan", "Pangkat/Gol."), "jabatan": "Jabatan", "hp": one(r, "HP", "No. HP"), "email": one(r, "Email", "Surel", "E-mail")}
	style := s.style
	style.nip, style.mail = style.nip%3, 9
	for i, o := range s.people {
		var parts []string
		for _, f := range cols {
			v := s.value(f, o)
			if f == "nip" {
				v = style.number(o)
			} else if f == "email" {
				v = o.email
			}
			parts = append(parts, words[f]+colon+v)
		}
		s.p(fmt.Sprintf("%d. ", i+1) + strings.Join(parts, sep))
	}
}

var labels = map[string][]string{
	"nama": {"Nama", "Nama Lengkap", "Nama (dengan gelar)", "N a m a"}, "nip": {"NIP", "Nomor Induk Pegawai", "NIP/NIPPPK"}, "nik": {"NIK", "No. KTP"},
	"golongan": {"Pangkat/Gol.", "Golongan", "Pangkat, Gol. Ruang", "Pangkat/Golongan"}, "jabatan": {"Jabatan", "Jabatan Dinas", "Jabatan Kedinasan"},
	"kedudukan": {"Kedudukan dalam Pokja", "Jabatan dalam Pokja", "Peran"}, "hp": {"No. HP", "Nomor HP/WA", "Telepon/HP", "HP"},
	"email": {"Email", "Alamat Email", "Surel", "E-mail"}, "user_id": {"User ID", "Usulan User ID"},
}

// cards gives each member a layBlock of labels: as lines, as a table of two columns, or one table with a ruled card each.
func (s *sheetOfPaper) cards(r *rand.Rand, cols []string) {
	words := map[string]string{}
	for _, f := range cols {
		words[f] = one(r, labels[f]...)
	}
	head := one(r, "", "Anggota %d", "DATA ANGGOTA KE-%d", "%d.", "PERSONEL %d")
	kind := r.IntN(5)
	var all [][]tcell
	for i, o := range s.people {
		title := ""
		if head != "" {
			title = fmt.Sprintf(head, i+1)
		}
		var rows [][]tcell
		for _, f := range cols {
			rows = append(rows, []tcell{{text: words[f]}, {text: ":"}, {text: s.value(f, o)}})
		}
		switch kind {
		case 0:
			if title != "" {
				s.p(title)
			}
			for _, c := range rows {
				s.p(c[0].text + "\t: " + c[2].text)
			}
			s.p("")
		case 1:
			if title != "" {
				s.p(title)
			}
			s.table(one(r, ruled, bare), rows)
			s.p("")
		case 4: // the number stands before the first label
			for k, c := range rows {
				lead := "    "
				if k == 0 {
					lead = fmt.Sprintf("%d.  ", i+1)
				}
				s.p(lead + c[0].text + "\t: " + c[2].text)
			}
		case 2:
			if title != "" {
				all = append(all, []tcell{{text: title, cols: 3}})
			}
			all = append(all, rows...)
		default:
			all = append(all, numberedCard(i, rows)...)
		}
	}
	if all != nil {
		s.table(ruled, all)
	}
}

// numberedCard has the number in a tall cell before the labels.
func numberedCard(i int, rows [][]tcell) [][]tcell {
	out := make([][]tcell, len(rows))
	for k, c := range rows {
		c = []tcell{c[0], c[2]}
		if k == 0 {
			c = append([]tcell{{text: fmt.Sprint(i+1) + ".", rows: len(rows)}}, c...)
		}
		out[k] = c
	}
	return out
}

// sentences name each member in running text.
func (s *sheetOfPaper) sentences(r *rand.Rand, cols []string) {
	how := r.IntN(3)
	for i, o := range s.people {
		var text strings.Builder
		text.WriteString(fmt.Sprintf("%d. %s", i+1, s.style.name(o)))
		for _, f := range cols {
			v := printed{nip: s.style.nip % 3, hp: s.style.hp, gol: 1}.number(o)
			switch f {
			case "nip":
				text.WriteString(one(fixed(how), ", NIP "+v, " (NIP. "+v+")", ", NIP: "+v))
			case "golongan":
				text.WriteString(", " + one(fixed(how), "Gol. ", "Pangkat/Gol. ", "Golongan ") + (printed{gol: 0}).grade(o))
			case "hp":
				text.WriteString(", HP " + s.style.phone(o))
			case "email":
				text.WriteString(one(fixed(how), ", email ", ", e-mail: ", ", surel: ") + o.email)
			case "kedudukan":
				text.WriteString(one(fixed(how), ", sebagai ", " – ", ", ") + o.kedudukan)
			}
		}
		s.p(text.String() + one(fixed(how), ";", ".", ""))
	}
}

// turnedTable has the members side by side and the labels down the left edge.
func (s *sheetOfPaper) turnedTable(r *rand.Rand, cols []string) [][]tcell {
	rows := [][]tcell{{{text: "Uraian"}}}
	for i := range s.people {
		rows[0] = append(rows[0], tcell{text: fmt.Sprintf("Anggota %d", i+1)})
	}
	for _, f := range cols {
		row := []tcell{{text: one(r, labels[f]...)}}
		for _, o := range s.people {
			row = append(row, tcell{text: s.value(f, o)})
		}
		rows = append(rows, row)
	}
	return rows
}
