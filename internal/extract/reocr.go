package extract

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

const (
	weakWord  = 80.0 // confidence below which a cell is read a second time
	maxSecond = 48   // cells of one page
)

// box is one cell of a ruled table, in points, with the words that stand in it.
type box struct {
	x0, y0, x1, y1 float64
	words          []int // indices into the sheet's words
	conf           float64
}

// reOCR reads the cells of tables that hold weak words once more, each by itself: alone in its picture, text that
// touches a stamp or a ruled line is often read right. The better of the two readings stays.
func (r *Reader) reOCR(ctx context.Context, s *sheet, pic *picture) {
	var weak []box
	for _, b := range s.boxes() {
		if b.conf < weakWord && len(weak) < maxSecond {
			weak = append(weak, b)
		}
	}
	if len(weak) == 0 {
		return
	}
	readings, err := r.readBoxes(ctx, pic, weak)
	if err != nil {
		return // the first reading stands
	}
	gone := map[int]bool{}
	var more []word
	for i, b := range weak {
		if words := readings[i]; len(words) > 0 && lowest(words) > b.conf {
			more = append(more, words...)
			for _, w := range b.words {
				gone[w] = true
			}
		}
	}
	kept := s.words[:0]
	for i, w := range s.words {
		if !gone[i] {
			kept = append(kept, w)
		}
	}
	s.words = append(kept, more...)
}

func lowest(ws []word) float64 {
	return slices.MinFunc(ws, func(a, b word) int { return cmp.Compare(a.conf, b.conf) }).conf
}

// boxes are the cells of the sheet's tables that hold words.
func (s *sheet) boxes() []box {
	var out []box
	for _, f := range ruledTables(s.rules) {
		var index []int
		for i, w := range s.words {
			if f.put(w) {
				index = append(index, i)
			}
		}
		if _, lone := f.cells(); lone {
			continue
		}
		out = append(out, f.boxes(s.words, index)...)
	}
	return out
}

func (f *frame) boxes(words []word, index []int) []box {
	nc := len(f.xs) - 1
	head := f.merge(len(f.ys)-1, nc)
	cells := map[int]*box{}
	for i, h := range head {
		r, c := i/nc, i%nc
		b := cells[h]
		if b == nil {
			b = &box{f.xs[c], f.ys[r], f.xs[c+1], f.ys[r+1], nil, 100}
			cells[h] = b
		}
		b.x1, b.y1 = math.Max(b.x1, f.xs[c+1]), math.Max(b.y1, f.ys[r+1])
		b.x0, b.y0 = math.Min(b.x0, f.xs[c]), math.Min(b.y0, f.ys[r])
	}
	for i, at := range f.slot {
		b := cells[head[at[0]*nc+at[1]]]
		b.words = append(b.words, index[i])
		b.conf = math.Min(b.conf, words[index[i]].conf)
	}
	var out []box
	for i, h := range head {
		if b := cells[h]; h == i && len(b.words) > 0 {
			out = append(out, *b)
		}
	}
	return out
}

// readBoxes reads all pictures in one run: tesseract takes a list of files and numbers them as pages.
func (r *Reader) readBoxes(ctx context.Context, pic *picture, boxes []box) (out [][]word, err error) {
	var table []byte
	list := ""
	for i := range boxes {
		list += boxName(i) + "\n"
	}
	err = r.inFolder("list.txt", []byte(list), func(dir string) error {
		for i, b := range boxes {
			if err := os.WriteFile(filepath.Join(dir, boxName(i)), pic.crop(b).encodePGM(), 0o600); err != nil {
				return err
			}
		}
		var err error
		table, _, err = r.tools.run(ctx, pageTime, dir, "tesseract", "list.txt", "-", "-l", "ind", "--psm", "6", "--dpi", strconv.Itoa(int(pic.dpi)), "tsv")
		return err
	})
	if err != nil {
		return nil, err
	}
	pages := append(tsvPages(table, len(boxes)), make([][]byte, len(boxes))...) // of empty cells nothing is said
	for i, b := range boxes {
		words, _ := tsvWords(pages[i], 72/pic.dpi)
		x, y := b.x0-boxMargin*72/pic.dpi, b.y0-boxMargin*72/pic.dpi
		for k := range words {
			w := &words[k]
			w.x0, w.x1, w.y0, w.y1, w.base = w.x0+x, w.x1+x, w.y0+y, w.y1+y, w.base+y
		}
		out = append(out, words)
	}
	return out, nil
}

func boxName(i int) string { return fmt.Sprintf("c%d.pgm", i) }

// boxMargin is the white border, in pixels, around a cell's picture.
const boxMargin = 14

// crop cuts a cell out, without the ruled lines around it, onto white.
func (p *picture) crop(b box) *picture {
	scale := p.dpi / 72
	at := image.Rect(int(b.x0*scale), int(b.y0*scale), int(b.x1*scale), int(b.y1*scale))
	return p.part(at.Inset(3), at.Inset(-boxMargin))
}
