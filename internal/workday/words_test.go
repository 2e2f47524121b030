package workday_test

import (
	"testing"
	"time"

	"ukpbjd/internal/workday"
)

func TestWords(t *testing.T) {
	in := func(offset int) time.Time {
		return time.Date(2026, 5, 5, 16, 30, 0, 0, time.UTC).In(time.FixedZone("", offset))
	}
	for _, x := range []struct {
		offset          int
		day, date, zone string
	}{
		{8 * 3600, "Rabu", "6 Mei 2026", "WITA"}, {7 * 3600, "Selasa", "5 Mei 2026", "WIB"}, {9 * 3600, "Rabu", "6 Mei 2026", "WIT"},
		{0, "Selasa", "5 Mei 2026", "UTC"}, {-(3*3600 + 1800), "Selasa", "5 Mei 2026", "UTC-03.30"}, {5*3600 + 1800, "Selasa", "5 Mei 2026", "UTC+05.30"},
	} {
		at := in(x.offset)
		if got := [3]string{workday.WeekdayName(at.Weekday()), workday.DateWords(at), workday.ZoneName(at)}; got != [3]string{x.day, x.date, x.zone} {
			t.Errorf("%s: %v", at, got)
		}
	}
	if first, last := workday.MonthName(time.January), workday.MonthWords(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)); first != "Januari" || last != "Desember 2026" {
		t.Errorf("%s, %s", first, last)
	}
}
