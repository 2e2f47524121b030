package extract

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"ukpbjd/internal/document"
)

// frame is a ruled table: the grid lines that really occur, which of them separate which slots, and the words inside.
type frame struct {
	xs, ys []float64
	across []line // horizontal
	down   []line // vertical
	words  []word
	slot   [][2]int // of each word
}

// line is a ruled one as the grid sees it: at which height, or how far to the right, and from where to where along itself.
type line struct{ at, from, to float64 }

const (
	near     = 2.5 // points within which two lines are one
	minRule  = 6.0 // shorter lines are parts of letters or check boxes
	maxRules = 6000
	maxSlots = 20_000
)

// ruledTables joins lines that touch into frames. Only frames with inner lines in both directions can be tables.
func ruledTables(rules []rule) []*frame {
	if len(rules) > maxRules {
		return nil
	}
	var keep []rule
	for _, r := range rules {
		if r = tidy(r); math.Max(r.x1-r.x0, r.y1-r.y0) >= minRule {
			keep = append(keep, r)
		}
	}
	var out []*frame
	for _, set := range touching(keep) {
		if f := newFrame(set); f != nil {
			out = append(out, f)
		}
	}
	return out
}

func tidy(r rule) rule {
	return rule{math.Min(r.x0, r.x1), math.Min(r.y0, r.y1), math.Max(r.x0, r.x1), math.Max(r.y0, r.y1)}
}

// touching finds the connected sets of lines. Lines are sorted by their left end, so each is compared with few others.
func touching(rules []rule) [][]rule {
	slices.SortFunc(rules, func(a, b rule) int { return cmp.Compare(a.x0, b.x0) })
	head := ownHeads(len(rules))
	for i := range rules {
		for j := i + 1; j < len(rules) && rules[j].x0 <= rules[i].x1+near; j++ {
			if rules[i].y0 <= rules[j].y1+near && rules[j].y0 <= rules[i].y1+near {
				head[root(head, j)] = root(head, i) // not join: the order of frames, and so which of two nested ones takes a word, rests on it
			}
		}
	}
	sets := map[int][]rule{}
	for i, r := range rules {
		sets[root(head, i)] = append(sets[root(head, i)], r)
	}
	out := make([][]rule, 0, len(sets))
	for _, k := range slices.Sorted(maps.Keys(sets)) {
		out = append(out, sets[k])
	}
	return out
}

func newFrame(set []rule) *frame {
	f := &frame{}
	for _, r := range set {
		if r.horizontal() {
			f.across = append(f.across, line{(r.y0 + r.y1) / 2, r.x0, r.x1})
		} else {
			f.down = append(f.down, line{(r.x0 + r.x1) / 2, r.y0, r.y1})
		}
	}
	f.xs, f.ys = distinct(f.down), distinct(f.across)
	if len(f.xs) < 2 || len(f.ys) < 2 || len(f.xs)*len(f.ys) > maxSlots {
		return nil
	}
	return f
}

// distinct are the places of lines, of several near each other the first.
func distinct(lines []line) (out []float64) {
	var places []float64
	for _, l := range lines {
		places = append(places, l.at)
	}
	slices.Sort(places)
	for _, x := range places {
		if len(out) == 0 || x-out[len(out)-1] > near {
			out = append(out, x)
		}
	}
	return out
}

// apart cuts a frame in which tables of other columns stand directly below one another, as word processors draw them when no
// paragraph is between: what one table's lines divide is not cut by the lines of the next.
func (f *frame) apart() []*frame {
	var out []*frame
	from, have := 0, f.dividers(0)
	for r := 1; r < len(f.ys)-1; r++ {
		more := f.dividers(r)
		if strangers(have, more) && drawn(f.across, f.ys[r], f.xs[0], f.xs[len(f.xs)-1]) {
			out = append(out, f.band(from, r))
			from, have = r, more
			continue
		}
		maps.Copy(have, more)
	}
	if from == 0 {
		return []*frame{f}
	}
	return append(out, f.band(from, len(f.ys)-1))
}

// dividers are the inner lines that stand in one row of the grid.
func (f *frame) dividers(r int) map[int]bool {
	out := map[int]bool{}
	for c := 1; c < len(f.xs)-1; c++ {
		if drawn(f.down, f.xs[c], f.ys[r], f.ys[r+1]) {
			out[c] = true
		}
	}
	return out
}

// strangers says that two rows are divided otherwise: each where the other is not, and at few places both.
func strangers(a, b map[int]bool) bool {
	shared := 0
	for c := range a {
		if b[c] {
			shared++
		}
	}
	return shared < len(a) && shared < len(b) && 2*shared < min(len(a), len(b))
}

