package statuspage

import (
	"fmt"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

// bar is one line of the chart of statuses, in units of its SVG.
type bar struct {
	Label string
	Tone  tone
	N     int
	Y     int // of its upper edge
	Width int // of barRoom
	After int // where the number stands
}

const barRoom, barStep, barLeft = 274, 30, 188

func bars(counts map[sop.Status]int) []bar {
	top := 1
	for _, n := range counts {
		top = max(top, n)
	}
	var out []bar
	for i, s := range sop.Statuses {
		n := max(0, counts[s])
		width := int(int64(n) * barRoom / int64(top))
		if n > 0 {
			width = max(width, 3)
		}
		out = append(out, bar{Label: s.Label(), Tone: statusTone(s), N: n, Y: i * barStep, Width: width, After: barLeft + width + 8})
	}
	return out
}

// column is one day of the chart of new and finished cases.
type column struct {
	Name           string
	Opened, Closed int
	X              int
	OpenY, OpenH   int
	CloseY, CloseH int
	Label          bool
}

const dayCount, dayStep, dayHeight = 14, 36, 150

// days counts, over the last two weeks, what was opened and closed among the cases shown.
func days(cases []sop.Case, now time.Time) ([]column, int) {
	today := midnight(now)
	out := make([]column, dayCount)
	place := func(at time.Time) *column {
		ago := int(today.Sub(midnight(at.In(now.Location()))).Round(24*time.Hour) / (24 * time.Hour)) // rounded: a day may have 23 hours
		if at.IsZero() || ago < 0 || ago >= dayCount {
			return nil
		}
		return &out[dayCount-1-ago]
	}
	for _, c := range cases {
		if d := place(c.Opened); d != nil {
			d.Opened++
		}
		if d := place(c.Closed); d != nil {
			d.Closed++
		}
	}
	top := 0
	for i := range out {
		top = max(top, out[i].Opened, out[i].Closed)
	}
	for i := range out {
		d := today.AddDate(0, 0, i-dayCount+1)
		c := &out[i]
		c.Name, c.X, c.Label = fmt.Sprintf("%d %.3s", d.Day(), workday.MonthName(d.Month())), i*dayStep, i%2 == 1
		c.OpenH, c.CloseH = c.Opened*dayHeight/max(top, 1), c.Closed*dayHeight/max(top, 1)
		c.OpenY, c.CloseY = dayHeight-c.OpenH, dayHeight-c.CloseH
	}
	return out, top
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}
