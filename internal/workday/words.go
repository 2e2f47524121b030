package workday

import (
	"fmt"
	"time"
)

var months = [...]string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"}

var weekdays = [...]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}

// MonthName is "Mei"; its first three letters are its short form.
func MonthName(m time.Month) string { return months[m-1] }

// WeekdayName is "Selasa".
func WeekdayName(d time.Weekday) string { return weekdays[d] }

// MonthWords is "Mei 2026", in the zone of t.
func MonthWords(t time.Time) string { return fmt.Sprintf("%s %d", MonthName(t.Month()), t.Year()) }

// DateWords is "5 Mei 2026", in the zone of t.
func DateWords(t time.Time) string { return fmt.Sprintf("%d %s", t.Day(), MonthWords(t)) }

// ZoneName is WIB, WITA or WIT, else "UTC" or "UTC+05.30".
func ZoneName(t time.Time) string {
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
