package timer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/letter"
	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/report"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

const (
	monthForm   = "2006-01"
	maxMonths   = 3 // reports that are caught up after a long stop, or a clock that jumped
	xlsxType    = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	monthlyName = "laporan-bulanan"
)

// monthly queues the report of each month that has ended, once, when the office opens for the first time after it, and
// gives the moment of the next. The month of the first start is the first to be reported. One whose report cannot be made keeps no
// other waiting. SOP W.2
func (t *Timer) monthly(ctx context.Context, now time.Time) (next time.Time, err error) {
	local := now.In(t.Zone())
	this := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, t.Zone())
	last, err := t.reported(ctx, this)
	if err != nil {
		return next, err
	}
	month := last.AddDate(0, 1, 0)
	if oldest := this.AddDate(0, -maxMonths, 0); month.Before(oldest) {
		month = oldest
	}
	var due []string
	for {
		if next = t.Office.Calendar.NextOpen(month.AddDate(0, 1, 0)).UTC(); next.After(now) {
			break
		}
		due = append(due, month.Format(monthForm))
		month = month.AddDate(0, 1, 0)
	}
	for _, name := range due {
		if err := t.Update(ctx, func(b store.Books) error { return b.State.OweReport(name) }); err != nil {
			return next, err
		}
	}
	due, err = office.Read(ctx, t.Clerk, func(b store.Books) ([]string, error) { return b.State.ReportsOwed() })
	if err != nil {
		return next, err
	}
	due = slices.DeleteFunc(due, t.months.Waits)
	_, err = t.months.Commit(ctx, due, func(ctx context.Context, some []string) error {
		for _, name := range some {
			if err := t.reportMonth(ctx, name, now); err != nil {
				return fmt.Errorf("report %s: %w", name, err)
			}
		}
		return nil
	})
	return queue.Earlier(next, t.months.Next()), err
}

// reported reads the last month reported. At the very first start it is the month before this one, and so it is again where a
// clock that was ahead wrote down a month that has not ended: left in the books, it would stand for every month until then.
func (t *Timer) reported(ctx context.Context, this time.Time) (last time.Time, err error) {
	text, err := office.Read(ctx, t.Clerk, func(b store.Books) (string, error) { return b.State.Reported() })
	if err != nil {
		return last, err
	}
	if text != "" {
		if last, err = time.ParseInLocation(monthForm, text, t.Zone()); err != nil {
			return last, fmt.Errorf("read which month was reported: %w", err)
		}
		if last.Before(this) {
			return last, nil
		}
	}
	last = this.AddDate(0, -1, 0)
	return last, t.Update(ctx, func(b store.Books) error { return b.State.PutReported(last.Format(monthForm)) })
}

// Month counts the month in which a moment falls, in short readings of the books.
func (t *Timer) Month(ctx context.Context, at time.Time) (report.Month, error) {
	x := report.NewTally(at, t.Office.Name, t.Zone())
	for _, year := range x.Years() {
		for cs, err := range store.Walk(ctx, t.DB, year) {
			if err = t.PassOver(err); err != nil {
				return report.Month{}, err
			}
			if cs.Number != "" {
				x.Add(cs)
			}
		}
	}
	err := t.View(ctx, func(b store.Books) error { // what has been open for years
		return t.PassOver(b.Cases.Each(true, func(cs sop.Case) bool {
			old := cs.Opened.In(t.Zone()).Year() < x.Years()[0]
			if old {
				x.Add(cs)
			}
			return old
		}))
	})
	return x.Month(), err
}

// reportMonth counts, draws and writes outside the transaction; letters and mark are one commit.
func (t *Timer) reportMonth(ctx context.Context, name string, now time.Time) error {
	month, err := time.ParseInLocation(monthForm, name, t.Zone())
	if err != nil {
		return err
	}
	m, err := t.Month(ctx, month)
	if err != nil {
		return err
	}
	r := m.Letter()
	pictures, err := m.Charts()
	if err != nil {
		return err
	}
	book, err := m.Workbook(now, pictures)
	if err != nil {
		return err
	}
	files := []sop.File{{Name: monthlyName + "-" + name + ".xlsx", MediaType: xlsxType, Bytes: book}}
	for _, p := range pictures {
		r.Charts = append(r.Charts, letter.Chart{ID: p.ID, Alt: p.Alt})
		files = append(files, sop.File{Name: p.Name, MediaType: "image/png", Bytes: p.PNG, ContentID: p.ID})
	}
	return t.Commit(ctx, 1, func(b store.Books) error {
		owed, err := b.State.ReportsOwed()
		if err != nil || !slices.Contains(owed, name) {
			return err
		}
		return t.queueReport(b, name, files, r, now)
	})
}

func (t *Timer) queueReport(b store.Books, month string, files []sop.File, r *letter.Report, now time.Time) error {
	l := sop.Letter{Key: month + "/" + monthlyName, Kind: sop.LaporanBulanan, Files: files}
	if err := t.toKepala(b, letter.Data{Letter: l, Now: now, Report: r}); err != nil {
		return err
	}
	e := sop.Event{At: now, Kind: "monthly-report", Actor: "daemon", Reason: "monthly", Text: "Laporan bulan " + month + " disampaikan."}
	if err := b.Journal.Append(store.Office, []sop.Event{e}); err != nil {
		return err
	}
	return b.State.ReportDone(month)
}
