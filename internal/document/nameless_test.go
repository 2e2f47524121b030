package document

import (
	"strings"
	"testing"
)

// A member whose name was left out stays in the roster, by a named problem: without the row the others would pass for all.
func TestNamelessMemberIsKept(t *testing.T) {
	var numberless []string
	for l := range strings.SplitSeq(formRows, "\n") {
		_, rest, _ := strings.Cut(l, " | ")
		numberless = append(numberless, rest)
	}
	for name, c := range map[string]struct{ rows, want string }{
		"numbered":       {strings.Replace(formRows, "I Wayan Putra, M.M.", "", 1), "2 missing_name"},
		"broken formula": {strings.Replace(formRows, "I Wayan Putra, M.M.", "#N/A", 1), "2 missing_name, 2 broken_cell"},
		"a dash":         {strings.Replace(formRows, "I Wayan Putra, M.M.", "-", 1), "2 missing_name"},
		"address only": {strings.Replace(formRows, "I Wayan Putra, M.M. | 19790228 200412 1 073", " | ", 1),
			"0 disagrees, 2 missing_name, 2 bad_nip, 2 missing_in_sk, 2 missing_in_surat_tugas"},
		"without numbers": {strings.Replace(strings.Join(numberless, "\n"), "I Wayan Putra, M.M.", "–", 1), "2 missing_name"},
	} {
		r := Read(Bundle{Sources: []Source{lines("f.xlsx", formTitle).table(c.rows), decree(), task()}})
		if got := said(r); got != c.want || len(r.Roster) != 3 || r.Ready() {
			t.Errorf("%s: problems %q, want %q; %d rows, ready %v", name, got, c.want, len(r.Roster), r.Ready())
		}
		for _, p := range r.Problems {
			if p.Row == 2 && !strings.HasPrefix(p.Text, "Baris 2 (tanpa nama, NIP ") {
				t.Errorf("%s: %s", name, p.Text)
			}
		}
	}
	for name, rows := range map[string]string{ // negative control: rows that tell nobody
		"blank rows of a form": formRows + "\n4 | | | | | |\n5 | | | | | |",
		"the signatory":        formRows + "\n| | | 196803091995061095 | | |",
		"a sum":                formRows + "\nJumlah | 3 | | | | |",
	} {
		if r := Read(Bundle{Sources: []Source{lines("f.xlsx", formTitle).table(rows), decree(), task()}}); said(r) != "" || len(r.Roster) != 3 {
			t.Errorf("%s: problems %q, %d rows", name, said(r), len(r.Roster))
		}
	}
}

func TestNamelessCardAndSentence(t *testing.T) {
	card := lines("f.docx", formTitle).table("Nama | Ni Made Sari, S.T.\nNIP | 19860926 201505 2 001\nEmail | sari@dinas.example\nNama | :\nNIP | 19790228 200412 1 073\nEmail | putra@dinas.example\nNama | Ida Bagus Oka\nNIP | 19900215 201608 1 075\nEmail | oka@dinas.example")
	sentences := lines("f.docx", formTitle+"\n1. Ni Made Sari, S.T., NIP 198609262015052001, Email : sari@dinas.example\n2. NIP 197902282004121073, Email : putra@dinas.example\n3. Ida Bagus Oka, NIP 199002152016081075, Email : oka@dinas.example")
	for name, f := range map[string]Source{"cards": card, "sentences": sentences} {
		if r := Read(Bundle{Sources: []Source{f, decree(), task()}}); said(r) != "2 missing_name" || len(r.Roster) != 3 {
			t.Errorf("%s: problems %q, %d rows", name, said(r), len(r.Roster))
		}
	}
}

// What a spreadsheet shows in the place of a value is no value.
func TestBrokenCells(t *testing.T) {
	for _, mark := range []string{"#N/A", "#REF!", "#VALUE!", "#NAMA?", "#########", "Err:502"} {
		rows := formRows
		for _, cell := range []string{"19790228 200412 1 073", "Auditor", "0812-3456-7891", "putra@dinas.example"} {
			rows = strings.Replace(rows, cell, mark, 1)
		}
		r := Read(Bundle{Sources: []Source{lines("f.xlsx", formTitle).table(rows)}})
		wantProblems(t, r, "2 broken_cell, 2 broken_cell, 2 broken_cell, 2 broken_cell, 2 bad_nip, 2 missing_email")
		if row := r.Roster[1]; row.NIP+row.Jabatan+row.HP+row.Email != "" || len(row.Doubts) != 4 {
			t.Errorf("%s: row = %+v", mark, row)
		}
	}
}

// A member without a number in the list is a member still; the signatory is none.
func TestNumberlessMemberIsKept(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"short NIP, no address": {"3 | Ida Bagus Oka | 199002152016081075 | Perencana | III/b | +62 812 3456 7892 | oka@dinas.example", "| | Ida Bagus Oka | 19900215201608107 | | | |",
			"3 bad_nip, 3 missing_email"},
		"no NIP":              {"3 | Ida Bagus Oka | 199002152016081075 |", "| | Ida Bagus Oka | |", ""},
		"behind a blank row":  {"3 | Ida Bagus Oka", "| | | | | | |\n| | Ida Bagus Oka", ""},
		"a counter that fell": {"3 | Ida Bagus Oka | 199002152016081075 | Perencana | III/b | +62 812 3456 7892 | oka@dinas.example", "#REF! | Ida Bagus Oka | | | | |", "3 missing_email"},
	} {
		rows := strings.Replace(formRows, c.old, c.new, 1)
		r := Read(Bundle{Sources: []Source{lines("f.xlsx", formTitle).table(rows), decree(), task()}})
		if got := said(r); rows == formRows || got != c.want || len(r.Roster) != 3 {
			t.Errorf("%s: problems %q, want %q; %+v", name, got, c.want, r.Roster)
		}
	}
}
