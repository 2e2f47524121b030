package extract

import "math"

// bitmap is a picture in black and white: true where there is ink.
type bitmap struct {
	w, h int
	on   []bool
}

// binarize compares each pixel with the mean of its neighbourhood (Bradley), so that shadows and grey paper do not matter.
func (p *picture) binarize() *bitmap {
	b := &bitmap{w: p.w, h: p.h, on: make([]bool, p.w*p.h)}
	r := max(p.w/60, 12)
	sums := make([]uint32, p.w+1) // column sums over the window's rows
	for y := 0; y <= min(r, p.h-1); y++ {
		p.addRow(sums, y, 1)
	}
	for y := 0; y < p.h; y++ {
		rows := min(y+r, p.h-1) - max(y-r, 0) + 1
		var window uint32
		for x := 0; x <= min(r, p.w-1); x++ {
			window += sums[x]
		}
		for x := 0; x < p.w; x++ {
			cols := min(x+r, p.w-1) - max(x-r, 0) + 1
			mean := float64(window) / float64(rows*cols)
			v := float64(p.pix[y*p.w+x])
			b.on[y*p.w+x] = v < mean*0.82 && v < 200
			if x+r+1 < p.w {
				window += sums[x+r+1]
			}
			if x-r >= 0 {
				window -= sums[x-r]
			}
		}
		if y+r+1 < p.h {
			p.addRow(sums, y+r+1, 1)
		}
		if y-r >= 0 {
			p.addRow(sums, y-r, -1)
		}
	}
	return b
}

func (p *picture) addRow(sums []uint32, y, sign int) {
	for x, v := range p.pix[y*p.w : (y+1)*p.w] {
		sums[x] += uint32(sign * int(v)) // below zero it wraps, and back again
	}
}

// points gathers the ink into blocks, for the search of the skew. The margins hold shadows of the scanner's edge, and
// blocks that are dark throughout hold pictures.
func (b *bitmap) points(step int) [][2]float64 {
	var out [][2]float64
	for y := b.h / 16; y+step <= b.h-b.h/16; y += step {
		for x := b.w / 14; x+step <= b.w-b.w/14; x += step {
			n := 0
			for k := range step {
				if b.on[(y+k)*b.w+x+k] {
					n++
				}
			}
			if n*3 >= step {
				out = append(out, [2]float64{float64(x) / float64(step), float64(y) / float64(step)})
			}
		}
	}
	return out
}

// skew is the angle in radians by which lines of text rise or fall, and how sharp they stand there.
func (b *bitmap) skew() (angle, sharp float64) {
	pts := b.points(4)
	if len(pts) > 120_000 {
		pts = pts[:120_000]
	}
	best := func(from, to, step float64) {
		for a := from; a <= to+1e-9; a += step {
			if s := sharpness(pts, a, b.h/4); s > sharp {
				angle, sharp = a, s
			}
		}
	}
	const degree = math.Pi / 180
	best(-4*degree, 4*degree, 0.4*degree)
	rough := angle
	best(rough-0.4*degree, rough+0.4*degree, 0.08*degree)
	return angle, sharp
}

// sharpness of the row profile at one angle: rows of text stand out where the angle is right.
func sharpness(pts [][2]float64, a float64, rows int) float64 {
	profile := make([]float64, rows*2+2)
	t := math.Tan(a)
	for _, p := range pts {
		y := int(p[1] - p[0]*t + float64(rows)/2)
		if y >= 0 && y < len(profile) {
			profile[y]++
		}
	}
	sum, sq := 0.0, 0.0
	for i := 1; i < len(profile); i++ {
		d := profile[i] - profile[i-1]
		sq += d * d
		sum += profile[i]
	}
	if sum == 0 {
		return 0
	}
	return sq / sum
}

// sideways is the ink after a quarter turn.
func (b *bitmap) sideways() *bitmap { return &bitmap{w: b.h, h: b.w, on: turned(b.on, b.w)} }

// run is a straight stretch of ink: pos is the row (or column), from–to along it.
type run struct{ pos, from, to int }

// straight finds runs of at least length pixels along rows, forgiving small breaks, and joins those of neighbouring rows
// into lines.
func (b *bitmap) straight(length, gap int) []run {
	var lines []run
	for y := 0; y < b.h; y++ {
		row := b.on[y*b.w : (y+1)*b.w]
		start, last := -1, -1
		flush := func() {
			if start >= 0 && last-start+1 >= length && len(lines) < 40_000 {
				lines = append(lines, run{y, start, last})
			}
			start = -1
		}
		for x, on := range row {
			if !on {
				continue
			}
			if start >= 0 && x-last > gap+1 {
				flush()
			}
			if start < 0 {
				start = x
			}
			last = x
		}
		flush()
	}
	return joinRuns(lines)
}

// joinRuns makes one line of runs that lie on neighbouring rows and touch.
func joinRuns(runs []run) []run {
	type group struct {
		run
		lastPos, sum, n int
	}
	var open []group
	var out []run
	for _, r := range runs {
		hit := -1
		for i := len(open) - 1; i >= 0 && hit < 0; i-- {
			g := &open[i]
			if r.pos-g.lastPos <= 3 && r.from <= g.to+12 && r.to >= g.from-12 {
				hit = i
			}
		}
		if hit < 0 {
			open = append(open, group{r, r.pos, r.pos, 1})
		} else {
			g := &open[hit]
			g.from, g.to = min(g.from, r.from), max(g.to, r.to)
			g.lastPos, g.sum, g.n = r.pos, g.sum+r.pos, g.n+1
		}
		kept := open[:0]
		for _, g := range open {
			if r.pos-g.lastPos > 3 {
				out = append(out, run{g.sum / g.n, g.from, g.to})
				continue
			}
			kept = append(kept, g)
		}
		open = kept
	}
	for _, g := range open {
		out = append(out, run{g.sum / g.n, g.from, g.to})
	}
	return out
}
