package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// aimMemory is an aim of issue and README.
const aimMemory = 96 << 20

// Report is one run.
type Report struct {
	Machine string  `json:"machine"`
	Mails   int     `json:"mails"`
	Pad     int     `json:"paper_bytes"`
	Members int     `json:"members"`
	Backlog []Work  `json:"backlog"`
	Sheets  Sheets  `json:"sheets"`
	Single  []Delay `json:"single,omitempty"`
	Large   []Large `json:"large,omitempty"`
	Aims    []Aim   `json:"aims"`
}

// Work is how one contestant worked off the waiting mails, until the last first letter was accepted.
type Work struct {
	Who       string  `json:"who"`
	Mails     int     `json:"mails"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_seconds"` // from the start of work to the first letter
	P95       float64 `json:"p95_seconds"`
	P99       float64 `json:"p99_seconds"`
	CPU       float64 `json:"cpu_seconds"`
	Memory    int64   `json:"private_bytes"`                // at most
	Office    float64 `json:"office_cpu_seconds,omitempty"` // what the embedded office took beside it, with its load
}

// Sheets is what follows behind the first letters: accounts, encrypted sheets, approval letters.
type Sheets struct {
	Letters int     `json:"letters"`
	Seconds float64 `json:"seconds"` // from the start of work to the last approval letter
	CPU     float64 `json:"cpu_seconds"`
	Memory  int64   `json:"private_bytes"` // at most
}

// Delay is from arrival to the first letter, of mails that came one by one.
type Delay struct {
	Who   string  `json:"who"`
	Mails int     `json:"mails"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	CPU   float64 `json:"cpu_seconds"`
}

// Aim is a figure beside what it should be.
type Aim struct {
	What   string  `json:"what"`
	Got    float64 `json:"got"`
	Want   float64 `json:"want"`
	Most   bool    `json:"most"` // else least
	Missed bool    `json:"missed"`
}

func (o Options) report() *Report {
	return &Report{Mails: o.N, Pad: o.Pad, Members: o.Members, Machine: machine(), Aims: []Aim{}}
}

func newWork(who string, start time.Time, letters []letterSent) Work {
	var took []float64
	for _, l := range letters {
		took = append(took, l.At.Sub(start).Seconds())
	}
	slices.Sort(took)
	w := Work{Who: who, Mails: len(took), P50: quantile(took, 0.5), P95: quantile(took, 0.95), P99: quantile(took, 0.99), Seconds: quantile(took, 1)}
	if w.Seconds > 0 {
		w.PerSecond = float64(w.Mails) / w.Seconds
	}
	return w
}

func delays(who string, letters []letterSent, arrived map[string]time.Time) Delay {
	var took []float64
	for _, l := range letters {
		if at, ok := arrived[l.Mail]; ok {
			took = append(took, l.At.Sub(at).Seconds()*1000)
		}
	}
	slices.Sort(took)
	return Delay{Who: who, Mails: len(took), P50: quantile(took, 0.5), P95: quantile(took, 0.95), P99: quantile(took, 0.99)}
}

// quantile of sorted values, the nearest rank.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func (r *Report) aim(what string, got, want float64, most bool) {
	r.Aims = append(r.Aims, Aim{what, got, want, most, most && got > want || !most && got < want})
}

// add takes up a heavy load, and holds its memory against the aim.
func (r *Report) add(x Large, what string, args ...any) {
	x.What = fmt.Sprintf(what, args...)
	r.Large = append(r.Large, x)
	r.aim("private memory in MiB, "+x.What, mib(x.Memory), mib(aimMemory), true)
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// Print is the report for people.
func (r *Report) Print(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d requests, three papers of %d KB, %d members each\n\n", r.Machine, r.Mails, r.Pad/1000, r.Members)
	fmt.Fprintf(&b, "%-22s %9s %9s %8s %8s %8s %8s %9s %9s\n", "waiting mails", "mails/s", "seconds", "p50 s", "p95 s", "p99 s", "CPU s", "office s", "priv MiB")
	for _, w := range r.Backlog {
		fmt.Fprintf(&b, "  %-20s %9.1f %9.2f %8.2f %8.2f %8.2f %8.2f %9.2f %9.1f\n", w.Who, w.PerSecond, w.Seconds, w.P50, w.P95, w.P99, w.CPU, w.Office, mib(w.Memory))
	}
	fmt.Fprintf(&b, "  account sheets and approval letters behind them: %d in %.1f s from the start, %.1f s CPU more, at most %.1f MiB of private memory\n",
		r.Sheets.Letters, r.Sheets.Seconds, r.Sheets.CPU, mib(r.Sheets.Memory))
	if len(r.Single) > 0 {
		fmt.Fprintf(&b, "\n%-22s %9s %9s %8s %8s %8s\n", "single mails", "mails", "p50 ms", "p95 ms", "p99 ms", "CPU s")
	}
	for _, d := range r.Single {
		fmt.Fprintf(&b, "  %-20s %9d %9.1f %8.1f %8.1f %8.2f\n", d.Who, d.Mails, d.P50, d.P95, d.P99, d.CPU)
	}
	for _, l := range r.Large {
		fmt.Fprintf(&b, "\n%s: %.1f s, %.2f s CPU, at most %.1f MiB of private memory\n", l.What, l.Seconds, l.CPU, mib(l.Memory))
	}
	b.WriteString("\n")
	for _, a := range r.Aims {
		mark, side := "reached", "≥"
		if a.Missed {
			mark = "MISSED "
		}
		if a.Most {
			side = "≤"
		}
		fmt.Fprintf(&b, "%s  %s: %.2f (aim %s %.2f)\n", mark, a.What, a.Got, side, a.Want)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
