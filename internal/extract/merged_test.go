package extract

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
)

// What stands once beside several members in a merged cell holds for each of them; an address never does.
func TestMergedCells(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	for r, row := range [][]any{{"FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA"}, {"No", "Nama", "NIP", "Golongan", "Jabatan", "Email"},
		{"1", "Ni Made Sari", "198609262015052001", "III/c", "Pengelola PBJ Ahli Muda", "sari@dinas.example"},
		{"2", "I Wayan Putra", "197902282004121073", nil, nil, "putra@dinas.example"},
		{"3", "Ida Bagus Oka", "199002152016081075", "III/b", nil, nil},
		{"4", "Ni Luh Rai", "199103152017082076", "III/a", "Perencana", "rai@dinas.example"}} {
		for c, v := range row {
			name, _ := excelize.CoordinatesToCellName(c+1, r+1)
			if err := f.SetCellValue("Sheet1", name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, m := range [][2]string{{"A1", "F1"}, {"D3", "D4"}, {"E3", "E5"}, {"F4", "F5"}} {
		if err := f.MergeCell("Sheet1", m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	html := `<html><body><p>FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA</p><table><tr><td>No</td><td>Nama</td><td>NIP</td><td>Golongan</td><td>Jabatan</td><td>Email</td></tr>
<tr><td>1</td><td>Ni Made Sari</td><td>198609262015052001</td><td rowspan=2>III/c</td><td rowspan=3>Pengelola PBJ Ahli Muda</td><td>sari@dinas.example</td></tr>
<tr><td>2</td><td>I Wayan Putra</td><td>197902282004121073</td><td rowspan=2>putra@dinas.example</td></tr>
<tr><td>3</td><td>Ida Bagus Oka</td><td>199002152016081075</td><td>III/b</td></tr>
<tr><td>4</td><td>Ni Luh Rai</td><td>199103152017082076</td><td>III/a</td><td>Perencana</td><td>rai@dinas.example</td></tr></table></body></html>`
	for name, data := range map[string][]byte{"f.xlsx": out.Bytes(), "f.html": []byte(html), "f.ods": mergedODF(t, "spreadsheet"), "f.odt": mergedODF(t, "text")} {
		r := document.Read(document.Bundle{Sources: New(Options{OCR: "off"}).All(context.Background(), []message.Attachment{{Name: name, Bytes: data}})})
		if len(r.Roster) != 4 {
			t.Fatalf("%s: roster = %+v", name, r.Roster)
		}
		for i, want := range [][3]string{{"III/c", "Pengelola PBJ Ahli Muda", "sari@dinas.example"}, {"III/c", "Pengelola PBJ Ahli Muda", "putra@dinas.example"},
			{"III/b", "Pengelola PBJ Ahli Muda", ""}, {"III/a", "Perencana", "rai@dinas.example"}} {
			if row := r.Roster[i]; [3]string{row.Golongan, row.Jabatan, row.Email} != want {
				t.Errorf("%s: row %d = %+v, want %v", name, i+1, row, want)
			}
		}
		if len(r.Problems) != 2 || r.Problems[1].Row != 3 || r.Problems[1].Code != document.CodeMissingEmail {
			t.Errorf("%s: problems %+v", name, r.Problems)
		}
	}
}

// mergedODF is the same table as LibreOffice writes it: covered cells stand in the file, but do not say what covers them.
func mergedODF(t *testing.T, kind string) []byte {
	t.Helper()
	cell := func(text string) string {
		return `<table:table-cell office:value-type="string"><text:p>` + text + `</text:p></table:table-cell>`
	}
	tall := func(text string, rows int) string {
		return fmt.Sprintf(`<table:table-cell office:value-type="string" table:number-columns-spanned="1" table:number-rows-spanned="%d"><text:p>%s</text:p></table:table-cell>`, rows, text)
	}
	const covered = `<table:covered-table-cell/>`
	title := `<table:table-cell office:value-type="string" table:number-columns-spanned="6" table:number-rows-spanned="1"><text:p>FORMULIR PERMOHONAN PEMBUATAN AKUN POKJA</text:p></table:table-cell>` +
		`<table:covered-table-cell table:number-columns-repeated="5"/>`
	var rows strings.Builder
	for _, r := range [][]string{{title}, {cell("No"), cell("Nama"), cell("NIP"), cell("Golongan"), cell("Jabatan"), cell("Email")},
		{cell("1"), cell("Ni Made Sari"), cell("198609262015052001"), tall("III/c", 2), tall("Pengelola PBJ Ahli Muda", 3), cell("sari@dinas.example")},
		{cell("2"), cell("I Wayan Putra"), cell("197902282004121073"), covered, covered, tall("putra@dinas.example", 2)},
		{cell("3"), cell("Ida Bagus Oka"), cell("199002152016081075"), cell("III/b"), covered, covered},
		{cell("4"), cell("Ni Luh Rai"), cell("199103152017082076"), cell("III/a"), cell("Perencana"), cell("rai@dinas.example")}} {
		rows.WriteString("<table:table-row>" + strings.Join(r, "") + "</table:table-row>")
	}
	content := `<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:` +
		kind + `><table:table table:name="Lembar1">` + rows.String() + `</table:table></office:` + kind + `></office:body></office:document-content>`
	return zipOf(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument." + kind, "content.xml": content})
}

// Merged cells that cover the whole sheet many times over cost no more than their bound.
func TestMergedCellsAreBounded(t *testing.T) {
	g := newGrid(&workbook{cellsLeft: 10})
	g.rows[1] = map[int]document.Cell{1: {Text: "x"}}
	g.maxR, g.maxC = 1_000_000, maxColumns
	for range 50 {
		g.merge("A1:XFD1048576")
	}
	if len(g.rows) != 1 || len(g.rows[1]) > maxColumns || g.merges >= 0 {
		t.Errorf("%d rows, %d cells, %d left", len(g.rows), len(g.rows[1]), g.merges)
	}
}
