package workday

import (
	"fmt"
	"time"
)

// Kind of a typed day. National, CutiBersama and Local are free; Working is an office day whatever the weekday.
type Kind string

const (
	National    Kind = "national"
	CutiBersama Kind = "cuti-bersama"
	Local       Kind = "local" // the Governor's yearly circular: Galungan, Kuningan, Nyepi eve …
	Working     Kind = "workday"
)

// Kinds lists all.
var Kinds = []Kind{National, CutiBersama, Local, Working}

// Day is one typed day.
type Day struct {
	Date Date
	Kind Kind
	Name string
}

// Date is a day of the civil calendar without zone or time.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the date that t shows in its own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: not a day written YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// Weekday of d.
func (d Date) Weekday() time.Weekday { return d.noon().Weekday() }

// Before says that d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.noon().Before(o.noon()) }

// Next is the day after d.
func (d Date) Next() Date { return DateOf(d.noon().AddDate(0, 0, 1)) }

func (d Date) noon() time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

func (d Date) at(m Minute, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, int(m)/60, int(m)%60, 0, 0, zone)
}

// Minute of the day, local time: 450 is 07.30.
type Minute int

// Hours are those of one day.
type Hours struct{ Open, Close Minute }

// Week is the hours of Monday to Thursday (and of a working Saturday or Sunday), and those of Friday.
type Week struct{ Daily, Friday Hours }

// Season is a range of dates, both ends included, with hours of its own.
type Season struct {
	Name     string
	From, To Date
	Hours    Week
}

// Usual are the hours of Perpres 21/2023: 37½ a week, an hour's rest a day and an hour and a half on Friday not counted.
var Usual = Week{Daily: Hours{7*60 + 30, 16 * 60}, Friday: Hours{7*60 + 30, 16*60 + 30}}

// Ramadan are the hours of Perpres 21/2023 in that month: 32½ a week, half an hour's rest a day and an hour on Friday.
var Ramadan = Week{Daily: Hours{8 * 60, 15 * 60}, Friday: Hours{8 * 60, 15*60 + 30}}

// Valid says that h opens before it closes, within one day.
func (h Hours) Valid() bool { return h.Open >= 0 && h.Open < h.Close && h.Close < 24*60 }

// ParseMinute reads 07.30 or 07:30.
func ParseMinute(s string) (Minute, error) {
	for _, form := range []string{"15.04", "15:04"} {
		if t, err := time.Parse(form, s); err == nil {
			return Minute(t.Hour()*60 + t.Minute()), nil
		}
	}
	return 0, fmt.Errorf("time of day %q: not written as 07.30", s)
}

func (m Minute) String() string { return fmt.Sprintf("%02d.%02d", int(m)/60, int(m)%60) }

// orUsual mends the hours that make no sense, each by itself.
func (w Week) orUsual() Week {
	if !w.Daily.Valid() {
		w.Daily = Usual.Daily
	}
	if !w.Friday.Valid() {
		w.Friday = Usual.Friday
	}
	return w
}
