package extract

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/ledongthuc/pdf"
)

// paint collects the path and, when it is painted, its ruled lines: strokes along an axis and filled slivers.
func (p *painter) paint(op string, args []pdf.Value) {
	switch op {
	case "m":
		p.begin()
		p.point(args)
	case "l":
		p.point(args)
	case "c", "v", "y":
		*p.open() = nil // curves are no ruled lines
	case "h":
		if sub := p.open(); len(*sub) > 1 {
			*sub = append(*sub, (*sub)[0])
		}
	case "re":
		if v := numbers(args, 4); v != nil {
			x0, y0, x1, y1 := v[0], v[1], v[0]+v[2], v[1]+v[3]
			p.begin()
			for _, c := range [][2]float64{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}} {
				p.to(c[0], c[1])
			}
			p.begin()
		}
	default:
		for _, sub := range p.path {
			if len(sub) > 1 && strings.ContainsAny(op, "fFBb") {
				p.fill(sub)
			}
			if strings.ContainsAny(op, "SsBb") {
				p.stroke(sub)
			}
		}
		p.path = p.path[:0]
	}
}

// begin opens a further part of the path.
func (p *painter) begin() {
	if len(p.path) <= maxRules {
		p.path = append(p.path, nil)
	}
}

// open is the part of the path that is being drawn.
func (p *painter) open() *[][2]float64 {
	if len(p.path) == 0 {
		p.begin()
	}
	return &p.path[len(p.path)-1]
}

func (p *painter) point(args []pdf.Value) {
	if v := numbers(args, 2); v != nil {
		p.to(v[0], v[1])
	}
}

func (p *painter) to(x, y float64) {
	if sub := p.open(); len(*sub) < 64 && len(p.path) <= maxRules {
		x, y = p.gs.ctm.apply(x, y)
		*sub = append(*sub, [2]float64{x, y})
	}
}

// thin is how thick a filled sliver may be and still be a line.
const thin = 3.2

func (p *painter) stroke(sub [][2]float64) {
	for i := 1; i < len(sub); i++ {
		if a, b := sub[i-1], sub[i]; math.Abs(b[0]-a[0]) < 1 || math.Abs(b[1]-a[1]) < 1 {
			p.addRule(rule{a[0], a[1], b[0], b[1]})
		}
	}
}

func (p *painter) fill(sub [][2]float64) {
	box := rule{sub[0][0], sub[0][1], sub[0][0], sub[0][1]}
	for _, c := range sub {
		box.x0, box.x1 = math.Min(box.x0, c[0]), math.Max(box.x1, c[0])
		box.y0, box.y1 = math.Min(box.y0, c[1]), math.Max(box.y1, c[1])
	}
	if box.x1-box.x0 <= thin || box.y1-box.y0 <= thin {
		p.addRule(box)
	}
}

func (p *painter) addRule(r rule) {
	if len(p.rules) <= maxRules {
		p.rules = append(p.rules, r)
	}
}

// sheet turns page space into printed space: y downwards, rotated as shown, text upright.
func (p *painter) sheet(box [4]float64, rotate int) *sheet {
	turns := [4]int{}
	for _, g := range p.glyphs {
		if g.turn >= 0 {
			turns[g.turn]++
		}
	}
	main := 0
	for t, n := range turns {
		if n > turns[main] {
			main = t
		}
	}
	if len(p.glyphs) == 0 {
		main = rotate
	}
	view := printedSpace(box, main)
	s := &sheet{width: box[2] - box[0], height: box[3] - box[1], view: view}
	if main%2 == 1 {
		s.width, s.height = s.height, s.width
	}
	glyphs := p.glyphs[:0]
	for _, g := range p.glyphs {
		if g.turn == main {
			g.x, g.y = view(g.x, g.y)
			g.ex, g.ey = view(g.ex, g.ey)
			glyphs = append(glyphs, g)
		}
	}
	unseen, unknown := 0, 0
	for _, g := range glyphs {
		if g.invisible {
			unseen++
		}
		if undecoded(g.text) {
			unknown++
		}
	}
	if unknown > 20 && unknown*4 > len(glyphs) { // a font without a way back to letters: only the picture can be read
		s.images, glyphs = 1, nil
	}
	s.layer = p.images > 0 && unseen*2 > len(glyphs)
	s.scan = p.covered > 0.5*s.width*s.height && len(glyphs)-unseen < maxOverprint && unseen < 200
	s.layer = s.layer || s.scan
	s.words = words(glyphs)
	for _, r := range p.rules {
		r.x0, r.y0 = view(r.x0, r.y0)
		r.x1, r.y1 = view(r.x1, r.y1)
		s.rules = append(s.rules, r)
	}
	return s
}

