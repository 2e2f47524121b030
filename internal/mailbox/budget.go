package mailbox

import (
	"context"
	"sync"
)

// budget bounds the bytes that are held. One goroutine takes, others give back. Who wants more than there is waits for all of it.
type budget struct {
	whole int64
	wake  chan struct{}

	mu   sync.Mutex
	free int64
}

func newBudget(n int64) *budget { return &budget{whole: n, free: n, wake: make(chan struct{}, 1)} }

func (b *budget) take(ctx context.Context, n int64) error {
	for {
		b.mu.Lock()
		if b.free >= min(n, b.whole) {
			b.free -= n
			b.mu.Unlock()
			return nil
		}
		b.mu.Unlock()
		select {
		case <-b.wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	b.free += n
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}
