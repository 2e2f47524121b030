package queue

import "time"

// Every says when something is due that is done now and then. A loop may come much earlier (see Signal.Wait), and a clock that was
// ahead delays nothing. It is for one goroutine.
type Every struct {
	Pause time.Duration
	last  time.Time
}

// Due says that it is due, and else when it will be.
func (e *Every) Due(now time.Time) (next time.Time, due bool) {
	next = e.last.Add(e.Pause)
	return next, e.last.IsZero() || now.Before(e.last) || !now.Before(next)
}

// Done begins the next pause, and returns its end.
func (e *Every) Done(now time.Time) time.Time {
	e.last = now
	return now.Add(e.Pause)
}
