package letter

import (
	"time"

	"ukpbjd/internal/sop"
)

// Report is the content of laporan-bulanan, counted by the report room.
type Report struct {
	Month      time.Time // any moment of the month
	Counts     []Count   // by status, in the order of the procedure
	Medians    []Median
	Deviations []Lapse
}

// Count is how many cases of the month have a status.
type Count struct {
	Status sop.Status
	N      int
}

// Median is one measured step: "Permohonan sampai persetujuan", "4 jam 10 menit".
type Median struct{ Step, Length string }

// Lapse is a deviation with its case.
type Lapse struct {
	Case string
	sop.Deviation
}

// ReportView is a Report as the template sees it.
type ReportView struct {
	Month      string
	Counts     []ReportCount
	Total      int
	Medians    []Median
	Deviations []Deviation
	More       int
}

// ReportCount is one line of the monthly table.
type ReportCount struct {
	Status string
	N      int
}

func (r *Report) view(zone *time.Location) *ReportView {
	m := Moment{r.Month, zone}
	out := &ReportView{Month: "-"}
	if m.Set() {
		out.Month = months[m.local().Month()] + " " + m.local().Format("2006")
	}
	for _, c := range r.Counts {
		out.Counts = append(out.Counts, ReportCount{c.Status.Label(), c.N})
		out.Total += c.N
	}
	for _, x := range r.Medians {
		out.Medians = append(out.Medians, Median{shown(x.Step, longestName), shown(x.Length, longestName)})
	}
	for _, x := range r.Deviations {
		out.Deviations = append(out.Deviations, deviation(x.Deviation, x.Case, zone))
	}
	out.Deviations, out.More = most(out.Deviations)
	return out
}
