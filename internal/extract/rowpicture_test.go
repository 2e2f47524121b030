package extract

import (
	"bytes"
	"context"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"ukpbjd/internal/document"
)

// words of one printed line.
func wordsAt(y float64, text string) (out []word) {
	x := 40.0
	for t := range strings.FieldsSeq(text) {
		out = append(out, word{text: t, x0: x, x1: x + 6*float64(len(t)), y0: y, y1: y + 10, base: y + 5, size: 10, conf: 90})
		x += 6*float64(len(t)) + 4
	}
	return out
}

func ruledGrid(xs, ys []float64) (out []rule) {
	for _, y := range ys {
		out = append(out, rule{xs[0], y, xs[len(xs)-1], y})
	}
	for _, x := range xs {
		out = append(out, rule{x, ys[0], x, ys[len(ys)-1]})
	}
	return out
}

func TestRowOf(t *testing.T) {
	table := &sheet{width: 595, height: 842, rules: ruledGrid([]float64{30, 200, 560}, []float64{100, 130, 160, 190}),
		words: append(append(wordsAt(110, "No Nama NIP"), wordsAt(140, "1 Siti Contoh 198609262015051001")...), wordsAt(170, "2 Made Lain 19790817 201110 2 086")...)}
	card := &sheet{width: 595, height: 842, rules: ruledGrid([]float64{30, 200, 560}, []float64{100, 130, 160, 190, 220, 250}),
		words: append(append(append(wordsAt(110, "Nama Siti Contoh"), wordsAt(140, "NIP 198609262015051001")...), wordsAt(170, "Email a@b.example")...), append(wordsAt(200, "Nama Made Lain"), wordsAt(230, "NIP 197908172011102086")...)...)}
	loose := &sheet{width: 595, height: 842, words: append(append(wordsAt(100, "1. Siti Contoh, S.T."), wordsAt(114, "NIP 19860926 201505 1 001")...), wordsAt(300, "2. Made Lain NIP 197908172011102086")...)}
	siti, made := document.Row{Nama: "Siti Contoh, S.T.", NIP: "198609262015051001"}, document.Row{Nama: "Made Lain", NIP: "197908172011102086"}
	for _, c := range []struct {
		name     string
		s        *sheet
		row      document.Row
		from, to float64
	}{
		{"table", table, siti, 130, 160}, {"table, spaced NIP", table, made, 160, 190}, {"table, name misread", table, document.Row{Nama: "Sltl Cont0h", NIP: siti.NIP}, 130, 160},
		{"card", card, siti, 100, 190}, {"last card", card, made, 190, 250},
		{"lines", loose, siti, 100, 124}, {"one line", loose, made, 300, 310},
		{"nobody", table, document.Row{Nama: "Orang Asing", NIP: "199001012015051009"}, 0, 0}, {"nobody in lines", loose, document.Row{Nama: "Orang Asing"}, 0, 0},
	} {
		if got := c.s.rowOf(c.row); got.y0 != c.from || got.y1 != c.to {
			t.Errorf("%s: %+v, want %v to %v", c.name, got, c.from, c.to)
		}
	}
}

// However dirty the page, a picture is bounded, and what is no row gives none.
func TestCutIsBounded(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pic := &picture{w: 2480, h: 3508, dpi: 300, pix: make([]byte, 2480*3508)}
	for i := range pic.pix {
		pic.pix[i] = byte(rnd.Uint32())
	}
	for _, at := range []span{{0, 100, 595, 120}, {0, 100, 595, 350}, {300, 700, 900, 720}, {-50, 830, 595, 900}} {
		b := cut(pic, at)
		if len(b) > maxRow {
			t.Errorf("%+v: %d bytes", at, len(b))
		}
		if b == nil {
			continue
		}
		if img, err := png.Decode(bytes.NewReader(b)); err != nil || img.Bounds().Dx() > widestRow {
			t.Errorf("%+v: %v", at, err)
		}
	}
	for _, at := range []span{{}, {0, 100, 595, 800}, {0, 120, 595, 100}, {700, 10, 900, 30}, {0, 900, 595, 990}} {
		if b := cut(pic, at); b != nil {
			t.Errorf("%+v: a picture of %d bytes", at, len(b))
		}
	}
}

// Rows that were typed need no picture, and nothing is opened for them.
func TestNoPicturesWithoutScans(t *testing.T) {
	r := New(Options{OCR: "off", TempDir: t.TempDir()})
	reading := document.Reading{Roster: []document.Row{{Nama: "Siti Contoh", Source: "a.pdf"}}, Papers: []document.Paper{{File: "a.pdf", Kind: document.Formulir}}}
	if got := r.RowPictures(context.Background(), nil, reading); len(got) != 0 {
		t.Errorf("%v", got)
	}
	reading.Papers[0].MachineRead, reading.Papers[0].Replaced, reading.Papers[0].Pages = true, true, "2-4"
	reading.Roster = append(reading.Roster, document.Row{Nama: "Budi Contoh", Source: "formulir.xlsx"}) // a cell that was changed in the return
	if got := pagesOf(reading, "a.pdf"); len(scannedRows(reading)["a.pdf"]) != 1 || len(got) != 3 || got[0] != 2 {
		t.Errorf("pages %v", got)
	}
}
