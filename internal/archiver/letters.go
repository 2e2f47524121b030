package archiver

import (
	"context"
	"fmt"
	"strings"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/office"
	"ukpbjd/internal/store"
)

// maxLetters is how many letters go into the archive at once.
const maxLetters = 200

// Letters puts letters that have ended into the archive, without passwords and account sheets, and returns how many; what cannot
// be done now waits. The bytes are durable before the commit that mentions them, and leave the store with it. SOP R.1
func (a *Archiver) Letters(ctx context.Context) (n int, err error) {
	var rows []store.LetterRow
	if err := a.View(ctx, func(b store.Books) (err error) {
		rows, err = b.Letters.Unarchived(maxLetters, func(id string) bool { return a.letters.Waits(id) })
		return err
	}); err != nil || len(rows) == 0 {
		return 0, err
	}
	failed, err := a.letters.Commit(ctx, rows, a.archiveLetters)
	return len(rows) - len(failed), err
}

func (a *Archiver) archiveLetters(ctx context.Context, rows []store.LetterRow) error {
	texts := map[string][]byte{}
	if err := a.View(ctx, func(b store.Books) error {
		for _, r := range rows {
			read := b.Letters.Body
			if r.Sealed {
				read = b.Letters.Copy
			}
			raw, err := read(r.ID())
			if err != nil {
				return err
			}
			texts[r.ID()] = raw
		}
		return nil
	}); err != nil {
		return err
	}
	batch := a.Archive.Batch()
	sums := map[string]string{}
	for _, r := range rows {
		raw := texts[r.ID()]
		if len(raw) == 0 {
			continue
		}
		sum, err := batch.Put(office.RedactSheets(raw))
		if err != nil {
			return err
		}
		sums[r.ID()] = sum
	}
	if err := a.nameLetters(batch, rows, sums); err != nil {
		return err
	}
	if err := syncBatch(batch); err != nil {
		return err
	}
	return a.DB.Update(ctx, func(tx store.Tx) error {
		for _, r := range rows {
			if err := store.In(tx).Letters.MarkArchived(r.ID(), sums[r.ID()]); err != nil {
				return err
			}
		}
		return nil
	})
}

// nameLetters gives them names in the folder of their case.
func (a *Archiver) nameLetters(batch *archive.Batch, rows []store.LetterRow, sums map[string]string) error {
	for _, r := range rows {
		if sums[r.ID()] == "" {
			continue
		}
		year, _, ok := store.Number(r.Case)
		if !ok {
			year = r.Made.In(a.Zone()).Year()
		}
		name := "surat-" + strings.ReplaceAll(r.Letter.Key, "/", "-") + ".eml"
		if err := batch.Link(year, r.Case, archive.Item{SHA256: sums[r.ID()], Name: name}); err != nil {
			return fmt.Errorf("link letter %s into the archive: %w", r.ID(), err)
		}
	}
	return nil
}
