package daemon

import (
	"fmt"
	"sync"
	"time"
)

// clock is the time that the office goes by: the machine's, but for a jump of it, which is believed only when it has stood for a
// while. Until then time goes on from the last moment that was believed. So two seconds in the year 2030 date no letter, open no
// case of that year and destroy no key.
type clock struct {
	mu     sync.Mutex
	wall   time.Time     // when it was last believed
	real   time.Time     // then, with a monotonic reading
	moved  time.Duration // by how much the machine's clock is ahead of what is believed
	strays time.Time     // since when it has been so
	fault  string
}

const (
	maxDrift = 2 * time.Minute // between two looks, beyond which somebody or something set the clock
	settling = 5 * time.Minute // a clock that was set is believed after so long
)

// Now is safe for concurrent use.
func (c *clock) Now() time.Time { return c.at(time.Now(), time.Now().Round(0)) }

// at is Now for a moment with a monotonic reading and the wall clock then.
func (c *clock) at(real, wall time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wall.IsZero() {
		c.wall, c.real = wall, real
		return wall
	}
	believed := c.wall.Add(real.Sub(c.real))
	moved := wall.Sub(believed)
	switch {
	case moved.Abs() <= maxDrift:
	case (moved - c.moved).Abs() > maxDrift:
		c.moved, c.strays = moved, real
		fallthrough
	case real.Sub(c.strays) < settling:
		c.fault = fmt.Sprintf("the clock was set by %s; it is believed when it has been steady for %s", moved.Round(time.Second), settling)
		return believed
	}
	c.wall, c.real, c.moved, c.strays, c.fault = wall, real, 0, time.Time{}, ""
	return wall
}

// Fault says that the machine's clock is not believed now; "" when it is.
func (c *clock) Fault() string {
	c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}
