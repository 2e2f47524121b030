package letter

import (
	"strconv"
	"strings"
	"time"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

// lapsesShown is how many deviations stand in the letter itself; its workbook has all.
const lapsesShown = 25

// Report is the content of laporan-bulanan, counted by the report room.
type Report struct {
	Month      time.Time // any moment of the month
	Counts     []Count   // by status, in the order of the procedure
	Closed     int       // closed in the month, whenever they were opened
	Open       int       // still open, whenever they were opened
	Medians    []Median
	Shares     []Share
	Deviations []Lapse
	Charts     []Chart
}

// Count is how many cases of the month have a status.
type Count struct {
	Status sop.Status
	N      int
}

// Median is one measured step: "Permohonan sampai persetujuan", "4 jam 10 menit".
type Median struct{ Step, Length string }

// Share is how many of a step's instances kept their deadline. SOP 1.5, SOP 3.1
type Share struct {
	Step, SOP   string
	OnTime, All int
}

// Percent is rounded down: 100 only when all were on time.
func (s Share) Percent() int { return s.OnTime * 100 / max(s.All, 1) }

// Chart is a picture that goes with the letter, named by the Content-ID of its part.
type Chart struct{ ID, Alt string }

// Lapse is a deviation with its case.
type Lapse struct {
	Case string
	sop.Deviation
}

// ReportView is a Report as the template sees it.
type ReportView struct {
	Report
	Month       string
	Counts      []ReportCount
	Deviations  []Deviation
	Total, More int
}

// ReportCount is one line of the monthly table.
type ReportCount struct {
	Status string
	N      int
}

func (r *Report) view(zone *time.Location) *ReportView {
	m := Moment{r.Month, zone}
	out := &ReportView{Month: m.words(workday.MonthWords), Report: Report{Closed: r.Closed, Open: r.Open}}
	for _, c := range r.Counts {
		out.Counts = append(out.Counts, ReportCount{c.Status.Label(), c.N})
		out.Total += c.N
	}
	for _, x := range r.Medians {
		out.Medians = append(out.Medians, Median{shown(x.Step, maxName), shown(x.Length, maxName)})
	}
	for _, x := range r.Shares {
		if x.All > 0 {
			out.Shares = append(out.Shares, Share{shown(x.Step, maxName), clean(x.SOP, 20), x.OnTime, x.All})
		}
	}
	for _, x := range r.Charts {
		out.Charts = append(out.Charts, Chart{contentID(x.ID), shown(x.Alt, maxError)})
	}
	for _, x := range r.Deviations {
		out.Deviations = append(out.Deviations, deviation(x.Deviation, x.Case, zone))
	}
	if n := len(out.Deviations); n > lapsesShown {
		out.Deviations, out.More = out.Deviations[:lapsesShown], n-lapsesShown
	}
	return out
}

// contentID keeps what may stand in a cid: address.
func contentID(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("-.@", r) {
			return r
		}
		return -1
	}, s)
}

// Journal is the content of titik-periksa; the signed checkpoint itself is its attachment.
type Journal struct {
	Lines int64
	At    time.Time
}

// JournalView is a Journal as the template sees it.
type JournalView struct {
	Lines string // 12.345
	At    Moment
}

// thousands groups digits as Indonesian does.
func thousands(n int64) string {
	s := strconv.FormatInt(max(n, 0), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s
}
