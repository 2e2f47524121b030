package extract

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ukpbjd/internal/document"
	"ukpbjd/internal/message"
)

const (
	maxRowPictures = 30
	maxRowPages    = 8      // pages looked at for one case
	widestRow      = 1100   // pixels
	maxRow         = 60_000 // bytes of one picture
	highestRow     = 0.4    // of the page; what is higher is no row
	sureRow        = 0.6    // share of a name's words by which its row is known without the NIP
	rowShades      = 16     // greys of a picture
	longRow        = 10     // times its height: what is longer is folded
	maxFolds       = 4      // pieces
	foldGap        = 16     // pixels between them
	rowPadding     = 4.0    // points above and below
	knownByNIP     = 2.0    // weight of a whole NIP beside a whole name
)

// RowPictures cuts from scanned papers the rows that were read by machine, so that a person can compare (PNG, by index in the
// roster). The pages are read again, as nothing of a page is kept. A row that is not found has no picture.
func (r *Reader) RowPictures(ctx context.Context, files []message.Attachment, reading document.Reading) map[int][]byte {
	out := map[int][]byte{}
	wanted := scannedRows(reading)
	if len(wanted) == 0 || r.tools.found["tesseract"] == "" {
		return out
	}
	left := maxRowPages
	for _, l := range r.unpack(ctx, files) {
		if rows := wanted[l.src.File]; len(rows) > 0 && !l.done && ctx.Err() == nil {
			maps.Copy(out, r.rowsOn(ctx, l, pagesOf(reading, l.src.File), rows, &left))
		}
	}
	return out
}

// scannedRows are the rows that come from a paper read by machine, by file and index.
func scannedRows(reading document.Reading) map[string]map[int]document.Row {
	machine, out, n := map[string]bool{}, map[string]map[int]document.Row{}, 0
	for _, p := range reading.Papers {
		machine[p.File] = machine[p.File] || p.MachineRead // replaced ones too: a return names the scan from which its values came
	}
	for i, row := range reading.Roster {
		if machine[row.Source] && n < maxRowPictures {
			if out[row.Source] == nil {
				out[row.Source] = map[int]document.Row{}
			}
			out[row.Source][i] = row
			n++
		}
	}
	return out
}

// pagesOf are the pages of a file's papers that were read by machine, the formulir's first.
func pagesOf(reading document.Reading, file string) []int {
	var first, rest []int
	for _, p := range reading.Papers {
		if p.File != file || !p.MachineRead {
			continue
		}
		from, to, ok := strings.Cut(p.Pages, "-")
		if !ok {
			to = from
		}
		a, _ := strconv.Atoi(from)
		b, _ := strconv.Atoi(to)
		for n := max(a, 1); n <= b && n < a+maxRowPages; n++ {
			if p.Kind == document.Formulir {
				first = append(first, n)
			} else {
				rest = append(rest, n)
			}
		}
	}
	return append(first, rest...)
}

// rowsOn looks for the rows on the pages of one file until all are found.
func (r *Reader) rowsOn(ctx context.Context, l leaf, pages []int, rows map[int]document.Row, left *int) map[int][]byte {
	out := map[int][]byte{}
	if l.kind == formatImage {
		pages = []int{0}
	}
	for _, n := range pages {
		if *left--; *left < 0 || len(rows) == 0 || ctx.Err() != nil {
			break
		}
		s, pic := r.pageAgain(ctx, l, n)
		if s == nil {
			continue
		}
		for i, row := range rows {
			if b := cut(pic, s.rowOf(row)); b != nil {
				out[i] = b
			}
		}
		for i := range out {
			delete(rows, i)
		}
	}
	return out
}

// pageAgain reads a page of a PDF, or with 0 a picture; a parser's panic is a page without words.
func (r *Reader) pageAgain(ctx context.Context, l leaf, n int) (s *sheet, pic *picture) {
	defer func() {
		if recover() != nil {
			s, pic = nil, nil
		}
	}()
	var err error
	dpi := float64(ocrDPI)
	if n == 0 {
		if pic, err = decodePicture(l.data); err == nil {
			dpi = pageDPI(pic)
		}
	} else {
		pic, err = r.renderPage(ctx, l.data, n)
	}
	if err != nil {
		return nil, nil
	}
	if s, pic, _, err = r.look(ctx, pic, dpi); err != nil {
		return nil, nil
	}
	return s, pic
}

// span is a part of a page, in points.
type span struct{ x0, y0, x1, y1 float64 }

// rowOf is where a member stands on the page: a row of a ruled table, else the lines with name and NIP.
func (s *sheet) rowOf(row document.Row) span {
	var best span
	score := 0.0
	for _, f := range ruledTables(s.rules) {
		rows := make([][]word, len(f.ys)-1)
		for _, w := range s.words {
			if f.put(w) {
				at := f.slot[len(f.slot)-1][0]
				rows[at] = append(rows[at], w)
			}
		}
		if from, to, v := memberRows(rows, row); v > score {
			best, score = span{f.xs[0], f.ys[from], f.xs[len(f.xs)-1], f.ys[to+1]}, v
		}
	}
	if score >= sureRow {
		return best
	}
	return s.linesOf(row)
}

