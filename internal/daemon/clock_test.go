package daemon

import (
	"testing"
	"time"
)

// TestClockThatJumps: two seconds in another year are not believed; a clock that stays where it was set is, after a while; small
// steps and a slow drift are followed. The machine's own clock, as control, believes everything.
func TestClockThatJumps(t *testing.T) {
	began := time.Now()
	wall := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	var c clock
	passed, set := time.Duration(0), time.Duration(0)
	look := func(after time.Duration) (believed, machine time.Time) {
		passed += after
		machine = wall.Add(passed + set)
		return c.at(began.Add(passed), machine), machine
	}
	if now, machine := look(0); !now.Equal(machine) {
		t.Fatal(now, machine)
	}
	for _, jump := range []time.Duration{4 * 365 * 24 * time.Hour, -time.Hour, -30 * 365 * 24 * time.Hour} {
		before, _ := look(time.Second)
		set += jump
		now, machine := look(2 * time.Second)
		if got := now.Sub(before); got != 2*time.Second {
			t.Errorf("set by %s for two seconds, the office's time moved by %s", jump, got)
		}
		if machine.Sub(before).Abs() < maxDrift {
			t.Error("control: the machine's clock has not moved")
		}
		if c.fault == "" {
			t.Error("nobody hears of it")
		}
		set -= jump
		if now, machine = look(time.Second); !now.Equal(machine) || c.fault != "" {
			t.Errorf("right again: %s instead of %s (%s)", now, machine, c.fault)
		}
	}
	set += 24 * time.Hour
	look(time.Second)
	if now, machine := look(settling / 2); now.Equal(machine) {
		t.Error("believed too early")
	}
	if now, machine := look(settling); !now.Equal(machine) || c.fault != "" {
		t.Errorf("set for good: %s instead of %s (%s)", now, machine, c.fault)
	}
	set += time.Minute
	if now, machine := look(time.Second); !now.Equal(machine) {
		t.Error("a small step is not followed")
	}
}

// TestWrongClockAtStart: the machine's clock is wrong at the start for two seconds, and the office does not live in that time. The
// controls are an office that was off, for a week end, which goes on at once, and for months, whose clock is believed when it has
// been steady; books without a line, which know no better; and the same wrong clock there.
func TestWrongClockAtStart(t *testing.T) {
	began := time.Now()
	right := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		name                     string
		newest                   time.Time
		wrong                    time.Duration // for two seconds
		year                     int           // in which the office lives then
		after, believedNotBefore time.Duration
	}{
		{"four years ahead", right.Add(-time.Hour), 4 * 366 * 24 * time.Hour, 2026, 3 * time.Second, 0},
		{"no battery", right.Add(-time.Hour), -56 * 366 * 24 * time.Hour, 2026, 3 * time.Second, 0},
		{"off for a week end", right.Add(-65 * time.Hour), 0, 2026, 0, 0},
		{"off for months", right.AddDate(0, -7, 0), 0, 2025, settling + time.Second, settling},
		{"new books", time.Time{}, 0, 2026, 0, 0},
		{"new books, four years ahead", time.Time{}, 4 * 366 * 24 * time.Hour, 2030, settling + 3*time.Second, settling},
	} {
		var c clock
		c.begin(x.newest, began)
		if now := c.at(began, right.Add(x.wrong)); now.Year() != x.year {
			t.Errorf("%s: the office begins in %d", x.name, now.Year())
		}
		passed := time.Duration(0)
		for ; passed < time.Hour; passed += time.Second {
			machine := right.Add(passed)
			if passed < 2*time.Second {
				machine = machine.Add(x.wrong)
			}
			if now := c.at(began.Add(passed), machine); now.Equal(right.Add(passed)) && c.fault == "" {
				break
			}
		}
		if passed > x.after || passed < x.believedNotBefore {
			t.Errorf("%s: the clock is believed after %s", x.name, passed)
		}
	}
}
