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
