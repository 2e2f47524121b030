package intake

import (
	"sync"
	"time"

	"ukpbjd/internal/store"
)

// waiting remembers which mails wait, for another try or behind an earlier mail.
type waiting struct {
	mu  sync.Mutex
	all map[store.UID]turn
}

// turn is what is known of a mail that waits, or may have to.
type turn struct {
	sender string
	number string // of its case
	papers bool   // it may change who stands in the case
	known  bool   // it is of somebody whom the office obeys

	behind store.UID // the earlier one that it waits for; zero: it waits for another try
	times  int       // how many it has had
	since  time.Time
}

const (
	// anybody is the sender of a mail that the server does not hand over.
	anybody = "?"
	// maxAnybody is how long whoever may have sent such a mail waits behind it: longer than a server takes to start, and not for ever.
	maxAnybody = time.Hour
)

// holds says that a later mail waits for this one: it is of the same sender, or this one may be; or this one may change the case that it
// speaks of, such as the address that an approval releases a password to.
func (t turn) holds(later turn, now time.Time) bool {
	d := now.Sub(t.since)
	return later.sender != "" && t.sender == later.sender || t.papers && later.number != "" && t.number == later.number ||
		later.known && t.sender == anybody && d >= 0 && d < maxAnybody
}

func (w *waiting) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = map[store.UID]turn{}
}

// add is for a mail that waits for another try. It returns how often the mail has been added.
func (w *waiting) add(u store.UID, t turn, now time.Time) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.times, t.since = w.all[u].times+1, w.all[u].since
	if t.since.IsZero() {
		t.since = now
	}
	w.all[u] = t
	return t.times
}

// settled forgets a mail, and says whether others waited behind it.
func (w *waiting) settled(u store.UID) (others bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.all, u)
	for _, t := range w.all {
		others = others || t.behind == u
	}
	return others
}

// before says that a mail has to wait for an earlier one, the first that holds it if not the one that it is behind, and remembers it.
func (w *waiting) before(u store.UID, t turn, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	none := store.UID{}
	if t.behind == none {
		for x, first := range w.all {
			if x.UID < u.UID && (t.behind == none || x.UID < t.behind.UID) && first.holds(t, now) {
				t.behind = x
			}
		}
	}
	was := w.all[u]
	t.times, t.since = was.times, was.since
	switch {
	case t.behind != none:
		w.all[u] = t
		return true
	case was.behind != none:
		delete(w.all, u)
	}
	return false
}

// behind says that a mail waits only for another.
func (w *waiting) behind(u store.UID, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.all[u].behind
	t, still := w.all[x]
	return still && (t.sender != anybody || t.holds(turn{known: true}, now))
}
