package extract

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
)

func read(t testing.TB, opt Options, name string, data []byte) []document.Source {
	t.Helper()
	opt.TempDir = t.TempDir()
	return New(opt).All(context.Background(), []message.Attachment{{Name: name, Bytes: data}})
}

// score counts rows that came out exactly, and wrong values that nothing marks.
func score(t *testing.T, src []document.Source, want []member) (exact, silent int) {
	r := document.Read(document.Bundle{Sources: src})
	if len(r.Papers) == 0 || r.Papers[0].Kind != document.Formulir {
		t.Errorf("papers = %+v", r.Papers)
		return 0, 0
	}
	byNIP := map[string]document.Row{}
	for _, row := range r.Roster {
		byNIP[row.NIP] = row
	}
	if len(r.Roster) != len(want) && !r.NeedsPerson {
		silent++
	}
	for _, m := range want {
		row := byNIP[m.nip]
		if row.Nama == m.nama && row.Email == m.email && row.HP == m.hp && row.Golongan == m.golongan && row.Jabatan == m.jabatan {
			exact++
			continue
		}
		t.Logf("want %+v\n got %+v", m, row)
		if row.Nama != "" && len(row.Doubts) == 0 {
			silent++
		}
	}
	return exact, silent
}

// Papers in layouts drawn at random read back exactly, in each format.
func TestRandomLayouts(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for _, format := range []string{"xlsx", "docx", "csv", "pdf", "pdf-across", "pdf-bare", "pdf-compound", "docx-compound"} {
		t.Run(format, func(t *testing.T) {
			rows, exact, silent := 0, 0, 0
			for seed := range uint64(25) {
				rnd := rand.New(rand.NewPCG(seed, 7))
				people := invent(rnd, 3+2*rnd.IntN(3))
				grid := gridOf(columnsOf(rnd), people)
				if strings.HasSuffix(format, "-compound") {
					grid = gridOf(compound(rnd), people)
				}
				var data []byte
				switch format {
				case "xlsx":
					data = makeXLSX(t, rnd, grid)
				case "docx", "docx-compound":
					data = makeDOCX(t, grid, formHead, formFoot)
				case "csv":
					data = makeCSV(t, rnd, grid)
				case "pdf", "pdf-compound":
					data = makePDF(t, rnd, ruled, formHead, grid, formFoot)
				case "pdf-across":
					data = makePDF(t, rnd, acrossOnly, formHead, grid, formFoot)
				case "pdf-bare":
					data = makePDF(t, rnd, bare, formHead, grid, formFoot)
				}
				e, s := score(t, read(t, Options{OCR: "off"}, "scan001.bin", data), people)
				rows, exact, silent = rows+len(people), exact+e, silent+s
			}
			t.Logf("%s: %d of %d rows exact, %d silent errors", format, exact, rows, silent)
			if exact != rows || silent != 0 {
				t.Errorf("%d of %d rows exact, %d silent errors", exact, rows, silent)
			}
		})
	}
}

func TestUnreadableIsNamed(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	people := invent(rnd, 3)
	pdf := makePDF(t, rnd, ruled, formHead, gridOf(columnsOf(rnd), people), formFoot)
	xlsx := makeXLSX(t, rnd, gridOf(columnsOf(rnd), people))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":            {nil, document.ReasonEmpty},
		"blanks":           {[]byte("  \r\n"), document.ReasonEmpty},
		"cut workbook":     {xlsx[:len(xlsx)/2], document.ReasonCorrupt},
		"binary":           {[]byte{0, 1, 2, 3, 4, 5, 0x80, 0xff, 0, 0}, document.ReasonUnsupported},
		"rar":              {[]byte("Rar!\x1a\x07\x01\x00aaaaaaaa"), document.ReasonUnsupported},
		"sealed workbook":  {append(append([]byte{}, oleMagic...), utf16le("EncryptedPackage")...), document.ReasonEncrypted},
		"whole pdf":        {pdf, ""},
		"pdf in a pdf 2":   {append([]byte("junk\r\n%PDF-2.0"), pdf[8:]...), ""},
		"cut pdf":          {pdf[:len(pdf)*2/3], document.ReasonCorrupt},
		"cut revision":     {append(append([]byte{}, pdf...), "\n9 0 obj\n<<"...), document.ReasonCorrupt},
		"pdf, not a paper": {[]byte("%PDF-1.4\nnothing\n%%EOF"), document.ReasonCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			src := read(t, Options{OCR: "off"}, "x", c.data)
			if len(src) != 1 || src[0].Unreadable != c.want {
				t.Errorf("got %d sources, reason %q, want %q", len(src), src[0].Unreadable, c.want)
			}
		})
	}
}

func TestArchives(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 1))
	people := invent(rnd, 3)
	form := makeDOCX(t, gridOf(columnsOf(rnd), people), formHead, formFoot)
	inner := zipOf(t, map[string]string{"folder/form.docx": string(form), "../../etc/passwd": "root", "__MACOSX/._x": "x"})
	src := read(t, Options{OCR: "off"}, "berkas.zip", inner)
	names := map[string]bool{}
	for _, s := range src {
		names[s.File] = true
	}
	if len(src) != 2 || !names["berkas.zip/form.docx"] || !names["berkas.zip/passwd"] {
		t.Errorf("sources = %v", names)
	}
	bomb := zipOf(t, map[string]string{"a.txt": strings.Repeat("0", 8<<20)})
	if src := read(t, Options{MaxBytes: 1 << 20}, "bomb.zip", bomb); src[0].Unreadable != document.ReasonTooLarge {
		t.Errorf("bomb: %+v", src[0].Unreadable)
	}
	nested := bomb
	for range 6 {
		nested = zipOf(t, map[string]string{"a.zip": string(nested)})
	}
	if src := read(t, Options{}, "nested.zip", nested); len(src) != 1 || src[0].Unreadable != document.ReasonTooLarge {
		t.Errorf("nested: %+v", src)
	}
	many := map[string]string{}
	for i := range 120 {
		many[fmt.Sprint(i, ".txt")] = "teks"
	}
	if src := read(t, Options{MaxFiles: 10}, "many.zip", zipOf(t, many)); len(src) != 11 || src[10].Unreadable != document.ReasonTooLarge {
		t.Errorf("many: %d sources", len(src))
	}
}

