package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/sop"
)

// trendMonths is how many months the trend shows, the reported one last.
const trendMonths = 6

// Month is one month in figures. Counts are of the cases opened in it; times and shares of what was reached in it.
type Month struct {
	First      time.Time // its first moment, in the office's zone
	Office     string
	Counts     map[sop.Status]int
	Opened     int
	Closed     int
	Open       int     // still open, whenever they were opened
	Approval   Span    // request to approval
	Delivery   Span    // approval to the last member's letter
	Receipt    Span    // a member's letter to their receipt
	Shares     []Share // on time, by step
	Deviations []letter.Lapse
	Trend      [trendMonths]Flow
	cases      []Entry
}

// Span is how long a step took: the middle one, and the worst with its case.
type Span struct {
	N             int
	Median, Worst time.Duration
	Case          string
	all           []time.Duration
}

// Share is how many of a step's instances kept the deadline.
type Share letter.Share

// Flow is what was opened and closed in one month.
type Flow struct {
	Month          time.Time
	Opened, Closed int
}

// Tally counts one month from the cases that it is given one by one.
type Tally struct {
	m      Month
	from   [trendMonths + 1]time.Time // borders of the months of the trend
	shares [3]Share
}

// NewTally begins the month in which t falls.
func NewTally(t time.Time, office string, zone *time.Location) *Tally {
	t = t.In(cmp.Or(zone, time.UTC))
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
	x := &Tally{m: Month{First: first, Office: office, Counts: map[sop.Status]int{}},
		shares: [3]Share{{Step: "Kelengkapan oleh pemohon", SOP: "1.3"}, {Step: "Persetujuan Admin Agency", SOP: "2.1"}, {Step: "Penerimaan oleh anggota", SOP: "3.1"}}}
	for i := range x.from {
		x.from[i] = first.AddDate(0, i-trendMonths+1, 0)
	}
	for i := range x.m.Trend {
		x.m.Trend[i].Month = x.from[i]
	}
	return x
}

// Years are those whose cases a tally wants; cases of other years only while they are open.
func (x *Tally) Years() []int {
	last := x.m.First.Year()
	if first := x.from[0].Year(); first != last {
		return []int{first, last}
	}
	return []int{last}
}

func (x *Tally) in(t time.Time) bool {
	return !t.IsZero() && !t.Before(x.m.First) && t.Before(x.from[trendMonths])
}

// Add counts one case. No case may be added twice.
func (x *Tally) Add(c sop.Case) {
	x.flow(c)
	if x.in(c.Opened) {
		x.m.Opened++
		x.m.Counts[c.Status]++
		x.m.cases = append(x.m.cases, EntryOf(c))
	}
	if x.in(c.Closed) {
		x.m.Closed++
	}
	if !c.Status.Closed() && c.Opened.Before(x.from[trendMonths]) {
		x.m.Open++
	}
	x.spans(c)
	x.onTime(c)
	for _, d := range c.Deviations { // SOP W.2
		if x.in(d.At) {
			x.m.Deviations = append(x.m.Deviations, letter.Lapse{Case: c.Number, Deviation: d})
		}
	}
}

func (x *Tally) flow(c sop.Case) {
	for i := range x.m.Trend {
		within := func(t time.Time) bool { return !t.IsZero() && !t.Before(x.from[i]) && t.Before(x.from[i+1]) }
		if within(c.Opened) {
			x.m.Trend[i].Opened++
		}
		if within(c.Closed) {
			x.m.Trend[i].Closed++
		}
	}
}

func (x *Tally) spans(c sop.Case) {
	if c.Approval != nil {
		if x.in(c.Approval.At) {
			x.m.Approval.add(c.Approval.At.Sub(c.Opened), c.Number)
		}
		if last := lastSent(c.Members); x.in(last) {
			x.m.Delivery.add(last.Sub(c.Approval.At), c.Number)
		}
	}
	for _, m := range c.Members {
		if x.in(m.Confirmed) && !m.SentAt.IsZero() {
			x.m.Receipt.add(m.Confirmed.Sub(m.SentAt), c.Number)
		}
	}
}