// memberRows is the row of a table that holds the member, or the rows of a card: from the name to the row before the next one.
func memberRows(rows [][]word, row document.Row) (from, to int, score float64) {
	named, numbered, score := tellMember(rows, row)
	if score == 0 {
		return 0, 0, 0
	}
	if max(named, numbered)-min(named, numbered) > tallestCard {
		numbered = named
	}
	from, to = min(named, numbered), max(named, numbered)
	for card := from < to; card && to+1 < len(rows) && to-from < tallestCard && !opensCard(rows[to+1]); {
		to++
	}
	return from, to, score
}

// tellMember finds the group of words that names the member and the one with the NIP: the same one where only one of these is
// told. The score is 0 where neither is.
func tellMember(groups [][]word, row document.Row) (named, numbered int, score float64) {
	name, number := 0.0, 0.0
	for i, ws := range groups {
		v, n := likeness(ws, row)
		if v > name {
			named, name = i, v
		}
		if n > number {
			numbered, number = i, n
		}
	}
	switch {
	case name < sureRow && number == 0:
		return 0, 0, 0
	case name < sureRow:
		named = numbered
	case number == 0:
		numbered = named
	}
	return named, numbered, name + number
}

// tallestCard is how many rows one member's card has at most.
const tallestCard = 9

// opensCard knows the first row of the next card by its label.
func opensCard(ws []word) bool {
	return slices.ContainsFunc(ws, func(w word) bool {
		p := nameWords(w.text)
		return slices.Contains(p, "nama") || slices.Contains(p, "anggota")
	})
}

// linesOf takes the line that names the member and the one with the NIP, if they stand together.
func (s *sheet) linesOf(row document.Row) span {
	groups := lineGroups(s.words)
	named, numbered, score := tellMember(groups, row)
	if score == 0 {
		return span{}
	}
	best := groups[named]
	out := span{0, best[0].y0, s.width, best[0].y1}
	reach := 6 * math.Max(best[0].size, 8)
	for _, ws := range [][]word{best, groups[numbered]} {
		for _, w := range ws {
			if math.Abs(w.midY()-best[0].midY()) < reach {
				out.y0, out.y1 = math.Min(out.y0, w.y0), math.Max(out.y1, w.y1)
			}
		}
	}
	return out
}

// likeness says how much of a member stands in these words: the share of the name's words, and the weight of the whole NIP.
func likeness(ws []word, row document.Row) (name, number float64) {
	have, digits := map[string]bool{}, strings.Builder{}
	for _, g := range lineGroups(ws) {
		for _, w := range g {
			for _, p := range nameWords(w.text) {
				have[p] = true
			}
			digits.WriteString(document.Digits(w.text))
		}
	}
	if len(row.NIP) >= 15 && strings.Contains(digits.String(), row.NIP) {
		number = knownByNIP
	}
	printed, _, _ := strings.Cut(row.Nama, ",")
	parts := nameWords(printed)
	for _, p := range parts {
		if have[p] {
			name += 1 / float64(len(parts))
		}
	}
	return name, number
}

// nameWords are the words of at least three letters, in lower case.
func nameWords(s string) []string {
	words := strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) })
	return slices.DeleteFunc(words, func(w string) bool { return len(w) < 3 })
}

// cut makes the PNG of a part of the page, small enough for a letter; nil for no part, or one that is too high to be a row.
func cut(pic *picture, at span) []byte {
	scale := pic.dpi / 72
	pad := func(v, by float64) int { return int((v + by) * scale) }
	row := image.Rect(pad(at.x0, -rowPadding), pad(at.y0, -rowPadding), pad(at.x1, rowPadding), pad(at.y1, rowPadding)).Intersect(image.Rect(0, 0, pic.w, pic.h))
	if at.y1 <= at.y0 || row.Dx() < 20 || row.Dy() < 10 || float64(row.Dy()) > highestRow*float64(pic.h) {
		return nil
	}
	part := pic.part(row, row)
	if n := min((part.w-1)/(longRow*part.h)+1, maxFolds); n > 1 {
		part = part.folded(n)
	}
	part = part.scaled(math.Min(1, widestRow/float64(part.w)))
	for range 4 {
		if b := part.encodePNG(); len(b) <= maxRow {
			return b
		}
		part = part.scaled(0.75)
	}
	return nil
}

// folded cuts a long row into n pieces, one below the other, so that a phone shows them large enough; neighbours share an edge.
func (p *picture) folded(n int) *picture {
	width, step := p.w/n+p.w/20, p.h+foldGap
	q := &picture{w: width, h: n*step - foldGap, dpi: p.dpi}
	q.pix = bytes.Repeat([]byte{255}, q.w*q.h)
	for i := range n {
		from := min(i*p.w/n, p.w-width)
		for y := range p.h {
			copy(q.pix[(i*step+y)*q.w:(i*step+y+1)*q.w], p.pix[y*p.w+from:])
		}
	}
	return q
}

func (p *picture) encodePNG() []byte {
	shades := make(color.Palette, rowShades)
	for i := range shades {
		shades[i] = color.Gray{Y: uint8(i * 255 / (rowShades - 1))}
	}
	img := image.NewPaletted(image.Rect(0, 0, p.w, p.h), shades)
	for i, v := range p.pix {
		img.Pix[i] = uint8((int(v)*(rowShades-1) + 127) / 255)
	}
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if enc.Encode(&b, img) != nil {
		return nil
	}
	return b.Bytes()
}
