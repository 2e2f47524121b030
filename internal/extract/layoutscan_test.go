package extract

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"ukpbjd/internal/document"
)

// dirt is how a page suffers on its way through scanner and stamp.
type dirt struct {
	dpi      int
	skew     float64 // degrees
	noise    int     // grey levels
	stamp    bool    // a round stamp, coloured grey, across the page's middle
	bitonal  bool
	quarters int
	grey     int // of the paper
}

func (d dirt) String() string {
	return fmt.Sprintf("%d dpi skew %.1f noise %d stamp %v bitonal %v turns %d grey %d", d.dpi, d.skew, d.noise, d.stamp, d.bitonal, d.quarters, d.grey)
}

// dirtOf draws a degree of dirt.
func dirtOf(r *rand.Rand, dpi int) dirt {
	d := dirt{dpi: dpi, skew: float64(r.IntN(31)-15) / 10, noise: r.IntN(24), stamp: chance(r, 40), bitonal: dpi >= 200 && chance(r, 25), grey: r.IntN(40)}
	if chance(r, 20) {
		d.quarters = 1 + r.IntN(3)
	}
	return d
}

// soil does to the page what d says.
func (d dirt) soil(r *rand.Rand, p *picture) *picture {
	p.dpi = float64(d.dpi)
	if d.skew != 0 {
		p = p.rotated(d.skew * math.Pi / 180)
	}
	cx, cy, radius := p.w*2/3, p.h/2, float64(d.dpi)*0.7
	for y := 0; y < p.h; y++ {
		for x := 0; x < p.w; x++ {
			v := int(p.pix[y*p.w+x])
			if d.stamp {
				if away := math.Hypot(float64(x-cx), float64(y-cy)); math.Abs(away-radius) < float64(d.dpi)/70 || math.Abs(away-radius*0.7) < float64(d.dpi)/100 {
					v = min(v, 130)
				}
			}
			v -= d.grey * v / 255
			if d.noise > 0 {
				v += r.IntN(2*d.noise+1) - d.noise
			}
			if d.bitonal {
				v = map[bool]int{true: 0, false: 255}[v < 140]
			}
			p.pix[y*p.w+x] = byte(max(0, min(255, v)))
		}
	}
	return p.turn(d.quarters)
}

