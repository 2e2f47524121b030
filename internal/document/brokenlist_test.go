package document

import (
	"strings"
	"testing"
)

// printed makes a page of placed lines: "top left:text left:text …", phrases parted by bars, of letters 5 points wide and 10 high.
func printed(number int, text string) Page {
	p := Page{Number: number}
	for l := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		top, rest, _ := strings.Cut(strings.TrimSpace(l), " ")
		line := Line{Top: float64(atoi(top)), Height: 10}
		for s := range strings.SplitSeq(rest, " | ") {
			left, words, _ := strings.Cut(s, ":")
			x := float64(atoi(left))
			line.Segments = append(line.Segments, Segment{Text: words, Left: x, Right: x + 5*float64(len(words))})
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}

func roster(t *testing.T, pages ...Page) []Row {
	t.Helper()
	return Read(Bundle{Sources: []Source{{File: "f.pdf", Paged: true, Pages: pages}}}).Roster
}

func wantRows(t *testing.T, name string, got []Row, want ...string) {
	t.Helper()
	var have []string
	for _, r := range got {
		have = append(have, strings.TrimSpace(r.Nama+"; "+r.NIP+"; "+r.Email+"; "+r.Jabatan))
	}
	if strings.Join(have, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

const twoMembers = "Ni Made Sari, S.T.; 198609262015052001; sari@dinas.example; Analis\nI Wayan Putra, M.M.; 197902282004121073; putra@dinas.example; Auditor"

// A list goes on over a page break: between two rows, through a row, with its number in the lower half, and without numbers.
func TestListOverPageBreak(t *testing.T) {
	const head = "No | Nama | NIP | Email | Jabatan\n"
	const plain = "Nama | NIP | Email | Jabatan\n"
	for name, c := range map[string][2]string{
		"between rows":        {head + "1 | Ni Made Sari, S.T. | 198609262015052001 | sari@dinas.example | Analis", "2 | I Wayan Putra, M.M. | 197902282004121073 | putra@dinas.example | Auditor"},
		"through a row":       {head + "1 | Ni Made Sari, S.T. | 198609262015052001 | sari@dinas.example | Analis\n2 | I Wayan | 19790228 200412 | putra@ | Auditor", "| | Putra, M.M. | 1 073 | dinas.example | |"},
		"number in the half":  {head + "1 | Ni Made Sari, S.T. | 198609262015052001 | sari@dinas.example | Analis\n| | I Wayan | 19790228 200412 | putra@ | Auditor", "2 | Putra, M.M. | 1 073 | dinas.example | |"},
		"without numbers":     {plain + "Ni Made Sari, S.T. | 198609262015052001 | sari@dinas.example | Analis", "I Wayan Putra, M.M. | 197902282004121073 | putra@dinas.example | Auditor"},
		"half, no numbers":    {plain + "Ni Made Sari, S.T. | 198609262015052001 | sari@dinas.example | Analis\nI Wayan | 19790228 200412 | putra@ | Auditor", "Putra, M.M. | 1 073 | dinas.example | |"},
		"header again":        {plain + "(1) | (2) | (3) | (4)\nNi Made Sari, S.T. | 198609262015052001 | sari@dinas.example | Analis", plain + "I Wayan Putra, M.M. | 197902282004121073 | putra@dinas.example | Auditor"},
		"through the header":  {"No | Nama | Nomor Induk | Alamat Surat | Jabatan", "| | Lengkap | Pegawai | Elektronik | Dinas\n1 | Ni Made Sari, S.T. | 198609262015052001 | sari@dinas.example | Analis\n2 | I Wayan Putra, M.M. | 197902282004121073 | putra@dinas.example | Auditor"},
		"below a lone header": {head, "1 | Ni Made Sari, S.T. | 198609262015052001 | sari@dinas.example | Analis\n2 | I Wayan Putra, M.M. | 197902282004121073 | putra@dinas.example | Auditor"},
	} {
		s := lines("f.docx", formTitle).table(c[0])
		second := lines("", "x").table(c[1]).Pages[0]
		second.Number, second.Lines, second.Tables[0].Line = 2, nil, 0
		s.Pages = append(s.Pages, second)
		wantRows(t, name, Read(Bundle{Sources: []Source{s}}).Roster, strings.Split(twoMembers, "\n")...)
	}
}

// Lists without ruled lines: under a title, with the number in the middle of tall rows, without numbers, over a page break.
func TestListWithoutRules(t *testing.T) {
	const title = "20 100:FORMULIR PERMOHONAN AKUN SPSE\n"
	const head = "50 40:No | 60:Nama | 200:NIP | 340:Email | 500:Jabatan\n"
	const one = "70 40:1 | 60:Ni Made Sari, S.T. | 200:198609262015052001 | 340:sari@dinas.example | 500:Analis\n"
	const two = "90 40:2 | 60:I Wayan Putra, M.M. | 200:197902282004121073 | 340:putra@dinas.example | 500:Auditor\n"
	for name, pages := range map[string][]Page{
		"plain":           {printed(1, title+head+one+two)},
		"title close by":  {printed(1, "33 180:FORMULIR PERMOHONAN AKUN SPSE\n"+head+one+two)},
		"line above":      {printed(1, title+"33 37:sebagai berikut:\n"+head+one+two)},
		"tall rows":       {printed(1, title+head+"68 60:Ni Made Sari, | 340:sari@dinas.\n74 40:1 | 200:198609262015052001 | 500:Analis\n80 60:S.T. | 340:example\n100 60:I Wayan Putra, | 340:putra@dinas.\n106 40:2 | 200:197902282004121073 | 500:Auditor\n112 60:M.M. | 340:example")},
		"without numbers": {printed(1, title+strings.Replace(head, "40:No | ", "", 1)+strings.Replace(one, "40:1 | ", "", 1)+strings.Replace(two, "40:2 | ", "", 1))},
		"over the page":   {printed(1, title+head+one), printed(2, "40 40:2 | 60:I Wayan Putra, M.M. | 200:197902282004121073 | 340:putra@dinas.example | 500:Auditor")},
	} {
		wantRows(t, name, roster(t, pages...), strings.Split(twoMembers, "\n")...)
	}
	doubtful := roster(t, printed(1, title+"50 40:No | 60:Nama | 200:NIP | 340:Email\n70 40:1 | 60:Ni Made | 130:Sari | 200:198609262015052001 | 340:sari@dinas.example"))
	if len(doubtful) != 1 || !strings.Contains(strings.Join(doubtful[0].Doubts, " "), "nama") {
		t.Errorf("two phrases in one cell are not marked: %+v", doubtful)
	}
}

// Cards keep to their members, whatever label stands above the list, and a value that was wrapped is whole.
func TestCardsInStep(t *testing.T) {
	const sari = "Nama : Ni Made Sari, S.T.\nNIP : 198609262015052001\nHP : 081234567890\nEmail : sari@dinas.example\nJabatan : Analis\n"
	const putra = "Nama : I Wayan Putra, M.M.\nNIP : 197902282004121073\nHP : 081234567891\nEmail : putra@dinas.example\nJabatan : Auditor\n"
	for name, above := range map[string]string{"nothing": "", "a telephone of the office": "HP : 0811111111\n", "words that look like a label": "Barang/Jasa sebagai berikut:\n"} {
		r := Read(Bundle{Sources: []Source{lines("f.docx", formTitle+"\n"+above+sari+putra)}})
		wantRows(t, name, r.Roster, strings.Split(twoMembers, "\n")...)
		if len(r.Roster) == 2 && (r.Roster[0].HP != "081234567890" || r.Roster[1].HP != "081234567891") {
			t.Errorf("%s: HP %s, %s", name, r.Roster[0].HP, r.Roster[1].HP)
		}
	}
	wrapped := printed(1, "20 100:FORMULIR PERMOHONAN AKUN SPSE\n40 40:Nama | 120:: | 130:Ni Made Sari,\n52 130:S.T.\n64 40:NIP | 120:: | 130:198609262015052001\n76 40:Email | 120:: | 130:sari@dinas.\n88 130:example\n100 40:Jabatan | 120:: | 130:Analis\n112 40:Sesudah daftar ini kalimat lain dalam surat yang panjang sampai ke tepi")
	wantRows(t, "wrapped", roster(t, wrapped), strings.Split(twoMembers, "\n")[0])
	paragraph := printed(1, "20 100:FORMULIR PERMOHONAN AKUN SPSE\n40 40:1. Nama: Ni Made Sari, S.T., NIP: 198609262015052001, Jabatan:\n52 40:Analis, Email: sari@dinas.example\n64 40:2. Nama: I Wayan Putra, M.M., NIP: 197902282004121073, Jabatan: Auditor,\n76 40:Email: putra@dinas.example")
	wantRows(t, "one paragraph each", roster(t, paragraph), strings.Split(twoMembers, "\n")...)
}

// What people type around numbers and addresses goes; an address that may have been cut is not taken for whole.
func TestTypedAround(t *testing.T) {
	for typed, want := range map[string]string{
		"sari@dinas.example;": "sari@dinas.example", "sari@dinas.example.": "sari@dinas.example", "<sari@dinas.example>": "sari@dinas.example", "mailto:sari@dinas.example": "sari@dinas.example",
		"(sari@dinas.example),": "sari@dinas.example", "Sari@Dinas.Example": "sari@dinas.example", "sari@kab.go.": "sari@kab.go.", "sari@dinas.": "sari@dinas.",
	} {
		var p person
		if p.setEmail(typed); p.Email != want {
			t.Errorf("address %q = %q, want %q", typed, p.Email, want)
		}
	}
	for typed, want := range map[string]string{
		"0062812345678": "0812345678", "(+62) 812-3456-7890": "081234567890", "62812345678": "0812345678", "84708411699": "084708411699", "0858.2893\n.448": "08582893448", "0858-2893-\n448": "08582893448",
	} {
		var p person
		if p.setHP(typed); p.HP != want {
			t.Errorf("telephone %q = %q, want %q", typed, p.HP, want)
		}
	}
	var p person
	if p.setMany([]field{fieldHP, fieldEmail}, "006281234567890\nsari@dinas.example"); p.HP != "081234567890" || p.Email != "sari@dinas.example" {
		t.Errorf("both in one cell: %q, %q", p.HP, p.Email)
	}
}

// In an SK of several Pokja without NIPs a namesake of another Pokja gives nobody his grade.
func TestNamesakeInAnotherPokja(t *testing.T) {
	f := lines("f.docx", formTitle).table(formRows)
	f.Pages[0].Tables[0].Rows[3][4].Text = "" // Ida Bagus Oka, of whom only the SK has the grade
	sk := lines("sk.pdf", "KEPUTUSAN KEPALA UKPBJ\nNOMOR 16 TAHUN 2026\nTENTANG\nPENETAPAN KELOMPOK KERJA PEMILIHAN\nMenimbang : a. bahwa\nMengingat : 1. Peraturan\nMEMUTUSKAN:\nMenetapkan : KEPUTUSAN").
		table("No | Nama | Golongan | Kedudukan\nPOKJA 1 | | |\n1 | Agus Salim | III/a | Ketua\n2 | Drs. Ida Bagus Oka | IV/a | Anggota\nPOKJA 2 | | |\n1 | Ni Made Sari, S.T. | III/c | Ketua\n2 | I Wayan Putra, M.M. | IV/a | Sekretaris\n3 | Ida Bagus Oka | III/b | Anggota")
	r := Read(Bundle{Sources: []Source{f, sk, task()}})
	if len(r.Roster) != 3 || r.Roster[2].Golongan != "III/b" || said(r) != "" {
		t.Errorf("roster %+v, problems %q", r.Roster, said(r))
	}
}
