// Package workday is the office calendar: which moments are office time, and when a deadline counted in office days ends.
// It takes its days and hours as data and its zone from the caller; a year without data counts as plain Monday to Friday.
package workday

import (
	"slices"
	"time"
)

// Bounds of every search: a deadline is at most maxDays office days away, and no run of free days is followed further than
// maxFree days. A calendar that breaks them is a typing fault; the search then ends where it stands.
const (
	maxDays = 3660
	maxFree = 3660
)

// Calendar is editable data (DOMAIN, "Office time"). The zero value is Monday to Friday in UTC with the usual hours.
type Calendar struct {
	Zone    *time.Location
	hours   Week
	seasons []Season
	days    map[Date]Day
}

// New makes a calendar of the given usual hours and typed days. Hours that do not open before they close fall back to
// Standard's. Where a date is given twice, a Working entry wins, then the earlier one.
func New(zone *time.Location, hours Week, days ...Day) Calendar {
	c := Calendar{Zone: zone, hours: hours.orUsual(), days: make(map[Date]Day, len(days))}
	for _, d := range days {
		if _, twice := c.days[d.Date]; !twice || d.Kind == Working {
			c.days[d.Date] = d
		}
	}
	return c
}

// Standard is the office week of Perpres 21/2023 without any typed day.
func Standard(zone *time.Location) Calendar { return New(zone, Usual) }

// With is c with other hours in the given seasons (Ramadan); the first season that covers a date counts.
func (c Calendar) With(seasons ...Season) Calendar {
	c.seasons = append(slices.Clone(c.seasons), seasons...)
	return c
}

// Deadline is the end of office hours on the days-th office day after the local date on which start falls; `1 hari` is the
// end of the next office day after the step began. A step that begins on a free day, before or after hours counts from its
// date all the same: Saturday + 1 is Monday's end. With no days to count it is the end of the office day that is running
// at start or opens next.
func (c Calendar) Deadline(start time.Time, days int) time.Time {
	if days <= 0 {
		return c.close(c.date(c.NextOpen(start)))
	}
	d := c.date(start)
	for range min(days, maxDays) {
		d = c.officeDay(d.Next())
	}
	return c.close(d)
}

// Open says that t is within office hours of an office day; the closing moment itself is not.
func (c Calendar) Open(t time.Time) bool {
	d := c.date(t)
	return c.office(d) && !t.Before(c.open(d)) && t.Before(c.close(d))
}

// NextOpen is t itself when the office is open, else the next moment at which it opens.
func (c Calendar) NextOpen(t time.Time) time.Time {
	if c.Open(t) {
		return t
	}
	d := c.date(t)
	if c.office(d) && t.Before(c.open(d)) {
		return c.open(d)
	}
	return c.open(c.officeDay(d.Next()))
}

// Between counts the office days after from's date up to and including to's date: how late a step is. It is 0 when to is
// not on a later date, and stops counting at maxDays.
func (c Calendar) Between(from, to time.Time) int {
	n, last := 0, c.date(to)
	for d, steps := c.date(from).Next(), 0; !last.Before(d) && steps < maxDays; d, steps = d.Next(), steps+1 {
		if c.office(d) {
			n++
		}
	}
	return n
}

// Years lists the years for which there are typed days, ascending. Another year is counted as if it had no holidays.
func (c Calendar) Years() []int {
	var years []int
	for d := range c.days {
		if !slices.Contains(years, d.Year) {
			years = append(years, d.Year)
		}
	}
	slices.Sort(years)
	return years
}

// Location is the office's zone, or UTC.
func (c Calendar) Location() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

func (c Calendar) date(t time.Time) Date { return DateOf(t.In(c.Location())) }

func (c Calendar) office(d Date) bool {
	if day, typed := c.days[d]; typed {
		return day.Kind == Working
	}
	w := d.Weekday()
	return w != time.Saturday && w != time.Sunday
}

// officeDay is d itself or the first office day after it.
func (c Calendar) officeDay(d Date) Date {
	for range maxFree {
		if c.office(d) {
			return d
		}
		d = d.Next()
	}
	return d
}

func (c Calendar) open(d Date) time.Time  { return d.at(c.hoursOn(d).Open, c.Location()) }
func (c Calendar) close(d Date) time.Time { return d.at(c.hoursOn(d).Close, c.Location()) }

func (c Calendar) hoursOn(d Date) Hours {
	week := c.hours.orUsual()
	for _, s := range c.seasons {
		if !d.Before(s.From) && !s.To.Before(d) {
			week = s.Hours.orUsual()
			break
		}
	}
	if d.Weekday() == time.Friday {
		return week.Friday
	}
	return week.Daily
}