func TestHiddenRowsAndColumns(t *testing.T) {
	sheet := `<worksheet><cols><col min="3" max="3" hidden="1"/></cols><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>No</t></is></c><c r="B1" t="inlineStr"><is><t>Nama</t></is></c><c r="C1" t="inlineStr"><is><t>NIK</t></is></c></row>
<row r="2" hidden="1"><c r="B2" t="inlineStr"><is><t>Tersembunyi</t></is></c></row>
<row r="3"><c r="A3"><f>ROW()-2</f><v>1</v></c><c r="B3" t="inlineStr"><is><r><t>Ni </t></r><r><t>Sari</t></r><rPh><t>x</t></rPh></is></c><c r="C3"><v>1.98001232011021E17</v></c><c r="D3"><v>1.98001232011021E+17</v></c></row>
</sheetData></worksheet>`
	data := zipOf(t, map[string]string{"xl/workbook.xml": `<workbook><sheets><sheet name="a" r:id="r1"/><sheet name="b" state="hidden" r:id="r2"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<R><Relationship Id="r1" Target="worksheets/sheet1.xml"/></R>`, "xl/worksheets/sheet1.xml": sheet})
	src := read(t, Options{}, "x.xlsx", data)
	rows := src[0].Pages[0].Tables[0].Rows
	if len(rows) != 2 || rows[1][1].Text != "Ni Sari" || rows[1][0].Text != "1" || len(src[0].Pages) != 1 {
		t.Fatalf("rows = %+v", rows)
	}
	if c := rows[1][2]; c.Text != "198001232011021000" || !c.Numeric {
		t.Errorf("number cell = %+v", c)
	}
}

// A mail of which nothing could be read is no mail of text alone.
func TestForwardedMailOverLimits(t *testing.T) {
	head := "From: a@dinas.example\r\nTo: b@dinas.example\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\nContent-Type: "
	for mail, want := range map[string]string{
		head + "multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\nisi\r\n", 3000) + "--x--\r\n": document.ReasonCorrupt,
		head + "text/plain\r\n\r\nisi\r\n": "",
	} {
		src := read(t, Options{}, "fwd.eml", []byte(mail))
		if len(src) != 1 || src[0].Unreadable != want || src[0].Incidental != (want == "") {
			t.Errorf("want %q: %+v", want, src)
		}
	}
}

func TestForwardedMail(t *testing.T) {
	mail := "From: a@dinas.example\r\nTo: b@dinas.example\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nisi\r\n--x\r\nContent-Type: application/octet-stream; name=\"../form.csv\"\r\n\r\n" +
		formHead[1] + "\r\nNo;Nama;NIP;Email\r\n1;Ni Sari;198609262015052001;sari@dinas.example\r\n2;Ni Luh;198609262015052002;luh@dinas.example\r\n--x--\r\n"
	src := read(t, Options{}, "fwd.eml", []byte(mail))
	if len(src) != 1 || src[0].File != "fwd.eml/form.csv" || len(src[0].Pages) != 1 {
		t.Fatalf("sources = %+v", src)
	}
	twice := New(Options{TempDir: t.TempDir()}).All(context.Background(), []message.Attachment{{Name: "fwd.eml", Bytes: []byte(mail)}, {Name: "fwd.eml/form.csv", Bytes: []byte("No;Nama;NIP\n1;Sari;1\n2;Luh;2\n")}})
	if len(twice) != 2 || !twice[0].Incidental || twice[1].File != "fwd.eml/form.csv" {
		t.Errorf("opened twice: %+v", twice)
	}
	if r := document.Read(document.Bundle{Sources: src}); len(r.Roster) != 2 || r.Papers[0].Kind != document.Formulir {
		t.Errorf("reading = %+v", r)
	}
}

func TestTools(t *testing.T) {
	if got := New(Options{OCR: "off"}).Tools()["tesseract"]; got != "" {
		t.Errorf("tesseract is used in spite of ocr: off: %s", got)
	}
}

// A program that hangs is killed with its children, and the file is named as too slow.
func TestToolTimeLimit(t *testing.T) {
	r := New(Options{TempDir: t.TempDir(), NoSandbox: true})
	r.tools.found["catdoc"] = "/bin/sh"
	_, _, err := r.tools.run(context.Background(), 200e6, t.TempDir(), "catdoc", "-c", "sleep 60 & sleep 60")
	if err == nil || reasonOf(err) != document.ReasonTimeout {
		t.Errorf("err = %v", err)
	}
}

// lateContext is over as soon as it is asked a second time.
type lateContext struct {
	context.Context
	asked int
}

func (c *lateContext) Err() error {
	if c.asked++; c.asked > 1 {
		return context.DeadlineExceeded
	}
	return nil
}

// The clock is looked at every so many words, wherever in the file these begin.
func TestRTFHearsTheClock(t *testing.T) {
	var src document.Source
	ctx := &lateContext{Context: t.Context()}
	data := []byte(`{\rtf1 ` + strings.Repeat(`\abcde `, 10_000) + "}")
	if err := readRTF(New(Options{OCR: "off"}), ctx, &src, data, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after %d looks: %v", ctx.asked, err)
	}
}
