package extract

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
)

// seeds are one good file of each kind that can be made here.
func seeds(f *testing.F) map[string][]byte {
	rnd := rand.New(rand.NewPCG(3, 3))
	grid := gridOf(columnsOf(rnd), invent(rnd, 3))
	return map[string][]byte{
		"xlsx": makeXLSX(f, rnd, grid), "docx": makeDOCX(f, grid, formHead, formFoot), "csv": makeCSV(f, rnd, grid), "pdf": makePDF(f, rnd, ruled, formHead, grid, formFoot),
		"rtf":  []byte(`{\rtf1\ansi{\fonttbl{\f0 Arial;}}\pard SURAT TUGAS\par\trowd\cellx100\cellx200\intbl No\cell Nama\cell\row\trowd\intbl 1\cell I\'e9 \u252?\cell\row}`),
		"html": []byte(`<html><body><p>FORMULIR AKUN</p><table><tr><th>No<th colspan=2>Nama</tr><tr><td>1<td>Sari</table></body></html>`),
	}
}

// fuzzFile checks that any bytes end in a Source within the bounds of time, and that reading them twice is the same.
func fuzzFile(f *testing.F, kind format, seed []byte) {
	f.Add(seed)
	r := New(Options{OCR: "off", MaxBytes: 1 << 20, FileTime: 5 * time.Second})
	r.tools.found = map[string]string{}
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		l := newLeaf("x", data, "")
		l.kind = kind
		src := r.one(context.Background(), l, newBudget(0))
		if time.Since(start) > 8*time.Second {
			t.Fatalf("took %s", time.Since(start))
		}
		document.Read(document.Bundle{Sources: []document.Source{src}})
	})
}

func FuzzXLSX(f *testing.F) { fuzzFile(f, formatXLSX, seeds(f)["xlsx"]) }
func FuzzDOCX(f *testing.F) { fuzzFile(f, formatDOCX, seeds(f)["docx"]) }
func FuzzText(f *testing.F) { fuzzFile(f, formatText, seeds(f)["csv"]) }
func FuzzPDF(f *testing.F)  { fuzzFile(f, formatPDF, seeds(f)["pdf"]) }
func FuzzRTF(f *testing.F)  { fuzzFile(f, formatRTF, seeds(f)["rtf"]) }
func FuzzHTML(f *testing.F) { fuzzFile(f, formatHTML, seeds(f)["html"]) }

// FuzzAll lets the content decide, archives and mails included.
func FuzzAll(f *testing.F) {
	for _, data := range seeds(f) {
		f.Add(data)
	}
	f.Add(zipOf(f, map[string]string{"a.csv": "No;Nama;NIP\n1;Sari;1\n2;Luh;2\n"}))
	r := New(Options{OCR: "off", MaxBytes: 1 << 20, FileTime: 5 * time.Second})
	r.tools.found = map[string]string{}
	f.Fuzz(func(t *testing.T, data []byte) {
		document.Read(document.Bundle{Sources: r.All(context.Background(), []message.Attachment{{Name: "x", Bytes: data}})})
	})
}

func FuzzTSV(f *testing.F) {
	f.Add([]byte("5\t1\t1\t1\t1\t1\t10\t10\t50\t12\t91.5\tNama\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		words, _ := tsvWords(data, 0.24)
		(&sheet{words: words}).layout()
	})
}
