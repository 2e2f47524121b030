package clerk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// expireMost is how many cases one round deletes.
const expireMost = 200

// ExpireCases deletes mails, papers and letters of cases whose time is over by the office's schedule, and gives how many. The
// deletion is journalled before it happens; number, dates and outcome of the case stay. UU 43/2009
func (c *Clerk) ExpireCases(ctx context.Context) (int, error) {
	if c.Retention <= 0 {
		return 0, nil
	}
	over, err := c.over(ctx)
	if err != nil {
		return 0, err
	}
	for _, cs := range over {
		if err := c.expire(ctx, cs); err != nil {
			return 0, fmt.Errorf("delete what is over of %s: %w", cs.Number, err)
		}
	}
	return c.removeExpired(ctx)
}

// over finds cases that were closed more than Retention whole years ago.
func (c *Clerk) over(ctx context.Context) (out []sop.Case, err error) {
	last := c.Now().In(c.zone()).Year() - c.Retention - 1
	for number, year := "", 0; len(out) < expireMost; {
		var cases []sop.Case
		err := c.View(ctx, func(b store.Books) error {
			var err error
			if cases, year, err = nextCases(b, number, year); err != nil {
				return err
			}
			for _, cs := range cases {
				number = cs.Number
				if cs.Closed.In(c.zone()).Year() > last {
					continue
				}
				ok, err := b.Cases.Expirable(cs)
				if err != nil {
					return err
				}
				if ok {
					out = append(out, cs)
				}
			}
			return nil
		})
		if err != nil || len(cases) == 0 || year > last {
			return out, err
		}
	}
	return out, nil
}

// expire journals the deletion with the manifest's sum, and leaves the stub.
func (c *Clerk) expire(ctx context.Context, cs sop.Case) error {
	sum, shas, err := c.Archive.Manifest(cs.Opened.In(c.zone()).Year(), cs.Number)
	if err != nil {
		return err
	}
	now := c.Now().UTC()
	e := sop.Event{At: now, Kind: "retention-deleted", Actor: "daemon", Reason: "retention",
		Text: fmt.Sprintf("Berkas dimusnahkan menurut jadwal retensi kantor (%d tahun).", c.Retention),
		Data: map[string]string{"files": fmt.Sprint(len(shas)), "manifest": sum, "schedule": fmt.Sprintf("%dy", c.Retention)}}
	stub := sop.Case{Number: cs.Number, Status: cs.Status, Opened: cs.Opened, Updated: now, Closed: cs.Closed, Revision: cs.Revision, Issue: cs.Issue,
		Outcome: e.Text, Letters: cs.Letters}
	return c.update(ctx, 1, func(b store.Books) error {
		present, ok, err := b.Cases.Get(cs.Number)
		if err != nil || !ok || !present.Updated.Equal(cs.Updated) {
			return err // it has moved on; another day
		}
		return errors.Join(b.Journal.Append(cs.Number, []sop.Event{e}), b.Cases.Expire(stub))
	})
}

// removeExpired removes the files of cases whose deletion is in the books; what a crash left is done now.
func (c *Clerk) removeExpired(ctx context.Context) (n int, err error) {
	var numbers []string
	if err := c.View(ctx, func(b store.Books) (err error) {
		numbers, err = b.Cases.Expiring(expireMost)
		return err
	}); err != nil || len(numbers) == 0 {
		return 0, err
	}
	needed, err := c.neededFiles(ctx)
	if err != nil {
		return 0, err
	}
	for _, number := range numbers {
		year, _, ok := store.Number(number)
		if !ok {
			continue
		}
		files, bytes, err := c.Archive.Remove(year, number, func(sha string) bool { return needed[sha] })
		if err == nil {
			err = c.update(ctx, 1, func(b store.Books) error { return b.Cases.Expired(number) })
		}
		if err != nil {
			return n, err
		}
		c.Log.Info("deleted by the retention schedule", "case", number, "files", files, "bytes", bytes)
		n++
	}
	return n, nil
}

// neededFiles are the mails and papers of every case that is kept: content is shared between cases.
func (c *Clerk) neededFiles(ctx context.Context) (map[string]bool, error) {
	needed := map[string]bool{}
	for number, year := "", 0; ; {
		var cases []sop.Case
		err := c.View(ctx, func(b store.Books) (err error) {
			cases, year, err = nextCases(b, number, year)
			return err
		})
		if err != nil || len(cases) == 0 {
			return needed, err
		}
		for _, cs := range cases {
			number = cs.Number
			for _, sha := range filesOf(cs) {
				needed[sha] = true
			}
		}
	}
}

// deleted says that the journal vouches for what is no longer there.
func deleted(events []store.Record) bool {
	return slices.ContainsFunc(events, func(e store.Record) bool { return e.Kind == "retention-deleted" })
}
