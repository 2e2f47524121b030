package extract

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/ledongthuc/pdf"
)

const (
	maxOps    = 2_000_000 // operators of one page
	maxGlyphs = 300_000
	maxForms  = 8 // nested form XObjects

	usualGlyphs = 2048  // of a page, room for which is made at once
	keptGlyphs  = 16384 // more room than this is not kept for the next page
)

// glyphRoom holds the glyphs of one page after another: a page's words are strings of their own.
var glyphRoom = sync.Pool{New: func() any { room := make([]glyph, 0, usualGlyphs); return &room }}

func leaveRoom(room *[]glyph, glyphs []glyph) {
	clear(glyphs)
	if cap(glyphs) <= keptGlyphs {
		*room = glyphs[:0]
		glyphRoom.Put(room)
	}
}

type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// mul is m followed by n.
func (m matrix) mul(n matrix) matrix {
	return matrix{m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3], m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5]}
}

func (m matrix) apply(x, y float64) (float64, float64) {
	return x*m[0] + y*m[2] + m[4], x*m[1] + y*m[3] + m[5]
}

// advance moves the origin along the text direction.
func (m *matrix) advance(x float64) { m[4], m[5] = m[4]+x*m[0], m[5]+x*m[1] }

// glyph is one shown code in page space, y upwards.
type glyph struct {
	text      string
	x, y      float64 // origin
	ex, ey    float64 // end of the advance
	size      float64
	turn      int  // quarter turns of the text direction, −1 for slanted text such as watermarks
	invisible bool // text rendering mode 3: an OCR layer
}

type graphics struct {
	ctm                             matrix
	font                            *font
	size, char, wordSp, scale, lead float64
	rise                            float64
	mode                            int64
}

// painter follows the content stream of one page (ISO 32000-1 §8, §9), text and ruled lines only.
type painter struct {
	ctx      context.Context
	fonts    map[string]*font // by name, in the present resources: looking a font up parses it again
	gs       graphics
	saved    []graphics
	tm, line matrix
	glyphs   []glyph
	path     [][][2]float64 // the present path, part by part
	rules    []rule
	ops      int
	images   int
	covered  float64 // by the largest picture, square points
	depth    int
	err      error
}

func builtInPage(ctx context.Context, page pdf.Page) (*sheet, error) {
	room := glyphRoom.Get().(*[]glyph)
	p := &painter{ctx: ctx, fonts: map[string]*font{}, gs: graphics{ctm: identity, scale: 1}, glyphs: *room}
	defer func() { leaveRoom(room, p.glyphs) }()
	if page.V.IsNull() {
		return nil, fmt.Errorf("read pdf: page is missing")
	}
	content := page.V.Key("Contents")
	if content.Kind() == pdf.Stream || content.Kind() == pdf.Array {
		p.run(content, inherited(page.V, "Resources"))
	}
	if p.err != nil {
		return nil, p.err
	}
	box := inherited(page.V, "MediaBox")
	var b [4]float64
	for i := range b {
		b[i] = box.Index(i).Float64()
	}
	if b[2] <= b[0] || b[3] <= b[1] {
		b = [4]float64{0, 0, 595, 842}
	}
	s := p.sheet(b, rotation(page.V))
	s.images += p.images
	return s, nil
}

// inherited looks up the tree of pages, or of fields; its depth is bounded as the tree may be a ring.
func inherited(v pdf.Value, key string) pdf.Value {
	for i := 0; i < 20 && !v.IsNull(); i++ {
		if x := v.Key(key); !x.IsNull() {
			return x
		}
		v = v.Key("Parent")
	}
	return pdf.Value{}
}

func rotation(v pdf.Value) int {
	return int((inherited(v, "Rotate").Int64()/90%4 + 4) % 4)
}

func (p *painter) run(content, resources pdf.Value) {
	pdf.Interpret(content, func(stk *pdf.Stack, op string) {
		if p.ops++; p.ops > maxOps || len(p.glyphs) > maxGlyphs {
			p.err = errTooLarge
		}
		if p.ops&0xff == 0 && p.ctx.Err() != nil {
			p.err = p.ctx.Err()
		}
		args := popAll(stk)
		if p.err == nil {
			p.operator(op, args, resources)
		}
	})
}

func popAll(stk *pdf.Stack) []pdf.Value {
	args := make([]pdf.Value, stk.Len())
	for i := len(args) - 1; i >= 0; i-- {
		args[i] = stk.Pop()
	}
	return args
}

// numbers are the first n operands, or nil when there are fewer.
func numbers(args []pdf.Value, n int) []float64 {
	if len(args) < n {
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = args[i].Float64()
	}
	return out
}

func (p *painter) operator(op string, args []pdf.Value, res pdf.Value) {
	switch op {
	case "q":
		if len(p.saved) < 100 {
			p.saved = append(p.saved, p.gs)
		}
	case "Q":
		if n := len(p.saved); n > 0 {
			p.gs, p.saved = p.saved[n-1], p.saved[:n-1]
		}
	case "cm":
		if v := numbers(args, 6); v != nil {
			p.gs.ctm = matrix(v).mul(p.gs.ctm)
		}
	case "Do":
		if len(args) > 0 {
			p.object(res.Key("XObject").Key(args[0].Name()), res)
		}
	case "BI":
		p.images++
	case "m", "l", "c", "v", "y", "h", "re", "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n":
		p.paint(op, args)
	default:
		p.textOp(op, args, res)
	}
}

