package extract

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// member is one invented person, as the papers print them.
type member struct{ nama, nip, golongan, jabatan, hp, email string }

var (
	firstNames = []string{"I Made", "Ni Luh", "I Gusti Ayu", "Ida Bagus", "Anak Agung Gde", "Desak Putu", "Siti", "Agus", "Cokorda Istri", "Putu", "Maria"}
	lastNames  = []string{"Sanjaya", "Purnami", "Wirawan", "Rahayu", "Suardana", "Kusumadewi", "Hidayat", "Permana", "Lestari", "Artana", "Yuliani", "Ma'ruf"}
	titles     = []string{"", ", S.T.", ", S.E., M.M.", ", S.Kom., M.Kom.", ", A.Md.", ", S.Sos."}
	posts      = []string{"Auditor Ahli Muda", "Analis Kebijakan Ahli Pertama", "Pengelola Pengadaan Barang/Jasa Ahli Muda", "Penata Kelola Pengadaan", "Perencana"}
	grades     = []string{"III/a", "III/b", "III/c", "III/d", "IV/a"}
)

func invent(rnd *rand.Rand, n int) []member {
	var out []member
	used := map[string]bool{}
	for len(out) < n {
		first, last := firstNames[rnd.IntN(len(firstNames))], lastNames[rnd.IntN(len(lastNames))]
		if used[first+last] {
			continue
		}
		used[first+last] = true
		year := 1968 + rnd.IntN(28)
		nip := fmt.Sprintf("%04d%02d%02d%04d%02d%d%03d", year, 1+rnd.IntN(12), 1+rnd.IntN(28), year+24, 1+rnd.IntN(12), 1+rnd.IntN(2), 60+len(out))
		mail := strings.ToLower(strings.NewReplacer(" ", ".", "'", "").Replace(first+"."+last)) + fmt.Sprint(rnd.IntN(90)) + "@dinas.example"
		out = append(out, member{first + " " + last + titles[rnd.IntN(len(titles))], nip, grades[rnd.IntN(len(grades))], posts[rnd.IntN(len(posts))],
			fmt.Sprintf("0812%08d", rnd.IntN(100000000)), mail})
	}
	return out
}

// column is one of a form's columns in one of its wordings.
type column struct {
	head string
	cell func(i int, m member) string
}

var wordings = map[string][]string{
	"nama": {"Nama", "NAMA LENGKAP", "Nama Pegawai", "Nama Personel"}, "nip": {"NIP", "N I P", "Nomor Induk Pegawai"},
	"gol": {"Gol.", "Pangkat/Gol. Ruang", "Golongan"}, "jabatan": {"Jabatan", "Unit Kerja / Jabatan", "Jabatan Dinas"},
	"hp": {"No. HP", "Telepon Seluler", "No. HP/WA"}, "email": {"Email", "Surat Elektronik", "Alamat Email", "E-mail", "Surel"}, "no": {"No", "No.", "#"},
}

// compound puts two things into one cell, as narrow forms do.
func compound(rnd *rand.Rand) []column {
	cols := []column{
		{"Nama dan NIP", func(_ int, m member) string { return m.nama + "\nNIP " + m.nip }},
		{"Jabatan dan Pangkat", func(_ int, m member) string { return m.jabatan + "\nPenata, " + m.golongan }},
		{"Kontak (HP / Surel)", func(_ int, m member) string { return m.hp + "\n" + m.email }},
	}
	rnd.Shuffle(len(cols), func(i, j int) { cols[i], cols[j] = cols[j], cols[i] })
	return append([]column{{"No.", func(i int, _ member) string { return fmt.Sprint(i+1) + "." }}}, cols...)
}

// columnsOf draws a layout: order, wording, spacing of NIPs.
func columnsOf(rnd *rand.Rand) []column {
	pick := func(k string) string { return wordings[k][rnd.IntN(len(wordings[k]))] }
	spaced := rnd.IntN(3)
	nip := func(_ int, m member) string {
		switch spaced {
		case 1:
			return m.nip[:8] + " " + m.nip[8:14] + " " + m.nip[14:15] + " " + m.nip[15:]
		case 2:
			return m.nip[:8] + "." + m.nip[8:14] + "." + m.nip[14:15] + "." + m.nip[15:]
		}
		return m.nip
	}
	cols := []column{
		{pick("nama"), func(_ int, m member) string { return m.nama }}, {pick("nip"), nip},
		{pick("gol"), func(_ int, m member) string { return m.golongan }}, {pick("jabatan"), func(_ int, m member) string { return m.jabatan }},
		{pick("hp"), func(_ int, m member) string { return m.hp }}, {pick("email"), func(_ int, m member) string { return m.email }},
	}
	rnd.Shuffle(len(cols), func(i, j int) { cols[i], cols[j] = cols[j], cols[i] })
	return append([]column{{pick("no"), func(i int, _ member) string { return fmt.Sprint(i + 1) }}}, cols...)
}

func gridOf(cols []column, people []member) [][]string {
	var out [][]string
	var head []string
	for _, c := range cols {
		head = append(head, c.head)
	}
	out = append(out, head)
	for i, m := range people {
		var row []string
		for _, c := range cols {
			row = append(row, c.cell(i, m))
		}
		out = append(out, row)
	}
	return out
}

var formHead = []string{"PEMERINTAH KABUPATEN CONTOH", "FORMULIR PERMOHONAN PEMBUATAN AKUN SPSE POKJA", "Nomor : 027/197/UKPBJ/2026", "Nama Pokja : Pokja Pemilihan 3"}
var formFoot = []string{"Contoh, 6 Juni 2026", "Kepala Bagian,", "Drs. I Komang Pejabat, M.A.P.", "NIP. 197308082002011088"}

