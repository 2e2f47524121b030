package daemon

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/statuspage"
	"ukpbjd/internal/store"
)

func (d *Daemon) statusPage(cfg *config.Config) (http.Handler, error) {
	return statuspage.New(statuspage.Options{Source: pageSource{d}, Metrics: d.Metrics.Gatherer(), OfficeName: cfg.Identity.Name,
		Zone: cfg.Identity.Zone, Hosts: cfg.HTTP.Hosts, Password: cfg.HTTP.Password, Replies: d.replies,
		Waiting: d.Control.WaitingForPerson, Version: d.journalled})
}

// journalled is how many lines the journal has: whatever happens to a case stands there.
func (d *Daemon) journalled(ctx context.Context) (int64, error) {
	return office.Read(ctx, d.Office, func(b store.Books) (int64, error) { return b.Journal.Size() })
}

// replies are those of approvers who have been asked to show what their mail carries.
func (d *Daemon) replies(ctx context.Context) (out []statuspage.Reply, err error) {
	all, err := d.Control.Enrolments(ctx)
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

func (p pageSource) Recent(ctx context.Context, limit int) ([]sop.Case, error) {
	return office.Read(ctx, p.d.Office, func(b store.Books) ([]sop.Case, error) { return b.Cases.Recent(limit) })
}

func (p pageSource) Counts(ctx context.Context) (map[sop.Status]int, error) {
	return office.Read(ctx, p.d.Office, func(b store.Books) (map[sop.Status]int, error) {
		counts, err := b.Cases.Counts()
		_, err = store.Damaged(err) // verify names what is missing
		return counts, err
	})
}

func (p pageSource) Case(ctx context.Context, number string) (c sop.Case, events []sop.Event, ok bool, err error) {
	err = p.d.Office.View(ctx, func(b store.Books) error {
		if c, ok, err = b.Cases.Get(number); err != nil || !ok {
			return err
		}
		records, err := b.Journal.Of(number)
		for _, r := range records {
			events = append(events, r.Event)
		}
		_, err = store.Damaged(err)
		return err
	})
	return c, events, ok, err
}

// Health names each loop that is in trouble, with the reason, and the outbox when it does not move.
func (p pageSource) Health(ctx context.Context) []statuspage.HealthItem {
	faults := p.d.Faults()
	names := append(healthNames(faults), "letters")
	faults["letters"] = p.stuck(ctx)
	var ill, well []statuspage.HealthItem
	for _, n := range names {
		if faults[n] == "" {
			well = append(well, statuspage.HealthItem{Name: n, OK: true})
		} else {
			ill = append(ill, statuspage.HealthItem{Name: n, Text: faults[n]})
		}
	}
	return append(ill, well...)
}

// healthNames are the queues and loops of which health always speaks, and whatever else is in trouble.
func healthNames(faults map[string]string) []string {
	names := []string{"intake", "filing", "outbox", "smtp", "tasks", "time", "reconcile", "archive", "sent"}
	for _, n := range slices.Sorted(maps.Keys(faults)) {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// stuckAfter is how long a letter may be due without leaving.
const stuckAfter = 5 * time.Minute

func (p pageSource) stuck(ctx context.Context) string {
	if r, held, err := p.d.Office.Restored(ctx); err == nil && held {
		return "held since the books were restored from " + r.From.Format(time.DateTime) + "; ukpbjd release --all lets letters go"
	}
	next, err := office.Read(ctx, p.d.Office, func(b store.Books) (time.Time, error) {
		next, _, err := b.Letters.Next(1)
		return next, err
	})
	if err != nil {
		return err.Error()
	}
	if late := time.Since(next); !next.IsZero() && late > stuckAfter {
		return fmt.Sprintf("a letter has been due for %s", late.Round(time.Second))
	}
	return ""
}