// object draws a form; a picture is only counted.
func (p *painter) object(x, res pdf.Value) {
	switch x.Key("Subtype").Name() {
	case "Image":
		p.images++
		p.covered = math.Max(p.covered, math.Abs(p.gs.ctm[0]*p.gs.ctm[3]-p.gs.ctm[1]*p.gs.ctm[2]))
	case "Form":
		if p.depth >= maxForms {
			return
		}
		p.depth++
		saved, fonts := p.gs, p.fonts
		p.fonts = map[string]*font{}
		if m := x.Key("Matrix"); m.Len() == 6 {
			var v matrix
			for i := range v {
				v[i] = m.Index(i).Float64()
			}
			p.gs.ctm = v.mul(p.gs.ctm)
		}
		own := x.Key("Resources")
		if own.IsNull() {
			own = res
		}
		p.run(x, own)
		p.gs, p.fonts = saved, fonts
		p.depth--
	}
}

func (p *painter) textOp(op string, args []pdf.Value, res pdf.Value) {
	switch op {
	case "BT":
		p.tm, p.line = identity, identity
	case "Tf":
		if len(args) >= 2 {
			p.gs.font, p.gs.size = p.fontOf(res, args[0].Name()), args[1].Float64()
		}
	case "Tc", "Tw", "Tz", "TL", "Ts", "Tr":
		if len(args) >= 1 {
			p.textState(op, args[0].Float64())
		}
	case "Td", "TD":
		if v := numbers(args, 2); v != nil {
			if op == "TD" {
				p.gs.lead = -v[1]
			}
			p.newline(v[0], v[1])
		}
	case "Tm":
		if v := numbers(args, 6); v != nil {
			p.tm, p.line = matrix(v), matrix(v)
		}
	case "T*":
		p.newline(0, -p.gs.lead)
	case "Tj", "'", "\"":
		p.showLine(op, args)
	case "TJ":
		if len(args) >= 1 {
			p.showArray(args[0])
		}
	}
}

func (p *painter) textState(op string, v float64) {
	switch op {
	case "Tc":
		p.gs.char = v
	case "Tw":
		p.gs.wordSp = v
	case "Tz":
		p.gs.scale = v / 100
	case "TL":
		p.gs.lead = v
	case "Ts":
		p.gs.rise = v
	case "Tr":
		p.gs.mode = int64(v)
	}
}

func (p *painter) newline(x, y float64) {
	p.line = matrix{1, 0, 0, 1, x, y}.mul(p.line)
	p.tm = p.line
}

func (p *painter) showLine(op string, args []pdf.Value) {
	if op != "Tj" {
		p.newline(0, -p.gs.lead)
	}
	if op == "\"" && len(args) >= 3 {
		p.gs.wordSp, p.gs.char = args[0].Float64(), args[1].Float64()
	}
	if len(args) >= 1 {
		p.show(args[len(args)-1].RawString())
	}
}

func (p *painter) showArray(list pdf.Value) {
	for i := 0; i < list.Len(); i++ {
		v := list.Index(i)
		if v.Kind() == pdf.String {
			p.show(v.RawString())
			continue
		}
		p.tm.advance(-v.Float64() / 1000 * p.gs.size * p.gs.scale)
	}
}

// show places each code of raw (ISO 32000-1 §9.4.4).
func (p *painter) show(raw string) {
	f := p.gs.font
	if f == nil {
		return
	}
	trm := p.tm.mul(p.gs.ctm) // only its place moves from glyph to glyph
	size, turn, invisible := math.Abs(p.gs.size)*math.Hypot(trm[2], trm[3]), quarter(trm), p.gs.mode == 3
	for len(raw) > 0 && len(p.glyphs) <= maxGlyphs {
		code, n := f.step(raw)
		raw = raw[n:]
		adv := f.width(code) / 1000 * p.gs.size
		g := glyph{text: f.text(code), size: size, turn: turn, invisible: invisible}
		g.x, g.y = trm.apply(0, p.gs.rise)
		g.ex, g.ey = trm.apply(adv*p.gs.scale, p.gs.rise)
		p.glyphs = append(p.glyphs, g)
		adv += p.gs.char
		if n == 1 && code == 32 {
			adv += p.gs.wordSp
		}
		trm.advance(adv * p.gs.scale)
		p.tm.advance(adv * p.gs.scale)
	}
}

// quarter is the text direction in quarter turns counter-clockwise.
func quarter(m matrix) int {
	a := math.Atan2(m[1], m[0]) / (math.Pi / 2)
	n := math.Round(a)
	if math.Abs(a-n) > 0.08 {
		return -1
	}
	return int(n+4) % 4
}

func (p *painter) fontOf(res pdf.Value, name string) *font {
	f, ok := p.fonts[name]
	if !ok {
		if v := res.Key("Font").Key(name); !v.IsNull() {
			f = newFont(v)
		}
		p.fonts[name] = f
	}
	return f
}