// band is the part of the frame between two of its lines, on a grid of its own.
func (f *frame) band(from, to int) *frame {
	top, end := f.ys[from], f.ys[to]
	var set []rule
	for _, r := range f.across {
		if r.at > top-near && r.at < end+near {
			set = append(set, rule{r.from, r.at, r.to, r.at})
		}
	}
	for _, r := range f.down {
		if y0, y1 := math.Max(r.from, top), math.Min(r.to, end); y1-y0 > near {
			set = append(set, rule{r.at, y0, r.at, y1})
		}
	}
	if g := newFrame(set); g != nil {
		return g
	}
	return f
}

// put takes a word that stands inside.
func (f *frame) put(w word) bool {
	c, r := slotOf(f.xs, w.midX()), slotOf(f.ys, w.midY())
	if c < 0 || r < 0 {
		return false
	}
	f.words = append(f.words, w)
	f.slot = append(f.slot, [2]int{r, c})
	return true
}

func slotOf(lines []float64, v float64) int {
	i, _ := slices.BinarySearch(lines, v)
	if i == 0 || i == len(lines) {
		return -1
	}
	return i - 1
}

// cells gives the rows; lone says that nothing divides the frame.
func (f *frame) cells() (rows [][]document.Cell, lone bool) {
	nr, nc := len(f.ys)-1, len(f.xs)-1
	head := f.merge(nr, nc)
	rows = make([][]document.Cell, nr)
	for r := range rows {
		rows[r] = make([]document.Cell, nc)
	}
	lone = true
	byCell := map[int][]word{}
	for i, w := range f.words {
		h := head[f.slot[i][0]*nc+f.slot[i][1]]
		byCell[h] = append(byCell[h], w)
	}
	for i, h := range head {
		if h != head[0] {
			lone = false
		}
		if h != i {
			rows[i/nc][i%nc].Merged = true
		}
	}
	overrun := f.overrun(head, nc)
	for h, ws := range byCell {
		rows[h/nc][h%nc] = cellOf(ws)
		rows[h/nc][h%nc].Unsure = overrun[h]
		lone = lone || len(ws) > wholePage && 3*len(ws) > 2*len(f.words)
	}
	for i, h := range head {
		if h/nc != i/nc {
			rows[i/nc][i%nc].Over = rows[h/nc][h%nc].Text
		}
	}
	return rows, lone
}

// overrun are the cells between which a printed word lies across the line: letters of one may have been taken for the other's.
func (f *frame) overrun(head []int, nc int) map[int]bool {
	out := map[int]bool{}
	for i, w := range f.words {
		r := f.slot[i][0]
		for c := 1; c < len(f.xs)-1 && w.conf == 0; c++ {
			if x := f.xs[c]; x > w.x0+0.3 && x < w.x1-0.3 && drawn(f.down, x, f.ys[r], f.ys[r+1]) {
				out[head[r*nc+c]], out[head[r*nc+c-1]] = true, true
			}
		}
	}
	return out
}

// wholePage is how many words one cell may hold before its frame is the edge of the page and not a table.
const wholePage = 60

// merge joins slots that no line separates; each slot knows the first slot of its cell.
func (f *frame) merge(nr, nc int) []int {
	head := ownHeads(nr * nc)
	for r := range nr {
		for c := range nc {
			i := r*nc + c
			if c > 0 && !drawn(f.down, f.xs[c], f.ys[r], f.ys[r+1]) {
				join(head, i, i-1)
			}
			if r > 0 && !drawn(f.across, f.ys[r], f.xs[c], f.xs[c+1]) {
				join(head, i, i-nc)
			}
		}
	}
	for i := range head {
		head[i] = root(head, i)
	}
	return head
}

// ownHeads are sets of one, each its own head; join makes one set of two, of which the smaller head stays.
func ownHeads(n int) []int {
	head := make([]int, n)
	for i := range head {
		head[i] = i
	}
	return head
}

func root(head []int, i int) int {
	for head[i] != i {
		head[i] = head[head[i]]
		i = head[i]
	}
	return i
}

func join(head []int, a, b int) {
	a, b = root(head, a), root(head, b)
	head[max(a, b)] = min(a, b)
}

// drawn says whether lines at that place cover most of the way; frames may be drawn in pieces.
func drawn(lines []line, at, from, to float64) bool {
	covered := 0.0
	for _, l := range lines {
		if math.Abs(l.at-at) <= near+0.5 {
			covered += math.Max(0, math.Min(l.to, to)-math.Max(l.from, from))
		}
	}
	return covered >= 0.6*(to-from)
}

func cellOf(ws []word) document.Cell {
	var c document.Cell
	for _, l := range lineGroups(ws) {
		c.Add(joined(l), lowest(l))
	}
	return c
}
