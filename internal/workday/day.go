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
