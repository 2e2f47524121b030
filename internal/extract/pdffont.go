package extract

import (
	"strings"
	"unicode/utf16"

	"github.com/ledongthuc/pdf"
)

// font turns codes of a show-text operator into text and widths, each code looked up once.
type font struct {
	wide     bool              // two-byte codes
	simple   pdf.Font          // asked only for codes that ToUnicode does not have
	unicode  map[uint32]string // ToUnicode, preferred over the encoding
	widths   map[uint32]float64
	standard *[95]uint16
	missing  float64
	texts    map[uint32]string
}

func newFont(v pdf.Value) *font {
	f := &font{texts: map[uint32]string{}, widths: map[uint32]float64{}}
	f.wide = v.Key("Subtype").Name() == "Type0"
	if tu := v.Key("ToUnicode"); tu.Kind() == pdf.Stream {
		f.unicode = readToUnicode(tu, v)
	}
	pf := pdf.Font{V: v}
	if f.wide {
		f.wideWidths(v.Key("DescendantFonts").Index(0))
	} else {
		f.simple = pf
		f.simpleWidths(v, pf.BaseFont())
	}
	return f
}

func (f *font) simpleWidths(v pdf.Value, base string) {
	w, first := v.Key("Widths"), v.Key("FirstChar").Int64()
	for i := 0; i < min(w.Len(), 256); i++ {
		f.widths[uint32(first)+uint32(i)] = w.Index(i).Float64()
	}
	f.missing = v.Key("FontDescriptor").Key("MissingWidth").Float64()
	if w.Len() > 0 {
		return
	}
	f.missing = 556
	switch {
	case strings.Contains(base, "Courier"):
		f.missing = 600
	case strings.Contains(base, "Times"):
		f.standard, f.missing = &timesWidths, 500
	default:
		f.standard = &helveticaWidths
	}
}

// wideWidths reads the W array of a CID font (ISO 32000-1 §9.7.4.3).
func (f *font) wideWidths(d pdf.Value) {
	f.missing = 1000
	if dw := d.Key("DW"); dw.Kind() == pdf.Integer || dw.Kind() == pdf.Real {
		f.missing = dw.Float64()
	}
	w := d.Key("W")
	n := min(w.Len(), 20_000)
	for i := 0; i < n; {
		first := uint32(w.Index(i).Int64())
		next := w.Index(i + 1)
		if next.Kind() == pdf.Array {
			for j := 0; j < min(next.Len(), 20_000); j++ {
				f.widths[first+uint32(j)] = next.Index(j).Float64()
			}
			i += 2
			continue
		}
		width := w.Index(i + 2).Float64()
		for c := first; c <= uint32(next.Int64()) && c-first < 20_000; c++ {
			f.widths[c] = width
		}
		i += 3
	}
}

// step takes the first code of raw.
func (f *font) step(raw string) (code uint32, n int) {
	if f.wide && len(raw) >= 2 {
		return uint32(raw[0])<<8 | uint32(raw[1]), 2
	}
	return uint32(raw[0]), 1
}

func (f *font) text(code uint32) string {
	if t, ok := f.texts[code]; ok {
		return t
	}
	t, ok := f.unicode[code]
	if !ok && !f.wide && code < 256 {
		t = f.simple.Encoder().Decode(string([]byte{byte(code)}))
	}
	f.texts[code] = t
	return t
}

// width is in thousandths of the letter size.
func (f *font) width(code uint32) float64 {
	if w, ok := f.widths[code]; ok {
		return w
	}
	if f.standard != nil && code >= 32 && code < 127 {
		return float64(f.standard[code-32])
	}
	return f.missing
}

// readToUnicode reads a ToUnicode CMap (ISO 32000-1 §9.10.3). The font's own dictionary stands in for the resource that
// the map's first line asks for: the interpreter wants some dictionary there.
func readToUnicode(v, dict pdf.Value) map[uint32]string {
	out := map[uint32]string{}
	defer func() { _ = recover() }() // a broken map leaves what was read of it
	pdf.Interpret(v, func(stk *pdf.Stack, op string) {
		switch op {
		case "endbfchar":
			for stk.Len() >= 2 && len(out) < 70_000 {
				to, from := stk.Pop(), stk.Pop()
				if from.Kind() != pdf.String {
					break
				}
				out[codeOf(from.RawString())] = utf16be(to.RawString())
			}
		case "endbfrange":
			for stk.Len() >= 3 && len(out) < 70_000 {
				to, hi, lo := stk.Pop(), stk.Pop(), stk.Pop()
				if lo.Kind() != pdf.String {
					break
				}
				mapRange(out, codeOf(lo.RawString()), codeOf(hi.RawString()), to)
			}
		case "findresource":
			popAll(stk)
			stk.Push(dict)
			return
		}
		popAll(stk)
	})
	return out
}

func mapRange(out map[uint32]string, lo, hi uint32, to pdf.Value) {
	for c := lo; c <= hi && c-lo < 65536; c++ {
		if to.Kind() == pdf.Array {
			if int(c-lo) >= to.Len() {
				return
			}
			out[c] = utf16be(to.Index(int(c - lo)).RawString())
			continue
		}
		b := []byte(to.RawString())
		if len(b) < 2 {
			return
		}
		last := uint32(b[len(b)-2])<<8 | uint32(b[len(b)-1]) + (c - lo)
		b[len(b)-2], b[len(b)-1] = byte(last>>8), byte(last)
		out[c] = utf16be(string(b))
	}
}

func codeOf(s string) uint32 {
	var n uint32
	for i := 0; i < len(s) && i < 4; i++ {
		n = n<<8 | uint32(s[i])
	}
	return n
}

func utf16be(s string) string {
	if len(s) == 1 {
		return s
	}
	u := make([]uint16, 0, len(s)/2)
	for i := 0; i+1 < len(s); i += 2 {
		u = append(u, uint16(s[i])<<8|uint16(s[i+1]))
	}
	return string(utf16.Decode(u))
}

// Widths of the printable ASCII of two standard fonts, which need not be embedded (ISO 32000-1 §9.6.2.2).
var helveticaWidths = [95]uint16{278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584}

var timesWidths = [95]uint16{250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278,
	500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444,
	921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889, 722, 722,
	556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500,
	333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500,
	500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541}
