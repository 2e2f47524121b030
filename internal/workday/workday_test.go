package workday_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ukpbjd/internal/workday"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

// makassar stands for Asia/Makassar, so that the test needs no zone data: UTC+8 without summer time.
var makassar = time.FixedZone("WITA", 8*3600)

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, makassar)
	if err != nil {
		panic(err)
	}
	return t
}

func day(s string, k workday.Kind) workday.Day {
	d, err := workday.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return workday.Day{Date: d, Kind: k, Name: s}
}

func office() workday.Calendar {
	c := workday.New(makassar, workday.Usual,
		day("2026-01-01", workday.National), day("2026-03-18", workday.CutiBersama), day("2026-03-19", workday.National),
		day("2026-03-20", workday.CutiBersama), day("2026-03-21", workday.National), day("2026-03-23", workday.CutiBersama),
		day("2026-03-24", workday.CutiBersama), day("2026-06-17", workday.Local), day("2026-06-20", workday.Working),
		day("2025-12-25", workday.National), day("2025-12-26", workday.CutiBersama))
	from, _ := workday.ParseDate("2026-02-19")
	to, _ := workday.ParseDate("2026-03-20")
	return c.With(workday.Season{Name: "Ramadan", From: from, To: to, Hours: workday.Ramadan})
}

func TestDeadline(t *testing.T) {
	for _, c := range []struct {
		name, start string
		days        int
		want        string
	}{
		{"in hours, the next day's end", "2026-06-09 10:00", 1, "2026-06-10 16:00"},
		{"friday closes at its own hour", "2026-06-11 10:00", 1, "2026-06-12 16:30"},
		{"over the week-end", "2026-06-12 10:00", 1, "2026-06-15 16:00"},
		{"begun on saturday", "2026-06-13 10:00", 1, "2026-06-15 16:00"},
		{"begun on sunday night", "2026-06-14 23:59", 1, "2026-06-15 16:00"},
		{"begun before hours", "2026-06-09 05:00", 1, "2026-06-10 16:00"},
		{"begun after hours", "2026-06-09 20:00", 1, "2026-06-10 16:00"},
		{"one minute after midnight", "2026-06-10 00:01", 1, "2026-06-11 16:00"},
		{"a local day is free", "2026-06-16 10:00", 1, "2026-06-18 16:00"},
		{"begun on a local day", "2026-06-17 10:00", 1, "2026-06-18 16:00"},
		{"a working saturday counts", "2026-06-19 10:00", 1, "2026-06-20 16:00"},
		{"three days over a long holiday", "2026-03-16 10:00", 3, "2026-03-26 16:00"},
		{"ramadan closes early", "2026-03-09 10:00", 1, "2026-03-10 15:00"},
		{"friday in ramadan", "2026-03-12 10:00", 1, "2026-03-13 15:30"},
		{"out of ramadan", "2026-03-17 10:00", 1, "2026-03-25 16:00"},
		{"across the year", "2025-12-31 10:00", 1, "2026-01-02 16:30"},
		{"across christmas", "2025-12-24 10:00", 2, "2025-12-30 16:00"},
		{"no days: today's end", "2026-06-09 10:00", 0, "2026-06-09 16:00"},
		{"no days, after hours", "2026-06-09 16:00", 0, "2026-06-10 16:00"},
		{"less than none is none", "2026-06-13 10:00", -4, "2026-06-15 16:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := office().Deadline(at(c.start), c.days); !got.Equal(at(c.want)) {
				t.Errorf("Deadline(%s, %d) = %s, want %s", c.start, c.days, got.In(makassar), c.want)
			}
		})
	}
}

func TestDeadlineCountsInOfficeZone(t *testing.T) {
	// 20:00 UTC on Tuesday is already Wednesday in Makassar.
	got := office().Deadline(time.Date(2026, 6, 9, 20, 0, 0, 0, time.UTC), 1)
	if !got.Equal(at("2026-06-11 16:00")) {
		t.Errorf("got %s", got)
	}
}

func TestOpen(t *testing.T) {
	for _, c := range []struct {
		at   string
		open bool
		next string
	}{
		{"2026-06-09 07:29", false, "2026-06-09 07:30"},
		{"2026-06-09 07:30", true, "2026-06-09 07:30"},
		{"2026-06-09 15:59", true, "2026-06-09 15:59"},
		{"2026-06-09 16:00", false, "2026-06-10 07:30"},
		{"2026-06-12 16:15", true, "2026-06-12 16:15"},
		{"2026-06-12 16:30", false, "2026-06-15 07:30"},
		{"2026-06-17 10:00", false, "2026-06-18 07:30"},
		{"2026-06-20 10:00", true, "2026-06-20 10:00"},
		{"2026-02-19 07:45", false, "2026-02-19 08:00"},
		{"2026-02-18 07:45", true, "2026-02-18 07:45"},
	} {
		if got := office().Open(at(c.at)); got != c.open {
			t.Errorf("Open(%s) = %v", c.at, got)
		}
		if got := office().NextOpen(at(c.at)); !got.Equal(at(c.next)) {
			t.Errorf("NextOpen(%s) = %s, want %s", c.at, got.In(makassar), c.next)
		}
	}
}

// Perpres 21/2023: 37½ hours a week, 32½ in Ramadan, rest not counted.
func TestHoursOfTheWeek(t *testing.T) {
	sum := func(w workday.Week, rest, fridayRest workday.Minute) workday.Minute {
		return 4*(w.Daily.Close-w.Daily.Open-rest) + w.Friday.Close - w.Friday.Open - fridayRest
	}
	if got := sum(workday.Usual, 60, 90); got != 37*60+30 {
		t.Errorf("usual week is %d minutes", got)
	}
	if got := sum(workday.Ramadan, 30, 60); got != 32*60+30 {
		t.Errorf("week in Ramadan is %d minutes", got)
	}
}

