package outbox

import (
	"context"
	"sync"

	"ukpbjd/internal/store"
)

// sendQueue holds letters between the commit that recorded their attempt and the sender that takes them. While senders work,
// every commit claims what is due as far as there is room: a fresh letter needs no second commit before it is sent.
type sendQueue struct {
	mu     sync.Mutex
	free   int // letters that may still be claimed
	out    chan store.Claimed
	closed bool
	riding sync.WaitGroup // commits that may still put something in
}

// open lets commits claim letters for senders, at most room ahead of them.
func (q *sendQueue) open(room int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free, q.out, q.closed = room, make(chan store.Claimed, room), false
}

// reserve takes all free places for one commit; release must follow.
func (q *sendQueue) reserve() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.free
	if q.closed || n == 0 {
		return 0
	}
	q.free = 0
	q.riding.Add(1)
	return n
}

// release hands over what was claimed in the places reserved, and frees the others.
func (q *sendQueue) release(reserved int, claimed []store.Claimed) {
	if reserved == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, c := range claimed {
		q.out <- c // never waits: the place is reserved
	}
	q.free += reserved - len(claimed)
	q.riding.Done()
}

// waiting says that letters stand ready for the senders.
func (q *sendQueue) waiting() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.out) > 0
}

func (q *sendQueue) full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.free == 0 || q.closed
}

// take waits for a letter whose attempt is recorded: it may be sent, once. low says that few are left; ok is false at the end
// of ctx.
func (q *sendQueue) take(ctx context.Context) (c store.Claimed, low, ok bool) {
	if ctx.Err() != nil {
		return c, false, false
	}
	select {
	case c = <-q.out:
		q.mu.Lock()
		q.free++
		q.mu.Unlock()
		return c, len(q.out) <= cap(q.out)/2, true
	case <-ctx.Done():
		return c, false, false
	}
}

// close ends claiming, and returns what no sender has taken.
func (q *sendQueue) close() (left []store.Claimed) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.riding.Wait()
	for len(q.out) > 0 {
		left = append(left, <-q.out)
	}
	return left
}