func (s *Span) add(d time.Duration, number string) {
	d = max(d, 0)
	if len(s.all) == 0 || d > s.Worst {
		s.Worst, s.Case = d, number
	}
	s.all = append(s.all, d)
}

// onTime counts the steps that ended in the month, and those that were found late in it. SOP 1.5, SOP 3.1
func (x *Tally) onTime(c sop.Case) {
	var late, due [3]bool
	for _, d := range c.Deviations {
		i := slices.IndexFunc(x.shares[:], func(s Share) bool { return s.SOP == d.Step || s.SOP == "2.1" && d.Step == "1.5" })
		if i < 0 || !x.in(d.At) {
			continue
		}
		due[i] = true
		late[i] = late[i] || d.Kind == "waktu"
	}
	due[1] = due[1] || c.Approval != nil && x.in(c.Approval.At)
	due[2] = due[2] || x.in(lastConfirmed(c.Members))
	for i := range due {
		if due[i] {
			x.shares[i].All++
			if !late[i] && !x.lateBefore(c, x.shares[i].SOP) {
				x.shares[i].OnTime++
			}
		}
	}
}

// lateBefore: a step that was found late in an earlier month is not on time when it ends in this one.
func (x *Tally) lateBefore(c sop.Case, step string) bool {
	return slices.ContainsFunc(c.Deviations, func(d sop.Deviation) bool {
		return d.Kind == "waktu" && (d.Step == step || step == "2.1" && d.Step == "1.5") && d.At.Before(x.m.First)
	})
}

// Month ends the tally.
func (x *Tally) Month() Month {
	m := x.m
	for _, s := range []*Span{&m.Approval, &m.Delivery, &m.Receipt} {
		s.N = len(s.all)
		s.Median = median(s.all)
	}
	m.Shares = slices.Clone(x.shares[:])
	slices.SortStableFunc(m.Deviations, func(a, b letter.Lapse) int { return a.At.Compare(b.At) })
	return m
}

func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(all))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// Letter is the month as the letter laporan-bulanan tells it.
func (m Month) Letter() *letter.Report {
	r := &letter.Report{Month: m.First, Deviations: m.Deviations, Closed: m.Closed, Open: m.Open}
	for _, s := range sop.Statuses {
		if n := m.Counts[s]; n > 0 {
			r.Counts = append(r.Counts, letter.Count{Status: s, N: n})
		}
	}
	for _, x := range m.spans() {
		if x.N > 0 {
			r.Medians = append(r.Medians, letter.Median{Step: x.name, Length: fmt.Sprintf("%s; terlama %s (%s)", length(x.Median), length(x.Worst), x.Case)})
		}
	}
	for _, s := range m.Shares {
		if s.All > 0 {
			r.Shares = append(r.Shares, letter.Share(s))
		}
	}
	return r
}

type namedSpan struct {
	name string
	Span
}

func (m Month) spans() []namedSpan {
	return []namedSpan{{"Permohonan sampai persetujuan", m.Approval}, {"Persetujuan sampai semua surat terkirim", m.Delivery}, {"Surat terkirim sampai diterima", m.Receipt}}
}

// length writes a duration: "35 menit", "4 jam 10 menit", "2 hari 3 jam".
func length(d time.Duration) string {
	m := int(d.Round(time.Minute) / time.Minute)
	switch {
	case d < time.Minute:
		return "kurang dari 1 menit"
	case m < 60:
		return fmt.Sprintf("%d menit", m)
	case m < 24*60 && m%60 == 0:
		return fmt.Sprintf("%d jam", m/60)
	case m < 24*60:
		return fmt.Sprintf("%d jam %d menit", m/60, m%60)
	case m%(24*60) < 60:
		return fmt.Sprintf("%d hari", m/(24*60))
	}
	return fmt.Sprintf("%d hari %d jam", m/(24*60), m/60%24)
}