func makeXLSX(t testing.TB, rnd *rand.Rand, grid [][]string) []byte {
	f := excelize.NewFile()
	defer f.Close()
	set := func(c, r int, v any) {
		name, _ := excelize.CoordinatesToCellName(c, r)
		if err := f.SetCellValue("Sheet1", name, v); err != nil {
			t.Fatal(err)
		}
	}
	r := 1 + rnd.IntN(3)
	for _, l := range formHead {
		set(1, r, l)
		r++
	}
	r += rnd.IntN(2)
	left := 1 + rnd.IntN(2)
	for _, row := range grid {
		for c, v := range row {
			set(left+c, r, v)
		}
		r++
	}
	r += 1 + rnd.IntN(2)
	for _, l := range formFoot {
		set(left+2, r, l)
		r++
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func makeDOCX(t testing.TB, grid [][]string, head, foot []string) []byte {
	var b strings.Builder
	text := func(s string) string {
		var e bytes.Buffer
		if err := xml.EscapeText(&e, []byte(s)); err != nil {
			t.Fatal(err)
		}
		half := len(s) / 2
		if e.String() != s || half == 0 {
			return "<w:r><w:t xml:space=\"preserve\">" + e.String() + "</w:t></w:r>"
		}
		return "<w:r><w:t xml:space=\"preserve\">" + s[:half] + "</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">" + s[half:] + "</w:t></w:r>" // runs are cut anywhere
	}
	para := func(s string) string { return "<w:p>" + text(s) + "</w:p>" }
	b.WriteString(`<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`)
	for _, l := range head {
		b.WriteString(para(l))
	}
	b.WriteString("<w:tbl>")
	for _, row := range grid {
		b.WriteString("<w:tr>")
		for _, c := range row {
			b.WriteString("<w:tc>" + para(c) + "</w:tc>")
		}
		b.WriteString("</w:tr>")
	}
	b.WriteString("</w:tbl>")
	for _, l := range foot {
		b.WriteString(para(l))
	}
	b.WriteString("</w:body></w:document>")
	return zipOf(t, map[string]string{"word/document.xml": b.String(), "[Content_Types].xml": "<Types/>"})
}

func zipOf(t testing.TB, files map[string]string) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, data := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(data))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func makeCSV(t testing.TB, rnd *rand.Rand, grid [][]string) []byte {
	sep := []string{";", ",", "\t"}[rnd.IntN(3)]
	var b strings.Builder
	b.WriteString(formHead[1] + "\r\n" + formHead[2] + "\r\n")
	for _, row := range grid {
		for i, c := range row {
			if i > 0 {
				b.WriteString(sep)
			}
			if strings.ContainsAny(c, ",;") {
				c = `"` + c + `"`
			}
			b.WriteString(c)
		}
		b.WriteString("\r\n")
	}
	switch rnd.IntN(3) {
	case 0:
		return []byte("\xEF\xBB\xBF" + b.String())
	case 1:
		out, err := charmap.Windows1252.NewEncoder().String(b.String())
		if err != nil {
			t.Fatal(err)
		}
		return []byte(out)
	}
	out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

// lineStyle is which lines of a table are drawn.
type lineStyle int

const (
	ruled lineStyle = iota
	acrossOnly
	bare
)

// makePDF prints the paper with or without ruled lines; long cells wrap.
func makePDF(t testing.TB, rnd *rand.Rand, style lineStyle, head []string, grid [][]string, foot []string) []byte {
	orient, width := "P", 190.0
	if rnd.IntN(2) == 0 || style != ruled { // without lines nobody prints seven columns upright
		orient, width = "L", 277.0
	}
	p := fpdf.New(orient, "mm", "A4", "")
	p.SetMargins(10, 15, 10)
	p.SetAutoPageBreak(false, 10)
	p.AddPage()
	family := []string{"Helvetica", "Times"}[rnd.IntN(2)]
	p.SetFont(family, "B", 12)
	for _, l := range head {
		p.CellFormat(width, 7, l, "", 1, "L", false, 0, "")
	}
	p.Ln(4)
	p.SetFont(family, "", 8)
	drawGrid(p, grid, width, style)
	p.SetFont(family, "", 10)
	p.Ln(8)
	for _, l := range foot {
		p.CellFormat(width, 6, l, "", 1, "R", false, 0, "")
	}
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func drawGrid(p *fpdf.Fpdf, grid [][]string, width float64, style lineStyle) {
	if len(grid) == 0 {
		return
	}
	weights := make([]float64, len(grid[0]))
	sum := 0.0
	for c := range weights {
		for _, row := range grid {
			weights[c] = max(weights[c], p.GetStringWidth(row[c])+4)
		}
		weights[c] = min(weights[c], width/4)
		sum += weights[c]
	}
	for _, row := range grid {
		lines, high := make([][]string, len(row)), 1
		for c, cell := range row {
			for part := range strings.SplitSeq(cell, "\n") {
				for _, l := range p.SplitLines([]byte(part), weights[c]/sum*width-2) {
					lines[c] = append(lines[c], string(l))
				}
			}
			high = max(high, len(lines[c]))
		}
		x, y := p.GetXY()
		h := float64(high)*4 + 2
		for c := range row {
			w := weights[c] / sum * width
			switch style {
			case ruled:
				p.Rect(x, y, w, h, "D")
			case acrossOnly:
				p.Line(x, y, x+w, y)
				p.Line(x, y+h, x+w, y+h)
			}
			for i, l := range lines[c] {
				p.SetXY(x+1, y+1+float64(i)*4)
				p.CellFormat(w-2, 4, l, "", 0, "L", false, 0, "")
			}
			x += w
		}
		p.SetXY(10, y+h)
	}
}
