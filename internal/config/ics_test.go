package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/workday"
)

var icsHead, icsTail = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//contoh//ID\r\n", "END:VCALENDAR\r\n"

func event(lines ...string) string {
	return "BEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\n"
}

var holidays = icsHead +
	event("DTSTART;VALUE=DATE:20270101", "DTEND;VALUE=DATE:20270102", "SUMMARY:Tahun Baru\\, Masehi") +
	event("DTSTART;VALUE=DATE:20270310", "DTEND;VALUE=DATE:20270312", "SUMMARY:Cuti Bersama Id", " ulfitri") +
	event("DTSTART;VALUE=DATE:20270421", "SUMMARY:Hari Kartini", "DESCRIPTION:Observance\\nnot free") +
	event("DTSTART;VALUE=DATE:20270519", "SUMMARY:Galungan", "CATEGORIES:Bali,LOCAL", "BEGIN:VALARM", "SUMMARY:pengingat", "END:VALARM") +
	event("DTSTART;VALUE=DATE:20270601", "SUMMARY:Batal", "STATUS:CANCELLED") +
	event("DTSTART:20270602T090000Z", "SUMMARY:Rapat") + icsTail

func TestICS(t *testing.T) {
	zone := time.FixedZone("WITA", 8*3600)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "libur.ics"), holidays)
	write(t, filepath.Join(dir, "calendar.yaml"), "import: [{file: libur.ics, kind: national}]\ndays:\n  - {date: 2027-01-01, kind: workday, name: masuk}\n")
	imported := map[workday.Date]workday.Day{}
	for _, d := range config.ImportedDays(filepath.Join(dir, "libur.ics")) {
		imported[d.Date] = d
	}
	for _, file := range []string{"libur.ics", "calendar.yaml"} {
		c, faults := config.LoadCalendar(filepath.Join(dir, file), zone)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		for day, want := range map[string]workday.Day{"2027-03-10": {Kind: workday.CutiBersama, Name: "Cuti Bersama Idulfitri"}, "2027-03-11": {Kind: workday.CutiBersama, Name: "Cuti Bersama Idulfitri"},
			"2027-03-12": {}, "2027-04-21": {}, "2027-05-19": {Kind: workday.Local, Name: "Galungan"}, "2027-06-01": {}, "2027-06-02": {}} {
			at, err := time.ParseInLocation(time.DateTime, day+" 10:00:00", zone)
			if err != nil {
				t.Fatal(err)
			}
			got := imported[workday.DateOf(at)]
			if got.Kind != want.Kind || got.Name != want.Name || c.Open(at) != (want.Kind == "") {
				t.Errorf("%s: %s is %+v, open %v, want %+v", file, day, got, c.Open(at), want)
			}
		}
		first := time.Date(2027, 1, 1, 9, 0, 0, 0, zone)
		if own := file == "calendar.yaml"; c.Open(first) != own || imported[workday.DateOf(first)].Name != "Tahun Baru, Masehi" {
			t.Errorf("%s: 1 January is open: %v; the file's own days win", file, c.Open(first))
		}
	}
}

func TestICSFaults(t *testing.T) {
	dir := t.TempDir()
	for name, x := range map[string]struct{ text, want string }{
		"none":    {"days: []", "no iCalendar"},
		"recurs":  {icsHead + event("DTSTART;VALUE=DATE:20270101", "SUMMARY:Natal", "RRULE:FREQ=YEARLY") + icsTail, "recurs"},
		"no day":  {icsHead + event("DTSTART;VALUE=DATE:20271399", "SUMMARY:x") + icsTail, "mend or remove"},
		"endless": {icsHead + event("DTSTART;VALUE=DATE:20270101", "DTEND;VALUE=DATE:20990101", "SUMMARY:x") + icsTail, "longer than"},
		"upside":  {icsHead + event("DTSTART;VALUE=DATE:20270105", "DTEND;VALUE=DATE:20270101", "SUMMARY:x") + icsTail, "ends at"},
	} {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "")+".ics")
		write(t, path, x.text)
		if _, faults := config.LoadCalendar(path, time.UTC); len(faults) != 1 || !strings.Contains(faults.Error(), x.want) {
			t.Errorf("%s: %v, want %q", name, faults, x.want)
		}
	}
	write(t, filepath.Join(dir, "calendar.yaml"), "import: [{file: gone.ics}, {kind: national}, {file: a.ics, kind: odd}]\n")
	if _, faults := config.LoadCalendar(filepath.Join(dir, "calendar.yaml"), time.UTC); len(faults) < 3 {
		t.Errorf("%v", faults)
	}
}

// FuzzICS: whatever a file holds, reading it ends, and gives days of this time or faults.
func FuzzICS(f *testing.F) {
	f.Add([]byte(holidays))
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270101\nDTEND:20270131\nEND:VEVENT"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "x.ics")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		c, _ := config.LoadCalendar(path, time.UTC)
		for _, y := range c.Years() {
			if y < 2000 || y > 2201 {
				t.Errorf("a day in %d", y)
			}
		}
	})
}
