package extract

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
)

// gradeRE is a grade as OCR reads it: strokes, a slash, a letter. Of the strokes it often loses one or two.
var gradeRE = regexp.MustCompile(`^(\(?)([Il1|!i]{1,4})/([a-eA-E])([).,;]*)$`)

// countStrokes corrects grades by the picture: how many strokes stand before the slash can be counted, whatever was read.
func (s *sheet) countStrokes(pic *picture) {
	for i := range s.words {
		w := &s.words[i]
		m := gradeRE.FindStringSubmatch(w.text)
		if m == nil {
			continue
		}
		n, ok := pic.strokes(*w)
		if m[1] != "" {
			n-- // the bracket stands upright, too
		}
		if ok && n >= 1 && n <= 3 {
			w.text = m[1] + strings.Repeat("I", n) + "/" + strings.ToLower(m[3]) + m[4]
		}
	}
}

// stroke is what one mark leaves in the middle band of a line of capitals.
type stroke struct {
	x, wide float64 // middle and mean width, in pixels
	lean    float64 // how far its top stands right of its foot, in units of the band's height
}

// strokes counts the upright strokes from the left of a word to its slash. Not ok where anything else stands between.
func (p *picture) strokes(w word) (n int, ok bool) {
	scale := p.dpi / 72
	high := (w.y1 - w.y0) * scale
	if high < 12 || high > 120 {
		return 0, false
	}
	left := int(w.x0*scale - high) // strokes that were not read may stand before the box
	top, foot := int(w.y0*scale+0.3*high), int(w.y0*scale+0.7*high)
	marks := p.band(left, int(w.x1*scale)+3, top, foot)
	slash := -1
	for i, m := range marks {
		if m.lean > 0.2 && m.x > w.x0*scale-2 {
			slash = i
			break
		}
	}
	for i := slash - 1; i >= 0; i-- {
		m, next := marks[i], marks[i+1]
		gap := next.x - m.x
		if gap > 0.6*high {
			break // a blank: another word, or what is left of a ruled line
		}
		if math.Abs(m.lean) > 0.13 || m.wide > 0.35*high || i < slash-1 && (m.wide > 1.8*next.wide || next.wide > 1.8*m.wide) {
			return 0, false
		}
		n++
	}
	return n, n > 0
}

// band follows the marks that cross the rows from top to foot without a break, from left to right.
func (p *picture) band(left, right, top, foot int) []stroke {
	left, right, top, foot = max(left, 0), min(right, p.w-1), max(top, 0), min(foot, p.h-1)
	if right-left < 4 || foot-top < 4 {
		return nil
	}
	limit := p.middle(left, right, top, foot)
	var open []track
	for y := top; y <= foot; y++ {
		var next []track
		for x := left; x <= right; x++ {
			if p.pix[y*p.w+x] >= limit {
				continue
			}
			from := x
			for x < right && p.pix[y*p.w+x+1] < limit {
				x++
			}
			t := track{from: from, to: x}
			for _, o := range open {
				if o.from <= x+1 && o.to >= from-1 {
					t.mids, t.sum = o.mids, o.sum
					break
				}
			}
			if y == top || len(t.mids) == y-top {
				t.mids = append(append([]float64(nil), t.mids...), float64(from+x)/2)
				t.sum += float64(x - from + 1)
				next = append(next, t)
			}
		}
		open = next
	}
	slices.SortFunc(open, func(a, b track) int { return cmp.Compare(a.from, b.from) })
	var marks []stroke
	for _, t := range open {
		k := len(t.mids)
		marks = append(marks, stroke{x: t.mids[k/2], wide: t.sum / float64(k), lean: (t.mids[0] - t.mids[k-1]) / float64(k)})
	}
	return marks
}

// track is a mark as far as it was followed.
type track struct {
	from, to int
	mids     []float64
	sum      float64
}

// middle is the grey half way between the paper and the ink of a part of the picture.
func (p *picture) middle(left, right, top, foot int) byte {
	var count [256]int
	total := 0
	for y := top; y <= foot; y++ {
		for x := left; x <= right; x++ {
			count[p.pix[y*p.w+x]]++
			total++
		}
	}
	share := func(part int) int {
		seen := 0
		for v, n := range count {
			if seen += n; seen*100 >= total*part {
				return v
			}
		}
		return 255
	}
	return byte((share(3) + share(80)) / 2)
}
