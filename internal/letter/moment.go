package letter

import (
	"fmt"
	"time"

	"ukpbjd/internal/workday"
)

// Moment is a time in the office's zone that prints itself as letters write it.
type Moment struct {
	at   time.Time
	zone *time.Location
}

// Set says that there is a time at all.
func (m Moment) Set() bool { return !m.at.IsZero() }

func (m Moment) local() time.Time {
	if m.zone == nil {
		return m.at.UTC()
	}
	return m.at.In(m.zone)
}

// words is a dash where there is no time.
func (m Moment) words(f func(local time.Time) string) string {
	if !m.Set() {
		return "-"
	}
	return f(m.local())
}

// Date is "5 Mei 2026".
func (m Moment) Date() string { return m.words(workday.DateWords) }

// Day is "Selasa, 5 Mei 2026".
func (m Moment) Day() string {
	return m.words(func(t time.Time) string { return workday.WeekdayName(t.Weekday()) + ", " + workday.DateWords(t) })
}

// Clock is "09.27 WITA".
func (m Moment) Clock() string {
	return m.words(func(t time.Time) string {
		return fmt.Sprintf("%02d.%02d %s", t.Hour(), t.Minute(), workday.ZoneName(t))
	})
}

// Short is "05-05-2026 09.27 WITA", for tables.
func (m Moment) Short() string {
	return m.words(func(t time.Time) string { return t.Format("02-01-2006") + " " + m.Clock() })
}

// String is "Selasa, 5 Mei 2026 pukul 09.27 WITA".
func (m Moment) String() string {
	return m.words(func(time.Time) string { return m.Day() + " pukul " + m.Clock() })
}

// span writes a length of time: "30 menit", "2 jam", "1 jam 30 menit".
func span(d time.Duration) string {
	m := int(d.Round(time.Minute) / time.Minute)
	switch {
	case m < 60:
		return fmt.Sprintf("%d menit", max(m, 1))
	case m%60 == 0:
		return fmt.Sprintf("%d jam", m/60)
	}
	return fmt.Sprintf("%d jam %d menit", m/60, m%60)
}
