package statuspage

import (
	"net/url"
	"strings"
	"time"

	"ukpbjd/internal/sop"
)

// filter narrows the list of cases; its zero value lets all through. People are found by the short names that the page shows.
type filter struct {
	Words  string // in a number or a short name
	Month  string // 2026-05: opened in it
	Status string // a status, or a key of conditions
}

// conditions are what cases can be narrowed to besides their status.
var conditions = []struct {
	Key, Label string
	holds      func(sop.Case, time.Time) bool
}{
	{"terbuka", "Semua yang terbuka", func(c sop.Case, _ time.Time) bool { return !c.Status.Closed() }},
	{"ditahan", "Ditahan", func(c sop.Case, _ time.Time) bool { return !c.Status.Closed() && c.Held != "" }},
	{"terlambat", "Lewat tenggat", late},
	{"penyimpangan", "Ada penyimpangan", func(c sop.Case, _ time.Time) bool { return len(c.Deviations) > 0 }},
}

func late(c sop.Case, now time.Time) bool {
	return !c.Status.Closed() && (c.Late || !c.Due.IsZero() && now.After(c.Due))
}

func filterOf(q url.Values) filter {
	word := func(key string) string { return strings.TrimSpace(q.Get(key)[:min(len(q.Get(key)), 60)]) }
	return filter{word("cari"), word("bulan"), word("status")}
}

func (f filter) takes(c sop.Case, now time.Time) bool {
	if f.Month != "" && c.Opened.In(now.Location()).Format("2006-01") != f.Month {
		return false
	}
	fits := f.Status == "" || f.Status == string(c.Status)
	for _, x := range conditions {
		fits = fits || f.Status == x.Key && x.holds(c, now)
	}
	names := []string{c.Number, short(c.Requester.Name)}
	for _, m := range c.Members {
		names = append(names, short(m.Row.Nama))
	}
	return fits && strings.Contains(strings.ToLower(strings.Join(names, "\n")), strings.ToLower(f.Words))
}

// choice is one line of the field for the status.
type choice struct {
	Key, Label string
	Chosen     bool
}

func (f filter) Choices() []choice {
	out := []choice{{"", "Semua status", f.Status == ""}}
	for _, x := range conditions {
		out = append(out, choice{x.Key, x.Label, f.Status == x.Key})
	}
	for _, s := range sop.Statuses {
		out = append(out, choice{string(s), s.Label(), f.Status == string(s)})
	}
	return out
}
