package config

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/workday"
)

// exampleCalendar is what Init writes; deploy/calendar-2026.yaml is the same.
//
//go:embed calendar-2026.yaml
var exampleCalendar []byte

// calendar reads the file of the key, or counts Monday to Friday and says so.
func (r *reader) calendar(key, path string, zone *time.Location, now time.Time) workday.Calendar {
	if path == "" {
		r.warn(key, "no calendar: every Monday to Friday counts as an office day")
		return workday.Standard(zone)
	}
	if _, err := os.Stat(path); err != nil {
		r.fault(key, "name the office's calendar, or leave the key out", "the file cannot be read: %v", cause(err))
		return workday.Standard(zone)
	}
	x := newReader(path)
	c := x.loadCalendar(path, zone)
	x.faults.sort()
	r.faults, r.warnings = append(r.faults, x.faults...), append(r.warnings, x.warnings...)
	here := now.In(zone)
	for _, year := range slices.Compact([]int{here.Year(), here.Add(deadlineReach).Year()}) {
		if len(x.faults) == 0 && !slices.Contains(c.Years(), year) {
			r.warn(key, "the calendar knows no holiday of %d: enter the joint decree and the Governor's circular", year)
		}
	}
	return c
}

// deadlineReach is how far ahead deadlines may lie: near the end of a year its calendar must know the next one too.
const deadlineReach = 30 * 24 * time.Hour

func (r *reader) loadCalendar(path string, zone *time.Location) workday.Calendar {
	if strings.EqualFold(filepath.Ext(path), ".ics") {
		return workday.New(zone, workday.Usual, r.imported("", filepath.Base(path), workday.National)...)
	}
	raw, ok := r.open(path, "name the office's calendar, or leave the key out")
	if !ok {
		return workday.Standard(zone)
	}
	root, ok := r.parse(raw)
	if !ok {
		return workday.Standard(zone)
	}
	s := r.section("", root)
	hours := r.hours(s, "hours", workday.Usual)
	season := r.hours(s, "ramadan_hours", workday.Ramadan)
	var seasons []workday.Season
	for _, e := range s.list("ramadan") {
		seasons = append(seasons, r.season(e, season))
	}
	var days []workday.Day
	for _, e := range s.list("days") {
		days = append(days, r.day(e))
	}
	r.once(days)
	for _, e := range s.list("import") { // after the file's own days, which count where both name a day
		days = append(days, r.importOf(e)...)
	}
	s.done()
	return workday.New(zone, hours, days...).With(seasons...)
}

// importOf reads {file: libur.ics, kind: national}.
func (r *reader) importOf(e entry) []workday.Day {
	s := r.section(e.path, e.value)
	file, kind := "", workday.National
	s.text("file", &file)
	parsed(s, "kind", &kind, "", choice(workday.Kinds...))
	s.done()
	if s.need("file", file != "", "name a calendar file (.ics)"); file == "" {
		return nil
	}
	return r.imported(s.at("file"), file, kind)
}

// hours reads {monday_thursday: 07.30-16.00, friday: 07.30-16.30}.
func (r *reader) hours(s *section, key string, usual workday.Week) workday.Week {
	h := s.section(key)
	w := usual
	parsed(h, "monday_thursday", &w.Daily, "write it as 07.30-16.00", hoursOfDay)
	parsed(h, "friday", &w.Friday, "write it as 07.30-16.30", hoursOfDay)
	h.done()
	return w
}

func hoursOfDay(s string) (h workday.Hours, err error) {
	from, to, _ := strings.Cut(s, "-")
	var opens, closes error
	h.Open, opens = workday.ParseMinute(from)
	h.Close, closes = workday.ParseMinute(to)
	if opens != nil || closes != nil || !h.Valid() {
		return h, fmt.Errorf("%s are no hours", shown(s))
	}
	return h, nil
}

func (r *reader) season(e entry, hours workday.Week) workday.Season {
	s := r.section(e.path, e.value)
	t := workday.Season{Name: "Ramadan", Hours: hours}
	const remedy = "write the day as 2026-02-19"
	parsed(s, "from", &t.From, remedy, date)
	parsed(s, "to", &t.To, remedy, date)
	s.done()
	s.need("from", t.From != workday.Date{}, remedy)
	s.need("to", t.To != workday.Date{}, remedy)
	if t.To.Before(t.From) && t.To != (workday.Date{}) {
		r.fault(s.at("to"), "write the first day at from, the last at to", "ends before it begins")
	}
	return t
}

func (r *reader) day(e entry) workday.Day {
	s := r.section(e.path, e.value)
	var d workday.Day
	parsed(s, "date", &d.Date, "write the day as 2026-08-17", date)
	s.need("date", d.Date != workday.Date{}, "write the day as 2026-08-17")
	parsed(s, "kind", &d.Kind, "", choice(workday.Kinds...))
	s.need("kind", d.Kind != "", "write national, cuti-bersama, local or workday")
	s.text("name", &d.Name)
	s.done()
	return d
}

func date(s string) (workday.Date, error) {
	d, err := workday.ParseDate(s)
	if err == nil && (d.Year < 2000 || d.Year > 2200) {
		err = fmt.Errorf("%s is not in this time", shown(s))
	}
	return d, err
}

// once: a date stands once, except that a workday may override a holiday.
func (r *reader) once(days []workday.Day) {
	type typed struct {
		date    workday.Date
		working bool
	}
	first := map[typed]int{}
	for i, d := range days {
		k := typed{d.Date, d.Kind == workday.Working}
		if o, twice := first[k]; twice && d.Date != (workday.Date{}) {
			r.fault(index("days", i)+".date", "keep one of them", "%s stands in line %d already", d.Date, r.lineOf(index("days", o)))
			continue
		}
		first[k] = i
	}
}
