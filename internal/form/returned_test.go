package form

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/document"
	"ukpbjd/internal/extract"
	"ukpbjd/internal/message"
)

// scanned is a formulir as OCR leaves it.
func scanned(rows ...string) document.Source {
	s := document.Source{File: "scan001.pdf", Paged: true, MachineRead: true, Pages: []document.Page{{Number: 1, MachineRead: true, Confidence: 80, Lines: []document.Line{document.TextLine(title)}}}}
	t := document.Table{Line: 1}
	for _, r := range append([]string{"No|Nama|NIP|Jabatan|Email"}, rows...) {
		var cells []document.Cell
		for text := range strings.SplitSeq(r, "|") {
			cells = append(cells, document.Cell{Text: text, Confidence: 80})
		}
		t.Rows = append(t.Rows, cells)
	}
	s.Pages[0].Tables = []document.Table{t}
	return s
}

func edited(t *testing.T, book []byte, edits map[string]string) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // in memory
	rows, err := f.GetRows(tab)
	if err != nil {
		t.Fatal(err)
	}
	left := len(edits)
	for r, row := range rows {
		for c, text := range row {
			if to, ok := edits[text]; ok {
				left--
				if err := f.SetCellStr(tab, at(c, r+1), to); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil || left != 0 {
		t.Fatalf("%d cells not found, %v", left, err)
	}
	return out.Bytes()
}

// What a machine has read keeps its mark when the marked-up workbook comes back unchanged: nobody can tell who looked. What the
// requester changed is their own word, and so is a form that they typed themselves.
func TestReturnKeepsTheMarksOfOCR(t *testing.T) {
	scan := scanned("1|Ni Made Sari, S.T.|198609262015052001|Analis|sari@dinas.example", "2|I Wayan Putra|197902282004121073|Auditor|pufra@dinas.example", "3|Ida Bagus Oka|199002152016081075|Perencana|oka@dinas.example")
	first := document.Read(document.Bundle{Sources: []document.Source{scan}})
	book, err := Markup(first, "PKJ-2026-0001")
	if err != nil || len(first.Roster) != 3 {
		t.Fatal(err, first.Roster)
	}
	own := sheetOf(t, [][]string{{"1", "Ni Made Sari, S.T.", "198609262015052001", "", "", "Analis", "", "sari@dinas.example", ""}, {"2", "I Wayan Putra", "197902282004121073", "", "", "Auditor", "", "putra@dinas.example", ""},
		{"3", "Ida Bagus Oka", "199002152016081075", "", "", "Perencana", "", "oka@dinas.example", ""}})
	all := []string{"nama", "nip", "email", "jabatan"}
	for name, c := range map[string]struct {
		file   []byte
		doubts []string // of the second row
		source string
	}{
		"unchanged":           {book, all, "scan001.pdf"},
		"address changed":     {edited(t, book, map[string]string{"pufra@dinas.example": "putra@dinas.example"}), []string{"nama", "nip", "jabatan"}, "scan001.pdf"},
		"a form of their own": {own, nil, "kembali.xlsx"},
	} {
		src := extract.New(extract.Options{OCR: "off"}).All(context.Background(), []message.Attachment{{Name: "kembali.xlsx", Bytes: c.file}})
		r := document.Read(document.Bundle{Previous: []document.Source{scan}, Sources: src})
		if len(r.Roster) != 3 || r.NeedsPerson {
			t.Fatalf("%s: %+v", name, r)
		}
		got := slices.Clone(r.Roster[1].Doubts)
		slices.Sort(got)
		want := slices.Sorted(slices.Values(c.doubts))
		if !slices.Equal(got, want) || r.Roster[1].Source != c.source {
			t.Errorf("%s: doubts %v, want %v; source %s", name, got, want, r.Roster[1].Source)
		}
	}
}
