package bench

import (
	"sync/atomic"
	"time"
)

// lookAtMemory is the pause between two looks at the memory of a process.
const lookAtMemory = 20 * time.Millisecond

// privateMemory is the most private memory that a process was seen to hold: its anonymous pages. The system keeps a peak only of
// all resident pages, and those of mapped files are its own cache.
type privateMemory struct {
	most         atomic.Int64
	enough, over chan struct{}
}

// watchMemory looks at a process until end.
func watchMemory(pid int) *privateMemory {
	m := &privateMemory{enough: make(chan struct{}), over: make(chan struct{})}
	m.most.Store(usageOf(pid).private)
	go func() {
		defer close(m.over)
		t := time.NewTicker(lookAtMemory)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				m.most.Store(max(m.most.Load(), usageOf(pid).private))
			case <-m.enough:
				return
			}
		}
	}()
	return m
}

// end stops looking. It may be called once.
func (m *privateMemory) end() {
	close(m.enough)
	<-m.over
}
