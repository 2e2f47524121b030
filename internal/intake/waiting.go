package intake

import (
	"sync"

	"ukpbjd/internal/store"
)

// waiting remembers which mails wait for another try, of whom they are, and which mails wait behind them.
type waiting struct {
	mu    sync.Mutex
	first map[store.UID]turn
	after map[store.UID]store.UID
}

// turn is a mail that waits for another try, and how many it has had.
type turn struct {
	sender string
	times  int
}

func (w *waiting) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.first, w.after = map[store.UID]turn{}, map[store.UID]store.UID{}
}

// add returns how often the mail has been added.
func (w *waiting) add(u store.UID, sender string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := turn{sender, w.first[u].times + 1}
	w.first[u] = t
	delete(w.after, u)
	return t.times
}

// settled forgets a mail, and says whether others waited behind it.
func (w *waiting) settled(u store.UID) (others bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.first, u)
	delete(w.after, u)
	for _, x := range w.after {
		others = others || x == u
	}
	return others
}

// before says that an earlier mail of the same sender waits, and remembers it.
func (w *waiting) before(u store.UID, sender string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for x, t := range w.first {
		if sender != "" && t.sender == sender && x.UID < u.UID {
			w.after[u] = x
			return true
		}
	}
	delete(w.after, u)
	return false
}

// behind says that a mail waits only for another.
func (w *waiting) behind(u store.UID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	x, ok := w.after[u]
	if !ok {
		return false
	}
	_, still := w.first[x]
	return still
}
