package archiver

import (
	"context"
	"errors"
	"fmt"

	"ukpbjd/internal/office"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// maxExpire is how many cases one round deletes.
const maxExpire = 200

// Expire deletes mails, papers and letters of cases whose time is over by the office's schedule, and gives how many. The
// deletion is journalled before it happens; number, dates and outcome of the case stay. UU 43/2009
func (a *Archiver) Expire(ctx context.Context) (int, error) {
	if a.Retention <= 0 {
		return 0, nil
	}
	over, err := a.over(ctx)
	if err != nil {
		return 0, err
	}
	for _, cs := range over {
		if _, err := a.alone(ctx, cs, a.expire); err != nil {
			return 0, fmt.Errorf("delete what is over of %s: %w", cs.Number, err)
		}
	}
	return a.removeExpired(ctx)
}

// alone does something with one case. What fails waits, and is not done.
func (a *Archiver) alone(ctx context.Context, cs sop.Case, do func(context.Context, sop.Case) error) (done bool, err error) {
	failed, err := a.retired.Commit(ctx, []sop.Case{cs}, func(ctx context.Context, some []sop.Case) (err error) {
		for _, cs := range some { // none, when the queue asks whether the ground holds
			err = errors.Join(err, do(ctx, cs))
		}
		return err
	})
	return err == nil && len(failed) == 0, err
}

// over finds cases that were closed more than Retention whole years ago.
func (a *Archiver) over(ctx context.Context) (out []sop.Case, err error) {
	last := a.Now().In(a.Zone()).Year() - a.Retention - 1
	for cs, err := range store.Walk(ctx, a.DB, 0) {
		if _, err = store.Damaged(err); err != nil { // what cannot be decoded is never over
			return out, err
		}
		if year, _, _ := store.Number(cs.Number); year > last || len(out) == maxExpire {
			break
		}
		if cs.Closed.In(a.Zone()).Year() > last || a.retired.Waits(cs.Number) {
			continue
		}
		ok, err := office.Read(ctx, a.Clerk, func(b store.Books) (bool, error) { return b.Cases.Expirable(cs) })
		if ok || err != nil { // of which nothing can be said it is itself that fails: see expire
			out = append(out, cs)
		}
	}
	return out, nil
}

// expire journals the deletion with the manifest's sum, and leaves the stub.
func (a *Archiver) expire(ctx context.Context, cs sop.Case) error {
	year, _, _ := store.Number(cs.Number) // by which its folder is named, whatever the year of its first mail
	sum, shas, err := a.Archive.Manifest(year, cs.Number)
	if err != nil {
		return err
	}
	now := a.Now().UTC()
	e := sop.Event{At: now, Kind: "retention-deleted", Actor: "daemon", Reason: "retention",
		Text: fmt.Sprintf("Berkas dimusnahkan menurut jadwal retensi kantor (%d tahun).", a.Retention),
		Data: map[string]string{"files": fmt.Sprint(len(shas)), "manifest": sum, "schedule": fmt.Sprintf("%dy", a.Retention)}}
	stub := sop.Case{Number: cs.Number, Status: cs.Status, Opened: cs.Opened, Updated: now, Closed: cs.Closed, Revision: cs.Revision, Issue: cs.Issue,
		Outcome: e.Text, Letters: cs.Letters}
	return a.Commit(ctx, 1, func(b store.Books) error {
		present, ok, err := b.Cases.Get(cs.Number)
		if err != nil || !ok || !present.Updated.Equal(cs.Updated) {
			return err // it has moved on; another day
		}
		if ok, err = b.Cases.Expirable(present); err != nil || !ok {
			return err
		}
		return errors.Join(b.Journal.Append(cs.Number, []sop.Event{e}), b.Cases.Expire(stub))
	})
}

// removeExpired removes the files of cases whose deletion is in the books; what a crash left is done now.
func (a *Archiver) removeExpired(ctx context.Context) (n int, err error) {
	numbers, err := office.Read(ctx, a.Clerk, func(b store.Books) ([]string, error) { return b.Cases.Expiring(maxExpire) })
	if err != nil || len(numbers) == 0 {
		return 0, err
	}
	needed, err := a.neededFiles(ctx)
	if err != nil {
		return 0, err
	}
	remove := func(ctx context.Context, cs sop.Case) error {
		year, _, ok := store.Number(cs.Number)
		if !ok {
			return fmt.Errorf("%q is no case number", cs.Number)
		}
		files, bytes, err := a.Archive.Remove(year, cs.Number, func(sha string) bool { return needed[sha] })
		if err != nil {
			return err
		}
		a.Log.Info("deleted by the retention schedule", "case", cs.Number, "files", files, "bytes", bytes)
		return a.Commit(ctx, 1, func(b store.Books) error { return b.Cases.Expired(cs.Number) })
	}
	for _, number := range numbers {
		if a.retired.Waits(number) {
			continue
		}
		done, err := a.alone(ctx, sop.Case{Number: number}, remove)
		if err != nil {
			return n, err
		}
		if done {
			n++
		}
	}
	return n, nil
}

// neededFiles are the mails and papers of every case that is kept: content is shared between cases. A case that cannot be decoded may need
// any file, so while there is one no file is removed; health says so, and the books are cleared nevertheless.
func (a *Archiver) neededFiles(ctx context.Context) (map[string]bool, error) {
	needed := map[string]bool{}
	for cs, err := range store.Walk(ctx, a.DB, 0) {
		if err != nil {
			return nil, fmt.Errorf("no file is removed, for it may be needed: %w", err)
		}
		for _, sha := range cs.Files() {
			needed[sha] = true
		}
	}
	return needed, nil
}
