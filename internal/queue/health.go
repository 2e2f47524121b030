package queue

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Health is what each queue and loop last said of itself. The zero value and nil are ready for use.
type Health struct {
	mu     sync.Mutex
	faults map[part]string
}

// part is one part of the queue of that name.
type part struct{ name, part string }

// maxFault bounds the text of one fault, in bytes: errors may quote what a stranger wrote.
const maxFault = 500

// Set says what is wrong with one part of a queue; an empty text says that it is well.
func (h *Health) Set(name, of, text string) {
	if h == nil {
		return
	}
	if len(text) > maxFault {
		text = strings.ToValidUTF8(text[:maxFault], "") + "…"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if text == "" {
		delete(h.faults, part{name, of})
		return
	}
	if h.faults == nil {
		h.faults = map[part]string{}
	}
	h.faults[part{name, of}] = text
}

// Faults are the queues in trouble now, with the reasons of all their parts.
func (h *Health) Faults() map[string]string {
	out := map[string]string{}
	if h == nil {
		return out
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range slices.SortedFunc(maps.Keys(h.faults), func(a, b part) int { return cmp.Compare(a.part, b.part) }) {
		if out[p.name] != "" {
			out[p.name] += "; "
		}
		out[p.name] += h.faults[p]
	}
	return out
}