// scanPages prints every page of a PDF as a picture.
func scanPages(t testing.TB, r *Reader, paper []byte, dpi int) (out []*picture) {
	t.Helper()
	err := r.inFolder("in.pdf", paper, func(dir string) error {
		if _, _, err := r.tools.run(context.Background(), time.Minute, dir, "pdftoppm", "-r", fmt.Sprint(dpi), "-gray", "in.pdf", "out"); err != nil {
			return err
		}
		names, err := filepath.Glob(filepath.Join(dir, "out*.pgm"))
		sort.Strings(names)
		for _, n := range names {
			data, e := os.ReadFile(n)
			if e != nil {
				return e
			}
			p, e := decodePGM(data)
			if e != nil {
				return e
			}
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func jpegOf(t testing.TB, p *picture) []byte {
	img := &image.Gray{Pix: p.pix, Stride: p.w, Rect: image.Rect(0, 0, p.w, p.h)}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// imagePDF wraps pictures as the pages of a PDF without text.
func imagePDF(t testing.TB, pages []*picture, dpi int) []byte {
	p := fpdf.New("P", "pt", "A4", "")
	p.SetAutoPageBreak(false, 0)
	for i, pic := range pages {
		w, h := float64(pic.w)*72/float64(dpi), float64(pic.h)*72/float64(dpi)
		p.AddPageFormat("P", fpdf.SizeType{Wd: w, Ht: h})
		name := fmt.Sprint(i)
		p.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "JPG"}, bytes.NewReader(jpegOf(t, pic)))
		p.ImageOptions(name, 0, 0, w, h, false, fpdf.ImageOptions{ImageType: "JPG"}, 0, "")
	}
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// tiffOf is the page as an office scanner writes it: one strip, grey, not compressed.
func tiffOf(p *picture, dpi int) []byte {
	var b bytes.Buffer
	le := func(n int, v uint32) {
		for range n {
			b.WriteByte(byte(v))
			v >>= 8
		}
	}
	b.WriteString("II*\x00")
	le(4, 8)
	entries := [][4]uint32{{256, 4, 1, uint32(p.w)}, {257, 4, 1, uint32(p.h)}, {258, 3, 1, 8}, {259, 3, 1, 1}, {262, 3, 1, 1}, {273, 4, 1, 0}, {277, 3, 1, 1},
		{278, 4, 1, uint32(p.h)}, {279, 4, 1, uint32(len(p.pix))}, {282, 5, 1, 0}, {283, 5, 1, 0}, {296, 3, 1, 2}}
	after := uint32(8 + 2 + 12*len(entries) + 4)
	le(2, uint32(len(entries)))
	for _, e := range entries {
		switch e[0] {
		case 282, 283:
			e[3] = after
		case 273:
			e[3] = after + 8
		}
		le(2, e[0])
		le(2, e[1])
		le(4, e[2])
		le(4, e[3])
	}
	le(4, 0)
	le(4, uint32(dpi))
	le(4, 1)
	b.Write(p.pix)
	return b.Bytes()
}

// scanSet is how many scans are read: a few in every run; where CI holds figures 48; 96, which tell 1 % of NIPs, in a long one.
func scanSet() int {
	switch {
	case os.Getenv("UKPBJD_LONG") != "":
		return 96
	case os.Getenv("UKPBJD_FIGURES") != "":
		return 48
	}
	return 3
}

// TestScannedLayouts reads forms in random layouts through random dirt: enough NIPs right, and nothing without its mark.
func TestScannedLayouts(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	r := New(Options{TempDir: t.TempDir()})
	needs(t, r, "pdftoppm", "tesseract")
	from, to := layouts(scanSet())
	right, all, silent, kinds := map[bool]int{}, map[bool]int{}, 0, 0
	for seed := from; seed < to; seed++ {
		rnd := rand.New(rand.NewPCG(seed, 11))
		people := inventOfficials(rnd, 3, 60)
		s := formPaper(rnd, inventHouse(rnd), people)
		d := dirtOf(rnd, []int{300, 200, 150, 200, 100, 250}[seed%6])
		if d.dpi < 150 {
			d.bitonal, d.stamp, d.noise = false, false, min(d.noise, 8)
		}
		pages := scanPages(t, r, fpdfOf(t, rnd, s), d.dpi)
		for i := range pages {
			pages[i] = d.soil(rnd, pages[i])
		}
		format, data := "pdf", []byte(nil)
		switch {
		case len(pages) == 1 && seed%3 == 1:
			format, data = "jpg", jpegOf(t, pages[0])
		case len(pages) == 1 && seed%3 == 2 && d.quarters == 0:
			format, data = "tif", tiffOf(pages[0], d.dpi)
		default:
			data = imagePDF(t, pages, d.dpi)
		}
		keepFiles(t, request{seed: seed, format: []string{format}}, [][]byte{data})
		start := time.Now()
		reading := document.Read(document.Bundle{Sources: read(t, Options{}, "scan001."+format, data)})
		n := 0
		for _, o := range people {
			all[d.dpi >= 200]++
			for _, row := range reading.Roster {
				if row.NIP == o.nip {
					right[d.dpi >= 200]++
					n++
					break
				}
			}
		}
		for _, row := range reading.Roster {
			known := false
			for _, o := range people {
				known = known || row.NIP == o.nip
			}
			if !known && row.NIP != "" && !reading.NeedsPerson && !slices.Contains(row.Doubts, "nip") {
				silent++
				t.Errorf("seed %d: NIP %q is wrong and not marked", seed, row.NIP)
			}
			for _, f := range []string{"nama", "email", "hp", "nik", "golongan", "jabatan"} {
				marked := reading.NeedsPerson
				for _, x := range row.Doubts {
					marked = marked || x == f
				}
				if v := got(row, f); v != "" && !marked {
					silent++
					t.Errorf("seed %d: %s %q is not marked: %+v", seed, f, v, row)
				}
			}
		}
		if len(reading.Roster) < len(people) && !reading.NeedsPerson && reading.Complete {
			silent++
		}
		if len(reading.Papers) > 0 && reading.Papers[0].Kind == document.Formulir {
			kinds++
		}
		t.Logf("seed %d %s, %d pages, %s: %d of %d NIPs, kind %v, %s a page", seed, format, len(pages), d, n, len(people), reading.Papers[0].Kind, (time.Since(start) / time.Duration(len(pages))).Round(time.Millisecond))
	}
	t.Logf("200 dpi and more: %d of %d; below: %d of %d; kinds %d; silent %d", right[true], all[true], right[false], all[false], kinds, silent)
	if os.Getenv("UKPBJD_FIGURES") != "" {
		fmt.Printf("figure own_layouts_200_nips_pct: %.2f\nfigure own_layouts_below_nips_pct: %.2f\nfigure own_layouts_silent: %d\n",
			100*float64(right[true])/float64(all[true]), 100*float64(right[false])/float64(all[false]), silent)
	}
	if silent > 0 || to-from >= 96 && (right[true]*100 < all[true]*floorScan200 || right[false]*100 < all[false]*floorScanBelow) { // of few, one NIP is many percent
		t.Errorf("200 dpi and more: %d of %d; below: %d of %d; silent %d", right[true], all[true], right[false], all[false], silent)
	}
}

// Floors of the NIPs that must come out of scans, in percent: figures that may not fall.
const (
	floorScan200   = 95
	floorScanBelow = 85
)