func TestZeroCalendar(t *testing.T) {
	var c workday.Calendar
	friday := time.Date(2026, 6, 12, 10, 0, 0, 0, time.UTC)
	if !c.Open(friday) || c.Open(friday.AddDate(0, 0, 1)) || c.Years() != nil {
		t.Error("the zero calendar is not Monday to Friday in UTC")
	}
	if got, want := c.Deadline(friday, 1), time.Date(2026, 6, 15, 16, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("Deadline = %s, want %s", got, want)
	}
	if got := c.NextOpen(time.Time{}); !c.Open(got) {
		t.Errorf("NextOpen of the zero time = %s", got)
	}
}

func TestBetween(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     int
	}{
		{"2026-06-09 10:00", "2026-06-09 23:00", 0},
		{"2026-06-09 16:00", "2026-06-10 08:00", 1},
		{"2026-06-12 16:30", "2026-06-14 08:00", 0},
		{"2026-06-12 16:30", "2026-06-18 08:00", 3},
		{"2026-06-12 16:30", "2026-06-01 08:00", 0},
	} {
		if got := office().Between(at(c.from), at(c.to)); got != c.want {
			t.Errorf("Between(%s, %s) = %d, want %d", c.from, c.to, got, c.want)
		}
	}
}

func TestYears(t *testing.T) {
	if got := office().Years(); !slices.Equal(got, []int{2025, 2026}) {
		t.Errorf("Years = %v", got)
	}
	both := workday.New(makassar, workday.Usual, day("2026-06-09", workday.Working), day("2026-06-09", workday.National))
	if !both.Open(at("2026-06-09 10:00")) {
		t.Error("a working day gave way to a holiday of the same date")
	}
}

func TestSenselessCalendarEnds(t *testing.T) {
	var days []workday.Day
	for d := at("2026-01-01 12:00"); d.Year() < 2040; d = d.AddDate(0, 0, 1) {
		days = append(days, workday.Day{Date: workday.DateOf(d), Kind: workday.National})
	}
	c := workday.New(makassar, workday.Week{Daily: workday.Hours{Open: 900, Close: 30}}, days...)
	if got := c.Deadline(at("2026-01-01 10:00"), 1<<40); got.Before(at("2026-01-01 10:00")) {
		t.Errorf("Deadline = %s", got)
	}
	if !c.Open(at("2050-06-09 10:00")) {
		t.Error("hours that make no sense did not fall back to the usual ones")
	}
}

func TestParse(t *testing.T) {
	for in, want := range map[string]workday.Minute{"07.30": 450, "16:00": 960, "00.00": 0} {
		if got, err := workday.ParseMinute(in); err != nil || got != want {
			t.Errorf("ParseMinute(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "7", "25.00", "07-30", "07.30.00"} {
		if _, err := workday.ParseMinute(in); err == nil {
			t.Errorf("ParseMinute(%q) passed", in)
		}
	}
	for _, in := range []string{"", "2026-02-30", "1/1/2026", "2026-1-1"} {
		if _, err := workday.ParseDate(in); err == nil {
			t.Errorf("ParseDate(%q) passed", in)
		}
	}
}

func anyCalendar(t *rapid.T) workday.Calendar {
	first := time.Date(2025, 11, 1, 12, 0, 0, 0, time.UTC)
	days := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) workday.Day {
		d := first.AddDate(0, 0, rapid.IntRange(0, 500).Draw(t, "date"))
		return workday.Day{Date: workday.DateOf(d), Kind: rapid.SampledFrom(workday.Kinds).Draw(t, "kind")}
	}), 0, 60).Draw(t, "days")
	c := workday.New(makassar, workday.Usual, days...)
	from := first.AddDate(0, 0, rapid.IntRange(0, 400).Draw(t, "season"))
	return c.With(workday.Season{From: workday.DateOf(from), To: workday.DateOf(from.AddDate(0, 0, 30)), Hours: workday.Ramadan})
}

func anyMoment(t *rapid.T, label string) time.Time {
	return time.Date(2025, 11, 1, 0, rapid.IntRange(0, 500*24*60).Draw(t, label), 0, 0, makassar)
}

func TestDeadlineProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar(t)
		a, b := anyMoment(t, "a"), anyMoment(t, "b")
		if b.Before(a) {
			a, b = b, a
		}
		n := rapid.IntRange(0, 12).Draw(t, "n")
		da := c.Deadline(a, n)
		if da.After(c.Deadline(b, n)) {
			t.Fatalf("begun later, due earlier: %s and %s, %d days", a, b, n)
		}
		if c.Deadline(a, n+1).Before(da) {
			t.Fatalf("more days, due earlier: %s, %d days", a, n)
		}
		if !da.After(a) || !c.Open(da.Add(-time.Nanosecond)) || c.Open(da) {
			t.Fatalf("Deadline(%s, %d) = %s is not the end of office hours after it", a, n, da)
		}
		if n > 0 && c.Between(a, da) != n {
			t.Fatalf("%d office days between %s and %s, want %d", c.Between(a, da), a, da, n)
		}
	})
}

func TestNextOpenProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, a := anyCalendar(t), anyMoment(t, "a")
		next := c.NextOpen(a)
		if next.Before(a) || !c.Open(next) || !c.NextOpen(next).Equal(next) {
			t.Fatalf("NextOpen(%s) = %s", a, next)
		}
		if next.After(a) && c.Open(next.Add(-time.Nanosecond)) {
			t.Fatalf("NextOpen(%s) = %s, but it was open before", a, next)
		}
	})
}
