package config

import (
	"path/filepath"
	"time"

	"ukpbjd/internal/workday"
)

// ImportedDays are those of an .ics file.
func ImportedDays(path string) []workday.Day {
	return newReader(path).imported("", filepath.Base(path), workday.National)
}

// LoadCalendar reads a calendar file without the configuration that names it.
func LoadCalendar(path string, zone *time.Location) (workday.Calendar, Faults) {
	r := newReader(path)
	c := r.loadCalendar(path, zone)
	r.faults.sort()
	return c, r.faults
}
