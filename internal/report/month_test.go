package report

import (
	"bytes"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
)

// What rapid saves of a failure would fail every later run; the seed that it prints plays it again.
var _ = flag.Set("rapid.nofailfile", "true")

var may = time.Date(2026, 5, 12, 9, 0, 0, 0, wita)

func tally(cases ...sop.Case) Month {
	x := NewTally(may, head.Office, wita)
	for _, c := range cases {
		x.Add(c)
	}
	return x.Month()
}

// months500 are 500 cases of half a year, 200 of them in May, in every state.
func months500() []sop.Case {
	var out []sop.Case
	for i := range 500 {
		c := ordinary(i + 1)
		shift := time.Duration(0)
		if i >= 200 {
			shift = time.Duration(1+i%5) * -30 * 24 * time.Hour
		}
		more := time.Duration(i%37) * 97 * time.Minute
		c.Opened, c.Closed = c.Opened.Add(shift), c.Closed.Add(shift+more)
		c.Approval.At = c.Approval.At.Add(shift + more)
		for j := range c.Members {
			c.Members[j].SentAt, c.Members[j].Confirmed = c.Approval.At.Add(time.Minute), c.Approval.At.Add(time.Minute+more*2)
		}
		c.Deviations[0].At = c.Deviations[0].At.Add(shift)
		if i%3 > 0 {
			c.Deviations = nil
		}
		switch i % 11 {
		case 0:
			c.Status, c.Closed, c.Approval, c.Members = sop.AwaitingApproval, time.Time{}, nil, nil
		case 1:
			c.Status, c.Approval, c.Members = sop.Rejected, nil, nil
		case 2:
			c.Status, c.Closed = sop.AwaitingReceipt, time.Time{}
			c.Members[0].Confirmed = time.Time{}
		}
		out = append(out, c)
	}
	return out
}

func TestMonthOfOneCase(t *testing.T) {
	m := tally(ordinary(1))
	if m.Opened != 1 || m.Closed != 1 || m.Open != 0 || m.Counts[sop.Done] != 1 {
		t.Errorf("counts: %+v", m)
	}
	if want := 95 * time.Minute; m.Approval.N != 1 || m.Approval.Median != want || m.Approval.Worst != want || m.Approval.Case != "PKJ-2026-0001" {
		t.Errorf("approval: %+v", m.Approval)
	}
	if m.Receipt.N != 3 || m.Receipt.Worst != 45*time.Hour+29*time.Minute {
		t.Errorf("receipt: %+v", m.Receipt)
	}
	want := []Share{{"Kelengkapan oleh pemohon", "1.3", 0, 0}, {"Persetujuan Admin Agency", "2.1", 1, 1}, {"Penerimaan oleh anggota", "3.1", 0, 1}}
	if fmt.Sprint(m.Shares) != fmt.Sprint(want) {
		t.Errorf("shares: %v, want %v", m.Shares, want)
	}
	if len(m.Deviations) != 1 || m.Trend[trendMonths-1].Opened != 1 || m.Trend[0].Opened != 0 {
		t.Errorf("deviations %v, trend %v", m.Deviations, m.Trend)
	}
}

// TestMonthBorders: a moment belongs to the month that the office's clock shows.
func TestMonthBorders(t *testing.T) {
	for _, x := range []struct {
		opened time.Time
		in     bool
	}{{time.Date(2026, 4, 30, 23, 59, 59, 0, wita), false}, {time.Date(2026, 5, 1, 0, 0, 0, 0, wita), true},
		{time.Date(2026, 5, 31, 23, 59, 59, 0, wita), true}, {time.Date(2026, 6, 1, 0, 0, 0, 0, wita), false}} {
		c := sop.Case{Number: "PKJ-2026-0001", Status: sop.Incomplete, Opened: x.opened.UTC()}
		if got := tally(c).Opened == 1; got != x.in {
			t.Errorf("opened %s: counted %v, want %v", x.opened, got, x.in)
		}
	}
}

// TestLateBefore: a step found late in April does not become punctual by ending in May.
func TestLateBefore(t *testing.T) {
	c := ordinary(1)
	c.Deviations = []sop.Deviation{{Kind: "waktu", Step: "2.1", Owed: "approver", At: time.Date(2026, 4, 30, 16, 0, 0, 0, wita)}}
	m := tally(c)
	if s := m.Shares[1]; s.All != 1 || s.OnTime != 0 {
		t.Errorf("%+v", s)
	}
	if len(m.Deviations) != 0 {
		t.Error("April's deviation is in May's list")
	}
}

func TestTallyProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := NewTally(may, "", wita)
		n := rapid.IntRange(0, 30).Draw(t, "cases")
		for i := range n {
			c := sop.Case{Number: fmt.Sprint(i), Status: rapid.SampledFrom(sop.Statuses).Draw(t, "status")}
			c.Opened = may.Add(time.Duration(rapid.IntRange(-5000, 1000).Draw(t, "hours")) * time.Hour)
			if c.Status.Closed() {
				c.Closed = c.Opened.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "open")) * time.Hour)
			}
			if rapid.Bool().Draw(t, "approved") {
				c.Approval = &sop.Approval{At: c.Opened.Add(time.Duration(rapid.IntRange(-5, 500).Draw(t, "took")) * time.Hour)}
				c.Members = []sop.Member{{Row: document.Row{NIP: "1"}, SentAt: c.Approval.At, Confirmed: c.Approval.At.Add(time.Hour)}}
			}
			for range rapid.IntRange(0, 3).Draw(t, "deviations") {
				c.Deviations = append(c.Deviations, sop.Deviation{Kind: rapid.SampledFrom([]string{"waktu", "output", "perlengkapan"}).Draw(t, "kind"),
					Step: rapid.SampledFrom([]string{"1.3", "1.5", "2.1", "2.3", "3.1"}).Draw(t, "step"), At: c.Opened.Add(time.Hour)})
			}
			x.Add(c)
		}
		m := x.Month()
		sum := 0
		for _, k := range m.Counts {
			sum += k
		}
		if sum != m.Opened || m.Trend[trendMonths-1].Opened != m.Opened || m.Trend[trendMonths-1].Closed != m.Closed {
			t.Fatalf("counts disagree: %+v", m)
		}
		for _, s := range []Span{m.Approval, m.Delivery, m.Receipt} {
			if s.Median > s.Worst || s.Median < 0 || (s.N == 0) != (s.Case == "") {
				t.Fatalf("span %+v", s)
			}
		}
		for _, s := range m.Shares {
			if s.OnTime > s.All || s.OnTime < 0 {
				t.Fatalf("share %+v", s)
			}
		}
	})
}

func TestMedian(t *testing.T) {
	for want, all := range map[time.Duration][]time.Duration{0: nil, 3: {3}, 2: {1, 3}, 5: {9, 5, 1}} {
		if got := median(all); got != want {
			t.Errorf("median(%v) = %d, want %d", all, got, want)
		}
	}
}

func TestLength(t *testing.T) {
	for want, d := range map[string]time.Duration{"kurang dari 1 menit": 20 * time.Second, "59 menit": 59 * time.Minute, "4 jam": 4 * time.Hour,
		"4 jam 10 menit": 250 * time.Minute, "1 hari": 24 * time.Hour, "2 hari 3 jam": 51 * time.Hour, "1 hari 1 jam": 25 * time.Hour} {
		if got := length(d); got != want {
			t.Errorf("length(%s) = %q, want %q", d, got, want)
		}
	}
}

// TestMonthBook opens what was written, for an empty month, one case, and very many.
func TestMonthBook(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for name, cases := range map[string][]sop.Case{"empty": nil, "one": {ordinary(1)}, "many": months500()} {
		m := tally(cases...)
		pictures, err := m.Charts()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := m.Workbook(may, pictures)
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(f.GetSheetList(), " "); got != "Ringkasan Kasus Anggota Penyimpangan" {
			t.Errorf("%s: sheets %s", name, got)
		}
		rows, _ := f.GetRows("Kasus")
		lapses, _ := f.GetRows("Penyimpangan")
		if len(rows) != m.Opened+1 || len(lapses) != len(m.Deviations)+1 {
			t.Errorf("%s: %d cases and %d deviations are listed, want %d and %d", name, len(rows)-1, len(lapses)-1, m.Opened, len(m.Deviations))
		}
		if cells, err := f.GetPictureCells("Ringkasan"); err != nil || len(cells) != 3 {
			t.Errorf("%s: charts at %v (%v)", name, cells, err)
		}
		f.Close()
	}
}

func TestCharts(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for name, cases := range map[string][]sop.Case{"empty": nil, "one": {ordinary(1)}, "many": months500()} {
		pictures, err := tally(cases...).Charts()
		if err != nil || len(pictures) != 3 {
			t.Fatalf("%s: %d charts (%v)", name, len(pictures), err)
		}
		for _, p := range pictures {
			if _, err := png.Decode(bytes.NewReader(p.PNG)); err != nil || len(p.PNG) > 60<<10 || p.Alt == "" {
				t.Errorf("%s %s: %d bytes, alt %q (%v)", name, p.ID, len(p.PNG), p.Alt, err)
			}
			if dir := os.Getenv("UKPBJD_LOOK"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, "month-"+name+"-"+p.Name), p.PNG, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestMonthLetter(t *testing.T) {
	r := tally(months500()...).Letter()
	if len(r.Counts) != 4 || len(r.Medians) != 3 || len(r.Shares) != 2 {
		t.Errorf("%d counts, %d medians, %d shares", len(r.Counts), len(r.Medians), len(r.Shares))
	}
	if !strings.Contains(r.Medians[0].Length, "; terlama ") {
		t.Errorf("no worst: %q", r.Medians[0].Length)
	}
	if e := tally().Letter(); len(e.Counts)+len(e.Medians)+len(e.Shares)+len(e.Deviations) != 0 {
		t.Errorf("an empty month says %+v", e)
	}
}
