package document

import (
	"reflect"
	"strings"
	"testing"
)

// drawn makes sources of text as an extractor would: a form feed ends a page, a group separator a file; a line that begins
// with a bar is a row of a table, tabs part the segments of others. how chooses whether things have places, and who read them.
func drawn(how byte, text string) (all []Source) {
	placed, machine := how&1 != 0, how&2 != 0
	for file := range strings.SplitSeq(text, "\x1d") {
		s := Source{File: "berkas.pdf", SHA256: strings.Repeat("ab", 32), Paged: placed, MachineRead: machine}
		for i, page := range strings.Split(file, "\f") {
			p := Page{Number: i + 1, MachineRead: machine}
			rows := false
			for n, line := range strings.Split(page, "\n") {
				top := 0.0
				if placed {
					top = float64(40 + 14*n)
				}
				if row, ok := strings.CutPrefix(line, "|"); ok {
					if !rows {
						p.Tables = append(p.Tables, Table{Line: len(p.Lines), Top: top})
					}
					t := &p.Tables[len(p.Tables)-1]
					t.Rows, t.Bottom, rows = append(t.Rows, drawnCells(how, row)), top, true
					continue
				}
				rows = false
				p.Lines = append(p.Lines, Line{Segments: drawnSegments(how, line), Top: top, Height: top / float64(40+14*n) * 10})
			}
			s.Pages = append(s.Pages, p)
		}
		all = append(all, s)
	}
	return all
}

func drawnCells(how byte, row string) (cells []Cell) {
	for text := range strings.SplitSeq(row, "|") {
		c := Cell{Text: strings.ReplaceAll(text, "\\n", "\n"), Numeric: how&4 != 0, Merged: how&8 != 0 && text == ""}
		if how&2 != 0 {
			c.Confidence = 80
		}
		cells = append(cells, c)
	}
	return cells
}

func drawnSegments(how byte, line string) (segments []Segment) {
	at := 0
	for text := range strings.SplitSeq(line, "\t") {
		s := Segment{Text: text}
		if how&1 != 0 {
			s.Left, s.Right = float64(50+5*at), float64(50+5*(at+len(text)))
		}
		if how&2 != 0 {
			s.Confidence = 80
		}
		if at += len(text) + 4; text != "" {
			segments = append(segments, s)
		}
	}
	return segments
}

// FuzzRead: whatever the readers found in a paper, reading it neither panics nor changes it, and says the same again.
func FuzzRead(f *testing.F) {
	form := "FORMULIR PERMOHONAN USER ID DAN PASSWORD SPSE\nNama Pokja\t: Pokja 1\n|No|Nama|NIP|Golongan|Jabatan|HP|Email\n" +
		"|1|I Made Contoh, S.T.|198001012005011001|III/c|Ketua|081234567890|made@kantor.example\n|2|Ni Luh Misal|19810202 200602 2 002|III/b|Anggota|081|luh@kantor.example\n" +
		"||\\nlanjutan||||\f|3|Ketut Umpama\\nNIP. 198203032007031003||||0812|ketut@kantor.example\n|Jumlah|3\nMengetahui,\nKepala Bagian\nNIP. 197001011995031001"
	decree := "KEPUTUSAN KEPALA BAGIAN\nNOMOR 1 TAHUN 2026\nTENTANG\nPENETAPAN KELOMPOK KERJA\nMenimbang\t: a. bahwa\nMengingat\t: 1.\nMEMUTUSKAN\nMenetapkan\t:\nKESATU\t: x\n\fLAMPIRAN\n" +
		"NO\tNAMA\tNIP\n1.\tI Made Contoh, S.T.\t198001012005011001\n2.\tNi Luh Misal\t198102022006022002\n\tlanjutan nama"
	task := "SURAT TUGAS\nNomor: 2/2026\nDasar\t: SK\nKepada\t:\n1. Nama\t: I Made Contoh, S.T.\n   NIP\t: 198001012005011001\n2. Nama\t: Ni Luh Misal\n   NIP\t: 198102022006022002\nUntuk\t: memilih"
	turned := "FORMULIR PERMOHONAN USER ID\n|Nama|A Budi|B Candra|C Dewi\n|NIP|198001012005011001|198102022006022002|198203032007031003\n|Email|a@b.example|c@d.example|e@f.example"
	for how := range byte(16) {
		for _, text := range []string{form, decree, task, turned, form + "\x1d" + decree + "\x1d" + task} {
			f.Add(how, text, "Daftar anggota:\n1. Budi 198001012005011001 budi@kantor.example")
		}
	}
	f.Fuzz(func(t *testing.T, how byte, text, body string) {
		if len(text)+len(body) > 1<<15 {
			return
		}
		bundle := func() Bundle {
			b := Bundle{Sources: drawn(how, text), Body: body, OwnDomains: []string{"kantor.example"}}
			if how&16 != 0 {
				b.Previous, b.Sources = b.Sources[:len(b.Sources)/2], b.Sources[len(b.Sources)/2:]
			}
			return b
		}
		b := bundle()
		one := Read(b)
		if !reflect.DeepEqual(b, bundle()) {
			t.Error("reading has changed what was read")
		}
		if again := Read(b); !reflect.DeepEqual(one, again) {
			t.Error("the same papers read differently a second time")
		}
	})
}
