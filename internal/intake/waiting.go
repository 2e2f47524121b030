package intake

import (
	"sync"
	"time"

	"ukpbjd/internal/store"
)

// waiting remembers which mails wait for another try, of whom they are, and which mails wait behind them.
type waiting struct {
	mu    sync.Mutex
	first map[store.UID]turn
	after map[store.UID]store.UID
}

// turn is a mail that waits for another try, since when, and how many it has had.
type turn struct {
	sender string
	times  int
	since  time.Time
}

const (
	// anybody is the sender of a mail that the server does not hand over.
	anybody = "?"
	// maxAnybody is how long commands wait behind such a mail: longer than a server takes to start, and not for ever.
	maxAnybody = time.Hour
)

// holds says that a mail of that sender waits for this one, or a command, as long as this one may be of its sender.
func (t turn) holds(sender string, command bool, now time.Time) bool {
	d := now.Sub(t.since)
	return sender != "" && t.sender == sender || command && t.sender == anybody && d >= 0 && d < maxAnybody
}

func (w *waiting) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.first, w.after = map[store.UID]turn{}, map[store.UID]store.UID{}
}

// add returns how often the mail has been added.
func (w *waiting) add(u store.UID, sender string, now time.Time) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := turn{sender, w.first[u].times + 1, w.first[u].since}
	if t.since.IsZero() {
		t.since = now
	}
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

// before says that an earlier mail of the same sender waits, or for a command one that may be, and remembers it.
func (w *waiting) before(u store.UID, sender string, command bool, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for x, t := range w.first {
		if x.UID < u.UID && t.holds(sender, command, now) {
			w.after[u] = x
			return true
		}
	}
	delete(w.after, u)
	return false
}

// behind says that a mail waits only for another.
func (w *waiting) behind(u store.UID, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	x, ok := w.after[u]
	if !ok {
		return false
	}
	t, still := w.first[x]
	return still && (t.sender != anybody || t.holds("", true, now))
}
