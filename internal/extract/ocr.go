package extract

import (
	"context"
	"errors"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ukpbjd/internal/document"
)

// ocrDPI is the resolution at which pages are read: 200–300 dpi read alike, 300 keeps thin rules whole.
const ocrDPI = 300

// smallPicture is the side in pixels below which a picture cannot be a paper: logos, icons of a mail's signature.
const smallPicture = 480

// readImage reads one photographed or scanned page.
func readImage(r *Reader, ctx context.Context, src *document.Source, data []byte, b *budget) error {
	src.Paged = false
	if isTIFF(data) {
		return r.readTIFF(ctx, src, data, b)
	}
	pic, err := decodePicture(data)
	if errors.Is(err, image.ErrFormat) {
		return refusal(document.ReasonUnsupported)
	} else if err != nil {
		return err
	}
	if min(pic.w, pic.h) < smallPicture {
		src.Incidental = true
		return nil
	}
	page := r.ocrPage(ctx, pic, pageDPI(pic), b)
	page.Number = 1
	src.Pages = []document.Page{page}
	return nil
}

// pageDPI guesses the resolution of a picture that holds one A4 page.
func pageDPI(p *picture) float64 { return float64(max(p.w, p.h)) / 11.7 }

// readScans reads with OCR the pages of a PDF that are pictures, or whose text layer was itself made by OCR.
func (r *Reader) readScans(ctx context.Context, src *document.Source, data []byte, b *budget) {
	for i := range src.Pages {
		p := &src.Pages[i]
		text := hasText(p)
		if text && !p.MachineRead || !text && p.Unreadable == "" {
			continue // … or a blank page
		}
		pic, err := r.renderPage(ctx, data, p.Number)
		if err != nil {
			if !text {
				p.Unreadable = document.ReasonNoText
			}
			continue
		}
		page := r.ocrPage(ctx, pic, ocrDPI, b)
		if !hasText(&page) && text {
			continue // the layer is better than nothing
		}
		page.Number = p.Number
		src.Pages[i] = page
	}
}

func (r *Reader) renderPage(ctx context.Context, data []byte, page int) (pic *picture, err error) {
	if r.tools.found["tesseract"] == "" {
		return nil, errAbsent
	}
	n := strconv.Itoa(page)
	err = r.inFolder("in.pdf", data, func(dir string) error {
		_, _, err := r.tools.run(ctx, pageTime, dir, "pdftoppm", "-f", n, "-l", n, "-r", strconv.Itoa(ocrDPI), "-gray", "-singlefile", "in.pdf", "out")
		if err != nil {
			return err
		}
		out, err := os.ReadFile(filepath.Join(dir, "out.pgm"))
		if err != nil {
			return err
		}
		pic, err = decodePGM(out)
		return err
	})
	return pic, err
}

// ocrPage straightens a page, finds its ruled lines, reads it and lays it out.
func (r *Reader) ocrPage(ctx context.Context, pic *picture, dpi float64, b *budget) document.Page {
	none := document.Page{Unreadable: document.ReasonNoText}
	if r.tools.found["tesseract"] == "" {
		return none
	}
	if !b.take() {
		return document.Page{Unreadable: document.ReasonTooLarge}
	}
	s, _, conf, err := r.look(ctx, pic, dpi)
	if err != nil {
		if reasonOf(err) == document.ReasonTimeout {
			none.Unreadable = document.ReasonTimeout
		}
		return none
	}
	if len(s.words) < 5 || conf < unreadableBelow {
		none.MachineRead, none.Confidence = true, conf
		return none
	}
	page := s.layout()
	page.MachineRead, page.Confidence = true, conf
	return page
}

// look straightens a page and reads it; the picture is given back as its words and ruled lines lie on it.
func (r *Reader) look(ctx context.Context, pic *picture, dpi float64) (s *sheet, straight *picture, conf float64, err error) {
	pic.dpi = dpi
	pic = pic.scaled(ocrDPI / dpi)
	pic.dpi = ocrDPI
	pic, bw := upright(pic)
	straight = pic
	s, conf, err = r.readUpright(ctx, pic, bw)
	for _, quarters := range []int{2, 1, 3} { // upside down, or on its side
		if err != nil || conf >= poorReading {
			break
		}
		turned := pic.turn(quarters)
		if t, c, e := r.readUpright(ctx, turned, nil); e == nil && c > conf {
			s, conf, straight = t, c, turned
		}
	}
	return s, straight, conf, err
}

