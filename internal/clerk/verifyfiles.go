package clerk

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"

	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
)

// verifyFiles reads the archive through: what the books mention is there, and every file is what its name and the manifest of its
// case say. SOP R.1
func (c *Clerk) verifyFiles(ctx context.Context, r *Report, files map[string]string) error {
	missing := map[string]error{}
	for sha := range files {
		r.Files++
		if !c.Archive.Exists(sha) {
			missing[sha] = fs.ErrNotExist
		}
	}
	if err := c.inMails(ctx, missing); err != nil {
		return err
	}
	for sha, err := range missing {
		if c.Archive.Exists(sha) { // shelved between the two looks
			continue
		}
		r.found(files[sha], "archive: %s: %v", sha, err)
	}
	return c.Archive.Verify(ctx, func(path string, wrong error) {
		if wrong == nil {
			return
		}
		where := files[filepath.Base(path)]
		if where == "" {
			where = path
		}
		r.found(where, "archive: %v", wrong)
	})
}

// verifyManifest: mails and papers of a case have a line in its manifest, once they are shelved.
func (c *Clerk) verifyManifest(r *Report, cs sop.Case, shelving map[string]bool) {
	if shelving[cs.Number] || len(cs.Mails) == 0 {
		return
	}
	year, _, _ := store.Number(cs.Number)
	_, named, err := c.Archive.Manifest(year, cs.Number)
	if err != nil {
		r.found(cs.Number, "archive: %v", err)
		return
	}
	there := map[string]bool{"": true}
	for _, sha := range named {
		there[sha] = true
	}
	for _, sha := range filesOf(cs) {
		if !there[sha] {
			r.found(cs.Number, "archive: %s has no line in the manifest", sha)
			there[sha] = true
		}
	}
}

// shelvings are the cases of which something is still to be shelved.
func shelvings(b store.Books) (map[string]bool, error) {
	list, err := b.Papers.Unarchived("", 0)
	if err != nil {
		return nil, fmt.Errorf("see what is still to be shelved: %w", err)
	}
	out := map[string]bool{}
	for _, s := range list {
		out[s.Case] = true
	}
	return out, nil
}
