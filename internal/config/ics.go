package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"ukpbjd/internal/workday"
)

// Bounds of an imported calendar (RFC 5545).
const (
	maxICS     = 2 << 20
	maxICSDays = 5000
	maxFree    = 31 // days of one event
)

// imported is one .ics file: all its days are of a kind, unless an event names its own in CATEGORIES or in its summary.
func (r *reader) imported(path, file string, kind workday.Kind) []workday.Day {
	raw, _, err := ReadBounded(r.path(file), maxICS)
	if err != nil {
		r.fault(path, "name a calendar file (.ics)", "%s cannot be read: %v", shown(file), cause(err))
		return nil
	}
	x := ics{r: r, path: path, file: filepath.Base(file), kind: kind}
	x.read(string(raw))
	return x.days
}

// ics reads the all-day events of a calendar.
type ics struct {
	r          *reader
	path, file string
	kind       workday.Kind
	days       []workday.Day
	event      map[string]string // properties of the event that is open; nil outside
	line       int
}

// read goes line by line, folded ones joined (RFC 5545 §3.1).
func (x *ics) read(raw string) {
	raw = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "", "\r", "").Replace(raw)
	if !strings.HasPrefix(strings.TrimPrefix(raw, "\ufeff"), "BEGIN:VCALENDAR") {
		x.fault("export the holidays as iCalendar (.ics)", "is no iCalendar file")
		return
	}
	depth := 0 // of components inside the event: an alarm's properties are not the event's
	for l := range strings.SplitSeq(raw, "\n") {
		x.line++
		name, value, _ := strings.Cut(l, ":")
		name, _, _ = strings.Cut(name, ";") // parameters
		name = strings.ToUpper(name)
		switch {
		case name == "BEGIN" && strings.EqualFold(value, "VEVENT"):
			x.event, depth = map[string]string{}, 0
		case x.event == nil:
		case name == "END" && strings.EqualFold(value, "VEVENT"):
			x.close()
			x.event = nil
		case name == "BEGIN":
			depth++
		case name == "END":
			depth--
		case depth == 0:
			x.event[name] = strings.TrimSpace(value)
		}
	}
}

func (x *ics) fault(remedy, format string, args ...any) {
	x.r.fault(x.path, remedy, "%s: "+format, append([]any{x.file}, args...)...)
}

// close takes the event as free days, if it is one: whole days, not cancelled, no mere observance.
func (x *ics) close() {
	e := x.event
	name := plainText(e["SUMMARY"])
	switch {
	case strings.EqualFold(e["STATUS"], "CANCELLED") || observance(e["DESCRIPTION"]):
		return
	case len(e["DTSTART"]) != 8:
		x.r.warn(x.path, "%s: %s is no whole day, and is passed over", x.file, shown(name))
		return
	case e["RRULE"] != "":
		x.fault("enter the day of each year by itself", "%s recurs; holidays move from year to year", shown(name))
		return
	}
	first, err := icsDate(e["DTSTART"])
	if err != nil {
		x.fault("mend or remove this event", "%s: %v", shown(name), err)
		return
	}
	end := first.Next()
	if s := e["DTEND"]; s != "" {
		if end, err = icsDate(s); err != nil || end.Before(first) {
			x.fault("mend or remove this event", "%s ends at %s", shown(name), shown(s))
			return
		}
	}
	x.add(first, end, name)
}

// add takes the days up to end, which RFC 5545 §3.6.1 does not count.
func (x *ics) add(first, end workday.Date, name string) {
	kind := eventKind(x.event["CATEGORIES"], name, x.kind)
	for d, n := first, 0; n == 0 || d.Before(end); d, n = d.Next(), n+1 {
		if n >= maxFree || len(x.days) >= maxICSDays {
			x.fault("mend or remove this event", "%s is longer than %d days, or the file has more than %d", shown(name), maxFree, maxICSDays)
			return
		}
		x.days = append(x.days, workday.Day{Date: d, Kind: kind, Name: name})
	}
}

func icsDate(s string) (workday.Date, error) {
	if len(s) != 8 {
		return workday.Date{}, fmt.Errorf("%s is no day", shown(s))
	}
	return date(s[:4] + "-" + s[4:6] + "-" + s[6:])
}

func eventKind(categories, name string, usual workday.Kind) workday.Kind {
	for c := range strings.SplitSeq(strings.ToLower(categories), ",") {
		for _, k := range workday.Kinds {
			if strings.TrimSpace(c) == string(k) {
				return k
			}
		}
	}
	if strings.Contains(strings.ToLower(name), "cuti bersama") {
		return workday.CutiBersama
	}
	return usual
}

// observance: public calendars also list days of remembrance, on which the office is open; their description says so.
func observance(description string) bool {
	d := strings.ToLower(strings.TrimSpace(description))
	return strings.HasPrefix(d, "observance") || strings.HasPrefix(d, "perayaan") || strings.HasPrefix(d, "peringatan")
}

// plainText undoes the escapes of RFC 5545 §3.3.11.
func plainText(s string) string {
	s = strings.NewReplacer(`\\`, `\`, `\,`, ",", `\;`, ";", `\n`, " ", `\N`, " ").Replace(s)
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == '\ufffd' {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, ""))
}