const (
	poorReading     = 65.0 // mean confidence below which the page may be upside down
	unreadableBelow = 35.0
)

// upright turns a page that lies on its side, and takes out its skew.
func upright(pic *picture) (*picture, *bitmap) {
	bw := pic.binarize()
	a, sharp := bw.skew()
	side := bw.sideways()
	if sa, ss := side.skew(); ss > 1.4*sharp {
		pic, bw, a = pic.turn(1), side, sa
	}
	if math.Abs(a) > 0.0012 {
		pic = pic.rotated(a)
		bw = pic.binarize()
	}
	return pic, bw
}

// readUpright removes the ruled lines from the picture, as they make tesseract stumble, and keeps them for the layout.
func (r *Reader) readUpright(ctx context.Context, pic *picture, bw *bitmap) (*sheet, float64, error) {
	if bw == nil {
		bw = pic.binarize()
	}
	s := &sheet{width: float64(pic.w) * 72 / pic.dpi, height: float64(pic.h) * 72 / pic.dpi}
	clean := &picture{w: pic.w, h: pic.h, dpi: pic.dpi, pix: append([]byte(nil), pic.pix...)}
	scale := 72 / pic.dpi
	for _, l := range bw.straight(int(pic.dpi*0.4), 2) {
		s.rules = append(s.rules, rule{float64(l.from) * scale, float64(l.pos) * scale, float64(l.to) * scale, float64(l.pos) * scale})
		clean.wipe(l, false)
	}
	for _, l := range bw.sideways().straight(int(pic.dpi*0.18), 2) {
		x := float64(l.pos) * scale // of the sideways picture: its row is our column
		s.rules = append(s.rules, rule{x, s.height - float64(l.to)*scale, x, s.height - float64(l.from)*scale})
		clean.wipe(run{l.pos, pic.h - 1 - l.to, pic.h - 1 - l.from}, true)
	}
	words, conf, err := r.tesseract(ctx, clean)
	s.words = words
	if err == nil && conf >= poorReading {
		r.reOCR(ctx, s, clean)
		s.countStrokes(clean)
	}
	return s, conf, err
}

// wipe whitens a ruled line, three pixels to either side where it is dark.
func (p *picture) wipe(l run, down bool) {
	for along := max(l.from-1, 0); along <= l.to+1; along++ {
		for d := -4; d <= 4; d++ {
			x, y := along, l.pos+d
			if down {
				x, y = y, x
			}
			if x >= 0 && y >= 0 && x < p.w && y < p.h {
				p.pix[y*p.w+x] = 255
			}
		}
	}
}

// tesseract reads words with boxes. Sparse text (psm 11) reads ruled tables best.
func (r *Reader) tesseract(ctx context.Context, pic *picture) (words []word, conf float64, err error) {
	dpi := strconv.Itoa(int(pic.dpi))
	out, err := r.runOn(ctx, pageTime, "in.pgm", pic.encodePGM(), "tesseract", "in.pgm", "-", "-l", "ind", "--psm", "11", "--dpi", dpi, "tsv")
	if err != nil {
		return nil, 0, err
	}
	words, conf = tsvWords(out, 72/pic.dpi)
	return words, conf, nil
}

// tsvWords reads tesseract's table: level page block par line word left top width height conf text.
func tsvWords(out []byte, scale float64) ([]word, float64) {
	var words []word
	var heights []float64
	sum, n := 0.0, 0.0
	for l := range strings.SplitSeq(string(out), "\n") {
		f := strings.Split(l, "\t")
		if len(f) < 12 || f[0] != "5" {
			continue
		}
		var v [5]float64
		for i := range v {
			v[i], _ = strconv.ParseFloat(f[6+i], 64)
		}
		text := squeeze(strings.Join(f[11:], " "))
		if text == "" || v[4] < 0 || len(words) > 20_000 {
			continue
		}
		w := word{text: text, x0: v[0] * scale, y0: v[1] * scale, x1: (v[0] + v[2]) * scale, y1: (v[1] + v[3]) * scale, conf: math.Max(v[4], 1)}
		words = append(words, w)
		heights = append(heights, w.y1-w.y0)
		sum += v[4] * float64(len(text))
		n += float64(len(text))
	}
	if n == 0 {
		return nil, 0
	}
	slices.Sort(heights)
	size := heights[len(heights)/2] * 1.15
	for i := range words {
		words[i].size = size
		words[i].base = words[i].midY()
	}
	return words, sum / n
}
