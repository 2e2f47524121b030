package config

import (
	"time"

	"ukpbjd/internal/workday"
)

// LoadCalendar reads a calendar file without the configuration that names it.
func LoadCalendar(path string, zone *time.Location) (workday.Calendar, Faults) {
	r := newReader(path)
	c := r.loadCalendar(path, zone)
	r.faults.sort()
	return c, r.faults
}
