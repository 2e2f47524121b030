package document

import (
	"fmt"
	"strings"
	"testing"
)

// lines makes a source of plain lines.
func lines(name string, text string) Source {
	s := Source{File: name, Pages: []Page{{Number: 1}}}
	for l := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		s.Pages[0].Lines = append(s.Pages[0].Lines, TextLine(strings.TrimSpace(l)))
	}
	return s
}

// table adds a table, cells parted by bars.
func (s Source) table(rows string) Source {
	var t Table
	p := &s.Pages[0]
	t.Line = len(p.Lines)
	for r := range strings.SplitSeq(strings.TrimSpace(rows), "\n") {
		var row []Cell
		for c := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(r), "|"), "|"), "|") {
			text := strings.ReplaceAll(strings.TrimSpace(c), "⏎", "\n")
			num := strings.HasSuffix(text, "#")
			row = append(row, Cell{Text: strings.TrimSuffix(text, "#"), Numeric: num})
		}
		t.Rows = append(t.Rows, row)
	}
	p.Tables = append(p.Tables, t)
	return s
}

const formTitle = "FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA\nNomor: 1/UKPBJ/2026"

const formRows = `No | Nama | NIP | Jabatan | Golongan | HP | Email
1 | Ni Made Sari, S.T. | 198609262015052001 | Analis | III/c | 081234567890 | sari@dinas.example
2 | I Wayan Putra, M.M. | 19790228 200412 1 073 | Auditor | IV/a | 0812-3456-7891 | putra@dinas.example
3 | Ida Bagus Oka | 199002152016081075 | Perencana | III/b | +62 812 3456 7892 | oka@dinas.example`

func form() Source { return lines("formulir.docx", formTitle).table(formRows) }

func decree() Source {
	return lines("sk.pdf", `
KEPUTUSAN KEPALA UKPBJ
NOMOR 16 TAHUN 2026
TENTANG
PENETAPAN KELOMPOK KERJA PEMILIHAN 3
Menimbang : a. bahwa perlu ditetapkan;
Mengingat : 1. Peraturan Presiden Nomor 16 Tahun 2018;
MEMUTUSKAN:
Menetapkan : KEPUTUSAN TENTANG PENETAPAN POKJA
KESATU : Menetapkan susunan keanggotaan.`).table(`
No | Nama / NIP | Kedudukan
1 | Ni Made Sari, S.T.⏎NIP. 19860926 201505 2 001 | Ketua
2 | I Wayan Putra, M.M.⏎NIP. 19790228 200412 1 073 | Sekretaris
3 | Ida Bagus Oka⏎NIP. 19900215 201608 1 075 | Anggota`)
}

func task() Source {
	return lines("st.pdf", `
SURAT TUGAS
Nomor : 800/1/UKPBJ/2026
Dasar : Keputusan Kepala UKPBJ Nomor 16 Tahun 2026 tentang Penetapan Kelompok Kerja
MENUGASKAN:
Kepada : 1. Nama : Ni Made Sari, S.T.
NIP : 19860926 201505 2 001
Jabatan : Analis
2. Nama : I Wayan Putra, M.M.
NIP : 19790228 200412 1 073
Jabatan : Auditor
3. Nama : Ida Bagus Oka
NIP : 19900215 201608 1 075
Jabatan : Perencana
Untuk : melaksanakan tugas sebagai Pokja 3
Denpasar, 12 Januari 2026
Kepala UKPBJ,
Drs. I Gede Agung, M.Si.
NIP : 196803091995061095`)
}

// said lists the problems as "row code".
func said(r Reading) string {
	var out []string
	for _, p := range r.Problems {
		out = append(out, fmt.Sprintf("%d %s", p.Row, p.Code))
	}
	return strings.Join(out, ", ")
}

func wantProblems(t *testing.T, r Reading, want string) {
	t.Helper()
	if got := said(r); got != want {
		t.Errorf("problems = %q, want %q", got, want)
		for _, p := range r.Problems {
			t.Logf("  %s", p.Text)
		}
	}
}
