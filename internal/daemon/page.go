package daemon

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/config"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/statuspage"
	"ukpbjd/internal/store"
)

func (d *Daemon) statusPage(cfg *config.Config) (http.Handler, error) {
	return statuspage.New(statuspage.Options{Source: pageSource{d}, Metrics: d.Metrics.Gatherer(), OfficeName: cfg.Identity.Name,
		Zone: cfg.Identity.Zone, Charts: (&monthCharts{d: d}).charts, Replies: d.replies})
}

// replies are those of approvers who have been asked to show what their mail carries.
func (d *Daemon) replies(ctx context.Context) (out []statuspage.Reply, err error) {
	all, err := d.Clerk.Enrolments(ctx)
	for _, e := range all {
		r := statuspage.Reply{Name: e.Name, Reach: string(e.Reach), Needs: string(e.Needs), Enough: e.Enough}
		if e.Carried != nil {
			r.At = e.Carried.At
		}
		if e.Carried != nil || !e.Asked.IsZero() {
			out = append(out, r)
		}
	}
	return out, err
}

// pageSource reads the books for the status page.
type pageSource struct{ d *Daemon }

func (p pageSource) Recent(ctx context.Context, limit int) (out []sop.Case, err error) {
	err = p.d.Clerk.View(ctx, func(b store.Books) error {
		out, err = b.Recent(limit)
		return err
	})
	return out, err
}

func (p pageSource) Counts(ctx context.Context) (out map[sop.Status]int, err error) {
	err = p.d.Clerk.View(ctx, func(b store.Books) error {
		out, err = b.Counts()
		return err
	})
	return out, err
}

func (p pageSource) Case(ctx context.Context, number string) (c sop.Case, events []sop.Event, ok bool, err error) {
	err = p.d.Clerk.View(ctx, func(b store.Books) error {
		if c, ok, err = b.Case(number); err != nil || !ok {
			return err
		}
		records, err := b.Events(number)
		for _, r := range records {
			events = append(events, r.Event)
		}
		return err
	})
	return c, events, ok, err
}

// Health names each loop that is in trouble, with the reason, and the outbox when it does not move.
func (p pageSource) Health(ctx context.Context) []statuspage.HealthItem {
	faults := p.d.Faults()
	var out []statuspage.HealthItem
	for _, loop := range []string{"intake", "filing", "outbox", "tasks", "time", "reconcile", "archive", "sent"} {
		out = append(out, statuspage.HealthItem{Name: loop, OK: faults[loop] == "", Text: faults[loop]})
	}
	late := p.stuck(ctx)
	out = append(out, statuspage.HealthItem{Name: "letters", OK: late == "", Text: late})
	slices.SortStableFunc(out, func(a, b statuspage.HealthItem) int {
		if a.OK == b.OK {
			return 0
		}
		if a.OK {
			return 1
		}
		return -1
	})
	return out
}

// stuckAfter is how long a letter may be due without leaving.
const stuckAfter = 5 * time.Minute

func (p pageSource) stuck(ctx context.Context) string {
	var next time.Time
	if r, held, err := p.d.Clerk.Restored(ctx); err == nil && held {
		return "held since the books were restored from " + r.From.Format(time.DateTime) + "; ukpbjd release --all lets letters go"
	}
	err := p.d.Clerk.View(ctx, func(b store.Books) (err error) {
		next, _, err = b.NextLetter(1)
		return err
	})
	if err != nil {
		return err.Error()
	}
	if late := time.Since(next); !next.IsZero() && late > stuckAfter {
		return fmt.Sprintf("a letter has been due for %s", late.Round(time.Second))
	}
	return ""
}

var _ clerk.Meter = (*statuspage.Metrics)(nil)
