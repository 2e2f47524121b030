package archiver

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/office"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/store"
)

// maxPapers is how many mails are archived in one commit.
const maxPapers = 64

// Papers takes the papers out of archived mails and gives mails and papers names that a person can browse. What cannot be done
// now waits, and holds nothing else up. It may be repeated. It returns when something that waits is to be tried again. SOP R.1
func (a *Archiver) Papers(ctx context.Context) (next time.Time, err error) {
	for from := ""; ; {
		list, err := office.Read(ctx, a.Clerk, func(b store.Books) ([]store.Unarchived, error) { return b.Papers.Unarchived(from, maxPapers) })
		if err != nil || len(list) == 0 {
			return a.papers.Next(), err
		}
		from = list[len(list)-1].Key + "\x00"
		due := slices.DeleteFunc(list, func(u store.Unarchived) bool { return a.papers.Waits(u.Key) })
		if _, err := a.papers.Commit(ctx, due, a.archivePapers); err != nil {
			return next, err
		}
	}
}

func (a *Archiver) archivePapers(ctx context.Context, list []store.Unarchived) error {
	return file(ctx, a, list, func(batch *archive.Batch, u store.Unarchived) error {
		if err := a.archiveMail(ctx, batch, u); err != nil {
			return fmt.Errorf("archive the papers of %s: %w", u.Case, err)
		}
		return nil
	}, func(b store.Books, u store.Unarchived) error { return b.Papers.MarkArchived(u.Key) })
}

func (a *Archiver) archiveMail(ctx context.Context, batch *archive.Batch, u store.Unarchived) error {
	if u.Broken != nil {
		return queue.Permanent(u.Broken)
	}
	year, _, ok := store.Number(u.Case)
	if !ok {
		return fmt.Errorf("%q is no case number", u.Case)
	}
	items := []archive.Item{{SHA256: u.Mail, Name: "surel.eml"}}
	papers, err := a.Unpack(u)
	if err != nil {
		return err
	}
	for _, p := range u.Papers {
		if err := batch.PutAs(p.SHA256, papers[p.SHA256]); err != nil {
			return err
		}
		items = append(items, archive.Item{SHA256: p.SHA256, Name: p.Name})
	}
	if items, err = a.withEvidence(ctx, batch, u, items); err != nil {
		return err
	}
	return batch.Link(year, u.Case, items...)
}

// withEvidence lays what the decisions on a mail rest on beside the mail, byte for byte as the journal vouches for it.
func (a *Archiver) withEvidence(ctx context.Context, batch *archive.Batch, u store.Unarchived, items []archive.Item) ([]archive.Item, error) {
	all, err := office.Read(ctx, a.Clerk, func(b store.Books) (map[string][]byte, error) { return b.Journal.Evidence(u.Case) })
	if err != nil {
		return nil, err
	}
	for _, raw := range all {
		if mail, err := office.EvidenceMail(raw); err != nil || mail != u.Mail {
			continue // verify names what cannot be read
		}
		sum, err := batch.Put(raw)
		if err != nil {
			return nil, err
		}
		items = append(items, archive.Item{SHA256: sum, Name: "bukti.json"})
	}
	return items, nil
}
