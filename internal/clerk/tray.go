package clerk

import (
	"context"
	"errors"
	"sync"

	"ukpbjd/internal/postman"
	"ukpbjd/internal/store"
)

// tray holds letters between the commit that recorded their attempt and the sender that takes them. While senders work,
// every commit claims what is due as far as the tray has room: a fresh letter needs no second commit before it is sent.
type tray struct {
	mu      sync.Mutex
	free    int // letters that may still be claimed
	out     chan Dispatch
	closed  bool
	claimed sync.WaitGroup // commits that may still put something in
}

// OpenTray lets commits claim letters for senders, at most room ahead of them.
func (c *Clerk) OpenTray(room int) {
	c.tray.mu.Lock()
	defer c.tray.mu.Unlock()
	c.tray.free, c.tray.out, c.tray.closed = room, make(chan Dispatch, room), false
}

// reserve takes all free places for one commit; leave must follow. Commits come one after another.
func (t *tray) reserve() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.free
	if t.closed || n == 0 {
		return 0
	}
	t.free = 0
	t.claimed.Add(1)
	return n
}

// leave puts down what was claimed in the places reserved, and gives the others back.
func (t *tray) leave(reserved int, list []Dispatch) {
	if reserved == 0 {
		return
	}
	for _, x := range list {
		t.out <- x // never waits: the place is reserved
	}
	t.back(reserved - len(list))
	t.claimed.Done()
}

// Posting says that letters stand ready for the senders.
func (c *Clerk) Posting() bool {
	c.tray.mu.Lock()
	defer c.tray.mu.Unlock()
	return len(c.tray.out) > 0
}

func (t *tray) full() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.free == 0 || t.closed
}

func (t *tray) back(n int) {
	t.mu.Lock()
	t.free += n
	t.mu.Unlock()
}

// NextLetter gives a letter whose attempt is recorded: it may be sent, once. low says that the tray is running empty; it is
// false at the end of ctx.
func (c *Clerk) NextLetter(ctx context.Context) (x Dispatch, low, ok bool) {
	if ctx.Err() != nil {
		return x, false, false
	}
	select {
	case x = <-c.tray.out:
		c.tray.back(1)
		return x, len(c.tray.out) <= cap(c.tray.out)/2, true
	case <-ctx.Done():
		return x, false, false
	}
}

// CloseTray ends claiming; what no sender has taken was never begun, and goes back into the outbox.
func (c *Clerk) CloseTray(ctx context.Context) error {
	c.tray.mu.Lock()
	c.tray.closed = true
	c.tray.mu.Unlock()
	c.tray.claimed.Wait()
	var left []Dispatch
	for len(c.tray.out) > 0 {
		left = append(left, <-c.tray.out)
	}
	if len(left) == 0 {
		return nil
	}
	return c.DB.Update(ctx, func(tx store.Tx) error {
		var err error
		for _, x := range left {
			x.Row.State, x.Row.Attempts = store.Queued, x.Row.Attempts-1
			err = errors.Join(err, store.In(tx).Letters.Settle(x.Row))
		}
		return err
	})
}

// claim records the attempt for at most limit letters that are due, and gives their exact bytes.
func (c *Clerk) claim(b store.Books, limit int) ([]Dispatch, error) {
	if limit == 0 {
		return nil, nil
	}
	rows, err := b.Letters.Claim(c.Now(), limit)
	if err != nil {
		return nil, err
	}
	var out []Dispatch
	for _, r := range rows {
		body, err := b.Letters.Body(r.ID())
		if err != nil {
			return nil, err
		}
		out = append(out, Dispatch{r, postman.Item{ID: r.ID(), From: c.Office.Mailbox.Address, To: r.Letter.To.Address, Bytes: body}})
	}
	return out, nil
}