// strikeOut takes out the words through whose middle a line is drawn, and gives them line by line. Lines of tables and under words
// pass above or below their letters.
func (s *sheet) strikeOut() (gone []string) {
	var struck []word
	for i, r := range s.rules {
		r = tidy(r)
		if !r.horizontal() {
			continue
		}
		s.words = slices.DeleteFunc(s.words, func(w word) bool {
			through := (r.y0+r.y1)/2 - w.base
			inside := math.Min(r.x1, w.x1) - math.Max(r.x0, w.x0)
			if through < -0.45*w.size || through > -0.12*w.size || inside < 0.8*(w.x1-w.x0) {
				return false
			}
			struck = append(struck, w)
			s.rules[i] = rule{}
			return true
		})
	}
	for _, line := range lineGroups(struck) {
		if len(gone) < maxWithdrawn {
			gone = append(gone, joined(line))
		}
	}
	return gone
}

// maxOverprint is how many letters may be printed over a scan: a scanner's advertisement, the foot of an electronic signature, a
// number of the page.
const maxOverprint = 400

// undecoded says that a code has no known letter.
func undecoded(text string) bool {
	return text == "" || strings.ContainsFunc(text, func(c rune) bool {
		return c == 0xFFFD || c >= 0xE000 && c <= 0xF8FF || c < 0x20 && c != '\t' && c != '\n' && c != '\r'
	})
}

// printedSpace maps page space to printed space for text that runs in quarter turns.
func printedSpace(b [4]float64, quarter int) func(x, y float64) (float64, float64) {
	switch quarter {
	case 1:
		return func(x, y float64) (float64, float64) { return y - b[1], x - b[0] }
	case 2:
		return func(x, y float64) (float64, float64) { return b[2] - x, y - b[1] }
	case 3:
		return func(x, y float64) (float64, float64) { return b[3] - y, b[2] - x }
	}
	return func(x, y float64) (float64, float64) { return x - b[0], b[3] - y }
}

// words joins glyphs that stand side by side. Fat letters drawn twice count once.
func words(gs []glyph) []word {
	slices.SortStableFunc(gs, func(a, b glyph) int { return cmp.Compare(a.y, b.y) })
	out := make([]word, 0, len(gs)/6)
	for start := 0; start < len(gs); {
		end := start + 1
		for end < len(gs) && math.Abs(gs[end].y-gs[start].y) <= 0.35*math.Max(gs[start].size, 1) {
			end++
		}
		row := gs[start:end]
		slices.SortStableFunc(row, func(a, b glyph) int { return cmp.Compare(a.x, b.x) })
		out = rowWords(out, row)
		start = end
	}
	return out
}

// wordGap is the gap, in units of the letter size, that separates words; letterspaced text stays below it.
const wordGap = 0.16

func rowWords(out []word, row []glyph) []word {
	var cur strings.Builder
	var w word
	flush := func() {
		if cur.Len() > 0 {
			w.text = squeeze(cur.String())
			if w.text != "" {
				out = append(out, w)
			}
		}
		cur.Reset()
	}
	for i, g := range row {
		if i > 0 && g.text == row[i-1].text && math.Abs(g.x-row[i-1].x) < 0.12*g.size {
			continue
		}
		if strings.TrimSpace(g.text) == "" {
			flush()
			continue
		}
		if cur.Len() > 0 && g.x-w.x1 > wordGap*g.size {
			flush()
		}
		if cur.Len() == 0 {
			w = word{x0: g.x, y0: g.y - 0.8*g.size, y1: g.y + 0.2*g.size, base: g.y, size: g.size}
		}
		cur.WriteString(g.text)
		w.x1 = math.Max(w.x1, g.ex)
	}
	flush()
	return out
}
