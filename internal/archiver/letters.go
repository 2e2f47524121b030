package archiver

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"ukpbjd/internal/archive"
	"ukpbjd/internal/office"
	"ukpbjd/internal/store"
)

// maxLetters is how many letters go into the archive at once.
const maxLetters = 200

// Letters puts letters that have ended into the archive, without passwords and account sheets, and returns how many; what cannot
// be done now waits. The bytes are durable before the commit that mentions them, and leave the store with it. Of a letter whose row
// cannot be read, what lies open is kept, for the person who looks. SOP R.1
func (a *Archiver) Letters(ctx context.Context) (n int, err error) {
	rows, err := office.Read(ctx, a.Clerk, func(b store.Books) ([]store.LetterRow, error) {
		return b.Letters.Unarchived(maxLetters, a.letters.Waits)
	})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	failed, err := a.letters.Commit(ctx, rows, a.archiveLetters)
	return len(rows) - len(failed), err
}

func (a *Archiver) archiveLetters(ctx context.Context, rows []store.LetterRow) error {
	sums := map[string]string{}
	return file(ctx, a, rows, func(batch *archive.Batch, r store.LetterRow) (err error) { // one at a time: a letter may carry the papers of its case
		if sums[r.ID()], err = a.putLetter(ctx, batch, r); err != nil {
			return fmt.Errorf("archive letter %s: %w", r.ID(), err)
		}
		return nil
	}, func(b store.Books, r store.LetterRow) error { return b.Letters.MarkArchived(r.ID(), sums[r.ID()]) })
}

// putLetter puts one letter into the archive and gives it a name in the folder of its case; "": there is nothing to keep.
func (a *Archiver) putLetter(ctx context.Context, batch *archive.Batch, r store.LetterRow) (sum string, err error) {
	if r.Broken != nil && !store.IsRow(r.Broken) {
		return "", r.Broken
	}
	raw, err := office.Read(ctx, a.Clerk, func(b store.Books) ([]byte, error) {
		raw, err := b.Letters.Copy(r.ID())
		if len(raw) == 0 && !r.Sealed && err == nil {
			raw, err = b.Letters.Body(r.ID())
		}
		return raw, err
	})
	if err != nil || len(raw) == 0 || r.Broken != nil && !utf8.Valid(raw) { // sealed
		return "", err
	}
	if sum, err = batch.Put(office.Redact(raw)); err != nil {
		return "", err
	}
	year, _, ok := store.Number(r.Case)
	if !ok {
		if r.Made.IsZero() {
			r.Made = a.Now()
		}
		year = r.Made.In(a.Zone()).Year()
	}
	name := "surat-" + strings.ReplaceAll(r.Letter.Key, "/", "-") + ".eml"
	return sum, batch.Link(year, r.Case, archive.Item{SHA256: sum, Name: name})
}
