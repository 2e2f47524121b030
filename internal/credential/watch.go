package credential

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"

	"ukpbjd/internal/secret"
)

// Watch knows live secrets by fingerprints under a key that is made for this process and never written down: no secret, and
// nothing from which one could be guessed, is in it, and nothing of it is on disk. It finds a secret wherever it stands among
// other characters, in text that names no case. It is safe for concurrent use.
type Watch struct {
	mu     sync.RWMutex
	value  [256]uint64         // what a byte counts
	times  uint64              // what a place counts
	sizes  []size              // lengths of the secrets, ascending
	by     map[uint64][]string // whose a fingerprint is: an approver may give two people the same
	of     map[string][]uint64 // and back: a secret may be replaced
	filter []uint64            // a bit for each fingerprint: most windows are dismissed by it
}

// size is one length of secrets, with what the byte that leaves the window counts.
type size struct {
	n, secrets int
	leaving    uint64
}

const (
	leastFilter = 1 << 10 // words: 64 Ki bits stay in the processor's first cache
	perPrint    = 64      // bits of the filter for one fingerprint
	maxRun      = 8 << 10 // of characters without a blank: in a longer one, such as an embedded picture, only the ends are looked at
	endsOfRun   = 1 << 10
)

// NewWatch makes one that knows nothing. random is crypto/rand.Reader.
func NewWatch(random io.Reader) (*Watch, error) {
	w := &Watch{by: map[uint64][]string{}, of: map[string][]uint64{}, filter: make([]uint64, leastFilter)}
	var b [8 * 257]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return nil, fmt.Errorf("make the key of fingerprints: %w", err)
	}
	for i := range w.value {
		w.value[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	w.times = binary.LittleEndian.Uint64(b[8*256:]) | 1
	return w, nil
}

// solid are the characters of passwords: printable, and no blank.
func solid(c byte) bool { return c > ' ' && c <= '~' }

// Add lets it look for a secret of id. One with blanks, or of fewer than six or more than 256 bytes, is not looked for.
func (w *Watch) Add(id string, s secret.Secret) {
	p := s.Reveal()
	if len(p) < shortestLive || len(p) > maxLive {
		return
	}
	h := uint64(0)
	for i := range len(p) {
		if !solid(p[i]) {
			return
		}
		h = h*w.times + w.value[p[i]]
	}
	f := fingerprint(h, uint64(len(p)-1))
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Contains(w.by[f], id) {
		return
	}
	w.of[id] = append(w.of[id], f)
	w.by[f] = append(w.by[f], id)
	if len(w.by[f]) > 1 {
		return
	}
	w.count(len(p), 1)
	if len(w.by)*perPrint > len(w.filter)*64 {
		w.filter = make([]uint64, 2*len(w.filter))
		for f := range w.by {
			w.mark(f)
		}
	}
	w.mark(f)
}

// Forget ends the search for the secrets of id. Their bits stay until the filter grows: one says only that a closer look is worth while.
func (w *Watch) Forget(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.of[id] {
		w.by[f] = slices.DeleteFunc(w.by[f], func(x string) bool { return x == id })
		if len(w.by[f]) == 0 {
			delete(w.by, f)
			w.count(int(f&0xff)+1, -1)
		}
	}
	delete(w.of, id)
}

// Len is how many secrets it looks for.
func (w *Watch) Len() int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return len(w.by)
}

// fingerprint spreads a window's sum and keeps its length, less one, in the lowest byte.
func fingerprint(h, tail uint64) uint64 {
	h *= 0x9e3779b97f4a7c15
	return (h^h>>29)&^0xff | tail
}

func (w *Watch) mark(f uint64) { w.filter[f>>14&uint64(len(w.filter)-1)] |= 1 << (f >> 8 & 63) }

// count keeps the lengths that are looked for.
func (w *Watch) count(n, more int) {
	i, there := slices.BinarySearchFunc(w.sizes, n, func(s size, n int) int { return s.n - n })
	if !there {
		leaving := uint64(1)
		for range n - 1 {
			leaving *= w.times
		}
		w.sizes = slices.Insert(w.sizes, i, size{n: n, leaving: leaving})
	}
	if w.sizes[i].secrets += more; w.sizes[i].secrets == 0 {
		w.sizes = slices.Delete(w.sizes, i, i+1)
	}
}

// Find gives the ids of secrets that seem to stand in any of the texts, each once, in order. The search is for candidates: in
// 2^40 texts one may be named that stands in none.
func (w *Watch) Find(texts ...[]byte) (ids []string) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if len(w.sizes) == 0 {
		return nil
	}
	for _, t := range texts {
		ids = w.find(ids, t)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// find goes through a text in strides as long as the shortest secret: where it steps on a blank, none can stand before.
func (w *Watch) find(ids []string, b []byte) []string {
	least := w.sizes[0].n
	for i := 0; i+least <= len(b); {
		j := i + least - 1
		if !solid(b[j]) {
			i = j + 1
			continue
		}
		from, to := j, j+1
		for from > i && solid(b[from-1]) {
			from--
		}
		for to < len(b) && solid(b[to]) {
			to++
		}
		if to-from > maxRun {
			ids = w.run(ids, b[from:from+endsOfRun])
			from = to - endsOfRun
		}
		ids = w.run(ids, b[from:to])
		i = to + 1
	}
	return ids
}

// run looks at every window of characters without a blank.
func (w *Watch) run(ids []string, b []byte) []string {
	for _, s := range w.sizes {
		if len(b) < s.n {
			break
		}
		h := uint64(0)
		for _, c := range b[:s.n-1] {
			h = h*w.times + w.value[c]
		}
		filter, most, tail := w.filter, uint64(len(w.filter)-1), uint64(s.n-1)
		first := b[:len(b)-s.n+1]
		for i, c := range b[s.n-1:] {
			h = h*w.times + w.value[c]
			if f := fingerprint(h, tail); filter[f>>14&most]&(1<<(f>>8&63)) != 0 {
				ids = append(ids, w.by[f]...)
			}
			h -= w.value[first[i]] * s.leaving
		}
	}
	return ids
}
