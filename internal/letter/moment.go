package letter

import (
	"fmt"
	"time"
)

var (
	days   = [...]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}
	months = [...]string{"", "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
		"November", "Desember"}
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

// Date is "5 Mei 2026".
func (m Moment) Date() string {
	if !m.Set() {
		return "-"
	}
	t := m.local()
	return fmt.Sprintf("%d %s %d", t.Day(), months[t.Month()], t.Year())
}

// Day is "Selasa, 5 Mei 2026".
func (m Moment) Day() string {
	if !m.Set() {
		return "-"
	}
	return days[m.local().Weekday()] + ", " + m.Date()
}

// Clock is "09.27 WITA".
func (m Moment) Clock() string {
	if !m.Set() {
		return "-"
	}
	t := m.local()
	return fmt.Sprintf("%02d.%02d %s", t.Hour(), t.Minute(), zoneName(t))
}

// Short is "05-05-2026 09.27 WITA", for tables.
func (m Moment) Short() string {
	if !m.Set() {
		return "-"
	}
	return m.local().Format("02-01-2006") + " " + m.Clock()
}

// String is "Selasa, 5 Mei 2026 pukul 09.27 WITA".
func (m Moment) String() string {
	if !m.Set() {
		return "-"
	}
	return m.Day() + " pukul " + m.Clock()
}

func zoneName(t time.Time) string {
	_, offset := t.Zone()
	switch offset {
	case 7 * 3600:
		return "WIB"
	case 8 * 3600:
		return "WITA"
	case 9 * 3600:
		return "WIT"
	case 0:
		return "UTC"
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return fmt.Sprintf("UTC%c%02d.%02d", sign, offset/3600, offset/60%60)
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
