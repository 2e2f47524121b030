package daemon

import (
	"fmt"
	"sync"
	"time"
)

// clock is the time that the office goes by: the machine's, but for a jump of it, which is believed only when it has stood for a
// while. Until then time goes on from the last moment that was believed. So two seconds in the year 2030 date no letter, open no
// case of that year and destroy no key. At the start the newest line of the journal was believed last.
type clock struct {
	machine func() time.Time // the machine's wall clock

	mu     sync.Mutex
	wall   time.Time     // when it was last believed
	real   time.Time     // then, with a monotonic reading
	off    time.Duration // how long the office may have been off; zero once the machine's clock was believed
	moved  time.Duration // by how much the machine's clock is ahead of what is believed
	strays time.Time     // since when it has been so
	fault  string
}

const (
	maxDrift = 2 * time.Minute // between two looks, beyond which somebody or something set the clock
	settling = 5 * time.Minute // a clock that was set is believed after so long
	maxOff   = 72 * time.Hour  // an office may be off for so long before the clock that it finds is taken for one that was set
)

// begin is for the start, before the clock is asked: time goes on from the newest moment in the books, if there is one.
func (c *clock) begin(newest, real time.Time) { c.wall, c.real, c.off = newest, real, maxOff }

// Now is safe for concurrent use.
func (c *clock) Now() time.Time { return c.at(time.Now(), c.machine()) }

// at is Now for a moment with a monotonic reading and the wall clock then.
func (c *clock) at(real, wall time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wall.IsZero() {
		c.wall, c.real, c.off = wall, real, 0
		return wall
	}
	believed := c.wall.Add(real.Sub(c.real))
	moved := wall.Sub(believed)
	switch {
	case moved >= -maxDrift && moved <= max(c.off, maxDrift):
	case (moved - c.moved).Abs() > maxDrift:
		c.moved, c.strays = moved, real
		fallthrough
	case real.Sub(c.strays) < settling:
		c.fault = fmt.Sprintf("the clock is %s away from the time that the office goes by; it is believed when it has been steady for %s",
			moved.Round(time.Second), settling)
		return believed
	}
	c.wall, c.real, c.off, c.moved, c.strays, c.fault = wall, real, 0, 0, time.Time{}, ""
	return wall
}

// Fault says that the machine's clock is not believed now; "" when it is.
func (c *clock) Fault() string {
	c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}
